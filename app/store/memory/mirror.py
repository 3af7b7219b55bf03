"""The mirror in memory. Each method reads its state before it waits for anything, so each is one transaction."""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from heapq import nlargest
from itertools import chain, takewhile

from app.domain.records import IssueSummary, SiteRecord, ThreadRecord, ThreadRef
from app.domain.sites import Repository
from app.domain.terms.heads import head_of
from app.domain.thread_state import Hop, Snapshot
from app.domain.threads import Approval, Comment, ImageSize
from app.domain.transfers import MAX_TRANSFERS, transfer_target
from app.ports.mirror import (
    Change,
    CommentSelection,
    Exclusion,
    IssueHeads,
    Mirror,
    MirrorChange,
    NewestComments,
    Select,
    SelectedComments,
    SiteSnapshot,
)
from app.store.memory.mirror_writes import ChangeWriter, SiteData
from app.store.memory.thread_comments import MemoryComments, changed_versions
from app.store.normalized_change import (
    MONTH,
    deduplicate,
    is_another_approval,
    numbers_to_version,
    with_image_sizes,
)


class MemoryMirror(Mirror):
    """The mirror of one process; `sites` are the served repositories, which transfers are followed to."""

    def __init__(self, process_id: str = "", sites: Sequence[Repository] = ()) -> None:
        self._process_id = process_id
        self._sites = tuple(sites)
        self._data: dict[str, SiteData] = {}
        self._etags: dict[str, tuple[str, float]] = {}
        self._changes: dict[tuple[ThreadRef, bool], MirrorChange] = {}
        """The latest change of each number, and of its images (True), by ascending version."""
        self._comment_versions: dict[ThreadRef, Mapping[int, int]] = {}
        """When each comment of a thread changed, by its id."""

    async def snapshot(
        self, repo: Repository, number: int, *, with_comments: bool = True, select: Select | None = None
    ) -> Snapshot:
        snapshot = self._snapshot(ThreadRef(repo, number), with_comments=with_comments)
        return snapshot if select is None else await asyncio.to_thread(self._narrowing(snapshot, select))

    async def site(self, repo: Repository) -> SiteRecord | None:
        return self.data_of(repo).record

    async def records(self, repository_id: int) -> tuple[SiteRecord, ...]:
        records = (data.record for data in reversed(self._data.values()))
        return tuple(record for record in records if record is not None and record.id == repository_id)

    async def site_snapshot(self, repo: Repository, *, urgent: bool = False) -> SiteSnapshot:  # noqa: ARG002 - nothing waits
        threads = self.data_of(repo).threads
        summaries = tuple(_summary(threads[number].record(0)) for number in sorted(threads, reverse=True))
        return SiteSnapshot(self.data_of(repo).record, summaries)

    async def thread(self, repo: Repository, number: int) -> ThreadRecord | None:
        return self._thread(ThreadRef(repo, number))

    async def threads(self, repo: Repository) -> tuple[ThreadRecord, ...]:
        threads = self.data_of(repo).threads
        numbers = (n for n in sorted(threads, reverse=True) if not threads[n].issue.is_pull_request)
        return tuple(threads[number].record(self._version(ThreadRef(repo, number))) for number in numbers)

    async def comments(self, repo: Repository, number: int) -> tuple[Comment, ...]:
        return self.data_of(repo).comments_of(number)

    async def comment(self, repo: Repository, comment_id: int) -> Comment | None:
        return self.data_of(repo).comment(comment_id)

    async def comments_by_id(self, repo: Repository, ids: Iterable[int]) -> Mapping[int, Comment]:
        site = self.data_of(repo)
        comments = (site.comment(comment_id) for comment_id in ids)
        return {comment.id: comment for comment in comments if comment is not None}

    async def lookup(
        self, repos: Iterable[Repository], comment_id: int | None
    ) -> Mapping[Repository, tuple[SiteRecord | None, Comment | None]]:
        return {repo: (self.data_of(repo).record, self.data_of(repo).comment(comment_id)) for repo in repos}

    async def issue_ids(self, repo: Repository, numbers: Iterable[int]) -> Mapping[int, int]:
        threads = self.data_of(repo).threads
        return {number: threads[number].issue.id for number in numbers if number in threads}

    async def issue_heads(self, repo: Repository, numbers: Iterable[int] | None = None) -> IssueHeads:
        threads = self.data_of(repo).threads
        selection = threads if numbers is None else [number for number in set(numbers) if number in threads]
        return IssueHeads(self.data_of(repo).record, tuple(head_of(threads[number].issue) for number in selection))

    async def transferred(self, repo: Repository, numbers: Iterable[int]) -> frozenset[int]:
        tombstones = self.data_of(repo).tombstones
        return frozenset(n for n in numbers if n in tombstones and tombstones[n].transferred_to is not None)

    async def avatar(
        self,
        repo: Repository,
        user_id: int,
        *,
        numbers: frozenset[int] | None = None,
        excluded_ids: frozenset[int] = frozenset(),
    ) -> str | None:
        threads = self.data_of(repo).threads
        comments = chain.from_iterable(threads[n].comments.values() for n in threads if numbers is None or n in numbers)
        own = (comment for comment in comments if comment.author.id == user_id and comment.id not in excluded_ids)
        return next((comment.author.avatar_url for comment in own), None)

    async def newest_comments(
        self,
        repo: Repository,
        *,
        limit: int,
        before: int | None,
        numbers: frozenset[int] | None,
        select: Select,
        exclusion: Exclusion | None = None,
    ) -> NewestComments:
        site = self.data_of(repo)
        complete = {n for n, thread in site.threads.items() if thread.complete and (numbers is None or n in numbers)}
        ids = (key for key, number in site.numbers.items() if number in complete and (before is None or key < before))
        candidates = (site.threads[site.numbers[key]].comments[key] for key in ids)
        visible = (comment for comment in candidates if exclusion is None or not exclusion.applies_to(comment))
        comments = tuple(nlargest(limit, visible, key=lambda comment: comment.id))
        refs = {comment.number: ThreadRef(repo, comment.number) for comment in comments}
        work = {n: self._narrowing(self._snapshot(ref, with_comments=True), select) for n, ref in refs.items()}
        snapshots = {number: await asyncio.to_thread(narrow) for number, narrow in work.items()}
        return NewestComments(site.record, comments, snapshots, site.is_complete)

    async def selected_comments(self, repo: Repository, selection: CommentSelection) -> SelectedComments:
        site, numbers, since = self.data_of(repo), selection.numbers, selection.since
        threads = [t for n, t in site.threads.items() if t.complete and (numbers is None or n in numbers)]
        comments = chain.from_iterable(thread.comments.values() for thread in threads)
        others = (comment for comment in comments if comment.id not in selection.excluded_ids)
        matches = [comment for comment in others if since is None or comment.updated_at >= since]
        matches.sort(key=lambda comment: (comment.updated_at if selection.by_update else "", comment.id))
        if selection.descending:
            matches.reverse()
        page = matches[selection.offset : selection.offset + selection.limit]
        return SelectedComments(site.record, tuple(page), len(matches), site.is_complete)

    async def etags(self, keys: Iterable[str]) -> Mapping[str, str]:
        return {key: self._etags[key][0] for key in keys if key in self._etags}

    async def changes(self, *, after: int) -> tuple[MirrorChange, ...]:
        later = takewhile(lambda change: change.version > after, reversed(self._changes.values()))
        return tuple(later)[::-1]

    async def latest_version(self) -> int:
        return self._latest_version()

    async def apply(self, change: Change) -> frozenset[int]:
        repo, before = change.repo, self.data_of(change.repo)
        normalized_change = deduplicate(change, lambda number: self._version(ThreadRef(repo, number)))
        writer = ChangeWriter(before.copy(), change, normalized_change)
        writer.apply()
        etags = self._etags | {key: (etag, change.at) for key, etag in change.etags.items()}
        self._etags = {key: entry for key, entry in etags.items() if entry[1] >= change.at - MONTH}
        self._put_data(repo, writer.site, writer.written_numbers)
        numbers = frozenset(number for number in writer.written_numbers if writer.is_visible_change(before, number))
        for number in numbers_to_version(numbers, before.record, writer.site.record):
            self._record_change(ThreadRef(repo, number), images_only=False)
        return numbers

    async def learn_image_sizes(self, repo: Repository, sizes: Mapping[int, Mapping[str, ImageSize]]) -> frozenset[int]:
        site = self.data_of(repo).copy()
        comments = [comment for comment in map(site.comment, sizes) if comment is not None]
        numbers: set[int] = set()
        for comment in comments:
            new_sizes = with_image_sizes(comment.image_sizes or {}, sizes[comment.id])
            if new_sizes != (comment.image_sizes or {}):
                site.replace_comment(replace(comment, image_sizes=new_sizes))
                numbers.add(comment.number)
        if numbers:
            self._data[repo.key] = site
        for number in sorted(numbers):
            self._record_change(ThreadRef(repo, number), images_only=True)
        return frozenset(numbers)

    async def record_approvals(self, repo: Repository, approvals: Mapping[int, Approval]) -> frozenset[int]:
        site = self.data_of(repo).copy()
        comments = [comment for comment in map(site.comment, approvals) if comment is not None]
        for comment in comments:
            site.replace_comment(replace(comment, approval=approvals[comment.id]))
        self._put_data(repo, site, {comment.number for comment in comments})
        numbers = {c.number for c in comments if is_another_approval(c.approval, approvals[c.id])}
        for number in sorted(numbers):
            self._record_change(ThreadRef(repo, number), images_only=False)
        return frozenset(numbers)

    async def renew_versions(self, repo: Repository) -> frozenset[int]:
        numbers = sorted(n for n, thread in self.data_of(repo).threads.items() if not thread.issue.is_pull_request)
        for number in numbers:
            self._record_change(ThreadRef(repo, number), images_only=False)
        return frozenset(numbers)

    def _put_data(self, repo: Repository, site: SiteData, numbers: Iterable[int]) -> None:
        """Replace the data of a repository, and note which comments of some threads are others now."""
        threads, version = [self.data_of(repo).threads, site.threads], self._latest_version() + 1
        for number in numbers:
            before, after = (data[number].comments if number in data else {} for data in threads)
            ref = ThreadRef(repo, number)
            self._comment_versions[ref] = changed_versions(self._comment_versions.get(ref, {}), before, after, version)
        self._data[repo.key] = site

    def _narrowing(self, snapshot: Snapshot, select: Select) -> Callable[[], Snapshot]:
        """Return what narrows a snapshot in another thread."""
        comments = MemoryComments(snapshot.comments, self._comment_versions.get(snapshot.ref, {}))
        return partial(_narrow, snapshot, select, comments)

    def _record_change(self, ref: ThreadRef, *, images_only: bool) -> None:
        version = self._latest_version() + 1
        self._changes.pop((ref, images_only), None)
        self._changes[ref, images_only] = MirrorChange(version, *ref, self._process_id, images_only=images_only)

    def _snapshot(self, ref: ThreadRef, *, with_comments: bool) -> Snapshot:
        hops = [self._hop(ref)]
        while len(hops) <= MAX_TRANSFERS and (target := self._transfer_target(hops[-1])):
            hops.append(self._hop(target))
        repo, number = hops[-1].ref
        site, record = self.data_of(repo), self._thread(hops[-1].ref)
        pinned = None if record is None else record.issue.pinned_comment
        comments = site.comments_of(number) if with_comments else ()
        return Snapshot(tuple(hops), record, comments, site.comment(None if pinned is None else pinned.id))

    def _hop(self, ref: ThreadRef) -> Hop:
        site = self.data_of(ref.repo)
        return Hop(ref, site.record, site.tombstones.get(ref.number), self._version(ref))

    def _transfer_target(self, hop: Hop) -> ThreadRef | None:
        address = hop.tombstone and hop.tombstone.transferred_to
        return (
            transfer_target(address, ((repo, self.data_of(repo).record) for repo in self._sites)) if address else None
        )

    def _thread(self, ref: ThreadRef) -> ThreadRecord | None:
        thread = self.data_of(ref.repo).threads.get(ref.number)
        return None if thread is None else thread.record(self._version(ref))

    def data_of(self, repo: Repository) -> SiteData:
        """Return all data of a repository, which is replaced and never changed."""
        return self._data.get(repo.key) or SiteData()

    def _version(self, ref: ThreadRef) -> int:
        change = self._changes.get((ref, False))
        return 0 if change is None else change.version

    def _latest_version(self) -> int:
        return next((change.version for change in reversed(self._changes.values())), 0)


def _narrow(snapshot: Snapshot, select: Select, comments: MemoryComments) -> Snapshot:
    """Return a snapshot with the outline of its thread and the selected comments only."""
    record = snapshot.record
    if record is None or not record.complete:
        return replace(snapshot, comments=())
    outline, ids = select(snapshot.ref, record.version, comments)
    selected_ids = frozenset(ids)
    return replace(
        snapshot,
        comments=tuple(comment for comment in snapshot.comments if comment.id in selected_ids),
        outline=outline,
    )


def _summary(record: ThreadRecord) -> IssueSummary:
    issue = record.issue
    counts = issue.comment_count, record.mirrored_count
    completeness = record.complete, record.count_mismatch
    return IssueSummary(issue.number, issue.is_pull_request, *counts, *completeness, issue.updated_at, issue.labels)
