"""The mirror as readers may see it: without the comments that the owner's rules hold back.

All that readers get of comments is read through it, or selected by outlines that leave the same comments out. So a
comment that is held back has no placeholder, count, cursor, entry, event or image. Without rules the mirror itself is
read.
"""

import asyncio
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace

from typing_extensions import override

from app.domain.moderation.rules import hold_reason
from app.domain.records import IssueSummary, SiteRecord, ThreadRecord, ThreadRef
from app.domain.sites import Repository
from app.domain.thread_state import Snapshot
from app.domain.threads import Comment, Issue
from app.ports.mirror import (
    CommentSelection,
    Exclusion,
    Mirror,
    MirrorReads,
    NewestComments,
    Select,
    SelectedComments,
    SiteSnapshot,
)
from app.serving.moderation.holds import Holds


class ModeratedMirror(MirrorReads):
    """A mirror without what `holds` says is held back. `select` is expected to leave the same comments out."""

    def __init__(self, mirror: Mirror, holds: Holds) -> None:
        self._mirror = mirror
        self._holds = holds

    @override
    async def site(self, repo: Repository) -> SiteRecord | None:
        return await self._mirror.site(repo)

    @override
    async def transferred(self, repo: Repository, numbers: Iterable[int]) -> frozenset[int]:
        return await self._mirror.transferred(repo, numbers)

    @override
    async def snapshot(
        self, repo: Repository, number: int, *, with_comments: bool = True, select: Select | None = None
    ) -> Snapshot:
        snapshot = await self._mirror.snapshot(repo, number, with_comments=with_comments, select=select)
        return await self._visible_snapshot(snapshot)

    @override
    async def site_snapshot(self, repo: Repository, *, urgent: bool = False) -> SiteSnapshot:
        return await self._visible_site(repo, await self._mirror.site_snapshot(repo, urgent=urgent))

    @override
    async def part_snapshot(self, repo: Repository, numbers: Collection[int]) -> SiteSnapshot:
        return await self._visible_site(repo, await self._mirror.part_snapshot(repo, numbers))

    @override
    async def unsettled_snapshot(self, repo: Repository) -> SiteSnapshot:
        return await self._visible_site(repo, await self._mirror.unsettled_snapshot(repo))

    async def _visible_site(self, repo: Repository, snapshot: SiteSnapshot) -> SiteSnapshot:
        threads = await self._holds.of_site(repo)
        counts = {number: len(holds.reasons) for number, holds in threads.items() if holds.reasons}
        summaries = (_visible_summary(summary, counts.get(summary.number, 0)) for summary in snapshot.summaries)
        return replace(snapshot, summaries=tuple(summaries))

    @override
    async def thread(self, repo: Repository, number: int) -> ThreadRecord | None:
        record = await self._mirror.thread(repo, number)
        if record is None:
            return None
        holds = await self._holds.of_thread(ThreadRef(repo, number), record.version)
        return self._visible_record(record, len(holds.reasons))

    @override
    async def threads(self, repo: Repository) -> tuple[ThreadRecord, ...]:
        records, threads = await self._mirror.threads(repo), await self._holds.of_site(repo)
        counts = {number: len(holds.reasons) for number, holds in threads.items()}
        return tuple(self._visible_record(record, counts.get(record.issue.number, 0)) for record in records)

    @override
    async def comment(self, repo: Repository, comment_id: int) -> Comment | None:
        comment = await self._mirror.comment(repo, comment_id)
        return None if comment is None or self._is_held_back(comment) else comment

    @override
    async def comments_by_id(self, repo: Repository, ids: Iterable[int]) -> Mapping[int, Comment]:
        comments = await self._visible((await self._mirror.comments_by_id(repo, ids)).values())
        return {comment.id: comment for comment in comments}

    @override
    async def avatar(
        self,
        repo: Repository,
        user_id: int,
        *,
        numbers: frozenset[int] | None = None,
        excluded_ids: frozenset[int] = frozenset(),
    ) -> str | None:
        excluded_ids |= await self._holds.ids(repo)
        return await self._mirror.avatar(repo, user_id, numbers=numbers, excluded_ids=excluded_ids)

    @override
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
        def applies_to(comment: Comment) -> bool:
            return self._is_held_back(comment) or (exclusion is not None and exclusion.applies_to(comment))

        both = Exclusion(applies_to, await self._holds.ids(repo))
        newest = await self._mirror.newest_comments(
            repo, limit=limit, before=before, numbers=numbers, select=select, exclusion=both
        )
        snapshots = {number: await self._visible_snapshot(item) for number, item in newest.snapshots.items()}
        return replace(newest, snapshots=snapshots)

    @override
    async def selected_comments(self, repo: Repository, selection: CommentSelection) -> SelectedComments:
        excluded_ids = selection.excluded_ids | await self._holds.ids(repo)
        result = await self._mirror.selected_comments(repo, replace(selection, excluded_ids=excluded_ids))
        comments = await self._visible(result.comments)
        late_count = len(result.comments) - len(comments)  # they came or changed in between
        return replace(result, comments=comments, total=result.total - late_count)

    async def _visible_snapshot(self, snapshot: Snapshot) -> Snapshot:
        record, outline = snapshot.record, snapshot.outline
        if record is None:
            return snapshot
        if outline is None:
            held_count = len((await self._holds.of_thread(snapshot.ref, record.version)).reasons)
        else:
            held_count = record.mirrored_count - len(outline)
        pinned = snapshot.pinned
        return replace(
            snapshot,
            record=self._visible_record(record, held_count),
            comments=await self._visible(snapshot.comments),
            pinned=None if pinned is None or self._is_held_back(pinned) else pinned,
        )

    async def _visible(self, comments: Collection[Comment]) -> tuple[Comment, ...]:
        """Return the comments that are not held back; a thread judges them: a page takes a tenth of a second."""
        if not comments:
            return ()
        return await asyncio.to_thread(lambda: tuple(item for item in comments if not self._is_held_back(item)))

    def _visible_record(self, record: ThreadRecord, held_count: int) -> ThreadRecord:
        """Return the record without what is held back; of a complete thread, the mirror's pinned comment is decided."""
        issue = record.issue
        pin = issue.pinned_comment
        if pin is not None and not record.complete and self._is_held_back(pin):
            issue = replace(issue, pinned_comment=None)
        if not held_count:
            return record if issue is record.issue else replace(record, issue=issue)
        issue = _with_comment_count(issue, max(0, issue.comment_count - held_count))
        return replace(record, issue=issue, mirrored_count=record.mirrored_count - held_count)

    def _is_held_back(self, comment: Comment) -> bool:
        return hold_reason(comment, self._holds.rules) is not None


def _with_comment_count(issue: Issue, count: int) -> Issue:
    source = {**issue.source, "comments": count} if "comments" in issue.source else issue.source
    return replace(issue, comment_count=count, source=source)


def _visible_summary(summary: IssueSummary, held_count: int) -> IssueSummary:
    if not held_count:
        return summary
    return replace(
        summary,
        mirrored_count=max(0, summary.mirrored_count - held_count),
        comment_count=max(0, summary.comment_count - held_count),
    )
