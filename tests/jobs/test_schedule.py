"""When the next round is due."""

import asyncio
from collections.abc import Iterator

import pytest

from app.domain.errors import RateLimited, Unreachable
from app.domain.sites import Repository
from app.jobs.schedule import Schedule, pace
from app.ports.jobs import Delivery
from app.store.memory import MemoryShared
from app.sync.poll import PollResult
from app.sync.reconcile import reconciled
from tests.fakes import FakeClock, SilentMetrics
from tests.integration.application import BLOG

AWAY = Unreachable("/repos/ada/blog", "no answer")


class FakePulse:
    """Rounds that end as they are told; the last one never ends."""

    def __init__(self, outcomes: list[Exception | None]) -> None:
        self._outcomes: Iterator[Exception | None] = iter(outcomes)
        self.reconciles: list[bool] = []

    async def bring_up(self, repo: Repository, *, reconcile: bool = False) -> PollResult:
        assert repo == BLOG
        self.reconciles.append(reconcile)
        outcome = next(self._outcomes, StopIteration)
        if isinstance(outcome, Exception):
            raise outcome
        if outcome is StopIteration:
            await asyncio.Event().wait()
        return PollResult(reconcile, frozenset())


async def followed(pulse: FakePulse, clock: FakeClock) -> Schedule:
    schedule = Schedule(pulse, MemoryShared(), clock, lambda: 0.0, SilentMetrics(), every=60)
    task = asyncio.create_task(schedule.follow(BLOG))
    for _ in range(50):
        await asyncio.sleep(0)
    task.cancel()
    return schedule


async def test_rounds_follow_each_other_at_the_pulse() -> None:
    clock = FakeClock()
    schedule = await followed(FakePulse([None, None, None]), clock)
    assert clock.slept == [60, 60, 60]
    assert schedule.failures == {}


async def test_failures_lengthen_the_pause_and_a_success_ends_them(caplog: pytest.LogCaptureFixture) -> None:
    clock = FakeClock()
    schedule = await followed(FakePulse([AWAY] * 6 + [None]), clock)
    assert clock.slept == [10, 20, 40, 80, 160, 320, 60]
    assert schedule.failures == {}
    assert len([record for record in caplog.records if "cannot be reached" in record.message]) == 1


async def test_a_failure_is_kept_for_those_who_ask_why() -> None:
    schedule = await followed(FakePulse([AWAY]), FakeClock())
    assert schedule.failures == {BLOG: AWAY}


async def test_a_limit_is_waited_for_to_its_end() -> None:
    clock = FakeClock()
    limit = RateLimited("/repos/ada/blog", until=clock.now() + 1234, kind="primary")
    await followed(FakePulse([limit, None]), clock)
    assert clock.slept == [1234, 60]


async def test_a_limit_after_a_failure_is_waited_for_too() -> None:
    clock = FakeClock()
    limit = RateLimited("/repos/ada/blog", until=clock.now() + 1234, kind="primary")
    await followed(FakePulse([AWAY, limit, None]), clock)
    assert clock.slept == [10, 1224, 60]


async def test_everything_is_compared_once_a_day_over_all_processes_and_starts() -> None:
    clock = FakeClock()
    shared = MemoryShared()
    due = []
    for seconds in (0, 60, 86_300, 100, 60):
        clock.advance(seconds)
        pulse = FakePulse([None])
        await Schedule(pulse, shared, clock, lambda: 0.0, SilentMetrics(), every=60).round(BLOG)
        due += pulse.reconciles
        if pulse.reconciles == [True]:
            await shared.remember(reconciled(BLOG), str(clock.now()))
    assert due == [True, False, False, True, False]


async def test_where_the_hour_is_short_rounds_go_on_at_their_pace_for_what_is_still_allowed() -> None:
    clock = FakeClock()
    short = RateLimited("/repos/ada/blog", until=clock.now() + 1234, kind="budget")
    await followed(FakePulse([short, None]), clock)
    assert clock.slept == [60, 60]


NOW = 1_700_000_000.0


@pytest.mark.parametrize(
    ("heard_at", "untold_at", "seconds"),
    [
        (None, None, 60),
        (NOW - 86_400, None, 600),
        (NOW - 10, NOW - 20, 60),
        (NOW - 20, NOW - 10, 60),
        (NOW - 10, NOW - 3601, 600),
        (NOW - 4000, NOW - 3601, 60),
    ],
)
def test_rounds_are_rare_while_webhooks_tell_of_everything(
    heard_at: float | None, untold_at: float | None, seconds: float
) -> None:
    assert pace(60, heard_at=heard_at, untold_at=untold_at, now=NOW) == seconds


@pytest.mark.parametrize(("every", "rarely"), [(60, 600), (400, 600), (3600, 3600), (1, 10)])
def test_rounds_are_never_rarer_than_every_ten_minutes_unless_the_owner_wants_them_so(
    every: float, rarely: float
) -> None:
    assert pace(every, heard_at=NOW, untold_at=None, now=NOW) == rarely


async def test_a_round_that_finds_what_no_webhook_told_says_so_and_quickens(caplog: pytest.LogCaptureFixture) -> None:
    clock = FakeClock()
    shared = MemoryShared()
    told = Delivery("1", "ping", "", BLOG, None, thorough=False, received_at=clock.now())
    await shared.deliver(told, replay_within=60)

    class Finds:
        untold: frozenset[int] = frozenset()

        async def bring_up(self, repo: Repository, *, reconcile: bool = False) -> PollResult:
            assert repo == BLOG
            return PollResult(reconciled=reconcile, untold=self.untold)

    schedule = Schedule(Finds(), shared, clock, lambda: 0.0, SilentMetrics(), every=60)
    assert await schedule.round(BLOG) == 600
    Finds.untold = frozenset({41})
    assert await schedule.round(BLOG) == 60
    assert "no webhook told of what is new at 41" in caplog.text


async def test_a_pause_ends_early_where_there_is_a_hurry() -> None:
    class Slow(FakeClock):
        async def sleep(self, seconds: float) -> None:
            self.slept.append(seconds)
            await asyncio.Event().wait()

    clock = Slow()
    pulse = FakePulse([None, None])
    schedule = Schedule(pulse, MemoryShared(), clock, lambda: 0.0, SilentMetrics(), every=60)
    task = asyncio.create_task(schedule.follow(BLOG))
    for _ in range(50):
        await asyncio.sleep(0)
    assert len(pulse.reconciles) == 1
    schedule.hurry()
    for _ in range(50):
        await asyncio.sleep(0)
    assert len(pulse.reconciles) == 2
    task.cancel()


async def test_a_fault_of_ours_ends_a_round_and_never_the_following(caplog: pytest.LogCaptureFixture) -> None:
    clock = FakeClock()
    await followed(FakePulse([ZeroDivisionError(), None]), clock)
    assert clock.slept == [10, 60]
    assert "a fault of ours" in caplog.text


async def test_without_a_secret_no_webhook_is_counted_on_however_many_came_before() -> None:
    clock = FakeClock()
    shared = MemoryShared()
    told = Delivery("1", "ping", "", BLOG, None, thorough=False, received_at=clock.now())
    await shared.deliver(told, replay_within=60)
    schedule = Schedule(FakePulse([None]), shared, clock, lambda: 0.0, SilentMetrics(), every=60, listening=False)
    assert await schedule.round(BLOG) == 60


async def test_a_webhook_that_has_been_silent_for_a_week_is_counted_on_no_more() -> None:
    clock = FakeClock()
    shared = MemoryShared()
    told = Delivery("1", "ping", "", BLOG, None, thorough=False, received_at=clock.now())
    await shared.deliver(told, replay_within=60)
    for days, pause in ((0, 600), (6, 600), (2, 60)):
        clock.advance(days * 86_400)
        schedule = Schedule(FakePulse([None]), shared, clock, lambda: 0.0, SilentMetrics(), every=60)
        assert await schedule.round(BLOG) == pause
