"""The budget: the one place that decides whether an ask may leave now.

It is the same for all processes on one store, and outlives them: what GitHub said of the hour, until when it wants to
be left alone, and, without a token, what left in the last sixty minutes. GitHub counts the sixty asks of an address
from one reset to the next; counted over any sixty minutes instead, they last for whatever hour somebody looks at.
"""

import logging
from collections.abc import Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from functools import partial

from app.domain.errors import RateLimited, StoreError
from app.github.rate_limits import LONGEST_WAIT
from app.github.requests import Request
from app.github.responses import RateLimit, Response
from app.ports.jobs import Priority, RateLimitState, RecordedRequest, Shared
from app.ports.metrics import Observer, Wait
from app.ports.mirror import Clock, GitHub

_log = logging.getLogger(__name__)
PURPOSE: ContextVar[Priority | None] = ContextVar("purpose", default=None)
"""What the exchange that is under way in this task is for; whoever counts exchanges reads it."""
_HOUR = 3600.0
_RESERVES: Mapping[Priority, tuple[float, int]] = {
    Priority.READ: (1 / 50, 10),
    Priority.DELIVERY: (1 / 50, 10),
    Priority.POLL: (1 / 20, 10),
    Priority.CHECK: (1 / 10, 24),
    Priority.BACKFILL: (1 / 10, 20),
}
"""What GitHub says is left of the hour, and a purpose leaves to more urgent ones and to other users of the same token
or address: (share of the hour, and at least so many asks)."""
_READERS = frozenset({Priority.READ, Priority.DELIVERY, Priority.CHECK})


@dataclass(frozen=True, slots=True)
class Cap:
    """Of asks for `purposes` (None: of all) at most `most` leave in any sixty minutes."""

    purposes: frozenset[Priority] | None
    most: int

    def counts(self, spent: RecordedRequest) -> bool:
        """True where an ask is one of those that are capped."""
        return self.purposes is None or spent.purpose in self.purposes


MOST = 48
"""Asks in any sixty minutes without a token. GitHub allows 60, and 50 are ours to use; two are left for the difference
between the moment an ask is let go and the moment GitHub counts it."""
_ALL = Cap(None, MOST)
CAPS: Mapping[Priority, tuple[Cap, ...]] = {
    Priority.READ: (_ALL, Cap(_READERS, 24)),
    Priority.DELIVERY: (_ALL, Cap(_READERS, 24)),
    Priority.POLL: (_ALL,),
    Priority.CHECK: (_ALL, Cap(_READERS, 16), Cap(frozenset({Priority.CHECK}), 8)),
    Priority.BACKFILL: (Cap(None, 40),),
}
"""Without a token. The pulse needs eighteen asks an hour, and whatever else happens leaves it as many."""


def free_at(
    spent: Sequence[RecordedRequest], purpose: Priority, caps: Mapping[Priority, Sequence[Cap]] = CAPS
) -> float | None:
    """When the next ask for a purpose may leave, None for now; `spent` in the last hour, oldest first."""
    waits: list[float] = []
    for cap in caps[purpose]:
        counted = [entry for entry in spent if cap.counts(entry)]
        if len(counted) >= cap.most:
            waits.append(counted[len(counted) - cap.most].at + _HOUR)
    return max(waits, default=None)


def _left(spent: Sequence[RecordedRequest], purpose: Priority) -> int:
    """How many more asks for a purpose the caps allow now."""
    return max(0, min(cap.most - sum(map(cap.counts, spent)) for cap in CAPS[purpose]))


class Budget:
    """Sends an ask if the hour still allows it for its purpose, or raises `RateLimited` with when it will.

    `whose` names the token in the store, without giving it away; None where there is none.
    """

    def __init__(self, github: GitHub, shared: Shared, clock: Clock, observer: Observer, *, whose: str | None) -> None:
        self._github = github
        self._observer = observer
        self._shared = shared
        self._clock = clock
        self._capped = whose is None
        self._whose = whose or "nobody"
        self._noted = RateLimitState()

    @property
    def asked(self) -> int:
        """Asks of this process since its start, as GitHub counts them."""
        return self._github.asked

    def validator_key(self, ask: Request) -> str:
        """Under which key the ETag of an ask is kept."""
        return self._github.validator_key(ask)

    async def standing(self) -> RateLimitState:
        """How things stand, as all processes know it; what has run out by now counts no more."""
        return _present(await self._shared.standing(self._whose), self._clock.now())

    async def affordable(self, purpose: Priority) -> int | None:
        """How many asks may still leave for a purpose; None where no bound is known."""
        standing = await self.standing()
        bounds = []
        if standing.limit is not None and standing.remaining is not None:
            bounds.append(max(0, standing.remaining - reserve(purpose, standing.limit)))
        if self._capped:
            bounds.append(_left(await self._shared.spent(self._whose, at=self._clock.now()), purpose))
        return min(bounds, default=None)

    async def ask(self, ask: Request, purpose: Priority, *, etag: str | None = None) -> Response:
        """The answer; `RateLimited` of kind budget where this purpose has to wait, and what `GitHub.ask` raises."""
        heard = False

        async def admit() -> None:
            nonlocal heard
            heard = False  # a repeated ask may be stopped here: of that GitHub knows nothing
            await self._admit(ask, purpose)
            heard = True

        PURPOSE.set(purpose)
        try:
            answer = await self._github.ask(ask, etag=etag, admit=admit)
        except RateLimited as limit:
            if heard:
                await self._note(limit)
            raise
        await self._note(None)
        return answer

    async def _admit(self, ask: Request, purpose: Priority) -> None:
        """Notes that an ask leaves, or raises `RateLimited`."""
        now = self._clock.now()
        standing = await self.standing()
        if standing.waits_until is not None:
            raise RateLimited(ask.path, until=standing.waits_until, kind=standing.waits_for or "secondary")
        if standing.limit is not None and standing.remaining is not None and standing.reset is not None:
            short = standing.remaining <= reserve(purpose, standing.limit)
            if short:
                self._observer.waits(Wait.BUDGET, standing.reset)
                raise RateLimited(ask.path, until=standing.reset, kind="budget")
        if self._capped:
            decide = partial(free_at, purpose=purpose)
            until = await self._shared.spend(self._whose, purpose, at=now, decide=decide)
            if until is not None:
                self._observer.waits(Wait.BUDGET, until)
                raise RateLimited(ask.path, until=until, kind="budget")

    async def _note(self, limit: RateLimited | None) -> None:
        """Tells the other processes, and the next start, what GitHub said just now; an answer is not lost over it."""
        allowance: RateLimit | None = self._github.allowance
        if allowance is None and limit is None:
            return
        standing = RateLimitState(
            limit=allowance.limit if allowance else None,
            remaining=allowance.remaining if allowance else None,
            reset=allowance.reset if allowance else None,
            waits_until=limit.until if limit else None,
            waits_for=limit.kind if limit else None,
        )
        if standing == self._noted:
            return
        self._noted = standing
        self._observer.stands(standing)
        try:
            await self._shared.note(self._whose, standing, at=self._clock.now())
        except StoreError as failure:
            _log.warning("What GitHub said of the hour could not be kept: %s", failure)


def reserve(purpose: Priority, limit: int) -> int:
    """How many asks of an hour's `limit` stay untouched by a purpose."""
    share, least = _RESERVES[purpose]
    return max(int(limit * share), least)


def _present(known: RateLimitState, now: float) -> RateLimitState:
    """What still holds of a standing; a wait or an hour longer than any means that our clock was set back meanwhile."""
    waiting = known.waits_until is not None and 0 < known.waits_until - now <= LONGEST_WAIT
    counted = known.reset is not None and 0 < known.reset - now <= LONGEST_WAIT
    return RateLimitState(
        limit=known.limit if counted else None,
        remaining=known.remaining if counted else None,
        reset=known.reset if counted else None,
        waits_until=known.waits_until if waiting else None,
        waits_for=known.waits_for if waiting else None,
    )
