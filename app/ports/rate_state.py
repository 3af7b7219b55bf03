"""The rate limit as all processes on one store know it, and the requests of the last hour."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from app.domain.priority import Priority

LONGEST_BLOCK = 3720.0
"""Seconds. GitHub's hour and a margin: a longer block was recorded before the clock was set back."""


@dataclass(frozen=True, slots=True)
class RateLimitState:
    """GitHub's rate limit for one token, or for the address of this machine without a token."""

    limit: int | None = None
    """Requests an hour; None if GitHub has not said."""
    remaining: int | None = None
    reset: float | None = None
    """Epoch seconds by our clock."""
    blocked_until: float | None = None
    """No request may leave before: GitHub said so."""
    blocked_by: str | None = None
    """primary or secondary."""


@dataclass(frozen=True, slots=True)
class RecordedRequest:
    """A request that left, for the sliding hour."""

    priority: Priority
    at: float


@dataclass(frozen=True, slots=True)
class Usage:
    """What is known of a token at a moment: GitHub's rate limit, and the requests of the last hour, oldest first."""

    state: RateLimitState = RateLimitState()
    requests: tuple[RecordedRequest, ...] = ()


@dataclass(frozen=True, slots=True)
class Denial:
    """Why a request may not leave, and when to try again."""

    until: float
    kind: str
    """primary or secondary for GitHub's limits, budget for our own share."""


Decide = Callable[[Usage], Denial | None]
"""Decides from the usage whether a request may leave: None admits it. Pure."""


class RateState(Protocol):
    """Rate limits by token id, common to all processes. Each method is one transaction and may raise `StoreError`."""

    async def reserve(
        self, token_id: str, priority: Priority, *, at: float, decide: Decide, keep: bool
    ) -> Denial | None:
        """Ask `decide` with the usage at `at`; return its answer.

        With `keep` the request is recorded if it is admitted, and requests older than an hour are forgotten. A request
        later than `at`, recorded before the clock was set back, counts as recorded at `at`. Without `keep` no requests
        are recorded, and none are known.
        """

    async def usage(self, token_id: str, *, at: float) -> Usage:
        """Return the rate limit and the requests of the hour before `at`."""

    async def record(self, token_id: str, state: RateLimitState, *, at: float) -> None:
        """Store what GitHub said of the rate limit, by the rule of `RateLimitState.merge`."""
