"""The newest comments of a post, or of the whole blog, as Atom and as JSON Feed.

What names a feed and its entries is GitHub's address of the issue or comment, which stays when the service moves.
Hidden comments are not in it. A missing post is an empty feed, so that who follows a post that is not open yet goes on;
a deleted one is 410, by which readers' programs know that it ends.
Follows RFC 4287 (Atom), RFC 4685 (replies) and https://www.jsonfeed.org/version/1.1/
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from feedgen.feed import FeedGenerator

from app.domain.threads import Comment, Status, Thread
from app.domain.times import rfc3339
from app.render.document import Document, encoded, etag_of
from app.render.keys import Form, SiteFeedKey, ThreadFeedKey
from app.render.pictures import avatar_address
from app.render.shapes import SafeHtml
from app.render.words import Words, words

ENTRIES = 50
"""Comments in a feed; readers' programs ask again and again, and keep what they have."""
TYPES: Mapping[Form, str] = {
    Form.ATOM: "application/atom+xml; charset=utf-8",
    Form.JSON: "application/feed+json; charset=utf-8",
}
_GONE = 410
_NO_CHARACTER = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 cannot hold, in whatever spelling."""


@dataclass(frozen=True, slots=True)
class _Feed:
    """What both forms say."""

    id: str
    title: str
    page: str
    path: str
    updated_at: str
    comments: Sequence[Comment]
    titles: Mapping[int, str]
    """Of the entries, by the comment's number."""


def of_thread(thread: Thread, key: ThreadFeedKey, safe: SafeHtml) -> Document:
    """The newest comments of a thread."""
    spoken, issue = words(key.lang), thread.issue
    page = issue.url if issue else f"https://github.com/{thread.repo.full_name}/issues/{thread.number}"
    title = spoken.say("page", title=issue.title) if issue else spoken.say(thread.status)
    shown = sorted(thread.comments, key=lambda comment: -comment.id)[:ENTRIES]
    feed = _Feed(
        id=page,
        title=title,
        page=page,
        path=f"/posts/{thread.number}.{key.form}",
        updated_at=issue.updated_at if issue else _day_zero(),
        comments=[comment for comment in shown if comment.hidden is None],
        titles={thread.number: issue.title if issue else ""} | {c.number: issue.title for c in shown if issue},
    )
    status = _GONE if thread.status is Status.GONE else 200
    return _document(feed, key, spoken, safe, thread.checked_at, status=status, stale=thread.stale)


def of_site(
    found: Sequence[Comment],
    threads: Mapping[int, Thread],
    key: SiteFeedKey,
    safe: SafeHtml,
    checked_at: float | None,
) -> Document:
    """The newest comments of a site, which come by descending id; `threads` holds theirs by number."""
    spoken = words(key.lang)
    page = f"https://github.com/{key.repo.full_name}/issues"
    titles = {number: thread.issue.title for number, thread in threads.items() if thread.issue}
    feed = _Feed(
        id=page,
        title=f"{spoken.say('recent')}: {key.repo.full_name}",
        page=page,
        path=f"/comments.{key.form}",
        updated_at=max((comment.updated_at for comment in found), default=_day_zero()),
        comments=[comment for comment in found if comment.hidden is None],
        titles=titles,
    )
    return _document(feed, key, spoken, safe, checked_at)


def _document(
    feed: _Feed,
    key: ThreadFeedKey | SiteFeedKey,
    spoken: Words,
    safe: SafeHtml,
    checked_at: float | None,
    *,
    status: int = 200,
    stale: bool = False,
) -> Document:
    make = _atom if key.form is Form.ATOM else _json
    body = make(feed, key, spoken, safe)
    return Document(
        bodies=encoded(body),
        etag=etag_of(body),
        content_type=TYPES[key.form],
        checked_at=checked_at,
        status=status,
        stale=stale,
        policy="default-src 'none'; sandbox",
    )


def _atom(feed: _Feed, key: ThreadFeedKey | SiteFeedKey, spoken: Words, safe: SafeHtml) -> bytes:
    made = FeedGenerator()
    made.id(_characters(feed.id))
    made.title(_characters(feed.title))
    made.language(spoken.lang)
    made.generator("Afterword")
    made.updated(max([feed.updated_at, *(comment.updated_at for comment in feed.comments)]))
    made.author({"name": key.repo.full_name})
    made.link(href=_characters(feed.page), rel="alternate", type="text/html")
    if key.home:
        made.link(href=f"{key.home}{feed.path}{_query(key)}", rel="self", type="application/atom+xml")
    for comment in feed.comments:
        entry = made.add_entry(order="append")
        entry.id(comment.url)
        entry.title(_characters(_title(comment, feed, spoken)))
        entry.link(href=comment.url, rel="alternate", type="text/html")
        entry.author({"name": _characters(comment.author.login) or "?", "uri": _characters(comment.author.url)})
        entry.published(comment.created_at)
        entry.updated(comment.updated_at)
        entry.content(_characters(safe(comment)), type="html")
    return bytes(made.atom_str(pretty=False))


def _json(feed: _Feed, key: ThreadFeedKey | SiteFeedKey, spoken: Words, safe: SafeHtml) -> bytes:
    made: dict[str, Any] = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": _characters(feed.title),
        "home_page_url": feed.page,
        "language": spoken.lang,
        "items": list(_items(feed, key, spoken, safe)),
    }
    if key.home:
        made["feed_url"] = f"{key.home}{feed.path}{_query(key)}"
    return orjson.dumps(made)


def _items(feed: _Feed, key: ThreadFeedKey | SiteFeedKey, spoken: Words, safe: SafeHtml) -> Iterator[dict[str, Any]]:
    for comment in feed.comments:
        author = comment.author
        avatar = avatar_address(key.home, author.id) if key.pictures else author.avatar_url
        yield {
            "id": comment.url,
            "url": comment.url,
            "title": _characters(_title(comment, feed, spoken)),
            "content_html": _characters(safe(comment)),
            "content_text": _characters(comment.body_text),
            "date_published": comment.created_at,
            "date_modified": comment.updated_at,
            "authors": [{"name": _characters(author.login), "url": author.url, "avatar": avatar}],
        }


def _title(comment: Comment, feed: _Feed, spoken: Words) -> str:
    return spoken.say("on", name=comment.author.login, title=feed.titles.get(comment.number, f"#{comment.number}"))


def _query(key: ThreadFeedKey | SiteFeedKey) -> str:
    return f"?repo={key.repo.full_name}&lang={key.lang}"


def _characters(text: str) -> str:
    return _NO_CHARACTER.sub("\N{REPLACEMENT CHARACTER}", text)


def _day_zero() -> str:
    """When what never changed was updated last: the clock would make a new feed of it each time."""
    return rfc3339(0)
