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


class ManualClock(Clock):
    """A clock that only the test moves: a sleep lasts until the clock has reached its end."""

    def __init__(self, now: float = 1_600_000_000.0) -> None:
        self._now = now
        self._sleeps: list[tuple[float, asyncio.Event]] = []
        """The end of each sleep that lasts, and what wakes its task."""
        self.slept: list[float] = []
        """The length of each sleep, in the order in which they began."""

    @override
    def now(self) -> float:
        return self._now

    @override
    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        wakeup = asyncio.Event()
        self._sleeps.append((self._now + seconds, wakeup))
        await wakeup.wait()

    async def advance(self, seconds: int) -> None:
        """Move the clock second by second; run everything that is ready before and after each."""
        await run_ready_tasks()
        for _ in range(seconds):
            self._now += 1
            wakeups = [wakeup for end, wakeup in self._sleeps if end <= self._now]
            self._sleeps = [sleep for sleep in self._sleeps if sleep[0] > self._now]
            for wakeup in wakeups:
                wakeup.set()
            await run_ready_tasks()


async def run_ready_tasks() -> None:
    """Run everything that can run before time passes."""
    for _ in range(20):
        await asyncio.sleep(0)


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
