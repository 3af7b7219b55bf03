"""What the processes of one service share besides the mirror: marks, deliveries, leases and the hour's ledger.

A mark says that a thread is to be looked at again. It is stored before anything else happens, and taken away only by a
look that began after it: so nothing that was asked for is forgotten, whichever process ends, and wherever.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Protocol

from app.domain.sites import Repository

_LONGEST_WAIT = 3720.0
THE_REPOSITORY = 0
"""The number of a mark, or of a signal, that is about the repository itself: no issue has it."""


class Priority(Enum):
    """What an ask is for, the most urgent first: its value is kept in stores."""

    READ = "read"
    """A reader waits for a thread that is not mirrored yet."""
    DELIVERY = "delivery"
    """GitHub told by webhook that something changed."""
    POLL = "pulse"
    CHECK = "check"
    """A thread that is read was last checked long ago, or a number is tried that the list of issues left out."""
    BACKFILL = "import"

    @property
    def rank(self) -> int:
        """0 for the most urgent."""
        return list(Priority).index(self)


@dataclass(frozen=True, slots=True)
class Job:
    """A thread to be looked at again."""

    repo: Repository
    number: int
    """That of the thread, or `THE_REPOSITORY`."""
    purpose: Priority
    """The most urgent one for which it was marked."""
    thorough: bool
    """True where lists of changes cannot tell what happened, as of a deletion: only the thread itself does."""
    seq: int
    """Grows with every marking: a look takes away only the marking that it began after."""
    marked_at: float
    """When it was first marked, epoch seconds."""
    due_at: float
    """Before this it is not looked at."""
    tries: int = 0
    """How many looks in a row have failed."""
    holder: str | None = field(default=None, compare=False)
    """Who has claimed it for a look; None where it was only looked up."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """A webhook delivery that was verified."""

    id: str
    """GitHub's GUID, the same on redelivery."""
    event: str
    action: str
    repo: Repository
    number: int | None
    """The thread it tells of; `THE_REPOSITORY` for one about the repository; None where nothing is to be looked at."""
    thorough: bool
    received_at: float
    look: bool = True
    """False where the mirror has what it tells of already: then it is stored, and nothing is marked."""


@dataclass(frozen=True, slots=True)
class RateLimitState:
    """How things are with GitHub for one token, or for the address of this machine where there is none."""

    limit: int | None = None
    """Asks in an hour; None where GitHub has not said."""
    remaining: int | None = None
    reset: float | None = None
    """Epoch seconds by our clock."""
    waits_until: float | None = None
    """Nothing may leave before: GitHub said so."""
    waits_for: str | None = None
    """primary or secondary."""

    def after(self, before: "RateLimitState", *, at: float) -> "RateLimitState":
        """This with the wait of `before`, where that lasts longer: an answer that was late knows nothing of it.

        A wait longer than an hour and a bit was noted by a clock that has been set back since.
        """
        waits = before.waits_until
        if waits is None or not 0 < waits - at <= _LONGEST_WAIT or (self.waits_until or 0.0) >= waits:
            return self
        return replace(self, waits_until=waits, waits_for=before.waits_for)


@dataclass(frozen=True, slots=True)
class RecordedRequest:
    """An ask that left, for the sliding hour."""

    purpose: Priority
    at: float


Decide = Callable[[Sequence[RecordedRequest]], float | None]
"""Given what was spent in the last hour, oldest first: None to let an ask leave, or when to try again. Pure."""


class Shared(Protocol):
    """Durable, and common to all processes on one store. Every method is one transaction and may raise `StoreError`."""

    async def mark(
        self, repo: Repository, number: int, purpose: Priority, *, at: float, thorough: bool = False
    ) -> None:
        """Marks a thread. A mark that is there already keeps the more urgent purpose, stays thorough, gets a new `seq`.

        One that is for a reader and for a delivery is thorough: whole is not yet as the delivery tells it.
        It becomes due at once if it is new, or if `purpose` is more urgent than what it was marked for; else it stays
        due when it was, but within a minute where no look has failed, and within five seconds where one has and this is
        a delivery: GitHub may answer again, and if it does not, many deliveries must not cost an ask each.
        """

    async def deliver(self, delivery: Delivery, *, replay_within: float) -> bool:
        """Stores a delivery and its mark (purpose DELIVERY) together.

        A delivery whose id was stored less than `replay_within` seconds before is a replay: then nothing is stored or
        marked, and the answer is False. Deliveries older than a week are forgotten meanwhile.
        """

    async def told(self, repo: Repository, *, since: float) -> frozenset[int]:
        """The numbers of the deliveries received at `since` or later."""

    async def heard_at(self, repo: Repository) -> float | None:
        """When the last delivery, of whatever event, was received."""

    async def due(self, *, at: float) -> tuple[Job, ...]:
        """The marks that are due and that nobody has claimed: by purpose, then by age.

        A mark that would be due, or a claim that would end, more than an hour from `at` on was noted by a clock that
        has been set back: it keeps nobody from looking, here and in `claim`.
        """

    async def marked(self, repo: Repository, number: int) -> Job | None:
        """The mark of a thread, claimed or not; None once a look has settled it."""

    async def claim(self, repo: Repository, number: int, *, holder: str, at: float, until: float) -> Job | None:
        """The mark, if it is due and nobody holds a claim that lasts; it is the holder's then, until `until`."""

    async def renew(self, mark: Job, *, until: float) -> bool:
        """Lengthens the claim with which a mark was got; False, and nothing, where it is not the holder's any more."""

    async def settle(self, mark: Job, *, again_at: float) -> bool:
        """After a look: takes the mark away and True; or, if it was marked anew meanwhile, unclaims it and False.

        Then it is due no earlier than `again_at`, and its tries begin anew. Here and in `postpone` and `drop`, a claim
        that ran out and that somebody else has taken since stays as it is.
        """

    async def postpone(self, mark: Job, *, until: float) -> None:
        """After a look that failed: unclaims the mark, due at `until`, with one try more."""

    async def unclaim(self, holder: str) -> None:
        """Gives back all claims of a process that ends."""

    async def drop(self, mark: Job) -> None:
        """Takes a mark away unseen, unless it was marked anew meanwhile (then it is only unclaimed)."""

    async def lease(self, name: str, *, holder: str, at: float, until: float) -> bool:
        """True where the lease is the holder's from now until `until`: it was free, had run out, or was his already.

        One that would last more than twice as long as is asked for now was made by a clock that has been set back: it
        counts as run out.
        """

    async def release(self, name: str, *, holder: str) -> None:
        """Ends a lease early, if it is the holder's."""

    async def spend(self, whose: str, purpose: Priority, *, at: float, decide: Decide) -> float | None:
        """Notes that an ask leaves at `at` if `decide` lets it, and what `decide` said.

        It is given what `whose` spent in the hour before `at`; what is later than `at`, by a clock that has been set
        back, counts as spent at `at`. Older entries are forgotten.
        """

    async def spent(self, whose: str, *, at: float) -> tuple[RecordedRequest, ...]:
        """What `whose` spent in the hour before `at`, oldest first."""

    async def standing(self, whose: str) -> RateLimitState:
        """What was last noted; nothing known where nothing was."""

    async def note(self, whose: str, standing: RateLimitState, *, at: float) -> None:
        """Notes how things stand, by the rule of `RateLimitState.after`."""

    async def recall(self, name: str) -> str | None:
        """A small fact that outlives a process, by its name."""

    async def remember(self, name: str, value: str | None) -> None:
        """Keeps a small fact in place of the one of that name; None forgets it."""
