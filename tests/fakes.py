"""Fakes that several suites use."""

import asyncio

from app.domain.sites import Repository
from app.ports.jobs import RateLimitState
from app.ports.metrics import Drift, Received, Wait
from app.render.keys import Key


class FakeClock:
    """A clock that only a test or a sleep moves; sleeps that overlap move it once, to the latest end."""

    def __init__(self, now: float = 1_600_000_000.0) -> None:
        self._now = now
        self.slept: list[float] = []
        """How long each sleep was, in the order they began."""

    def now(self) -> float:
        return self._now

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        end = self._now + seconds
        await asyncio.sleep(0)
        self._now = max(self._now, end)

    def advance(self, seconds: float) -> None:
        self._now += seconds


class Silent:
    """The observer that counts nothing."""

    def delivered(self, event: str, outcome: Received) -> None:
        """Counts nothing."""

    def untold(self, repo: Repository, count: int) -> None:
        """Counts nothing."""

    def drifted(self, repo: Repository, kind: Drift, count: int) -> None:
        """Counts nothing."""

    def rendered(self, key: Key) -> None:
        """Counts nothing."""

    def stands(self, standing: RateLimitState) -> None:
        """Counts nothing."""

    def waits(self, reason: Wait, until: float | None) -> None:
        """Counts nothing."""
