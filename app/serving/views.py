"""Make documents from the mirror. GitHub is never asked.

`Views` reads what a document shows, and `Renderer` renders it in a thread beside the event loop, without waiting.
"""

import asyncio
import threading
from collections.abc import Mapping, MutableMapping, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from hashlib import blake2b
from sys import getsizeof

from cachetools import LRUCache

from app.domain.errors import CommentNotFound, InvalidCursor, NotReady
from app.domain.records import SiteRecord, ThreadRef
from app.domain.sites import Repository
from app.domain.thread_state import (
    Snapshot,
    ThreadState,
    checked_at,
    site_checked_at,
    thread_of,
    thread_state,
    with_current_pin,
)
from app.domain.threads import Comment, Issue, Thread
from app.ports.mirror import Mirror
from app.render import api, feeds, fragment, github_api
from app.render.cursors import Position
from app.render.document import Document
from app.render.github_objects import Sanitizer
from app.render.keys import (
    DOCUMENT_KINDS,
    CommentsKey,
    CountsKey,
    FragmentKey,
    GitHubCommentKey,
    GitHubCommentsKey,
    GitHubIssueKey,
    GitHubIssuesKey,
    IssueOnlyKey,
    Key,
    NewestKey,
    PostKey,
    SiteFeedKey,
    ThreadFeedKey,
    ThreadKey,
)
from app.render.sanitizer.sanitize import proxied_image_url, sanitize
from app.serving.access_policy import AccessPolicy
from app.serving.outlines import Outlines

_RETRY_AFTER = 5
_SANITIZED_BYTES = 16_000_000


def shows_comments(key: ThreadKey) -> bool:
    """Return True if a document shows comments, and so needs a complete thread."""
    return not isinstance(key, IssueOnlyKey)


def _newest_range(key: NewestKey | SiteFeedKey, secret: bytes) -> tuple[int, Position | None]:
    """Return how many of the newest comments a document is made of, and below which position (None: of all)."""
    if isinstance(key, SiteFeedKey):
        return 2 * feeds.MAX_ENTRIES, None  # hidden ones are left out
    return key.limit + 1, api.newest_position(key.cursor, secret)


class Renderer:
    """Renders documents. GitHub-compatible ones name `public_url`, or GitHub's own address if it is None."""

    def __init__(self, public_url: str | None, secret: bytes) -> None:
        """Sign cursors with `secret`."""
        self.secret = secret
        self._any_service = f"https://{blake2b(secret, digest_size=8).hexdigest()}.invalid"
        """Stands for the address of the service in sanitized HTML that is kept: no host has this name (RFC 6761), and
        no author of a comment knows it."""
        self._public_url = public_url
        self._sanitized_html: LRUCache[bytes, str] = LRUCache(_SANITIZED_BYTES, getsizeof=getsizeof)
        self._lock = threading.Lock()

    def thread(self, thread: Thread, key: ThreadKey) -> Document:
        """Return the document of a thread."""
        match key:
            case PostKey():
                return api.post(thread)
            case CommentsKey():
                return api.comments(thread, key, self._sanitizer(key.base_url), self.secret)
            case FragmentKey():
                return fragment.document(thread, key, self._page_sanitizer(key), self.secret)
            case ThreadFeedKey():
                return feeds.thread_feed(thread, key, self._page_sanitizer(key))
            case GitHubIssueKey():
                return github_api.issue(thread, key, self.sanitize, self._public_url)
            case GitHubCommentsKey():
                return github_api.comments(thread, key, self.sanitize, self._public_url)

    def newest(
        self,
        comments: Sequence[Comment],
        threads: Mapping[int, Thread],
        key: NewestKey | SiteFeedKey,
        site: SiteRecord,
    ) -> Document:
        """Return the newest comments of a site; `threads` are theirs by number."""
        checked_at = site_checked_at(site)
        if isinstance(key, SiteFeedKey):
            source = feeds.SiteFeedSource(site.feed_identity, checked_at)
            return feeds.site_feed(comments, threads, key, self._page_sanitizer(key), source)
        sanitizer = self._sanitizer(key.base_url)
        return api.newest(comments, threads, key, sanitizer, checked_at=checked_at, stale=False, secret=self.secret)

    def comment(self, comment: Comment, key: GitHubCommentKey, checked_at: float | None) -> Document:
        """Return one comment in GitHub's form."""
        return github_api.comment(comment, key, self.sanitize, self._public_url, checked_at=checked_at)

    def issues(self, issues: Sequence[Issue], key: GitHubIssuesKey, checked_at: float | None) -> Document:
        """Return a list of issues in GitHub's form."""
        return github_api.issues(issues, key, self.sanitize, self._public_url, checked_at)

    def _page_sanitizer(self, key: FragmentKey | ThreadFeedKey | SiteFeedKey) -> Sanitizer:
        return self._sanitizer(key.base_url if key.proxy_images else None)

    def _sanitizer(self, base_url: str | None) -> Sanitizer:
        return partial(self.sanitize, base_url=base_url)

    def sanitize(self, item: Comment | Issue, base_url: str | None = None) -> str:
        """Return the HTML of a comment as it may be inserted; its images are at `base_url`, or at GitHub's hosts.

        Each text is sanitized once, because the same comment is part of several documents. So a text is kept with a
        placeholder for the service, whose address may differ with each request.
        """
        source_html = item.source.get("body_html")
        html = source_html if isinstance(source_html, str) else ""
        if not base_url or f"{base_url}/images/" in html:
            return self._sanitize(html, item, base_url)
        return self._sanitize(html, item, self._any_service).replace(self._any_service, base_url)

    def _sanitize(self, html: str, item: Comment | Issue, base_url: str | None) -> str:
        source = "\0".join((str(base_url), item.url, html)).encode("utf-8", "surrogatepass")
        key = blake2b(source, digest_size=16).digest()
        with self._lock:  # documents are rendered in several threads
            result = self._sanitized_html.get(key)
        if result is None:
            rewrite = None if base_url is None else partial(proxied_image_url, base_url, item.id)
            result = sanitize(html, source_url=item.url, rewrite_image=rewrite)
            with self._lock, suppress(ValueError):  # it is larger than the cache
                self._sanitized_html[key] = result
        return result


class Views:
    """Makes the document of a key, each from one snapshot."""

    def __init__(
        self, mirror: Mirror, access: AccessPolicy, renderer: Renderer, render_counts: MutableMapping[str, int]
    ) -> None:
        """Count the rendered documents by kind in `render_counts`."""
        self.outlines = Outlines(renderer.secret)
        self._mirror = mirror
        self._access = access
        self._renderer = renderer
        self._render_counts = render_counts
        self.failed_checks: dict[ThreadRef, float] = {}
        """When the last due check of each thread failed, in epoch seconds."""

    async def make(self, key: Key, snapshot: Snapshot | None = None) -> Document:
        """Return a new document.

        `snapshot` is the mirror's for the key of a thread, if the caller has read it. Raises a `ReadError`, among them
        `NotReady` if the mirror cannot answer yet.
        """
        if isinstance(key, ThreadKey):
            return await self._thread(key, snapshot or await self.snapshot(key))
        if isinstance(key, GitHubCommentKey):
            return await self._single_comment(key)
        if isinstance(key, CountsKey):
            return await self._counts(key)
        if isinstance(key, NewestKey | SiteFeedKey):
            return await self._newest(key)
        return await self._issues(key)

    async def snapshot(self, key: ThreadKey, *others: ThreadKey) -> Snapshot:
        """Return all that some documents of one thread are made from: of its comments only those that they show."""
        keys = [k for k in (key, *others) if shows_comments(k)]
        select = self.outlines.select(keys) if keys else None
        return await self._mirror.snapshot(key.repo, key.number, with_comments=bool(keys), select=select)

    async def _thread(self, key: ThreadKey, snapshot: Snapshot) -> Document:
        self._require_access(key, snapshot.hops[0].site)
        snapshot = await self._with_known_transfers(key, snapshot)
        thread = self._visible(snapshot, with_comments=shows_comments(key))
        document = await asyncio.to_thread(self._renderer.thread, thread, key)
        return replace(document, refreshed_at=thread.refreshed_at)

    def _require_access(self, key: Key, site: SiteRecord | None) -> None:
        """Raise a `ReadError` if readers may see nothing of the site now; otherwise count the rendering."""
        self._access.require_visible(site)
        self._access.refuse_unknown_posts()
        self._render_counts[DOCUMENT_KINDS[type(key)]] += 1

    async def _with_known_transfers(self, key: ThreadKey, snapshot: Snapshot) -> Snapshot:
        """Return a snapshot that was read after its transfers were recorded.

        A change at the target of an unrecorded transfer would not invalidate the document that is made here.
        """
        while self._access.record_transfers(snapshot):
            snapshot = await self.snapshot(key)
        return snapshot

    def _visible(self, snapshot: Snapshot, *, with_comments: bool) -> Thread:
        """Return what readers see of a snapshot."""
        for hop in snapshot.hops:
            self._access.require_visible(hop.site)
        state = thread_state(snapshot, self._access.posts)
        if state is ThreadState.TRANSFERRED or (with_comments and state is ThreadState.INCOMPLETE):
            repo, number = snapshot.ref
            raise NotReady(f"Post {number} of {repo}", retry_after=_RETRY_AFTER)
        return thread_of(snapshot, state, failed_at=self.failed_checks.get(snapshot.ref))

    async def _single_comment(self, key: GitHubCommentKey) -> Document:
        comment = await self._mirror.comment(key.repo, key.comment_id)
        if comment is None:
            site_snapshot = await self._mirror.site_snapshot(key.repo)
            self._require_access(key, site_snapshot.site)
            if not site_snapshot.is_complete:
                raise NotReady(f"Comment {key.comment_id} of {key.repo}", retry_after=_RETRY_AFTER)
            raise CommentNotFound(key.comment_id)
        snapshot = await self._mirror.snapshot(key.repo, comment.number, with_comments=False)
        self._require_access(key, snapshot.hops[0].site)
        record = None if snapshot.was_transferred else snapshot.record
        if record is None or not self._access.is_post(snapshot.ref, record.issue):
            raise CommentNotFound(key.comment_id)
        at = checked_at(record, snapshot.site)
        return await asyncio.to_thread(self._renderer.comment, comment, key, at)

    async def _counts(self, key: CountsKey) -> Document:
        snapshot = await self._mirror.site_snapshot(key.repo)
        site = self._listed_site(key, snapshot.site)
        posts: dict[int, int | None] = {
            summary.number: summary.mirrored_count if summary.complete else summary.comment_count
            for summary in snapshot.summaries
            if self._access.is_post(ThreadRef(key.repo, summary.number), summary)
        }
        counts: Mapping[int, int | None] = posts
        if key.ids is not None:
            transferred = await self._transferred_counts(key.repo, set(key.ids) - posts.keys())
            counts = {number: posts.get(number, transferred.get(number)) for number in key.ids}
        return await asyncio.to_thread(api.counts, counts, site_checked_at(site), stale=False)

    async def _transferred_counts(self, repo: Repository, numbers: set[int]) -> Mapping[int, int | None]:
        """Return the counts of threads that were transferred to a served site; None for what is no post."""
        counts: dict[int, int | None] = {}
        for number in await self._mirror.transferred(repo, numbers) if numbers else ():
            key = PostKey(repo, number)
            snapshot = await self._with_known_transfers(key, await self.snapshot(key))
            if snapshot.was_transferred:
                thread = self._visible(snapshot, with_comments=False)
                counts[number] = None if thread.issue is None else thread.comment_count
        return counts

    async def _newest(self, key: NewestKey | SiteFeedKey) -> Document:
        limit, position = _newest_range(key, self._renderer.secret)
        before = None if position is None else position.comment_id
        numbers: frozenset[int] | None = None
        if not self._access.posts.includes_all:
            numbers = self._access.post_numbers(key.repo, await self._mirror.site_snapshot(key.repo))
        select = self.outlines.select((key,))
        newest = await self._mirror.newest_comments(
            key.repo, limit=limit, before=before, numbers=numbers, select=select
        )
        site = self._listed_site(key, newest.site)
        if position is not None and not position.is_signed:
            comment = await self._mirror.comment(key.repo, position.comment_id)
            if comment is None or (numbers is not None and comment.number not in numbers):
                raise InvalidCursor
        if not newest.comments and before is None and not newest.is_complete:
            raise NotReady(f"The newest comments of {key.repo}", retry_after=_RETRY_AFTER)
        threads = {number: self._visible(snapshot, with_comments=True) for number, snapshot in newest.snapshots.items()}
        return await asyncio.to_thread(self._renderer.newest, newest.comments, threads, key, site)

    async def _issues(self, key: GitHubIssuesKey) -> Document:
        site = self._listed_site(key, await self._mirror.site(key.repo))
        records = await self._mirror.threads(key.repo)
        posts = [
            record for record in records if self._access.is_post(ThreadRef(key.repo, record.issue.number), record.issue)
        ]
        ids = [record.issue.pinned_comment.id for record in posts if record.issue.pinned_comment is not None]
        comments = await self._mirror.comments_by_id(key.repo, ids) if ids else {}
        pins = {comment.number: comment for comment in comments.values()}
        issues = [with_current_pin(record, pins.get(record.issue.number)) for record in posts]
        return await asyncio.to_thread(self._renderer.issues, issues, key, site_checked_at(site))

    def _listed_site(self, key: Key, site: SiteRecord | None) -> SiteRecord:
        """Return the record of a site whose issues are listed; raise `NotReady` before."""
        self._require_access(key, site)
        if site is None or site.issues_listed_at is None:
            raise NotReady(f"The list of issues of {key.repo}", retry_after=_RETRY_AFTER)
        return site
