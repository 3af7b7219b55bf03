"""The newest comments of a post or of the whole blog, as Atom and as JSON Feed.

Ids of feeds and entries are URLs on GitHub, so they stay when the service moves. A feed's id is the URL of the
requested issue (or list of issues), whether or not the issue exists. An entry's id is the URL that its comment had
first: `FeedIdentity` keeps the repository's name in ids when that is renamed, and the number is the requested one when
the issue is transferred. The link of an entry is such a URL, too, because some feed readers tell entries by their
links, and GitHub redirects it. It has the repository's current name only if GitHub does not redirect it any more.

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
from urllib.parse import urlsplit

import orjson

from app.domain.sites import FeedIdentity
from app.domain.texts.excerpts import excerpt
from app.domain.threads import Comment, Issue, Status, Thread, ThreadOutline
from app.domain.times import rfc3339
from app.render.document import Document, encode_body, weak_etag
from app.render.excerpts import first_words, visible
from app.render.github_objects import Sanitizer
from app.render.i18n import Translation, translation
from app.render.keys import FeedFormat, SiteFeedKey, ThreadFeedKey
from app.render.sanitizer.sanitize import proxied_avatar_url

MAX_ENTRIES = 50
"""Entries in a feed. Feed readers poll it and store earlier entries themselves."""
CONTENT_TYPES = {FeedFormat.ATOM: "application/atom+xml", FeedFormat.JSON: "application/feed+json"}
_JSON_FEED = "https://jsonfeed.org/version/1.1"
_THREADING = "http://purl.org/syndication/thread/1.0"
_GITHUB = "https://github.com"
_FIXED_TIME = rfc3339(0)
"""The update time of a feed without content whose repository has no known age; the current time would change its bytes
at each rendering."""
_MAX_WORDS, _MAX_POST_TITLE = 60, 50
"""Characters of a comment's first words and of a post's title in the title of an entry."""
_COMMENT_URL = re.compile(r"(https?://[^/]+)/[^/]+/[^/]+/issues/[0-9]+(#issuecomment-[0-9]+)")
_INVALID_CHARACTER = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 cannot contain, even escaped (https://www.w3.org/TR/xml/#charsets). JSON excludes surrogates too."""

FeedKey = ThreadFeedKey | SiteFeedKey


@dataclass(frozen=True, slots=True)
class SiteFeedSource:
    """What the feed of a whole site is made of besides comments and threads."""

    identity: FeedIdentity | None = None
    """None before GitHub was asked for the repository."""
    checked_at: float | None = None
    """When the site last agreed with GitHub, epoch seconds."""


@dataclass(frozen=True, slots=True)
class _Feed:
    """A feed's content, independent of its format."""

    id: str
    title: str
    page_url: str
    path: str
    updated_at: str
    """The time of the last update if there are no entries."""
    author: str
    author_url: str
    identity: FeedIdentity | None
    """None: ids and links are as GitHub has them."""
    comments: Sequence[Comment]
    threads: Mapping[int, Thread]
    """The comments' threads, by `Comment.number`."""
    post: int | None
    """The number of the post that all comments belong to; None for those of the whole blog."""


@dataclass(frozen=True, slots=True)
class _Entry:
    """A comment's content, independent of the format, in characters that both formats can contain."""

    id: str
    url: str
    title: str
    author_name: str
    author_url: str
    avatar_url: str | None
    published: str
    updated: str
    html: str
    text: str
    reply_to: tuple[str, str] | None
    """Id and URL of the comment that it replies to; only Atom has a field for it."""


def thread_feed(thread: Thread, key: ThreadFeedKey, sanitize: Sanitizer) -> Document:
    """Render the newest comments of a thread; 410 if it was deleted."""
    i18n, issue, names = translation(key.lang), thread.issue, _names(key, thread.feeds)
    by_id = {comment.id: comment for comment in thread.comments}
    comments = [by_id[comment_id] for comment_id in _newest_visible(thread.outline)]
    feed = _Feed(
        id=f"{_GITHUB}/{names.feed_name}/issues/{key.number}",
        title=i18n.text("page", title=visible(issue.title)) if issue else i18n.text(thread.status),
        page_url=_page_url(issue, key, thread.feeds),
        path=f"/posts/{key.number}.{key.format}",
        updated_at=issue.updated_at if issue else names.created_at or _FIXED_TIME,
        author=names.current_name,
        author_url=_repository_url(issue, names),
        identity=thread.feeds,
        comments=comments,
        threads=dict.fromkeys((comment.number for comment in comments), thread),
        post=key.number,
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
    source: SiteFeedSource,
) -> Document:
    """Render the newest comments of a site. `comments` are sorted by descending id; `threads` are theirs by number."""
    i18n, names = translation(key.lang), _names(key, source.identity)
    visible = [comment for comment in comments if comment.hidden is None][:MAX_ENTRIES]
    issues = (threads[comment.number].issue for comment in visible if comment.number in threads)
    url = _repository_url(next((issue for issue in issues if issue is not None), None), names)
    feed = _Feed(
        id=f"{_GITHUB}/{names.feed_name}/issues",
        title=f"{i18n.text('recent')}: {names.current_name}",
        page_url=f"{url}/issues",
        path=f"/comments.{key.format}",
        updated_at=names.created_at or _FIXED_TIME,
        author=names.current_name,
        author_url=url,
        identity=source.identity,
        comments=visible,
        threads=threads,
        post=None,
    )
    return _document(feed, key, i18n, sanitize, source.checked_at)


def _names(key: FeedKey, identity: FeedIdentity | None) -> FeedIdentity:
    """Return the identity of a repository's feeds; the configured name if GitHub was not asked for it yet."""
    return identity or FeedIdentity(*[key.repo.full_name] * 4)


def _page_url(issue: Issue | None, key: ThreadFeedKey, identity: FeedIdentity | None) -> str:
    """Return the URL of the page of a post's issue, under the repository's current name."""
    if issue is not None and (identity is None or issue.number != key.number):  # it may be in another repository now
        return issue.url
    return f"{_repository_url(issue, _names(key, identity))}/issues/{key.number}"


def _repository_url(issue: Issue | None, names: FeedIdentity) -> str:
    """Return the URL of the repository's page; the host is that of an issue, because GitHub Enterprise has its own."""
    host = _GITHUB if issue is None else "{0.scheme}://{0.netloc}".format(urlsplit(issue.url))
    return f"{host}/{names.current_name}"


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
        html, text = _replace_invalid(sanitize(comment)), _replace_invalid(comment.body_text)
        entry_id, url = _addresses(comment, feed)
        yield _Entry(
            id=entry_id,
            url=url,
            title=_title(comment, feed, i18n, first_words(html, text, _MAX_WORDS)),
            author_name=_replace_invalid(author.login),
            author_url=_replace_invalid(author.url),
            avatar_url=_avatar_url(comment, key),
            published=comment.created_at,
            updated=comment.updated_at,
            html=html,
            text=text,
            reply_to=None if thread is None else _reply_target(comment, thread, feed),
        )


def _title(comment: Comment, feed: _Feed, i18n: Translation, words: str) -> str:
    """Return the title of an entry: who comments, on what if the feed has several posts, and the first words."""
    name = comment.author.login or "?"
    if feed.post is None:
        thread = feed.threads.get(comment.number)
        title = thread.issue.title if thread and thread.issue else f"#{comment.number}"
        name = i18n.text("on", name=name, title=excerpt(visible(title), _MAX_POST_TITLE))
    return _replace_invalid(f"{name}: {words}" if words else name)


def _addresses(comment: Comment, feed: _Feed) -> tuple[str, str]:
    """Return the id of a comment's entry, and its link."""
    match = _COMMENT_URL.fullmatch(comment.url)
    if feed.identity is None or match is None:
        url = _replace_invalid(comment.url)
        return url, url
    names, number = (feed.identity.entry_name, feed.identity.link_name), feed.post or comment.number
    entry_id, url = (_replace_invalid(f"{match[1]}/{name}/issues/{number}{match[2]}") for name in names)
    return entry_id, url


def _reply_target(comment: Comment, thread: Thread, feed: _Feed) -> tuple[str, str] | None:
    """Return id and link of the visible comment that a comment replies to, or None."""
    target = thread.outline.visible_reply_target(comment.id)
    return next((_addresses(other, feed) for other in thread.comments if other.id == target), None)


def _avatar_url(comment: Comment, key: FeedKey) -> str | None:
    """Return the avatar's URL, or None if the service proxies it and its own address is unknown."""
    if not key.proxy_images:
        return _replace_invalid(comment.author.avatar_url)
    return proxied_avatar_url(key.base_url, comment.author.id) if key.base_url else None


def _atom(feed: _Feed, key: FeedKey, lang: str, entries: Sequence[_Entry]) -> bytes:
    from feedgen.feed import FeedGenerator  # noqa: PLC0415 - it takes 6 MB, and few blogs' readers ask for feeds

    atom = FeedGenerator()
    atom.register_extension("thr", _InReplyTo, _InReplyTo, rss=False)
    atom.id(feed.id)
    atom.title(_replace_invalid(feed.title))
    atom.language(lang)
    atom.generator("Afterword")
    atom.updated(datetime.fromisoformat(max((entry.updated for entry in entries), default=feed.updated_at)))
    atom.author({"name": feed.author})
    atom.link(href=_replace_invalid(feed.page_url), rel="alternate", type="text/html")
    if key.base_url:
        atom.link(href=_feed_url(feed, key), rel="self", type=CONTENT_TYPES[FeedFormat.ATOM])
    for entry in entries:
        element = atom.add_entry(order="append")
        element.id(entry.id)
        element.title(entry.title)
        element.link(href=entry.url)  # a link without `rel` is the alternate; feedgen writes no other attribute here
        element.author({"name": entry.author_name or "?", "uri": entry.author_url})
        element.published(datetime.fromisoformat(entry.published))
        element.updated(datetime.fromisoformat(entry.updated))
        element.content(entry.html, type="html")
        element.thr.reply_to = entry.reply_to
    return bytes(atom.atom_str())


class _InReplyTo:
    """RFC 4685's in-reply-to as a feedgen extension, of the feed or of an entry."""

    def __init__(self) -> None:
        self.reply_to: tuple[str, str] | None = None
        """Id and link of the entry that it replies to."""

    def extend_ns(self) -> Mapping[str, str]:
        """Return the namespace prefix, which feedgen declares on the feed."""
        return {"thr": _THREADING}

    def extend_atom(self, element: Any) -> Any:
        """Add `in-reply-to` to an entry that is a reply."""
        from feedgen.util import xml_elem  # noqa: PLC0415 - as above

        if self.reply_to is not None:
            ref, href = self.reply_to
            xml_elem(f"{{{_THREADING}}}in-reply-to", element, ref=ref, href=href, type="text/html")
        return element


def _json(feed: _Feed, key: FeedKey, lang: str, entries: Sequence[_Entry]) -> bytes:
    feed_url = {"feed_url": _feed_url(feed, key)} if key.base_url else {}
    author = {"name": _replace_invalid(feed.author), "url": _replace_invalid(feed.author_url)}
    return orjson.dumps(
        {
            "version": _JSON_FEED,
            "title": _replace_invalid(feed.title),
            "home_page_url": _replace_invalid(feed.page_url),
            **feed_url,
            **_authors(author),
            "language": lang,
            "items": [_item(entry) for entry in entries],
        }
    )


def _item(entry: _Entry) -> Mapping[str, Any]:
    avatar = {} if entry.avatar_url is None else {"avatar": entry.avatar_url}
    return {
        "id": entry.id,
        "url": entry.url,
        "title": entry.title,
        "content_html": entry.html,
        "content_text": entry.text,
        "date_published": entry.published,
        "date_modified": entry.updated,
        **_authors({"name": entry.author_name, "url": entry.author_url, **avatar}),
    }


def _authors(author: Mapping[str, str]) -> Mapping[str, Any]:
    """Return the author as JSON Feed 1.1 has it, and as 1.0 had it: several feed readers know only that."""
    return {"authors": [author], "author": author}


def _feed_url(feed: _Feed, key: FeedKey) -> str:
    """Return the URL that was requested: feed readers may switch to it."""
    return f"{key.base_url}{feed.path}{key.query and '?'}{key.query}"


def _replace_invalid(text: str) -> str:
    return _INVALID_CHARACTER.sub("\N{REPLACEMENT CHARACTER}", text)
