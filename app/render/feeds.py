"""The newest comments of a post or of the whole blog, as Atom and as JSON Feed.

Ids of feeds and entries are URLs on GitHub, so they stay when the service moves. A feed's id is the URL of the
requested issue (or list of issues), whether or not the issue exists. An entry's id is the URL of its comment.
Hidden comments are left out, also as the target of a reply. A missing post is an empty feed, so that subscribers of a
post without an issue stay subscribed. A deleted one is 410, which tells feed readers that the feed has ended.
The headers of the response, `Cache-Control` among them, are those of every document: `app.web.document_response`.
Follows RFC 4287 (Atom), RFC 4685 (replies) and https://www.jsonfeed.org/version/1.1/
"""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice
from typing import Any
from urllib.parse import urlencode

import orjson
from feedgen.feed import FeedGenerator
from feedgen.util import xml_elem

from app.domain.threads import Comment, Status, Thread, ThreadOutline
from app.domain.times import rfc3339
from app.render.document import Document, encode_body, weak_etag
from app.render.github_objects import Sanitizer
from app.render.i18n import ENGLISH, Translation, translation
from app.render.keys import FeedFormat, SiteFeedKey, ThreadFeedKey
from app.render.sanitizer.sanitize import proxied_avatar_url

MAX_ENTRIES = 50
"""Entries in a feed. Feed readers poll it and store earlier entries themselves."""
CONTENT_TYPES = {FeedFormat.ATOM: "application/atom+xml", FeedFormat.JSON: "application/feed+json"}
_JSON_FEED = "https://jsonfeed.org/version/1.1"
_THREADING = "http://purl.org/syndication/thread/1.0"
_GITHUB = "https://github.com"
_FIXED_TIME = rfc3339(0)
"""The update time of a feed without content; the current time would change its bytes at each rendering."""
_INVALID_CHARACTER = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 cannot contain, even escaped (https://www.w3.org/TR/xml/#charsets). JSON excludes surrogates too."""

FeedKey = ThreadFeedKey | SiteFeedKey


@dataclass(frozen=True, slots=True)
class _Feed:
    """A feed's content, independent of its format."""

    id: str
    title: str
    page_url: str
    path: str
    updated_at: str
    """The time of the last update if there are no entries."""
    comments: Sequence[Comment]
    threads: Mapping[int, Thread]
    """The comments' threads, by `Comment.number`."""


@dataclass(frozen=True, slots=True)
class _Entry:
    """A comment's content, independent of the format, in characters that both formats can contain."""

    url: str
    title: str
    author_name: str
    author_url: str
    avatar_url: str | None
    published: str
    updated: str
    html: str
    text: str
    reply_to: str | None
    """The URL of the comment that it replies to; only Atom has a field for it."""


def thread_feed(thread: Thread, key: ThreadFeedKey, sanitize: Sanitizer) -> Document:
    """Render the newest comments of a thread; 410 if it was deleted."""
    i18n, issue = translation(key.lang), thread.issue
    issue_url = f"{_GITHUB}/{key.repo.full_name}/issues/{key.number}"
    by_id = {comment.id: comment for comment in thread.comments}
    comments = [by_id[comment_id] for comment_id in _newest_visible(thread.outline)]
    feed = _Feed(
        id=issue_url,
        title=i18n.text("page", title=issue.title) if issue else i18n.text(thread.status),
        page_url=issue.url if issue else issue_url,
        path=f"/posts/{key.number}.{key.format}",
        updated_at=issue.updated_at if issue else _FIXED_TIME,
        comments=comments,
        threads=dict.fromkeys((comment.number for comment in comments), thread),
    )
    status = 410 if thread.status is Status.GONE else 200
    return replace(_document(feed, key, i18n, sanitize, thread.checked_at), status=status, stale=thread.stale)


def needed_comments(outline: ThreadOutline) -> Collection[int]:
    """Return the ids of the comments of a thread that a feed may contain, and of those that they reply to."""
    return {*_newest_visible(outline), *needed_targets(outline)}


def needed_targets(outline: ThreadOutline) -> Collection[int]:
    """Return the ids of the comments that the newest ones of a thread reply to."""
    targets = map(outline.visible_reply_target, _newest_visible(outline))
    return {target for target in targets if target is not None}


def _newest_visible(outline: ThreadOutline) -> Sequence[int]:
    """Return the ids of the newest comments that are not hidden, newest first."""
    visible = (outline.ids[position] for position in reversed(range(len(outline))) if not outline.hidden[position])
    return tuple(islice(visible, MAX_ENTRIES))


def site_feed(
    comments: Sequence[Comment],
    threads: Mapping[int, Thread],
    key: SiteFeedKey,
    sanitize: Sanitizer,
    checked_at: float | None,
) -> Document:
    """Render the newest comments of a site. `comments` are sorted by descending id; `threads` are theirs by number."""
    i18n = translation(key.lang)
    issues_url = f"{_GITHUB}/{key.repo.full_name}/issues"
    visible = [comment for comment in comments if comment.hidden is None][:MAX_ENTRIES]
    feed = _Feed(
        id=issues_url,
        title=f"{i18n.text('recent')}: {key.repo.full_name}",
        page_url=_issues_page_url(visible, threads) or issues_url,
        path=f"/comments.{key.format}",
        updated_at=_FIXED_TIME,
        comments=visible,
        threads=threads,
    )
    return _document(feed, key, i18n, sanitize, checked_at)


def _issues_page_url(comments: Sequence[Comment], threads: Mapping[int, Thread]) -> str | None:
    """Return the URL of GitHub's list of issues, taken from an issue's URL: GitHub Enterprise has its own host."""
    issues = (threads[comment.number].issue for comment in comments if comment.number in threads)
    return next((issue.url.rpartition("/")[0] for issue in issues if issue is not None), None)


def _document(feed: _Feed, key: FeedKey, i18n: Translation, sanitize: Sanitizer, checked_at: float | None) -> Document:
    serialize = _atom if key.format is FeedFormat.ATOM else _json
    body = serialize(feed, key, i18n.lang, list(_entries(feed, key, i18n, sanitize)))
    return Document(
        bodies=encode_body(body),
        etag=weak_etag(body),
        content_type=f"{CONTENT_TYPES[key.format]}; charset=utf-8",
        checked_at=checked_at,
        content_security_policy="default-src 'none'; sandbox",
    )


def _entries(feed: _Feed, key: FeedKey, i18n: Translation, sanitize: Sanitizer) -> Iterator[_Entry]:
    for comment in feed.comments:
        author, thread = comment.author, feed.threads.get(comment.number)
        title = thread.issue.title if thread and thread.issue else f"#{comment.number}"
        yield _Entry(
            url=_replace_invalid(comment.url),
            title=_replace_invalid(i18n.text("on", name=author.login, title=title)),
            author_name=_replace_invalid(author.login),
            author_url=_replace_invalid(author.url),
            avatar_url=_avatar_url(comment, key),
            published=comment.created_at,
            updated=comment.updated_at,
            html=_replace_invalid(sanitize(comment)),
            text=_replace_invalid(comment.body_text),
            reply_to=None if thread is None else _reply_target_url(comment, thread),
        )


def _reply_target_url(comment: Comment, thread: Thread) -> str | None:
    """Return the URL of the visible comment that a comment replies to, or None."""
    target = thread.outline.visible_reply_target(comment.id)
    url = next((other.url for other in thread.comments if other.id == target), None)
    return None if url is None else _replace_invalid(url)


def _avatar_url(comment: Comment, key: FeedKey) -> str | None:
    """Return the avatar's URL, or None if the service proxies it and its own address is unknown."""
    if not key.proxy_images:
        return _replace_invalid(comment.author.avatar_url)
    return proxied_avatar_url(key.base_url, comment.author.id) if key.base_url else None


def _atom(feed: _Feed, key: FeedKey, lang: str, entries: Sequence[_Entry]) -> bytes:
    atom = FeedGenerator()
    atom.register_extension("thr", _InReplyTo, _InReplyTo, rss=False)
    atom.id(feed.id)
    atom.title(_replace_invalid(feed.title))
    atom.language(lang)
    atom.generator("Afterword")
    atom.updated(datetime.fromisoformat(max((entry.updated for entry in entries), default=feed.updated_at)))
    atom.author({"name": key.repo.full_name})
    atom.link(href=_replace_invalid(feed.page_url), rel="alternate", type="text/html")
    if key.base_url:
        atom.link(href=_feed_url(feed, key), rel="self", type=CONTENT_TYPES[FeedFormat.ATOM])
    for entry in entries:
        element = atom.add_entry(order="append")
        element.id(entry.url)
        element.title(entry.title)
        element.link(href=entry.url)  # a link without `rel` is the alternate; feedgen writes no other attribute here
        element.author({"name": entry.author_name or "?", "uri": entry.author_url})
        element.published(datetime.fromisoformat(entry.published))
        element.updated(datetime.fromisoformat(entry.updated))
        element.content(entry.html, type="html")
        element.thr.ref = entry.reply_to
    return bytes(atom.atom_str())


class _InReplyTo:
    """RFC 4685's in-reply-to as a feedgen extension, of the feed or of an entry."""

    def __init__(self) -> None:
        self.ref: str | None = None

    def extend_ns(self) -> Mapping[str, str]:
        """Return the namespace prefix, which feedgen declares on the feed."""
        return {"thr": _THREADING}

    def extend_atom(self, element: Any) -> Any:
        """Add `in-reply-to` to an entry that is a reply."""
        if self.ref is not None:
            xml_elem(f"{{{_THREADING}}}in-reply-to", element, ref=self.ref, href=self.ref, type="text/html")
        return element


def _json(feed: _Feed, key: FeedKey, lang: str, entries: Sequence[_Entry]) -> bytes:
    feed_url = {"feed_url": _feed_url(feed, key)} if key.base_url else {}
    return orjson.dumps(
        {
            "version": _JSON_FEED,
            "title": _replace_invalid(feed.title),
            "home_page_url": _replace_invalid(feed.page_url),
            **feed_url,
            "language": lang,
            "items": [_item(entry) for entry in entries],
        }
    )


def _item(entry: _Entry) -> Mapping[str, Any]:
    avatar = {} if entry.avatar_url is None else {"avatar": entry.avatar_url}
    return {
        "id": entry.url,
        "url": entry.url,
        "title": entry.title,
        "content_html": entry.html,
        "content_text": entry.text,
        "date_published": entry.published,
        "date_modified": entry.updated,
        "authors": [{"name": entry.author_name, "url": entry.author_url, **avatar}],
    }


def _feed_url(feed: _Feed, key: FeedKey) -> str:
    """Return the feed's own URL. Feed readers may switch to it, so it names the repository and the language."""
    language = {} if key.lang == ENGLISH else {"lang": key.lang}
    return f"{key.base_url}{feed.path}?{urlencode({'repo': key.repo.full_name, **language}, safe='/')}"


def _replace_invalid(text: str) -> str:
    return _INVALID_CHARACTER.sub("\N{REPLACEMENT CHARACTER}", text)
