"""Coroutine functions for periodic runs: they return or raise what a test prepares."""

import asyncio

from app.jobs.periodic import run_periodically
from tests.fakes import FakeClock

ERROR_MESSAGE = "The work failed"


class RecordedCalls:
    """Raises each failure once, then returns; `has_succeeded` is set then."""

    def __init__(self, *failures: Exception) -> None:
        self._failures = list(failures)
        self.has_succeeded = asyncio.Event()
        self.count = 0

    async def __call__(self) -> None:
        self.count += 1
        if self._failures:
            raise self._failures.pop(0)
        self.has_succeeded.set()


async def run_with_outcomes(*outcomes: Exception | None, every: float = 0.1) -> FakeClock:
    """Run a function periodically, once for each outcome, which it raises unless it is None; return the clock."""
    clock, remaining, has_finished = FakeClock(), list(outcomes), asyncio.Event()

    async def work() -> None:
        if not remaining:
            has_finished.set()
            await asyncio.Event().wait()
        outcome = remaining.pop(0)
        if outcome is not None:
            raise outcome

    task = asyncio.create_task(run_periodically(work, clock.sleep, every=every, error_message=ERROR_MESSAGE))
    async with asyncio.timeout(20):
        await has_finished.wait()
    task.cancel()
    return clock
