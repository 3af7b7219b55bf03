"""Keeping the house: the store guarded, figures told; and what crawlers and cold readers cost."""

import asyncio
from typing import TypeVar

import pytest
from app.serving.maintenance import Maintenance

from app.domain.errors import StoreUnusable
from app.domain.sites import Repository
from app.jobs.schedule import Schedule
from app.ports.mirror import Change, Tombstone
from app.serving.change_feed import ChangeFeed
from app.simulator.http.server import run_simulator
from app.store.memory import MemoryStore
from tests.contracts.mirrors import issue
from tests.fakes import FakeClock
from tests.integration.actions import act, clock_of_tests, imported, told, world_at
from tests.integration.application import BLOG, comments_of

T = TypeVar("T")


class Figures:
    """Keeps what was told."""

    def __init__(self) -> None:
        self.sizes: list[tuple[str, int, int, float | None]] = []
        self.marks: list[int] = []
        self.flushed = 0
        self.was_flushed = asyncio.Event()

    def mirrored(self, repo: Repository, *, threads: int, comments: int, checked_at: float | None) -> None:
        self.sizes.append((repo.full_name, threads, comments, checked_at))

    def marked(self, count: int) -> None:
        self.marks.append(count)

    def flush(self) -> None:
        self.flushed += 1
        self.was_flushed.set()


class Guarded(MemoryStore):
    """A store that says what is wrong with it, or fails to."""

    def __init__(self) -> None:
        super().__init__("here")
        self.says: list[str | Exception | None] = []

    async def guard(self) -> str | None:
        said = self.says.pop(0) if self.says else None
        if isinstance(said, Exception):
            raise said
        return said


class Told:
    """In place of the follower and the schedule: what they were told."""

    def __init__(self) -> None:
        self.hurried = 0
        self.begun_anew = 0

    def hurry(self) -> None:
        self.hurried += 1

    def begin_anew(self) -> None:
        self.begun_anew += 1


class House:
    """A keeper and all that it keeps."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.store = Guarded()
        self.figures = Figures()
        self.told = Told()
        self.keeper = Maintenance(
            sites=(BLOG,),
            store=self.store,
            metrics=self.figures,
            follower=_as(ChangeFeed, self.told),
            schedule=_as(Schedule, self.told),
            clock=self.clock,
        )


def _as(_kind: type[T], fake: Told) -> T:
    return fake  # type: ignore[return-value] # the keeper needs of it only what it has


async def test_a_mended_store_is_followed_anew_and_filled_at_once(caplog: pytest.LogCaptureFixture) -> None:
    house = House()
    await house.keeper.keep()
    assert (house.told.hurried, house.told.begun_anew) == (0, 0)
    house.store.says = ["The store was damaged and is made anew."]
    await house.keeper.keep()
    await house.keeper.keep()
    assert (house.told.hurried, house.told.begun_anew) == (1, 1)
    assert "The store was damaged" in caplog.text


async def test_the_sizes_are_told_every_ten_seconds_and_flushed_every_second() -> None:
    house = House()
    two = (issue(1, repo=BLOG), issue(2, repo=BLOG, pull=True))
    await house.store.mirror.apply(Change(repo=BLOG, at=1.0, issues=two))
    for _ in range(25):
        await house.keeper.keep()
        house.clock.advance(1)
    assert house.figures.sizes == [("ada/blog", 1, 0, None)] * 3
    assert house.figures.marks == [0] * 3
    assert house.figures.flushed == 25


@pytest.mark.parametrize("failure", [StoreUnusable("here", "it is busy"), ZeroDivisionError()])
async def test_keeping_survives_what_fails(failure: Exception, caplog: pytest.LogCaptureFixture) -> None:
    house = House()
    house.store.says = [failure, failure]
    keeping = asyncio.create_task(house.keeper.run())
    async with asyncio.timeout(20):
        await house.figures.was_flushed.wait()
    keeping.cancel()
    assert house.clock.slept[:2] == [1, 1]
    assert len(caplog.records) == 1
    assert "busy" in caplog.text or "fault of ours" in caplog.text


# Crawlers and cold readers -----------------------------------------------------------------------------


@pytest.mark.parametrize("age", [0, 400, 4000])
async def test_a_crawler_that_tries_numbers_costs_at_most_one_ask_a_minute(age: int) -> None:
    clock = clock_of_tests()
    world = world_at(clock)
    for _ in range(20):
        world.delete_issue("ada/blog", world.open_issue("ada/blog", title="Spam", body="Buy!").number)
    world.open_issue("ada/blog", title="The newest", body="")
    with run_simulator(world) as simulator:
        async with act(simulator, clock) as on:
            await imported(on)
            clock.advance(age)
            for _ in range(3):
                for number in range(4, 100):
                    if number != 24:
                        answer = await on.get(f"/api/v1/posts/{number}")
                        assert answer.json()["status"] in {"missing", "gone"}
                await on.settle()
                assert len(on.asked()) <= 1
                clock.advance(61)


async def test_numbers_above_the_newest_cost_nothing_however_long_the_last_round_is_ago() -> None:
    clock = clock_of_tests()
    with run_simulator(world_at(clock)) as simulator:
        async with act(simulator, clock) as on:
            await imported(on)
            for _ in range(3):
                clock.advance(2000)
                for number in range(4, 100):
                    assert (await on.get(f"/api/v1/posts/{number}/comments")).json()["post"]["status"] == "missing"
                await on.settle()
                assert on.asked() == []


async def test_an_issue_that_was_wrongly_called_missing_is_found_again() -> None:
    clock = clock_of_tests()
    with run_simulator(world_at(clock)) as simulator:
        async with act(simulator, clock) as on:
            await imported(on)
            await on.afterword.mirror.apply(_forget(clock))
            clock.advance(700)
            await on.get("/api/v1/posts/1/comments")
            await on.settle()
            assert await on.ids(1) == comments_of(simulator, 1)


def _forget(clock: FakeClock) -> Change:
    return Change(repo=BLOG, at=clock.now(), absence=Tombstone(1, gone=False, checked_at=clock.now()))


async def test_a_cold_reader_is_sent_away_after_a_while_and_served_next_time() -> None:
    clock = clock_of_tests()
    with run_simulator(world_at(clock)) as simulator:
        async with act(simulator, clock, cold_wait=0.1) as on:
            simulator.hold.start("/issues/1")
            answers = await asyncio.gather(*(on.get("/api/v1/posts/1/comments") for _ in range(20)))
            assert {answer.status_code for answer in answers} == {503}
            assert all(int(answer.headers["retry-after"]) > 0 for answer in answers)
            assert await on.afterword.shared.marked(BLOG, 1) is not None
            simulator.hold.release()
            await on.settle()
            assert await on.ids(1) == comments_of(simulator, 1)
            assert len(on.asked()) == 3
            assert await on.afterword.shared.marked(BLOG, 1) is None


async def test_a_thread_whose_delivery_is_put_off_is_served_as_it_is() -> None:
    clock = clock_of_tests()
    with run_simulator(world_at(clock)) as simulator:
        async with act(simulator, clock) as on:
            await imported(on)
            await told(on, 1)
            mark = (await on.afterword.shared.due(at=clock.now()))[0]
            await on.afterword.shared.postpone(mark, until=clock.now() + 100)
            answer = await on.get("/api/v1/posts/1/comments")
            assert answer.status_code == 200
            assert len(answer.json()["comments"]) == 3
