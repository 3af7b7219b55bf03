"""The newest comments of a post, or of the whole blog, as Atom and as JSON Feed.

What names a feed and its entries is an address on GitHub, which stays when the service moves: a feed's is that of the
issue (or list of issues) which was asked for, whether or not there is one yet; an entry's is that of the comment.
Hidden comments are not in it, not even as what a reply answers. A missing post is an empty feed, so that who follows a
post that is not open yet goes on; a deleted one is 410, by which readers' programs know that it ends.
Follows RFC 4287 (Atom), RFC 4685 (replies) and https://www.jsonfeed.org/version/1.1/
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from heapq import nlargest
from operator import attrgetter
from typing import Any
from urllib.parse import urlencode

import orjson
from feedgen.feed import FeedGenerator
from feedgen.util import xml_elem

from app.domain.threads import Comment, Status, Thread
from app.domain.times import rfc3339
from app.render.api import replies
from app.render.document import Document, encoded, etag_of
from app.render.github_objects import SafeHtml
from app.render.i18n import ENGLISH, Words, words
from app.render.images import avatar_address
from app.render.keys import Form, SiteFeedKey, ThreadFeedKey

ENTRIES = 50
"""Comments in a feed; readers' programs ask again and again, and keep what they have."""
MEDIA: Mapping[Form, str] = {Form.ATOM: "application/atom+xml", Form.JSON: "application/feed+json"}
_JSON_FEED = "https://jsonfeed.org/version/1.1"
_THREADING = "http://purl.org/syndication/thread/1.0"
_GITHUB = "https://github.com"
_GONE = 410
_NO_CHARACTER = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 cannot hold, in whatever spelling (https://www.w3.org/TR/xml/#charsets); JSON has no surrogates."""

FeedKey = ThreadFeedKey | SiteFeedKey


@dataclass(frozen=True, slots=True)
class _Feed:
    """What a feed is made of, before it has a form."""

    id: str
    title: str
    page: str
    path: str
    updated_at: str
    """When it was updated last, where there is no entry to tell."""
    comments: Sequence[Comment]
    threads: Mapping[int, Thread]
    """Under which thread each comment stands, by the comment's number."""


@dataclass(frozen=True, slots=True)
class _Entry:
    """What both forms say of a comment, in characters that both can hold."""

    url: str
    title: str
    name: str
    uri: str
    avatar: str | None
    published: str
    updated: str
    html: str
    text: str
    answers: str | None
    """The address of the comment that it answers, which only Atom has a place for."""


def of_thread(thread: Thread, key: ThreadFeedKey, safe: SafeHtml) -> Document:
    """The newest comments of a thread; 410 where it was deleted."""
    spoken, issue = words(key.lang), thread.issue
    address = f"{_GITHUB}/{key.repo.full_name}/issues/{key.number}"
    shown = nlargest(ENTRIES, (c for c in thread.comments if c.hidden is None), key=attrgetter("id"))
    feed = _Feed(
        id=address,
        title=spoken.say("page", title=issue.title) if issue else spoken.say(thread.status),
        page=issue.url if issue else address,
        path=f"/posts/{key.number}.{key.form}",
        updated_at=issue.updated_at if issue else _day_zero(),
        comments=shown,
        threads=dict.fromkeys((comment.number for comment in shown), thread),
    )
    status = _GONE if thread.status is Status.GONE else 200
    return replace(_document(feed, key, spoken, safe, thread.checked_at), status=status, stale=thread.stale)


def of_site(
    found: Sequence[Comment],
    threads: Mapping[int, Thread],
    key: SiteFeedKey,
    safe: SafeHtml,
    checked_at: float | None,
) -> Document:
    """The newest comments of a site, which come by descending id; `threads` holds theirs by number."""
    spoken = words(key.lang)
    address = f"{_GITHUB}/{key.repo.full_name}/issues"
    shown = [comment for comment in found if comment.hidden is None][:ENTRIES]
    feed = _Feed(
        id=address,
        title=f"{spoken.say('recent')}: {key.repo.full_name}",
        page=_issues_page(shown, threads) or address,
        path=f"/comments.{key.form}",
        updated_at=_day_zero(),
        comments=shown,
        threads=threads,
    )
    return _document(feed, key, spoken, safe, checked_at)


def _issues_page(shown: Sequence[Comment], threads: Mapping[int, Thread]) -> str | None:
    """Where GitHub lists the issues, told by one of them: with Enterprise it is not at GitHub's own address."""
    for comment in shown:
        thread = threads.get(comment.number)
        if thread is not None and thread.issue is not None:
            return thread.issue.url.rpartition("/")[0]
    return None


def _document(feed: _Feed, key: FeedKey, spoken: Words, safe: SafeHtml, checked_at: float | None) -> Document:
    make = _atom if key.form is Form.ATOM else _json
    body = make(feed, key, spoken.lang, list(_entries(feed, key, spoken, safe)))
    return Document(
        bodies=encoded(body),
        etag=etag_of(body, home=key.home),
        content_type=f"{MEDIA[key.form]}; charset=utf-8",
        checked_at=checked_at,
        policy="default-src 'none'; sandbox",
    )


def _entries(feed: _Feed, key: FeedKey, spoken: Words, safe: SafeHtml) -> Iterator[_Entry]:
    answers = _answers(feed.threads) if key.form is Form.ATOM else {}
    for comment in feed.comments:
        author, thread = comment.author, feed.threads.get(comment.number)
        title = thread.issue.title if thread and thread.issue else f"#{comment.number}"
        yield _Entry(
            url=_characters(comment.url),
            title=_characters(spoken.say("on", name=author.login, title=title)),
            name=_characters(author.login),
            uri=_characters(author.url),
            avatar=_avatar(comment, key),
            published=comment.created_at,
            updated=comment.updated_at,
            html=_characters(safe(comment)),
            text=_characters(comment.body_text),
            answers=answers.get(comment.id),
        )


def _answers(threads: Mapping[int, Thread]) -> Mapping[int, str]:
    """The address of what each reply answers, by the reply's id."""
    found = {}
    for thread in {id(thread): thread for thread in threads.values()}.values():
        shown = {comment.id: comment.url for comment in thread.comments if comment.hidden is None}
        for reply, target in replies(thread).items():
            if target in shown:
                found[reply] = _characters(shown[target])
    return found


def _avatar(comment: Comment, key: FeedKey) -> str | None:
    """None where the picture lies at a service of which nobody knows the address."""
    if not key.pictures:
        return _characters(comment.author.avatar_url)
    return avatar_address(key.home, comment.author.id) if key.home else None


def _atom(feed: _Feed, key: FeedKey, lang: str, entries: Sequence[_Entry]) -> bytes:
    made = FeedGenerator()
    made.register_extension("thr", _Replies, _Replies, rss=False)
    made.id(feed.id)
    made.title(_characters(feed.title))
    made.language(lang)
    made.generator("Afterword")
    made.updated(datetime.fromisoformat(max((entry.updated for entry in entries), default=feed.updated_at)))
    made.author({"name": key.repo.full_name})
    made.link(href=_characters(feed.page), rel="alternate", type="text/html")
    if key.home:
        made.link(href=_address(feed, key), rel="self", type=MEDIA[Form.ATOM])
    for each in entries:
        entry = made.add_entry(order="append")
        entry.id(each.url)
        entry.title(each.title)
        entry.link(href=each.url)  # the alternate, as a link without `rel` is; feedgen writes no other attribute here
        entry.author({"name": each.name or "?", "uri": each.uri})
        entry.published(datetime.fromisoformat(each.published))
        entry.updated(datetime.fromisoformat(each.updated))
        entry.content(each.html, type="html")
        entry.thr.ref = each.answers
    return bytes(made.atom_str())


class _Replies:
    """RFC 4685 as feedgen takes it: what an entry answers."""

    def __init__(self) -> None:
        self.ref: str | None = None

    def extend_ns(self) -> Mapping[str, str]:
        """The prefix, declared at the feed."""
        return {"thr": _THREADING}

    def extend_atom(self, element: Any) -> Any:
        """The feed, which answers nothing, or an entry."""
        if self.ref is not None:
            xml_elem(f"{{{_THREADING}}}in-reply-to", element, ref=self.ref, href=self.ref, type="text/html")
        return element


def _json(feed: _Feed, key: FeedKey, lang: str, entries: Sequence[_Entry]) -> bytes:
    address = {"feed_url": _address(feed, key)} if key.home else {}
    return orjson.dumps(
        {
            "version": _JSON_FEED,
            "title": _characters(feed.title),
            "home_page_url": _characters(feed.page),
            **address,
            "language": lang,
            "items": [_item(entry) for entry in entries],
        }
    )


def _item(entry: _Entry) -> Mapping[str, Any]:
    avatar = {} if entry.avatar is None else {"avatar": entry.avatar}
    return {
        "id": entry.url,
        "url": entry.url,
        "title": entry.title,
        "content_html": entry.html,
        "content_text": entry.text,
        "date_published": entry.published,
        "date_modified": entry.updated,
        "authors": [{"name": entry.name, "url": entry.uri, **avatar}],
    }


def _address(feed: _Feed, key: FeedKey) -> str:
    """Where the feed itself is. Programs may go on from there, so it has to be this blog's and in this language."""
    language = {} if key.lang == ENGLISH else {"lang": key.lang}
    return f"{key.home}{feed.path}?{urlencode({'repo': key.repo.full_name, **language}, safe='/')}"


def _characters(text: str) -> str:
    return _NO_CHARACTER.sub("\N{REPLACEMENT CHARACTER}", text)


def _day_zero() -> str:
    """When what never changed was updated last: the clock would make a new feed of it each time."""
    return rfc3339(0)
