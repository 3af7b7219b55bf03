"""The mirror as dictionaries; a change is made aside and then swapped in."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from heapq import nlargest
from itertools import takewhile

from app.domain.sites import Repository
from app.domain.threads import Comment, Issue
from app.ports.jobs import THE_REPOSITORY
from app.ports.mirror import Change, IssueSummary, MirrorChange, SiteRecord, ThreadRecord, Tombstone
from app.store.normalized_change import MONTH, Folded, fold, record_of, supersedes, tells_more


@dataclass(frozen=True, slots=True)
class _Kept:
    """An issue with its comments by id; never changed, only replaced."""

    issue: Issue
    complete: bool = False
    surplus: int = 0
    checked_at: float | None = None
    comments: Mapping[int, Comment] = field(default_factory=dict)

    def record(self, version: int) -> ThreadRecord:
        return ThreadRecord(self.issue, len(self.comments), self.complete, self.surplus, self.checked_at, version)

    def same_as(self, other: "_Kept | None") -> bool:
        """True where nothing differs that a reader could see: GitHub's words and completeness."""
        return other is not None and (
            self.complete == other.complete
            and self.issue.source == other.issue.source
            and self.comments.keys() == other.comments.keys()
            and all(comment.source == other.comments[key].source for key, comment in self.comments.items())
        )


@dataclass(slots=True)
class _Site:
    """All of one repository; a change is made to a copy, which then takes its place."""

    record: SiteRecord | None = None
    threads: dict[int, _Kept] = field(default_factory=dict)
    numbers: dict[int, int] = field(default_factory=dict)
    """Comment id -> the number of its issue."""
    absences: dict[int, Tombstone] = field(default_factory=dict)

    def copy(self) -> "_Site":
        return _Site(self.record, dict(self.threads), dict(self.numbers), dict(self.absences))


class MemoryMirror:
    """The mirror in memory; `origin` is the name of this process in its signals."""

    def __init__(self, origin: str = "") -> None:
        self._origin = origin
        self._sites: dict[str, _Site] = {}
        self._etags: dict[str, tuple[str, float]] = {}
        self._signals: dict[tuple[str, int], MirrorChange] = {}
        """The last one of each number, by ascending `seq`."""

    async def site(self, repo: Repository) -> SiteRecord | None:
        """The record of a repository; None before its import began."""
        return self._site(repo).record

    async def thread(self, repo: Repository, number: int) -> ThreadRecord | None:
        """The thread, or pull request, of a number."""
        kept = self._site(repo).threads.get(number)
        return None if kept is None else kept.record(self._version(repo, number))

    async def absence(self, repo: Repository, number: int) -> Tombstone | None:
        """What is known of a number without an issue."""
        return self._site(repo).absences.get(number)

    async def comments(self, repo: Repository, number: int) -> tuple[Comment, ...]:
        """All mirrored comments of a thread by ascending id."""
        kept = self._site(repo).threads.get(number)
        return () if kept is None else tuple(kept.comments[key] for key in sorted(kept.comments))

    async def comment(self, repo: Repository, comment_id: int) -> Comment | None:
        """One comment by its id."""
        site = self._site(repo)
        number = site.numbers.get(comment_id)
        return None if number is None else site.threads[number].comments[comment_id]

    async def avatar(self, repo: Repository, user_id: int, *, numbers: frozenset[int] | None = None) -> str | None:
        """Where GitHub has the picture of somebody who wrote a mirrored comment; `numbers` narrows the threads."""
        threads = self._site(repo).threads.items()
        authors = (
            comment.author
            for number, thread in threads
            if numbers is None or number in numbers
            for comment in thread.comments.values()
        )
        return next((author.avatar_url for author in authors if author.id == user_id), None)

    async def newest_comments(
        self, repo: Repository, *, limit: int, before: int | None, numbers: frozenset[int] | None
    ) -> tuple[Comment, ...]:
        """The comments of all complete threads by descending id, below the id `before`; `numbers` narrows them."""
        site = self._site(repo)
        wanted = (
            comment_id
            for comment_id, number in site.numbers.items()
            if (before is None or comment_id < before)
            and (numbers is None or number in numbers)
            and site.threads[number].complete
        )
        return tuple(site.threads[site.numbers[key]].comments[key] for key in nlargest(limit, wanted))

    async def threads(self, repo: Repository) -> tuple[ThreadRecord, ...]:
        """All threads by descending number, without pull requests."""
        threads = self._site(repo).threads
        numbers = (n for n in sorted(threads, reverse=True) if not threads[n].issue.is_pull_request)
        return tuple(threads[number].record(self._version(repo, number)) for number in numbers)

    async def tallies(self, repo: Repository) -> tuple[IssueSummary, ...]:
        """All issues and pull requests in short, by descending number."""
        threads = self._site(repo).threads
        return tuple(_tally(threads[number].record(0)) for number in sorted(threads, reverse=True))

    async def etag(self, key: str) -> str | None:
        """The ETag kept under a validator key."""
        return self._etags.get(key, (None, 0.0))[0]

    async def version(self, repo: Repository, number: int) -> int:
        """The `seq` of the latest signal of a thread, present or not; 0 where there never was one."""
        return self._version(repo, number)

    async def signals(self, *, after: int) -> tuple[MirrorChange, ...]:
        """The signals of all repositories with a later `seq`, in order."""
        later = takewhile(lambda signal: signal.seq > after, reversed(self._signals.values()))
        return tuple(later)[::-1]

    async def latest(self) -> int:
        """The `seq` of the latest signal of all; 0 before the first."""
        return self._latest()

    async def apply(self, change: Change) -> frozenset[int]:
        """Applies all of a change or nothing; the numbers whose issue, comments or completeness it changed."""
        before = self._site(change.repo)
        overtaken = frozenset(n for n, version in change.began.items() if self._version(change.repo, n) > version)
        writing = _Writing(before.copy(), change, overtaken)
        writing.apply()
        etags = self._etags | {key: (etag, change.at) for key, etag in change.etags.items()}
        self._etags = {key: kept for key, kept in etags.items() if kept[1] >= change.at - MONTH}
        self._sites[change.repo.key] = writing.site
        changed = frozenset(number for number in writing.touched if writing.differs(before, number))
        self._signal(change.repo, changed)
        if tells_more(before.record, writing.site.record):
            self._signal(change.repo, (THE_REPOSITORY,))
        return changed

    async def close(self) -> None:
        """Ends nothing: there is nothing to end."""

    def _site(self, repo: Repository) -> _Site:
        return self._sites.get(repo.key) or _Site()

    def _version(self, repo: Repository, number: int) -> int:
        signal = self._signals.get((repo.key, number))
        return 0 if signal is None else signal.seq

    def _latest(self) -> int:
        return next((signal.seq for signal in reversed(self._signals.values())), 0)

    def _signal(self, repo: Repository, numbers: Iterable[int]) -> None:
        for number in sorted(numbers):
            seq = self._latest() + 1
            self._signals.pop((repo.key, number), None)
            self._signals[repo.key, number] = MirrorChange(seq, repo, number, self._origin)


class _Writing:
    """One change on its way into a copy of a site."""

    def __init__(self, site: _Site, change: Change, overtaken: frozenset[int]) -> None:
        self.site = site
        self.touched: set[int] = set()
        self._change = change
        self._folded: Folded = fold(change, overtaken)
        self._accepted: set[int] = set()
        self._owned: dict[int, dict[int, Comment]] = {}

    def apply(self) -> None:
        """The rules of `Change`, in their order."""
        self._put_issues()
        self._put_absence()
        self._put_comments()
        self._keep_whole()
        self._drop(self._change.removed)
        self._complete()
        self._check()
        self.site.record = record_of(self._change, self.site.record)

    def differs(self, before: _Site, number: int) -> bool:
        """True where a reader could tell the thread from what it was before."""
        kept = self.site.threads.get(number)
        return number in before.threads if kept is None else not kept.same_as(before.threads.get(number))

    def _put_issues(self) -> None:
        for number, issue in self._folded.issues.items():
            self.site.absences.pop(number, None)
            kept = self.site.threads.get(number)
            if kept is not None and not supersedes(issue.updated_at, kept.issue.updated_at):
                continue
            self._accepted.add(number)
            if kept is None or issue.is_pull_request:
                self._drop(() if kept is None else kept.comments)
                kept = _Kept(issue)
            self._put(number, replace(kept, issue=issue))

    def _put_absence(self) -> None:
        absence = self._change.absence
        if absence is None:
            return
        kept = self.site.threads.get(absence.number)
        if kept is not None:
            self._drop(kept.comments)
            del self.site.threads[absence.number]
            self.touched.add(absence.number)
        self.site.absences[absence.number] = absence

    def _put_comments(self) -> None:
        for comment in self._folded.comments.values():
            if not self._is_thread(comment.number):
                continue
            number = self.site.numbers.get(comment.id)
            kept = None if number is None else self.site.threads[number].comments[comment.id]
            if kept is not None and not supersedes(comment.updated_at, kept.updated_at):
                continue
            if kept is not None and kept.number != comment.number:
                self._drop((comment.id,))
            self._own(comment.number)[comment.id] = comment
            self.site.numbers[comment.id] = comment.number

    def _keep_whole(self) -> None:
        for number, ids in self._folded.listed.items():
            if not self._is_thread(number):
                continue
            self._drop(self.site.threads[number].comments.keys() - ids)
            kept = self.site.threads[number]
            surplus = kept.issue.comment_count - len(ids)
            self._put(number, replace(kept, complete=True, surplus=surplus, checked_at=self._change.at))

    def _drop(self, comment_ids: Iterable[int]) -> None:
        for comment_id in tuple(comment_ids):
            number = self.site.numbers.pop(comment_id, None)
            if number is not None:
                del self._own(number)[comment_id]

    def _complete(self) -> None:
        """Completeness by counts; where GitHub counts none and none is here, that was checked just now."""
        for number in tuple(self.touched):
            kept = self.site.threads.get(number)
            if kept is None or kept.issue.is_pull_request or kept.issue.comment_count != len(kept.comments):
                continue
            if not kept.complete or (number in self._accepted and not kept.comments):
                self._put(number, replace(kept, complete=True, surplus=0, checked_at=self._change.at))

    def _check(self) -> None:
        for number in self._change.checked:
            kept = self.site.threads.get(number)
            if kept is not None and kept.complete:
                self._put(number, replace(kept, checked_at=self._change.at))

    def _own(self, number: int) -> dict[int, Comment]:
        """The comments of a thread as this change's own copy, made when first needed."""
        if number not in self._owned:
            kept = self.site.threads[number]
            self._owned[number] = dict(kept.comments)
            self._put(number, replace(kept, comments=self._owned[number]))
        return self._owned[number]

    def _is_thread(self, number: int) -> bool:
        kept = self.site.threads.get(number)
        return kept is not None and not kept.issue.is_pull_request

    def _put(self, number: int, kept: _Kept) -> None:
        self.touched.add(number)
        self.site.threads[number] = kept


def _tally(record: ThreadRecord) -> IssueSummary:
    issue = record.issue
    return IssueSummary(
        number=issue.number,
        is_pull_request=issue.is_pull_request,
        comment_count=issue.comment_count,
        mirrored=record.mirrored,
        complete=record.complete,
        in_doubt=record.in_doubt,
        updated_at=issue.updated_at,
        labels=issue.labels,
    )
