"""Make documents from the mirror. GitHub is never asked.

`Views` reads what a document shows, and `renderer.Renderer` renders it in a thread beside the event loop.
"""

import asyncio
from collections.abc import Collection, Mapping, MutableMapping, Sequence
from dataclasses import replace

import orjson

from app.domain.errors import CommentNotFound, InvalidCursor, NotReady
from app.domain.records import SiteRecord, ThreadRef, repository_object_key
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
from app.domain.threads import Comment, Thread
from app.ports.key_values import KeyValues
from app.ports.mirror import CommentSelection, Exclusion, MirrorReads
from app.render import api, feeds, github_api
from app.render.cursors import Position
from app.render.document import Document
from app.render.keys import (
    DOCUMENT_KINDS,
    CountsKey,
    GitHubAllCommentsKey,
    GitHubCommentKey,
    GitHubCommentsKey,
    GitHubIssueKey,
    GitHubIssuesKey,
    GitHubRepositoryKey,
    IssueOnlyKey,
    Key,
    NewestKey,
    NoThreadKey,
    PostKey,
    SiteFeedKey,
    TermCountsKey,
    ThreadKey,
)
from app.serving.access_policy import AccessPolicy
from app.serving.moderation.holds import Holds
from app.serving.outlines import Outlines
from app.serving.renderer import Renderer

_RETRY_AFTER = 5
_MOST_CHECKED = 10
"""Threads of a list that a read of it checks."""
_HIDDEN = Exclusion(lambda comment: comment.hidden is not None)


def shows_comments(key: ThreadKey) -> bool:
    """Return True if a document shows comments, and so needs a complete thread."""
    return not isinstance(key, IssueOnlyKey)


def _newest_range(key: NewestKey | SiteFeedKey, secret: bytes) -> tuple[int, Position | None]:
    """Return how many of the newest comments a document is made of, and below which position (None: of all)."""
    if isinstance(key, SiteFeedKey):
        return 2 * feeds.MAX_ENTRIES, None  # hidden ones are left out
    return key.limit + 1, api.newest_position(key.cursor, secret)


def _key_at_target(key: ThreadKey, snapshot: Snapshot) -> ThreadKey:
    """Return the key with the address of the repository that has the thread now: it may have been transferred."""
    site = snapshot.site
    if not isinstance(key, GitHubIssueKey | GitHubCommentsKey) or key.repository_url is None or site is None:
        return key
    base_url = key.repository_url.rpartition("/repos/")[0]
    return replace(key, repository_url=f"{base_url}/repos/{site.full_name}")


def _latest_threads(repo: Repository, comments: Sequence[Comment]) -> tuple[ThreadRef, ...]:
    """Return the threads of the latest comments of a list."""
    latest = sorted(comments, key=lambda comment: comment.id, reverse=True)
    return tuple(ThreadRef(repo, number) for number in list(dict.fromkeys(c.number for c in latest))[:_MOST_CHECKED])


def _shows_hidden(key: NewestKey | SiteFeedKey) -> bool:
    return isinstance(key, SiteFeedKey) or key.with_hidden


class Views:
    """Makes the document of a key, each from one snapshot."""

    def __init__(
        self,
        mirror: MirrorReads,
        key_values: KeyValues,
        access: AccessPolicy,
        renderer: Renderer,
        render_counts: MutableMapping[str, int],
        holds: Holds | None = None,
    ) -> None:
        """Count the rendered documents by kind in `render_counts`; `mirror` leaves out what `holds` says."""
        self.outlines = Outlines(renderer.secret, holds)
        self._mirror = mirror
        self._key_values = key_values
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
        match key:
            case GitHubCommentKey():
                return await self._single_comment(key)
            case CountsKey() | TermCountsKey() | NoThreadKey():
                return await self._short(key)
            case NewestKey() | SiteFeedKey():
                return await self._newest(key)
            case GitHubAllCommentsKey():
                return await self._all_comments(key)
            case GitHubRepositoryKey():
                return await self._repository(key)
            case GitHubIssuesKey():
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
        document = await asyncio.to_thread(self._renderer.thread, thread, _key_at_target(key, snapshot))
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
            site_snapshot = await self._mirror.unsettled_snapshot(key.repo)
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
        document = await asyncio.to_thread(self._renderer.comment, comment, key, at)
        return replace(document, threads=(ThreadRef(key.repo, comment.number),))

    async def _short(self, key: CountsKey | TermCountsKey | NoThreadKey) -> Document:
        """Return a document without comments or titles."""
        if isinstance(key, NoThreadKey):
            site = self._listed_site(key, await self._mirror.site(key.repo))
            return api.no_thread(key.repo, site_checked_at(site))
        if isinstance(key, CountsKey):
            counts, at = await self._counts(key, key.ids)
            return await asyncio.to_thread(api.counts, counts, at)
        numbers = {number for number in key.numbers if number is not None}
        counts, at = await self._counts(key, numbers)
        by_term = {term: counts.get(number or 0) for term, number in zip(key.terms, key.numbers, strict=True)}
        return await asyncio.to_thread(api.term_counts, by_term, at)

    async def _counts(
        self, key: CountsKey | TermCountsKey, ids: Collection[int] | None
    ) -> tuple[Mapping[int, int | None], float | None]:
        """Return the counts of some posts or of all by number, and when they were checked."""
        mirror = self._mirror
        snapshot = await (mirror.site_snapshot(key.repo) if ids is None else mirror.part_snapshot(key.repo, ids))
        site = self._listed_site(key, snapshot.site)

        def count() -> dict[int, int | None]:
            return {
                summary.number: summary.mirrored_count if summary.complete else summary.comment_count
                for summary in snapshot.summaries
                if self._access.is_post(ThreadRef(key.repo, summary.number), summary)
            }

        posts = await asyncio.to_thread(count) if ids is None else count()
        counts: Mapping[int, int | None] = posts
        if ids is not None:
            transferred = await self._transferred_counts(key.repo, set(ids) - posts.keys())
            counts = {number: posts.get(number, transferred.get(number)) for number in ids}
        return counts, site_checked_at(site)

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
        numbers = await self._post_numbers(key.repo)
        select = self.outlines.select((key,))
        newest = await self._mirror.newest_comments(
            key.repo,
            limit=limit,
            before=before,
            numbers=numbers,
            select=select,
            exclusion=None if _shows_hidden(key) else _HIDDEN,
        )
        site = self._listed_site(key, newest.site)
        if position is not None and not position.is_signed:
            comment = await self._mirror.comment(key.repo, position.comment_id)
            if comment is None or (numbers is not None and comment.number not in numbers):
                raise InvalidCursor
        if not newest.comments and before is None and not newest.is_complete:
            raise NotReady(f"The newest comments of {key.repo}", retry_after=_RETRY_AFTER)
        threads = {number: self._visible(snapshot, with_comments=True) for number, snapshot in newest.snapshots.items()}
        document = await asyncio.to_thread(self._renderer.newest, newest.comments, threads, key, site)
        return replace(document, threads=_latest_threads(key.repo, newest.comments))

    async def _post_numbers(self, repo: Repository) -> frozenset[int] | None:
        """Return the numbers of the issues that are posts; None if all are."""
        if self._access.posts.includes_all:
            return None
        return self._access.post_numbers(repo, await self._mirror.site_snapshot(repo))

    async def _all_comments(self, key: GitHubAllCommentsKey) -> Document:
        selection = CommentSelection(
            by_update=key.by_update,
            descending=key.descending,
            since=key.since,
            numbers=await self._post_numbers(key.repo),
            offset=(key.page - 1) * key.per_page,
            limit=key.per_page,
        )
        result = await self._mirror.selected_comments(key.repo, selection)
        site = self._listed_site(key, result.site)
        if not result.total and not result.is_complete:
            raise NotReady(f"The comments of {key.repo}", retry_after=_RETRY_AFTER)
        arguments = result.comments, result.total, key, site_checked_at(site)
        document = await asyncio.to_thread(self._renderer.all_comments, *arguments)
        return replace(document, threads=_latest_threads(key.repo, result.comments))

    async def _repository(self, key: GitHubRepositoryKey) -> Document:
        site, text = await self._mirror.site(key.repo), await self._key_values.get(repository_object_key(key.repo))
        self._require_access(key, site)
        value = None if text is None else orjson.loads(text)
        if site is None or value is None or value["object"]["id"] != site.id:
            raise NotReady(f"The repository {key.repo}", retry_after=_RETRY_AFTER)
        return github_api.repository(value["object"], key, value["at"], is_private=site.private)

    async def _issues(self, key: GitHubIssuesKey) -> Document:
        site = self._listed_site(key, await self._mirror.site(key.repo))
        records = await self._mirror.threads(key.repo)
        ids = [record.issue.pinned_comment.id for record in records if record.issue.pinned_comment is not None]
        comments = await self._mirror.comments_by_id(key.repo, ids) if ids else {}

        def render() -> Document:
            pins = {comment.number: comment for comment in comments.values()}
            issues = [
                with_current_pin(record, pins.get(record.issue.number))
                for record in records
                if self._access.is_post(ThreadRef(key.repo, record.issue.number), record.issue)
            ]
            return self._renderer.issues(issues, key, site_checked_at(site))

        return await asyncio.to_thread(render)

    def _listed_site(self, key: Key, site: SiteRecord | None) -> SiteRecord:
        """Return the record of a site whose issues are listed; raise `NotReady` before."""
        self._require_access(key, site)
        if site is None or site.issues_listed_at is None:
            raise NotReady(f"The list of issues of {key.repo}", retry_after=_RETRY_AFTER)
        return site
