"""The rules of `Shared` that both stores follow: what becomes of a mark, of a lease, of the hour's ledger. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from app.domain.sites import Repository
from app.ports.jobs import Delivery, Job, Priority, RecordedRequest

HOUR = 3600.0
WEEK = 7 * 24 * HOUR
_READ_AND_TOLD = {Priority.READ, Priority.DELIVERY}
"""A reader's look is content with a thread that has become whole meanwhile, a delivery's is not."""
_LONGEST_SPACING = 60.0
"""Seconds for which a look that went well may have the next one wait."""
_AFTER_FAILURE = 5.0
"""Seconds that a delivery waits for its look where looks at the thread have failed. GitHub may answer again by now, but
if it does not, whatever comes meanwhile costs one ask in so long."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A mark as it is kept, with the claim on it; never changed, only replaced."""

    mark: Job
    """Its `seq` is 0 where the store is to give the next one."""
    holder: str | None = None
    claimed_until: float | None = None
    claimed_seq: int | None = None
    """The `seq` that it had when it was claimed: by this a look's own claim is told from a later one."""

    def is_due(self, at: float) -> bool:
        """True where it may be claimed; what keeps it for over an hour was noted by a clock that has been set back."""
        return not any(at < until <= at + HOUR for until in (self.mark.due_at, self.claimed_until or at))


def marked(kept: Kept | None, repo: Repository, number: int, purpose: Priority, *, at: float, thorough: bool) -> Kept:
    """What a marking makes of the mark that is there, or of none; without a `seq` yet."""
    if kept is None:
        return Kept(Job(repo, number, purpose, thorough, seq=0, marked_at=at, due_at=at))
    mark = kept.mark
    urgent = purpose.rank < mark.purpose.rank
    mark = replace(
        mark,
        purpose=purpose if urgent else mark.purpose,
        thorough=mark.thorough or thorough or {mark.purpose, purpose} == _READ_AND_TOLD,
        seq=0,
        due_at=min(mark.due_at, at if urgent else _waits_until(mark, purpose, at=at)),
    )
    return replace(kept, mark=mark)


def _waits_until(mark: Job, purpose: Priority, *, at: float) -> float:
    """How long a mark that is made anew waits at the most, beside when it was due."""
    if not mark.tries:
        return at + _LONGEST_SPACING
    return at + _AFTER_FAILURE if purpose is Priority.DELIVERY else mark.due_at


def numbered(kept: Kept, seq: int) -> Kept:
    """The mark with its `seq`."""
    return replace(kept, mark=replace(kept.mark, seq=seq))


def claimed(kept: Kept, *, holder: str, until: float) -> Kept:
    """The mark with a claim on it."""
    return replace(kept, holder=holder, claimed_until=until, claimed_seq=kept.mark.seq)


def heartbeat(kept: Kept, mark: Job, *, until: float) -> Kept | None:
    """The mark with its claim lasting longer; None where the claim is not the look's any more."""
    if (kept.holder, kept.claimed_seq) != (mark.holder, mark.seq):
        return None
    return replace(kept, claimed_until=until)


def unclaimed(kept: Kept) -> Kept:
    """The mark without a claim on it."""
    return replace(kept, holder=None, claimed_until=None, claimed_seq=None)


def settled(kept: Kept, mark: Job, *, again_at: float) -> Kept | None:
    """What a look that went well leaves of it."""
    if kept.mark.seq == mark.seq:
        return None
    if _is_anothers(kept, mark):
        return kept
    return unclaimed(replace(kept, mark=replace(kept.mark, due_at=max(kept.mark.due_at, again_at), tries=0)))


def postponed(kept: Kept, mark: Job, *, until: float) -> Kept:
    """What a look that failed leaves of it."""
    if _is_anothers(kept, mark):
        return kept
    return unclaimed(replace(kept, mark=replace(kept.mark, due_at=until, tries=kept.mark.tries + 1)))


def dropped(kept: Kept, mark: Job) -> Kept | None:
    """What is left where nobody need look."""
    if kept.mark.seq == mark.seq:
        return None
    return kept if _is_anothers(kept, mark) else unclaimed(kept)


def in_order(marks: Iterable[Job]) -> tuple[Job, ...]:
    """The most urgent first; of equal ones the oldest."""
    return tuple(sorted(marks, key=lambda mark: (mark.purpose.rank, mark.marked_at, mark.seq)))


def is_replay(delivery: Delivery, stored_at: float | None, *, within: float) -> bool:
    """True where the same delivery was stored just before; not where a clock that has been set back says later."""
    return stored_at is not None and abs(delivery.received_at - stored_at) < within


@dataclass(frozen=True, slots=True)
class Lease:
    """Who has a lease, and until when."""

    holder: str
    until: float

    def is_open_to(self, holder: str, *, at: float, until: float) -> bool:
        """True where it is the holder's, has run out, or was made by a clock that has been set back.

        That is told by its length: leases of one name are as long as the one that is wanted `until` then, and twice
        that is more than two processes at odds about the time, or waiting for the store, could make of it.
        """
        return self.holder == holder or not at < self.until <= at + 2 * (until - at)


def in_the_hour(spent: Iterable[RecordedRequest], *, at: float) -> tuple[RecordedRequest, ...]:
    """What counts at `at`, oldest first; nothing was spent later than now."""
    return tuple(
        entry if entry.at <= at else replace(entry, at=at)
        for entry in sorted(spent, key=lambda entry: entry.at)
        if entry.at > at - HOUR
    )


def _is_anothers(kept: Kept, mark: Job) -> bool:
    """True where the look's own claim ran out and somebody else has claimed the mark since."""
    if kept.claimed_seq is None:
        return False
    return kept.claimed_seq != mark.seq or mark.holder not in (None, kept.holder)
