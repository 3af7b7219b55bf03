"""A day in the life of a blog, by a clock that only the test moves: without a token, and without GitHub."""

import asyncio
import random
from collections import Counter
from datetime import datetime

import pytest

from app.simulator.http.faults import Status
from app.simulator.http.rate_limits import Limits
from app.simulator.http.server import RunningSimulator, run_simulator
from tests.fakes import FakeClock
from tests.integration.application import BLOG, Stage, comments_of, stage
from tests.integration.test_backfill import NOW, world_of

pytestmark = pytest.mark.untraced  # what others cover, at length

HOUR = 3600.0
POSTS = 30


class Day:
    """Readers on every post, writers now and then, rounds when the schedule wants them."""

    def __init__(self, on: Stage, simulator: RunningSimulator, clock: FakeClock, seed: int) -> None:
        self._on = on
        self._simulator = simulator
        self._clock = clock
        self._chance = random.Random(seed)  # noqa: S311 - the same day for the same seed
        self._round_at = clock.now()
        self.asked_at: list[float] = []
        self.stalest: dict[int, float] = {}
        """The oldest age with which each post was served."""
        self.late: list[float] = []
        """How long each comment took to be on its page."""
        self._written: dict[int, tuple[int, float]] = {}

    async def until(self, end: float, *, writers: bool) -> None:
        """Goes on in steps of 40 s."""
        while self._clock.now() < end:
            if self._clock.now() >= self._round_at:
                self._round_at = self._clock.now() + await self._on.afterword.schedule.round(BLOG)
            if writers and self._chance.random() < 0.02:
                self._write()
            await self._read(self._chance.randint(1, POSTS))
            await self._look_for_what_was_written()
            await self._on.settle()
            self.asked_at += [self._clock.now()] * len(self._on.asked())
            self._clock.advance(40)

    def _write(self) -> None:
        number = self._chance.randint(1, POSTS)
        comment = self._simulator.world.comment("ada/blog", number, body="Words", author="eve")
        self._written[comment.id] = (number, self._clock.now())

    async def _read(self, number: int) -> None:
        answer = await self._on.get(f"/api/v1/posts/{number}/comments?limit=100")
        assert answer.status_code == 200
        age = int(answer.headers["age"])
        checked_at = datetime.fromisoformat(answer.json()["post"]["checked_at"]).timestamp()
        assert abs(self._clock.now() - checked_at - age) <= 1
        self.stalest[number] = max(self.stalest.get(number, 0), age)

    async def _look_for_what_was_written(self) -> None:
        for comment_id, (number, at) in list(self._written.items()):
            record = await self._on.afterword.mirror.comment(BLOG, comment_id)
            if record is not None and comment_id in await self._on.ids(number):
                self.late.append(self._clock.now() - at)
                del self._written[comment_id]

    def most_in_an_hour(self) -> int:
        """Asks in the fullest sixty minutes of all."""
        return max(sum(1 for at in self.asked_at if first <= at < first + HOUR) for first in self.asked_at or [0.0])


@pytest.mark.timeout(300)
async def test_a_day_without_a_token_takes_at_most_fifty_asks_in_any_hour_and_nothing_is_older_than_ten_minutes() -> (
    None
):
    clock = FakeClock(NOW + 10 * HOUR)
    world = world_of(*[index % 7 for index in range(POSTS)])
    world.clock = clock.now
    with run_simulator(world, limits=Limits(points_per_minute=10**6)) as simulator:
        async with stage(simulator, clock=clock) as on:
            day = Day(on, simulator, clock, seed=1)
            await day.until(clock.now() + 24 * HOUR, writers=True)
            assert day.most_in_an_hour() <= 50
            assert max(day.stalest.values()) <= 600
            assert len(day.late) > 20
            assert max(day.late) <= 600
            assert len(day.stalest) == POSTS


@pytest.mark.timeout(300)
async def test_a_day_without_github_serves_every_thread_with_its_age() -> None:
    clock = FakeClock(NOW + 10 * HOUR)
    world = world_of(*[index % 7 for index in range(POSTS)])
    world.clock = clock.now
    with run_simulator(world) as simulator:
        async with stage(simulator, clock=clock) as on:
            await on.afterword.pulse.bring_up(BLOG)
            held = {number: comments_of(simulator, number) for number in range(1, POSTS + 1)}
            simulator.faults.add(Status(503), times=None)
            before = clock.now()
            for hour in range(1, 25):
                clock.advance(before + hour * HOUR - clock.now())
                await on.afterword.schedule.round(BLOG)
                answers = await asyncio.gather(*(on.get(f"/api/v1/posts/{number}/comments") for number in held))
                await on.settle()
                assert Counter(answer.status_code for answer in answers) == {200: POSTS}
                ages = {int(answer.headers["age"]) for answer in answers}
                assert min(ages) >= hour * HOUR - 60
                assert max(ages) <= clock.now() - before + 60
            assert {number: await on.ids(number) for number in held} == held
            assert (await on.get("/api/v1/posts/3")).json()["stale"]
            simulator.faults.clear()
            world.comment("ada/blog", 3, body="Back again", author="eve")
            await on.afterword.schedule.round(BLOG)
            assert await on.ids(3) == comments_of(simulator, 3)
