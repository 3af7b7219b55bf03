"""Looks in turn: what fails, what waits for another process, and what is less urgent keeps no delivery waiting."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from app.domain.errors import StoreUnusable, Unreachable
from app.jobs import worker
from app.ports.jobs import Job, Priority
from app.simulator.http.faults import Status
from app.simulator.http.server import run_simulator
from tests.fakes import FakeClock
from tests.integration.actions import act, clock_of_tests, imported, swept, told, world_at
from tests.integration.application import BLOG, Stage, comments_of


@pytest.fixture
def clock() -> FakeClock:
    return clock_of_tests()


async def marked(on: Stage, number: int) -> bool:
    return await on.afterword.shared.marked(BLOG, number) is not None


async def until_unmarked(on: Stage, number: int) -> None:
    async with asyncio.timeout(20):
        while await marked(on, number):  # noqa: ASYNC110 - a store tells nobody that a mark is settled
            await asyncio.sleep(0.01)


async def test_a_fault_of_ours_in_a_look_is_logged_and_tried_again_at_growing_pauses(
    clock: FakeClock, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def broken(*_: Any) -> None:
        raise TypeError("unsupported operand")

    with run_simulator(world_at(clock)) as simulator:
        async with act(simulator, clock) as on:
            await imported(on)
            new = simulator.world.comment("ada/blog", 2, body="First!", author="eve")
            await told(on, 2)
            pauses: list[float] = []
            with monkeypatch.context() as patched:
                patched.setattr(on.afterword.refresher, "look", broken)
                for _ in range(10):
                    await on.afterword.looks.sweep()
                    mark = await on.afterword.shared.marked(BLOG, 2)
                    assert mark is not None
                    pauses.append(mark.due_at - clock.now())
                    clock.advance(pauses[-1])
            assert pauses == sorted(pauses)
            assert 450 <= pauses[-1] <= 900
            faults = [record for record in caplog.records if record.levelno == logging.ERROR]
            assert len(faults) == 10
            assert "post 2 of ada/blog" in faults[0].getMessage()
            await swept(on)
            assert await on.ids(2) == [new.id]


async def test_a_thread_that_failed_a_thousand_times_is_still_only_put_off(clock: FakeClock) -> None:
    with run_simulator(world_at(clock)) as simulator:
        async with act(simulator, clock) as on:
            await imported(on)
            await told(on, 2)
            shared = on.afterword.shared
            for _ in range(1100):
                mark = await shared.claim(BLOG, 2, holder="one", at=clock.now(), until=clock.now() + 15)
                assert mark is not None
                await shared.postpone(mark, until=clock.now())
            simulator.faults.add(Status(502), times=None)
            await on.afterword.looks.sweep()
            mark = await shared.marked(BLOG, 2)
            assert mark is not None
            assert 450 <= mark.due_at - clock.now() <= 900


async def test_a_delivery_after_an_outage_is_looked_at_within_seconds(clock: FakeClock) -> None:
    with run_simulator(world_at(clock)) as simulator:
        async with act(simulator, clock) as on:
            await imported(on)
            await told(on, 2)
            simulator.faults.add(Status(502), times=None)
            for _ in range(9):
                await on.afterword.looks.sweep()
                clock.advance(900)
            await on.afterword.looks.sweep()
            simulator.faults.clear()
            on.asked()
            clock.advance(60)
            new = simulator.world.comment("ada/blog", 2, body="First!", author="eve")
            await told(on, 2)
            clock.advance(5)
            await swept(on)
            assert await on.ids(2) == [new.id]


async def test_checks_of_many_old_threads_keep_no_delivery_and_no_reader_waiting(clock: FakeClock) -> None:
    with run_simulator(world_at(clock, *[1] * 12)) as simulator:
        async with act(simulator, clock) as on:
            await imported(on)
            clock.advance(400)
            simulator.hold.start(r"/issues/\d/comments")
            checks = [asyncio.create_task(on.afterword.looks.look(BLOG, n, Priority.CHECK)) for n in range(1, 10)]
            await asyncio.to_thread(simulator.hold.wait_for, 2)
            new = simulator.world.comment("ada/blog", 11, body="First!", author="eve")
            await told(on, 11)
            sweeping = asyncio.create_task(on.afterword.looks.sweep())
            await until_unmarked(on, 11)
            await on.afterword.looks.look(BLOG, 12, Priority.READ)
            assert new.id in await on.ids(11)
            assert simulator.hold.count == 2
            simulator.hold.release()
            await asyncio.gather(sweeping, *checks)
            assert not any([await marked(on, number) for number in range(1, 13)])


async def test_a_look_in_turn_does_not_wait_for_another_process(
    clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    with run_simulator(world_at(clock, *[1] * 5)) as simulator:
        async with act(simulator, clock) as on:
            await imported(on)
            for number in (1, 2, 3, 4):
                await told(on, number)
            shared, due = on.afterword.shared, on.afterword.shared.due

            async def claimed_since(*, at: float) -> tuple[Job, ...]:
                marks = await due(at=at)
                for number in (1, 2, 3):
                    await shared.claim(BLOG, number, holder="another", at=at, until=at + 15)
                return marks

            monkeypatch.setattr(shared, "due", claimed_since)
            now = clock.now()
            await on.afterword.looks.sweep()
            assert clock.now() == now
            assert [await marked(on, number) for number in (1, 2, 3, 4)] == [True, True, True, False]


async def test_a_reader_waits_for_the_look_of_another_process_and_takes_it_over_where_that_died(
    clock: FakeClock,
) -> None:
    with run_simulator(world_at(clock)) as simulator:
        async with act(simulator, clock) as on:
            await on.afterword.shared.mark(BLOG, 1, Priority.READ, at=clock.now())
            now = clock.now()
            assert await on.afterword.shared.claim(BLOG, 1, holder="dead", at=now, until=now + 15)
            await on.afterword.looks.look(BLOG, 1, Priority.READ)
            assert 15 <= clock.now() - now < 16
            assert await on.ids(1) == comments_of(simulator, 1)


async def test_a_look_that_takes_long_keeps_its_claim(
    clock: FakeClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "_RENEWED", 0.01)
    store = f"sqlite:///{tmp_path}/afterword.db"
    with run_simulator(world_at(clock)) as simulator:
        async with act(simulator, clock, store=store) as on:
            await imported(on)
            await told(on, 2)
            heartbeat, renew = asyncio.Event(), on.afterword.shared.renew

            async def watched(mark: Job, *, until: float) -> bool:
                done = await renew(mark, until=until)
                if until == clock.now() + 15:
                    heartbeat.set()
                return done

            monkeypatch.setattr(on.afterword.shared, "renew", watched)
            simulator.hold.start("/issues/2")
            look = asyncio.create_task(on.afterword.looks.sweep())
            await asyncio.to_thread(simulator.hold.wait_for, 1)
            for _ in range(3):
                clock.advance(14)
                heartbeat.clear()
                await heartbeat.wait()
                assert await on.afterword.shared.due(at=clock.now()) == ()
            simulator.hold.release()
            await look
            assert not await marked(on, 2)


async def test_a_delivery_for_a_thread_that_a_reader_wanted_too_is_looked_at_though_the_thread_is_whole(
    clock: FakeClock,
) -> None:
    with run_simulator(world_at(clock)) as simulator:
        async with act(simulator, clock) as on:
            await imported(on)
            await on.afterword.shared.mark(BLOG, 2, Priority.READ, at=clock.now())
            new = simulator.world.comment("ada/blog", 2, body="First!", author="eve")
            await told(on, 2)
            await swept(on)
            assert await on.ids(2) == [new.id]


async def test_what_a_reader_and_a_delivery_want_is_not_left_to_the_next_reader(clock: FakeClock) -> None:
    with run_simulator(world_at(clock)) as simulator:
        async with act(simulator, clock) as on:
            simulator.faults.add(Status(502), match="/issues/1", times=None)
            await told(on, 1)
            with pytest.raises(Unreachable):
                await on.afterword.looks.look(BLOG, 1, Priority.READ)
            for _ in range(8):
                clock.advance(900)
                await swept(on)
            assert await marked(on, 1)


async def test_a_thread_that_was_checked_by_a_clock_that_has_been_set_back_is_old(clock: FakeClock) -> None:
    with run_simulator(world_at(clock)) as simulator:
        async with act(simulator, clock) as on:
            await imported(on)
            await on.afterword.looks.look(BLOG, 1, Priority.CHECK)
            assert on.asked() == []
            clock.advance(-1000)
            await on.afterword.looks.look(BLOG, 1, Priority.CHECK)
            assert len(on.asked()) == 1


@pytest.mark.parametrize("failure", [StoreUnusable("here", "it is full"), TypeError("unsupported operand")])
async def test_a_store_that_fails_for_a_while_is_logged_and_the_marks_are_attended_afterwards(
    clock: FakeClock, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, failure: Exception
) -> None:
    with run_simulator(world_at(clock)) as simulator:
        async with act(simulator, clock) as on:
            await imported(on)
            await told(on, 2)
            fails, shared = {"due", "claim"}, on.afterword.shared

            def failing(name: str) -> Callable[..., Awaitable[Any]]:
                does = getattr(shared, name)

                async def once(*args: Any, **named: Any) -> Any:
                    if name in fails:
                        fails.discard(name)
                        on.afterword.looks.wake()
                        raise failure
                    return await does(*args, **named)

                return once

            for name in ("due", "claim"):
                monkeypatch.setattr(shared, name, failing(name))
            attending = asyncio.create_task(on.afterword.looks.run())
            await until_unmarked(on, 2)
            attending.cancel()
            await asyncio.gather(attending, return_exceptions=True)
            level = logging.WARNING if isinstance(failure, StoreUnusable) else logging.ERROR
            assert [record.levelno for record in caplog.records if record.levelno >= logging.WARNING] == [level] * 2
