"""Polls with outcomes that a test prepares, and the schedule that runs them."""

import asyncio
from collections.abc import Iterator, Sequence

from typing_extensions import override

from app.domain.sites import Repository, repository
from app.jobs.poll_schedule import Schedule
from app.ports.clock import Clock
from app.sync.poll import Poller
from app.sync.reconcile import Reconcile
from app.sync.unreported_changes import WebhookHealth
from tests.fakes import FakeClock, SilentMetrics, run_ready_tasks

BLOG = repository("ada/blog")


class FakePoller(Poller):
    """Polls of the blog with these outcomes, raised or returned; the poll after the last never ends."""

    def __init__(self, *outcomes: Exception | WebhookHealth) -> None:
        self._outcomes: Iterator[Exception | WebhookHealth] = iter(outcomes)
        self.poll_count = 0

    @override
    async def poll(self, repo: Repository, *, reconcile: Reconcile = Reconcile.NEVER) -> WebhookHealth:
        assert repo == BLOG
        assert reconcile is Reconcile.IF_DUE
        self.poll_count += 1
        outcome = next(self._outcomes, None)
        if isinstance(outcome, Exception):
            raise outcome
        if outcome is None:
            await asyncio.Event().wait()
        return outcome or WebhookHealth()


def schedule_of(poller: FakePoller, clock: Clock) -> Schedule:
    """Return a schedule with a poll each minute."""
    return Schedule(poller, clock, lambda: 0.0, SilentMetrics(), every=60)


async def run_schedule(outcomes: Sequence[Exception | WebhookHealth], clock: FakeClock) -> Schedule:
    """Run a schedule until each outcome has come; return it."""
    schedule = schedule_of(FakePoller(*outcomes), clock)
    task = asyncio.create_task(schedule.run(BLOG))
    for _ in range(3):
        await run_ready_tasks()
    task.cancel()
    return schedule
