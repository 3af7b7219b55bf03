"""Random changes: people write, edit and delete while GitHub fails; in the end the mirror equals GitHub."""

import random
from contextlib import suppress

import pytest

from app.domain.errors import GitHubError
from app.simulator.http.faults import (
    ConnectionClosed,
    EmptyList,
    Fault,
    HtmlPage,
    PrimaryRateLimit,
    Status,
    TruncatedJson,
    WrongJsonType,
)
from app.simulator.http.rate_limits import Limits
from app.simulator.http.server import run_simulator
from app.sync.reconcile import Reconcile
from tests.integration.drift import assert_threads_equal_github
from tests.integration.local_service import BLOG, LocalService, new_clock, run_service
from tests.integration.worlds import TOKEN, blog_world_at, change_randomly

FAULTS: tuple[Fault, ...] = (
    Status(502),
    TruncatedJson(),
    HtmlPage(),
    WrongJsonType(),
    EmptyList(),
    ConnectionClosed(),
    PrimaryRateLimit(429, retry_after=2),
)

pytestmark = pytest.mark.untraced  # other tests cover the same code; this one takes long


async def _read_and_poll(service: LocalService, rng: random.Random) -> None:
    """Read a thread and poll, now and then with a reconcile."""
    await service.get(f"/api/v1/posts/{rng.choice([1, 2, 3, 4])}/comments")
    with suppress(GitHubError):
        await service.application.poller.poll(BLOG, reconcile=Reconcile.NOW if rng.random() < 0.2 else Reconcile.NEVER)
    await service.finish_refreshes()


@pytest.mark.parametrize("seed", range(12))
async def test_mirror_equals_github_after_random_changes(seed: int) -> None:
    rng = random.Random(seed)  # noqa: S311 - repeatable
    clock = new_clock()
    world = blog_world_at(clock, 3, 0, 99, 205)
    with run_simulator(world, limits=Limits(points_per_minute=10**6)) as simulator:
        stop = simulator.on_request(lambda _: change_randomly(world, rng) if rng.random() < 0.1 else None)
        async with run_service(simulator, clock, github_token=TOKEN, fresh_for=30) as service:
            for _ in range(12):
                for _ in range(rng.randrange(4)):
                    change_randomly(world, rng)
                if rng.random() < 0.6:
                    simulator.faults.add(rng.choice(FAULTS), match="/", times=rng.randrange(1, 4))
                await _read_and_poll(service, rng)
                clock.advance(rng.choice([5, 40, 400]))
            stop()
            simulator.faults.clear()
            for _ in range(2):
                clock.advance(4000)
                await service.application.poller.poll(BLOG, reconcile=Reconcile.NOW)
            await assert_threads_equal_github(service, (1, 2, 3, 4))
