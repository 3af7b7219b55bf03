"""Floods: many deliveries at once cost a round, which keeps nothing else waiting and is made by one process."""

import asyncio
import logging
from pathlib import Path

import pytest

from app.domain.sites import Repository
from app.jobs import batch
from app.ports.jobs import Job
from app.simulator.http.faults import Status
from app.simulator.http.server import run_simulator
from tests.fakes import FakeClock
from tests.integration.actions import act, clock_of_tests, imported, swept, told, world_at
from tests.integration.application import BLOG, Stage, comments_of

ISSUES_CHANGED = r"/issues\?.*since="


@pytest.fixture
def clock() -> FakeClock:
    return clock_of_tests()


async def flooded(on: Stage, *numbers: int) -> None:
    """Each thread has a new comment, and a delivery about it was received."""
    for number in numbers or range(1, 11):
        on.simulator.world.comment("ada/blog", number, body="First!", author="eve")
        await told(on, number)


async def marked(on: Stage) -> list[int]:
    """The threads that are marked, claimed or not, of those that the tests have."""
    marks = [await on.afterword.shared.marked(BLOG, number) for number in range(1, 13)]
    return [mark.number for mark in marks if mark is not None]


async def until_unmarked(on: Stage, *numbers: int) -> None:
    async with asyncio.timeout(20):
        while set(numbers) & set(await marked(on)):  # noqa: ASYNC110 - a store tells nobody that a mark is settled
            await asyncio.sleep(0.01)


async def until_held(on: Stage, until: float) -> None:
    """Waits until the lease of the round that is under way has been renewed."""
    shared = on.afterword.shared
    async with asyncio.timeout(20):
        while await shared.lease(f"flood {BLOG.key}", holder="prober", at=until - 0.1, until=until + 15):
            await shared.release(f"flood {BLOG.key}", holder="prober")
            await asyncio.sleep(0.01)


async def test_a_round_keeps_no_other_look_waiting(clock: FakeClock) -> None:
    with run_simulator(world_at(clock, *[1] * 12)) as simulator:
        async with act(simulator, clock) as on:
            await imported(on)
            await flooded(on)
            simulator.hold.start(ISSUES_CHANGED)
            attending = asyncio.create_task(on.afterword.looks.run())
            await asyncio.to_thread(simulator.hold.wait_for, 1)
            await told(on, 11, thorough=True)
            on.afterword.looks.wake()
            await until_unmarked(on, 11)
            assert await marked(on) == [*range(1, 11)]
            assert not [ask for ask in on.asked() if "/issues/" in ask and "/issues/11" not in ask]
            simulator.hold.release()
            await until_unmarked(on, *range(1, 11))
            attending.cancel()
            await asyncio.gather(attending, return_exceptions=True)
            for number in range(1, 11):
                assert await on.ids(number) == comments_of(simulator, number)


async def test_while_one_process_makes_a_round_another_leaves_its_marks_alone(
    clock: FakeClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batch, "_RENEWED", 0.01)
    store = f"sqlite:///{tmp_path}/afterword.db"
    with run_simulator(world_at(clock, *[1] * 12)) as simulator:
        async with act(simulator, clock, store=store) as one, act(simulator, clock, store=store, holder="two") as two:
            await imported(one)
            await flooded(one)
            simulator.hold.start(ISSUES_CHANGED)
            making = asyncio.create_task(one.afterword.looks.sweep())
            await asyncio.to_thread(simulator.hold.wait_for, 1)
            for _ in range(3):
                clock.advance(14)
                await until_held(one, clock.now() + 15)
                await two.afterword.looks.sweep()
            assert simulator.hold.count == 1
            simulator.hold.release()
            await making
            assert len(one.asked()) == 2
            assert await marked(one) == []


async def test_a_round_of_a_process_that_died_is_made_up_for_within_fifteen_seconds(
    clock: FakeClock, tmp_path: Path
) -> None:
    store = f"sqlite:///{tmp_path}/afterword.db"
    with run_simulator(world_at(clock, *[1] * 12)) as simulator:
        async with act(simulator, clock, store=store) as on:
            await imported(on)
            await flooded(on)
            at = clock.now()
            assert await on.afterword.shared.lease(f"flood {BLOG.key}", holder="dead", at=at, until=at + 15)
            assert await swept(on) == []
            clock.advance(15)
            assert len(await swept(on)) == 2
            assert await marked(on) == []


async def test_two_rounds_for_floods_are_two_seconds_apart(clock: FakeClock) -> None:
    with run_simulator(world_at(clock, *[1] * 12)) as simulator:
        async with act(simulator, clock) as on:
            await imported(on)
            await flooded(on)
            assert len(await swept(on)) == 2
            await flooded(on)
            assert await swept(on) == []
            clock.advance(2)
            assert len(await swept(on)) == 2
            assert await marked(on) == []


async def test_a_flood_imports_nothing_and_waits_for_the_import(clock: FakeClock) -> None:
    with run_simulator(world_at(clock, *[1] * 12)) as simulator:
        async with act(simulator, clock) as on:
            await flooded(on)
            assert await swept(on) == []
            assert await marked(on) == [*range(1, 11)]
            await imported(on)
            await swept(on)
            assert await marked(on) == []
            for number in range(1, 11):
                assert await on.ids(number) == comments_of(simulator, number)


@pytest.mark.parametrize("doubtful", [[3], [3, 4, 5]])
async def test_a_round_that_fails_with_some_threads_settles_the_others(clock: FakeClock, doubtful: list[int]) -> None:
    with run_simulator(world_at(clock, *[1] * 12)) as simulator:
        async with act(simulator, clock) as on:
            await imported(on)
            await flooded(on)
            for number in doubtful:
                simulator.world.delete_comment(simulator.world.comments[comments_of(simulator, number)[0]])
            simulator.faults.add(Status(502), match=r"/issues/[345]", times=None)
            clock.advance(1)
            await on.afterword.looks.sweep()
            assert await marked(on) == doubtful


async def test_a_fault_of_ours_in_a_round_is_logged_and_its_marks_are_put_off(
    clock: FakeClock, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def broken(repo: Repository) -> None:
        raise TypeError("unsupported operand")

    with run_simulator(world_at(clock, *[1] * 12)) as simulator:
        async with act(simulator, clock) as on:
            await imported(on)
            await flooded(on)
            with monkeypatch.context() as patched:
                patched.setattr(on.afterword.pulse, "bring_up", broken)
                await on.afterword.looks.sweep()
            marks: list[Job | None] = [await on.afterword.shared.marked(BLOG, number) for number in range(1, 11)]
            assert [mark and mark.tries for mark in marks] == [1] * 10
            assert [record.exc_info is not None for record in caplog.records if record.levelno == logging.ERROR] == [
                True
            ]
            clock.advance(10)
            await swept(on)
            assert await marked(on) == []
