"""When the next round is due."""

import asyncio
from collections.abc import Iterator

import pytest

from app.domain.errors import Limited, Unreachable
from app.domain.sites import Repository
from app.engine.schedule import Schedule
from tests.engine.stage import BLOG
from tests.fakes import FakeClock

AWAY = Unreachable("/repos/ada/blog", "no answer")


class FakePulse:
    """Rounds that end as they are told; the last one never ends."""

    def __init__(self, outcomes: list[Exception | None]) -> None:
        self._outcomes: Iterator[Exception | None] = iter(outcomes)
        self.recounts: list[bool] = []

    async def bring_up(self, repo: Repository, *, recount: bool = False) -> bool:
        assert repo == BLOG
        self.recounts.append(recount)
        outcome = next(self._outcomes, StopIteration)
        if isinstance(outcome, Exception):
            raise outcome
        if outcome is StopIteration:
            await asyncio.Event().wait()
        return recount and len(self.recounts) > 1


async def followed(pulse: FakePulse, clock: FakeClock) -> Schedule:
    schedule = Schedule(pulse, clock, lambda: 0.0, every=60)
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
    limit = Limited("/repos/ada/blog", until=clock.now() + 1234, kind="primary")
    await followed(FakePulse([limit, None]), clock)
    assert clock.slept == [1234, 60]


async def test_a_limit_after_a_failure_is_waited_for_too() -> None:
    clock = FakeClock()
    limit = Limited("/repos/ada/blog", until=clock.now() + 1234, kind="primary")
    await followed(FakePulse([AWAY, limit, None]), clock)
    assert clock.slept == [10, 1224, 60]


async def test_counts_are_compared_once_a_day_from_the_first_time_that_it_could_be_done() -> None:
    clock = FakeClock()
    pulse = FakePulse([None] * 5)
    schedule = Schedule(pulse, clock, lambda: 0.0, every=60)
    for seconds in (0, 60, 60, 86_400, 60):
        clock.advance(seconds)
        await schedule.round(BLOG)
    assert pulse.recounts == [True, True, False, True, False]


async def test_a_fault_of_ours_ends_a_round_and_never_the_following(caplog: pytest.LogCaptureFixture) -> None:
    clock = FakeClock()
    await followed(FakePulse([ZeroDivisionError(), None]), clock)
    assert clock.slept == [10, 60]
    assert "a fault of ours" in caplog.text
