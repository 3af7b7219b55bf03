"""Which comments are held back, in memory: decided once for each version of a thread.

Nothing of it is stored, so a start with other rules decides again. A decision needs nothing but the comment, with what
the mirror has of its approval; both are of one version.
"""

import asyncio
import threading
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from app.domain.moderation.rules import HoldReason, ModerationRules, hold_reason, needs_request, review_due
from app.domain.records import ThreadRef
from app.domain.sites import Repository
from app.domain.threads import NO_COMMENTS, Comment, ThreadOutline
from app.ports.mirror import Mirror, ThreadComments

_ALWAYS = float("inf")


@dataclass(slots=True)
class ThreadHolds:
    """What is held back of one version of a thread."""

    version: int = 0
    reasons: dict[int, HoldReason] = field(default_factory=dict)
    """By the ids of the comments that are held back."""
    pending: list[int] = field(default_factory=list)
    """The ids of comments about whose reactions GitHub has to be asked, now or after a while."""
    review_times: dict[int, float] = field(default_factory=dict)
    """When GitHub is asked again about comments that it was asked about, by their ids; in epoch seconds."""

    @property
    def matters(self) -> bool:
        """Return True if something is held back, or GitHub is asked about something."""
        return bool(self.reasons or self.pending or self.review_times)


class Judge:
    """Decides about the comments of one thread, and remembers what it decided."""

    def __init__(self, rules: ModerationRules, before: ThreadHolds | None = None) -> None:
        """Begin with what was decided about an earlier version, if all that changed since is decided again."""
        self._rules = rules
        self.holds = ThreadHolds()
        if before is not None:
            reviews = dict(before.review_times)
            self.holds = ThreadHolds(before.version, dict(before.reasons), list(before.pending), reviews)

    def forget(self, comment_ids: Collection[int]) -> None:
        """Forget what was decided about comments that have changed or are gone."""
        for key in comment_ids:
            self.holds.reasons.pop(key, None)
            self.holds.review_times.pop(key, None)
        self.holds.pending = [key for key in self.holds.pending if key not in comment_ids]

    def is_held_back(self, comment: Comment) -> bool:
        """Return True if readers may not see a comment."""
        reason = hold_reason(comment, self._rules)
        if reason is not None:
            self.holds.reasons[comment.id] = reason
        if self._rules.approval is not None:
            self._note_request(comment)
        return reason is not None

    def _note_request(self, comment: Comment) -> None:
        if needs_request(comment, self._rules, now=_ALWAYS):
            self.holds.pending.append(comment.id)
        elif (due := review_due(comment, self._rules)) is not None:
            self.holds.review_times[comment.id] = due


class Holds:
    """The decisions about all threads that were read.

    The event loop and the threads of the store share them; `_guard` is held for moments only.
    """

    def __init__(self, mirror: Mirror, rules: ModerationRules) -> None:
        self.rules = rules
        self._mirror = mirror
        self._threads: dict[ThreadRef, ThreadHolds] = {}
        self._guard = threading.Lock()
        self._changes: dict[ThreadRef, int] = {}
        """The latest change of each thread: what was decided about an earlier version is out of date."""
        self._read_version = 0
        """The latest change of the store that `_changes` has."""
        self._sites: dict[Repository, Mapping[int, ThreadHolds]] = {}
        """What is held back of whole repositories, but for what `_outdated_numbers` says."""
        self._outdated_numbers: defaultdict[Repository, set[int]] = defaultdict(set)
        """The threads about which was decided, or has to be, since their repository was in `_sites`."""
        self._lock = asyncio.Lock()

    def judge(self, before: ThreadHolds | None = None) -> Judge:
        """Return what decides about a thread; `before` is what was decided about an earlier version."""
        return Judge(self.rules, before)

    def remember(self, ref: ThreadRef, version: int, judge: Judge) -> None:
        """Keep what was decided about all comments of a version of a thread."""
        judge.holds.version = version
        with self._guard:
            known_holds = self._threads.get(ref)
            if known_holds is None or known_holds.version <= version:
                self._threads[ref] = judge.holds
                self._outdated_numbers[ref.repo].add(ref.number)

    def forget(self, ref: ThreadRef) -> None:
        """Decide about a thread again: GitHub was asked about one of its comments."""
        with self._guard:
            self._threads.pop(ref, None)
            self._outdated_numbers[ref.repo].add(ref.number)

    def clear(self) -> None:
        """Forget everything: another file is the store, and its versions may be those of other contents."""
        with self._guard:
            self._threads.clear()
            self._sites.clear()
        self._changes.clear()
        self._read_version = 0

    async def of_thread(self, ref: ThreadRef, version: int) -> ThreadHolds:
        """Return what is held back of a thread at a version or a later one. Raises `StoreError`."""
        holds = self._threads.get(ref)
        return holds if holds is not None and holds.version >= version else await self._decide(ref)

    async def of_site(self, repo: Repository) -> Mapping[int, ThreadHolds]:
        """Return what is held back of the threads in which something is, or is asked, by number.

        Raises `StoreError`.
        """
        async with self._lock:
            await self._catch_up()
            while repo not in self._sites or self._outdated_numbers[repo]:
                await (self._decide_changed(repo) if repo in self._sites else self._read_site(repo))
            return self._sites[repo]

    async def ids(self, repo: Repository) -> frozenset[int]:
        """Return the ids of all comments of a repository that are held back. Raises `StoreError`."""
        return frozenset(key for holds in (await self.of_site(repo)).values() for key in holds.reasons)

    async def pending(self, repo: Repository) -> list[int]:
        """Return the ids of the comments about whose reactions GitHub has to be asked, the newest first."""
        threads = await self.of_site(repo)
        return sorted((key for holds in threads.values() for key in holds.pending), reverse=True)

    async def review_times(self, repo: Repository) -> Mapping[int, float]:
        """Return when GitHub is asked again about comments, by their ids; in epoch seconds."""
        threads = await self.of_site(repo)
        return {key: due for holds in threads.values() for key, due in holds.review_times.items()}

    async def _catch_up(self) -> None:
        """Note which threads have changed since the last call."""
        for change in await self._mirror.changes(after=self._read_version):
            self._read_version = max(self._read_version, change.version)
            if not change.images_only:
                self._note_change(ThreadRef(change.repo, change.number), change.version)

    def _note_change(self, ref: ThreadRef, version: int) -> None:
        """Decide about a thread again, unless that was done for this version or a later one."""
        self._changes[ref] = version
        with self._guard:
            if not self._is_decided(ref):
                self._outdated_numbers[ref.repo].add(ref.number)

    def _is_decided(self, ref: ThreadRef) -> bool:
        holds = self._threads.get(ref)
        return holds is not None and holds.version >= self._changes.get(ref, 0)

    async def _read_site(self, repo: Repository) -> None:
        """Decide about all threads of a repository."""
        refs = [
            ThreadRef(repo, summary.number)
            for summary in (await self._mirror.site_snapshot(repo)).summaries
            if summary.mirrored_count
        ]
        for ref in refs:
            await self.of_thread(ref, self._changes.get(ref, 0))
        with self._guard:
            if all(map(self._is_decided, refs)):  # one may have been forgotten in between
                self._outdated_numbers[repo].difference_update(ref.number for ref in refs)
                self._sites[repo] = _with_holds({}, {ref.number: self._threads[ref] for ref in refs})

    async def _decide_changed(self, repo: Repository) -> None:
        """Decide about those threads of a repository that have changed."""
        with self._guard:
            refs = [ThreadRef(repo, number) for number in self._outdated_numbers[repo]]
        for ref in refs:
            await self.of_thread(ref, self._changes.get(ref, 0))
        with self._guard:
            changed_threads = {ref.number: self._threads[ref] for ref in refs if self._is_decided(ref)}
            if repo in self._sites:  # otherwise the store was replaced in between
                self._outdated_numbers[repo].difference_update(changed_threads)
                self._sites[repo] = _with_holds(self._sites[repo], changed_threads)

    async def _decide(self, ref: ThreadRef) -> ThreadHolds:
        before, judge, versions = self._threads.get(ref), self.judge(), list[int]()

        def select(at: ThreadRef, version: int, comments: Iterable[Comment]) -> tuple[ThreadOutline, tuple[int, ...]]:
            nonlocal judge
            versions.append(version)
            if before is not None and at == ref and version > before.version and isinstance(comments, ThreadComments):
                changes = comments.changes(after=before.version)
                if changes is not None:
                    judge, comments = self.judge(before), changes.comments
                    judge.forget({comment.id for comment in comments}.union(changes.removed_ids))
            for comment in comments:
                judge.is_held_back(comment)
            return NO_COMMENTS, ()

        snapshot = await self._mirror.snapshot(*ref, select=select)
        record = None if snapshot.was_transferred else snapshot.record
        if record is not None and not versions:  # incomplete: its comments are read apart from its version
            versions.append(record.version)
            comments = await self._mirror.comments(*ref)
            await asyncio.to_thread(lambda: [judge.is_held_back(comment) for comment in comments])
        if record is None:
            judge, versions = self.judge(), [snapshot.hops[0].version]
        self.remember(ref, versions[-1], judge)
        return judge.holds


def _with_holds(before: Mapping[int, ThreadHolds], threads: Mapping[int, ThreadHolds]) -> Mapping[int, ThreadHolds]:
    """Return what is held back of the threads of a repository, by number; threads without any are left out."""
    return {number: holds for number, holds in {**before, **threads}.items() if holds.matters}
