"""A day of a blog, by a clock that only the test moves: without a token, and without GitHub."""

import asyncio
from collections import Counter

import pytest

from app.simulator.http.faults import Status
from app.simulator.http.rate_limits import Limits
from app.simulator.http.server import run_simulator
from app.simulator.world.world import World
from tests.fakes import FakeClock
from tests.integration.local_service import BLOG, github_ids, run_service
from tests.integration.simulated_day import HOUR, POST_COUNT, SimulatedDay
from tests.integration.worlds import NOW, blog_world

pytestmark = pytest.mark.untraced  # other tests cover the same code; this one takes long


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(NOW + 10 * HOUR)


@pytest.fixture
def world(clock: FakeClock) -> World:
    world = blog_world(*[index % 7 for index in range(POST_COUNT)])
    world.clock = clock.now
    return world


@pytest.mark.timeout(300)
async def test_day_without_a_token_stays_fresh_and_within_budget(world: World, clock: FakeClock) -> None:
    with run_simulator(world, limits=Limits(points_per_minute=10**6)) as simulator:
        async with run_service(simulator, clock=clock) as service:
            day = SimulatedDay(service, simulator, clock, seed=1)
            await day.run_until(clock.now() + 24 * HOUR)
            assert day.most_requests_an_hour() <= 50
            assert max(day.ages.values()) <= 600
            assert len(day.delays) > 20
            assert max(day.delays) <= 600
            assert len(day.ages) == POST_COUNT


@pytest.mark.timeout(300)
async def test_day_without_github_serves_threads_with_their_age(world: World, clock: FakeClock) -> None:
    with run_simulator(world) as simulator:
        async with run_service(simulator, clock=clock) as service:
            await service.application.poller.poll(BLOG)
            before = {number: github_ids(simulator, number) for number in range(1, POST_COUNT + 1)}
            simulator.faults.add(Status(503), times=None)
            outage_at = clock.now()
            for hour in range(1, 25):
                clock.advance(outage_at + hour * HOUR - clock.now())
                await service.application.schedule.poll_once(BLOG)
                responses = await asyncio.gather(
                    *(service.get(f"/api/v1/posts/{number}/comments") for number in before)
                )
                await service.finish_refreshes()
                assert Counter(response.status_code for response in responses) == {200: POST_COUNT}
                ages = {int(response.headers["age"]) for response in responses}
                assert min(ages) >= hour * HOUR - 60
                assert max(ages) <= clock.now() - outage_at + 60
            assert {number: await service.comment_ids(number) for number in before} == before
            posts = [(await service.get(f"/api/v1/posts/{number}")).json() for number in before]
            # the budget allows some checks an hour; which posts get them depends on the order of the readers
            assert any(post["stale"] for post in posts)
            simulator.faults.clear()
            world.comment("ada/blog", 3, body="Back again", author="eve")
            await service.application.schedule.poll_once(BLOG)
            assert await service.comment_ids(3) == github_ids(simulator, 3)
