"""Fakes that several suites use."""

import asyncio

from typing_extensions import override

from app.domain.sites import Repository
from app.ports.clock import Clock
from app.ports.metrics import DeliveryOutcome, Drift, Metrics, Wait
from app.ports.rate_state import RateLimitState


class FakeClock(Clock):
    """A clock that only a test or a sleep moves; overlapping sleeps move it once, to the latest end."""

    def __init__(self, now: float = 1_600_000_000.0) -> None:
        self._now = now
        self.slept: list[float] = []
        """The length of each sleep, in the order in which they began."""

    @override
    def now(self) -> float:
        return self._now

    @override
    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        end = self._now + seconds
        await asyncio.sleep(0)
        self._now = max(self._now, end)

    def advance(self, seconds: float) -> None:
        self._now += seconds


class SilentMetrics(Metrics):
    """Metrics that count nothing."""

    @override
    def delivery(self, event: str, outcome: DeliveryOutcome) -> None:
        pass

    @override
    def missed_by_webhook(self, repo: Repository, count: int) -> None:
        pass

    @override
    def drift(self, repo: Repository, kind: Drift, count: int) -> None:
        pass

    @override
    @override
    def rate_limit(self, state: RateLimitState) -> None:
        pass

    @override
    def waiting(self, reason: Wait, until: float | None) -> None:
        pass
