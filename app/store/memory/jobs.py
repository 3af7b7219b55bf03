"""What processes share, in memory: there is only one then, and what it notes ends with it."""

from dataclasses import replace
from itertools import takewhile

from app.domain.sites import Repository
from app.ports.jobs import Decide, Delivery, Job, Priority, RateLimitState, RecordedRequest
from app.store import rules
from app.store.rules import Kept, Lease


class MemoryShared:
    """Dictionaries; no method waits for anything, so each is one transaction."""

    def __init__(self) -> None:
        self._seq = 0
        self._marks: dict[tuple[Repository, int], Kept] = {}
        self._deliveries: dict[str, Delivery] = {}
        self._leases: dict[str, Lease] = {}
        self._spent: dict[str, tuple[RecordedRequest, ...]] = {}
        self._standings: dict[str, RateLimitState] = {}
        self._facts: dict[str, str] = {}

    async def mark(
        self, repo: Repository, number: int, purpose: Priority, *, at: float, thorough: bool = False
    ) -> None:
        """Marks a thread."""
        self._mark(repo, number, purpose, at=at, thorough=thorough)

    async def deliver(self, delivery: Delivery, *, replay_within: float) -> bool:
        """Stores a delivery and its mark together; False for a replay."""
        stored = self._deliveries.get(delivery.id)
        if rules.is_replay(delivery, None if stored is None else stored.received_at, within=replay_within):
            return False
        oldest = delivery.received_at - rules.WEEK
        for key in list(takewhile(lambda key: self._deliveries[key].received_at < oldest, self._deliveries)):
            del self._deliveries[key]
        self._deliveries.pop(delivery.id, None)  # the latest stand at the end
        self._deliveries[delivery.id] = delivery
        if delivery.number is not None and delivery.look:
            at, thorough = delivery.received_at, delivery.thorough
            self._mark(delivery.repo, delivery.number, Priority.DELIVERY, at=at, thorough=thorough)
        return True

    async def told(self, repo: Repository, *, since: float) -> frozenset[int]:
        """The numbers of the deliveries received at `since` or later."""
        return frozenset(
            delivery.number
            for delivery in self._deliveries.values()
            if delivery.repo == repo and delivery.number is not None and delivery.received_at >= since
        )

    async def heard_at(self, repo: Repository) -> float | None:
        """When the last delivery was received."""
        return max((d.received_at for d in self._deliveries.values() if d.repo == repo), default=None)

    async def due(self, *, at: float) -> tuple[Job, ...]:
        """The marks that are due and that nobody has claimed."""
        return rules.in_order(kept.mark for kept in self._marks.values() if kept.is_due(at))

    async def marked(self, repo: Repository, number: int) -> Job | None:
        """The mark of a thread, claimed or not."""
        kept = self._marks.get((repo, number))
        return None if kept is None else kept.mark

    async def claim(self, repo: Repository, number: int, *, holder: str, at: float, until: float) -> Job | None:
        """The mark, if it is due and free; it is the holder's then."""
        kept = self._marks.get((repo, number))
        if kept is None or not kept.is_due(at):
            return None
        self._keep(kept.mark, rules.claimed(kept, holder=holder, until=until))
        return replace(kept.mark, holder=holder)

    async def renew(self, mark: Job, *, until: float) -> bool:
        """Lengthens a claim; False where it is not the holder's any more."""
        kept = self._marks.get((mark.repo, mark.number))
        longer = None if kept is None else rules.heartbeat(kept, mark, until=until)
        if longer is not None:
            self._keep(mark, longer)
        return longer is not None

    async def settle(self, mark: Job, *, again_at: float) -> bool:
        """After a look: True where no mark is left."""
        kept = self._marks.get((mark.repo, mark.number))
        left = None if kept is None else rules.settled(kept, mark, again_at=again_at)
        self._keep(mark, left)
        return left is None

    async def postpone(self, mark: Job, *, until: float) -> None:
        """After a look that failed."""
        kept = self._marks.get((mark.repo, mark.number))
        if kept is not None:
            self._keep(mark, rules.postponed(kept, mark, until=until))

    async def unclaim(self, holder: str) -> None:
        """Gives back all claims of a process that ends."""
        self._marks = {
            key: rules.unclaimed(kept) if kept.holder == holder else kept for key, kept in self._marks.items()
        }

    async def drop(self, mark: Job) -> None:
        """Takes a mark away unseen, unless it was marked anew meanwhile."""
        kept = self._marks.get((mark.repo, mark.number))
        if kept is not None:
            self._keep(mark, rules.dropped(kept, mark))

    async def lease(self, name: str, *, holder: str, at: float, until: float) -> bool:
        """True where the lease is the holder's from now until `until`."""
        found = self._leases.get(name)
        if found is not None and not found.is_open_to(holder, at=at, until=until):
            return False
        self._leases[name] = Lease(holder, until)
        return True

    async def release(self, name: str, *, holder: str) -> None:
        """Ends a lease early, if it is the holder's."""
        found = self._leases.get(name)
        if found is not None and found.holder == holder:
            del self._leases[name]

    async def spend(self, whose: str, purpose: Priority, *, at: float, decide: Decide) -> float | None:
        """Notes that an ask leaves at `at` if `decide` lets it, and what `decide` said."""
        self._spent[whose] = rules.in_the_hour(self._spent.get(whose, ()), at=at)
        said = decide(self._spent[whose])
        if said is None:
            self._spent[whose] += (RecordedRequest(purpose, at),)
        return said

    async def spent(self, whose: str, *, at: float) -> tuple[RecordedRequest, ...]:
        """What `whose` spent in the hour before `at`, oldest first."""
        return rules.in_the_hour(self._spent.get(whose, ()), at=at)

    async def standing(self, whose: str) -> RateLimitState:
        """What was last noted."""
        return self._standings.get(whose, RateLimitState())

    async def note(self, whose: str, standing: RateLimitState, *, at: float) -> None:
        """Notes how things stand; a longer wait stays."""
        self._standings[whose] = standing.after(self._standings.get(whose, RateLimitState()), at=at)

    async def recall(self, name: str) -> str | None:
        """A small fact by its name."""
        return self._facts.get(name)

    async def remember(self, name: str, value: str | None) -> None:
        """Keeps a small fact in place of the one of that name; None forgets it."""
        if value is None:
            self._facts.pop(name, None)
        else:
            self._facts[name] = value

    def _mark(self, repo: Repository, number: int, purpose: Priority, *, at: float, thorough: bool) -> None:
        before = self._marks.get((repo, number))
        kept = rules.marked(before, repo, number, purpose, at=at, thorough=thorough)
        self._keep(kept.mark, kept)

    def _keep(self, mark: Job, kept: Kept | None) -> None:
        """Puts in place what became of a mark, with the next `seq` where it has none yet."""
        key = mark.repo, mark.number
        if kept is None:
            self._marks.pop(key, None)
            return
        if not kept.mark.seq:
            self._seq += 1
            kept = rules.numbered(kept, self._seq)
        self._marks[key] = kept
