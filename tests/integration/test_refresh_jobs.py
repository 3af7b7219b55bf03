"""Looks: what is marked is looked at, by one process, at a bearable pace, until it has succeeded."""

import asyncio
from pathlib import Path

import pytest

from app.domain.errors import GitHubError, NotReady, Unreachable
from app.ports.jobs import THE_REPOSITORY, Priority
from app.simulator.http.faults import Status
from app.simulator.http.request_log import IncomingRequest
from app.simulator.http.server import run_simulator
from tests.fakes import FakeClock
from tests.integration.actions import Webhook, act, clock_of_tests, imported, swept, told, world_at
from tests.integration.application import BLOG, Stage, comments_of


@pytest.fixture
def clock() -> FakeClock:
    return clock_of_tests()


async def marked(on: Stage, number: int) -> bool:
    return await on.afterword.shared.marked(BLOG, number) is not None


@pytest.mark.parametrize("number", [1, 2, 3])
async def test_a_new_comment_that_a_webhook_tells_of_costs_at_most_three_asks(clock: FakeClock, number: int) -> None:
    with run_simulator(world_at(clock, 3, 0, 120)) as simulator:
        async with act(simulator, clock) as on:
            await imported(on)
            webhook = Webhook(simulator.world)
            new = simulator.world.comment("ada/blog", number, body="First!", author="eve")
            asked = await webhook.deliver(on)
            assert 1 <= len(asked) <= 3
            assert new.id in await on.ids(number)
            assert not await marked(on, number)


async def test_a_mark_outlives_the_process(clock: FakeClock, tmp_path: Path) -> None:
    store = f"sqlite:///{tmp_path}/afterword.db"
    with run_simulator(world_at(clock)) as simulator:
        async with act(simulator, clock, store=store) as on:
            await imported(on)
            new = simulator.world.comment("ada/blog", 2, body="First!", author="eve")
            await told(on, 2)
        async with act(simulator, clock, store=store, holder="later") as on:
            assert await marked(on, 2)
            assert await on.ids(2) == []
            await swept(on)
            assert await on.ids(2) == [new.id]
            assert not await marked(on, 2)


async def test_a_look_that_fails_is_put_off_longer_each_time_and_never_forgotten(clock: FakeClock) -> None:
    with run_simulator(world_at(clock)) as simulator:
        async with act(simulator, clock) as on:
            await imported(on)
            new = simulator.world.comment("ada/blog", 2, body="First!", author="eve")
            await told(on, 2)
            simulator.faults.add(Status(502), times=None)
            pauses: list[float] = []
            for _ in range(10):
                await on.afterword.looks.sweep()
                mark = await on.afterword.shared.marked(BLOG, 2)
                assert mark is not None
                pauses.append(mark.due_at - clock.now())
                on.asked()
                assert await swept(on) == []
                clock.advance(pauses[-1])
            assert pauses == sorted(pauses)
            assert pauses[0] < 10
            assert 450 <= pauses[-1] <= 900
            simulator.faults.clear()
            await swept(on)
            assert await on.ids(2) == [new.id]
            assert not await marked(on, 2)


async def test_a_mark_set_again_during_a_look_leads_to_another_look(clock: FakeClock) -> None:
    with run_simulator(world_at(clock)) as simulator:
        async with act(simulator, clock) as on:
            await imported(on)
            simulator.world.comment("ada/blog", 2, body="First!", author="eve")
            await told(on, 2)
            simulator.hold.start("/issues/2/comments")
            look = asyncio.create_task(on.afterword.looks.sweep())
            await asyncio.to_thread(simulator.hold.wait_for, 1)
            await told(on, 2)
            simulator.hold.release()
            await look
            assert await marked(on, 2)
            on.asked()
            assert len(await swept(on)) == 2
            assert not await marked(on, 2)


async def test_a_burst_about_one_thread_is_looked_at_at_growing_distances(clock: FakeClock) -> None:
    with run_simulator(world_at(clock)) as simulator:
        async with act(simulator, clock, github_token=None) as on:
            await imported(on)
            looks = 0
            for second in range(58):
                simulator.world.comment("ada/blog", 2, body=f"And {second}", author="eve")
                await told(on, 2)
                looks += bool(await swept(on))
                clock.advance(1)
            assert 3 <= looks <= 8
            clock.advance(60)
            await swept(on)
            assert await on.ids(2) == comments_of(simulator, 2)
            assert not await marked(on, 2)


async def test_many_deliveries_at_once_cost_one_round(clock: FakeClock) -> None:
    with run_simulator(world_at(clock, *[1] * 12)) as simulator:
        async with act(simulator, clock) as on:
            await imported(on)
            for number in range(1, 11):
                simulator.world.comment("ada/blog", number, body="First!", author="eve")
                await told(on, number)
            assert len(await swept(on)) == 2
            for number in range(1, 13):
                assert await on.ids(number) == comments_of(simulator, number)
                assert not await marked(on, number)


async def test_what_was_deleted_is_looked_at_one_by_one_in_a_flood_too(clock: FakeClock) -> None:
    with run_simulator(world_at(clock, *[2] * 9)) as simulator:
        async with act(simulator, clock) as on:
            await imported(on)
            webhook = Webhook(simulator.world)
            for number in (1, 2):
                simulator.world.delete_comment(simulator.world.comments[comments_of(simulator, number)[0]])
            for number in range(3, 10):
                simulator.world.comment("ada/blog", number, body="First!", author="eve")
            asked = await webhook.deliver(on)
            assert len(asked) == 2 + 2 * 2
            for number in range(1, 10):
                assert await on.ids(number) == comments_of(simulator, number)


async def test_a_flood_that_github_does_not_answer_is_put_off_and_not_forgotten(clock: FakeClock) -> None:
    with run_simulator(world_at(clock, *[0] * 8)) as simulator:
        async with act(simulator, clock) as on:
            await imported(on)
            for number in range(1, 9):
                simulator.world.comment("ada/blog", number, body="First!", author="eve")
                await told(on, number)
            simulator.faults.add(Status(502), times=None)
            await on.afterword.looks.sweep()
            assert len(on.asked()) <= 3
            assert await swept(on) == []
            simulator.faults.clear()
            clock.advance(60)
            await swept(on)
            for number in range(1, 9):
                assert await on.ids(number) == comments_of(simulator, number)


async def test_deliveries_about_what_a_round_cannot_tell_are_not_asked_for_again_and_again(clock: FakeClock) -> None:
    with run_simulator(world_at(clock)) as simulator:
        async with act(simulator, clock) as on:
            await imported(on)
            for number in range(101, 111):
                await told(on, number)
            asked = await swept(on)
            assert len(asked) <= 2 + 10
            clock.advance(1)
            assert await swept(on) == []
            assert not any([await marked(on, number) for number in range(101, 111)])


async def test_a_cold_thread_that_cannot_be_read_is_left_to_its_next_reader_in_the_end(clock: FakeClock) -> None:
    with run_simulator(world_at(clock)) as simulator:
        async with act(simulator, clock) as on:
            simulator.faults.add(Status(502), match="/issues/1", times=None)
            with pytest.raises(Unreachable):
                await on.afterword.looks.look(BLOG, 1, Priority.READ)
            with pytest.raises(NotReady) as put_off:
                await on.afterword.looks.look(BLOG, 1, Priority.READ)
            assert 1 <= put_off.value.retry_after <= 10
            tries = 1
            while await marked(on, 1):
                clock.advance(900)
                await swept(on)
                tries += 1
            assert tries == 5


async def test_a_check_that_fails_leaves_no_mark(clock: FakeClock) -> None:
    with run_simulator(world_at(clock)) as simulator:
        async with act(simulator, clock) as on:
            await imported(on)
            clock.advance(400)
            simulator.faults.add(Status(502), times=None)
            with pytest.raises(GitHubError):
                await on.afterword.looks.look(BLOG, 1, Priority.CHECK)
            assert not await marked(on, 1)


async def test_a_delivery_during_a_check_that_fails_keeps_its_mark(clock: FakeClock) -> None:
    with run_simulator(world_at(clock)) as simulator:
        async with act(simulator, clock) as on:
            await imported(on)
            clock.advance(400)
            simulator.faults.add(Status(502), times=None)
            simulator.hold.start("/issues/1/comments")
            look = asyncio.create_task(on.afterword.looks.look(BLOG, 1, Priority.CHECK))
            await asyncio.to_thread(simulator.hold.wait_for, 1)
            await told(on, 1)
            simulator.hold.release()
            with pytest.raises(GitHubError):
                await look
            assert await marked(on, 1)


@pytest.mark.parametrize("readers", [1, 20])
async def test_two_processes_on_one_store_look_once_at_a_cold_thread(
    clock: FakeClock, tmp_path: Path, readers: int
) -> None:
    store = f"sqlite:///{tmp_path}/afterword.db"
    with run_simulator(world_at(clock)) as simulator:
        async with act(simulator, clock, store=store) as one, act(simulator, clock, store=store, holder="two") as two:
            await one.afterword.repositories.site(BLOG, Priority.READ)
            one.asked()
            answers = await asyncio.gather(
                *(on.get("/api/v1/posts/1/comments") for on in (one, two) for _ in range(readers))
            )
            assert {answer.status_code for answer in answers} == {200}
            assert {len(answer.json()["comments"]) for answer in answers} == {3}
            assert len(one.asked()) == 2


async def test_a_look_of_a_process_that_died_is_taken_over(clock: FakeClock, tmp_path: Path) -> None:
    store = f"sqlite:///{tmp_path}/afterword.db"
    with run_simulator(world_at(clock)) as simulator:
        async with act(simulator, clock, store=store) as on:
            await imported(on)
            new = simulator.world.comment("ada/blog", 2, body="First!", author="eve")
            await told(on, 2)
            now = clock.now()
            assert await on.afterword.shared.claim(BLOG, 2, holder="dead", at=now, until=now + 15)
            assert await swept(on) == []
            clock.advance(16)
            await swept(on)
            assert await on.ids(2) == [new.id]


async def test_a_process_that_ends_during_a_look_gives_the_mark_back(clock: FakeClock, tmp_path: Path) -> None:
    store = f"sqlite:///{tmp_path}/afterword.db"
    with run_simulator(world_at(clock)) as simulator:
        async with act(simulator, clock, store=store) as on:
            await imported(on)
            await told(on, 2)
            simulator.hold.start("/issues/2")
            look = asyncio.create_task(on.afterword.looks.sweep())
            await asyncio.to_thread(simulator.hold.wait_for, 1)
        simulator.hold.release()
        await asyncio.gather(look, return_exceptions=True)
        async with act(simulator, clock, store=store, holder="later") as on:
            clock.advance(6)
            assert len(await swept(on)) >= 1
            assert not await marked(on, 2)


async def test_a_mark_about_the_repository_has_the_repository_looked_at(clock: FakeClock) -> None:
    with run_simulator(world_at(clock)) as simulator:
        async with act(simulator, clock) as on:
            await imported(on)
            simulator.world.rename_repository("ada/blog", "ada/journal")
            await told(on, THE_REPOSITORY, thorough=True)
            assert await swept(on) == ["/repos/ada/blog", f"/repositories/{next(iter(simulator.world.repositories))}"]
            site = await on.afterword.mirror.site(BLOG)
            assert site is not None
            assert site.full_name == "ada/journal"
            assert not await marked(on, THE_REPOSITORY)


async def test_marks_are_attended_as_long_as_the_process_runs(clock: FakeClock) -> None:
    with run_simulator(world_at(clock)) as simulator:
        async with act(simulator, clock) as on:
            await imported(on)
            for number in (1, 2):
                simulator.world.comment("ada/blog", number, body="First!", author="eve")
            await told(on, 1)
            attending = asyncio.create_task(on.afterword.looks.run())
            await _looked_at(on, 1)
            await told(on, 2)
            on.afterword.looks.wake()
            await _looked_at(on, 2)
            attending.cancel()
            await asyncio.gather(attending, return_exceptions=True)
            for number in (1, 2):
                assert await on.ids(number) == comments_of(on.simulator, number)


async def _looked_at(on: Stage, number: int) -> None:
    async with asyncio.timeout(20):
        while await marked(on, number):  # noqa: ASYNC110 - a store tells nobody that a mark is settled
            await asyncio.sleep(0.01)


async def test_a_comment_written_while_its_thread_is_looked_at_is_not_lost(clock: FakeClock) -> None:
    with run_simulator(world_at(clock)) as simulator:
        async with act(simulator, clock) as on:
            await imported(on)
            webhook = Webhook(simulator.world)
            simulator.world.comment("ada/blog", 2, body="First!", author="eve")

            def meanwhile(question: IncomingRequest) -> None:
                if question.path.endswith("/issues/2/comments"):
                    stop()
                    simulator.world.comment("ada/blog", 2, body="Second!", author="bob")

            stop = simulator.on_request(meanwhile)
            await webhook.deliver(on)
            await webhook.deliver(on)
            assert await on.ids(2) == comments_of(simulator, 2)
