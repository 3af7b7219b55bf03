"""Sites in short, read from the mirror in memory."""

from collections import Counter
from heapq import nlargest
from itertools import chain

from app.domain.sites import Repository
from app.domain.times import epoch
from app.ports.owner.overviews import Overviews, Scope, SiteOverview, ThreadOverview, week_of
from app.store.memory.mirror import MemoryMirror
from app.store.memory.mirror_writes import ThreadData


class MemoryOverviews(Overviews):
    """Reads a mirror in memory."""

    def __init__(self, mirror: MemoryMirror) -> None:
        self._mirror = mirror

    async def site(self, repo: Repository, scope: Scope) -> SiteOverview:
        data = self._mirror.data_of(repo)
        threads = tuple(
            _thread(data.threads[number], scope.excluded_ids) for number in sorted(data.threads, reverse=True)
        )
        numbers = [thread.number for thread in threads if scope.includes(thread)]
        comments = list(chain.from_iterable(data.threads[number].comments.values() for number in numbers))
        counted_comments = (comment for comment in comments if comment.id not in scope.excluded_ids)
        times = (comment.created_at for comment in counted_comments if comment.created_at >= scope.since)
        return SiteOverview(
            data.record,
            threads,
            tuple(data.tombstones[number] for number in sorted(data.tombstones)),
            Counter(week_of(epoch(time)) for time in times),
            tuple(nlargest(scope.newest, comments, key=lambda comment: comment.id)),
        )

    async def bytes(self) -> int | None:
        return None


def _thread(data: ThreadData, excluded_ids: frozenset[int]) -> ThreadOverview:
    issue, record = data.issue, data.record(0)
    times = (comment.created_at for comment in data.comments.values() if comment.id not in excluded_ids)
    return ThreadOverview(
        number=issue.number,
        title=issue.title,
        url=issue.url,
        state=issue.state,
        locked=issue.locked,
        labels=issue.labels,
        is_pull_request=issue.is_pull_request,
        comment_count=issue.comment_count,
        mirrored_count=record.mirrored_count,
        complete=record.complete,
        count_mismatch=record.count_mismatch,
        checked_at=record.checked_at,
        last_comment_at=max(times, default=None),
    )
