"""Renders sample feeds, and reads rendered feeds after judging them."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import orjson
from lxml import etree  # type: ignore[import-untyped] # its stubs are no dependency

from app.domain.sites import FeedIdentity
from app.domain.threads import Comment, Issue, Thread
from app.render import feeds
from app.render.document import Document
from app.render.keys import FeedFormat, SiteFeedKey, ThreadFeedKey
from app.render.sanitizer.sanitize import sanitize
from app.simulator.world.markdown import to_html, to_text
from tests.render.feed_judge import ATOM, atom_faults, json_faults
from tests.render.sample_threads import REPO, a_comment, a_thread, an_issue, fake_sanitize

BASE_URL = "https://comments.example.com"
THREAD = a_thread(
    a_comment(1001, created_at="2020-07-02T10:00:00Z", updated_at="2020-07-05T08:00:00Z"),
    a_comment(1002, login="ada", body="@bob yes", created_at="2020-07-03T10:00:00Z", updated_at="2020-07-03T10:00:00Z"),
    issue=an_issue(title="Tea & <b>more</b>", updated_at="2020-07-09T09:09:09Z"),
)
OTHER_THREAD = a_thread(a_comment(1003, number=42), issue=an_issue(42))
THREADS = {41: THREAD, 42: OTHER_THREAD}
IDENTITY = FeedIdentity("ada/blog", "Ada/blog", "ada/blog", "ada/journal", "2019-05-05T05:05:05Z")
"""That of a renamed repository; the names differ, so that a test can tell them."""

_SOURCE = feeds.SiteFeedSource(checked_at=1.0)


def sanitize_visible(item: Comment | Issue) -> str:
    """Return fake HTML; fail for a hidden comment, which must not even reach the sanitizer."""
    assert isinstance(item, Issue) or item.hidden is None
    return fake_sanitize(item)


def thread_feed(thread: Thread = THREAD, feed_format: FeedFormat = FeedFormat.ATOM, **fields: Any) -> Document:
    key = replace(ThreadFeedKey(REPO, 41, feed_format, "en", BASE_URL, proxy_images=True), **fields)
    return feeds.thread_feed(thread, key, sanitize_visible)


def site_feed(
    threads: Mapping[int, Thread] = THREADS,
    feed_format: FeedFormat = FeedFormat.ATOM,
    source: feeds.SiteFeedSource = _SOURCE,
    **fields: Any,
) -> Document:
    key = replace(SiteFeedKey(REPO, feed_format, "en", BASE_URL, proxy_images=True), **fields)
    comments = sorted((c for thread in threads.values() for c in thread.comments), key=lambda comment: -comment.id)
    return feeds.site_feed(comments, threads, key, sanitize_visible, source)


def body(document: Document) -> bytes:
    return document.bodies["identity"]


def parse_atom(document: Document) -> Any:
    """Return the root element of a valid Atom feed."""
    assert atom_faults(body(document)) == []
    return etree.fromstring(body(document))


def parse_json(document: Document) -> Any:
    """Return the object of a valid JSON Feed."""
    feed = orjson.loads(body(document))
    assert json_faults(feed) == []
    return feed


def texts(document: Document, path: str) -> list[str]:
    """Return the texts of the Atom elements at a path: `entry/title`."""
    return [node.text for node in parse_atom(document).findall("/".join(ATOM + name for name in path.split("/")))]


def read_feed(document: Document) -> tuple[str, list[tuple[str, str, str]]]:
    """Return the title, and (id, title, html) of each entry, in either format."""
    if document.content_type.startswith("application/feed+json"):
        feed = parse_json(document)
        return feed["title"], [(item["id"], item["title"], item["content_html"]) for item in feed["items"]]
    entries = zip(*(texts(document, f"entry/{name}") for name in ("id", "title", "content")), strict=True)
    return texts(document, "title")[0], [(name, title, html or "") for name, title, html in entries]


def title_of(markdown: str, *, post: str | None = None, lang: str = "en") -> str:
    """Return the title of a comment's entry in its post's feed, or in the blog's feed if `post` is a title."""
    html = to_html(markdown)
    comment = a_comment(1001, body=markdown, body_html=html, body_text=to_text(html))
    thread = a_thread(comment, issue=an_issue(title=post or "Tea"))
    if post is None:
        key = ThreadFeedKey(REPO, 41, FeedFormat.ATOM, lang, BASE_URL, proxy_images=True)
        return texts(feeds.thread_feed(thread, key, sanitize_item), "entry/title")[0]
    site_key = SiteFeedKey(REPO, FeedFormat.ATOM, lang, BASE_URL, proxy_images=True)
    document = feeds.site_feed(thread.comments, {41: thread}, site_key, sanitize_item, feeds.SiteFeedSource())
    return texts(document, "entry/title")[0]


def sanitize_item(item: Comment | Issue) -> str:
    """Return the sanitized HTML of a comment."""
    return sanitize(item.source["body_html"], source_url=item.url)
