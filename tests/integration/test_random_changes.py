"""Turmoil: people write, edit and delete while GitHub fails at random; in the end the mirror is what GitHub has."""

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
from app.simulator.http.server import RunningSimulator, run_simulator
from app.simulator.world.world import World
from tests.integration.application import BLOG, Stage, comments_of, stage
from tests.integration.test_backfill import NOW, world_of

TOKEN = "t0ken"
FAULTS: tuple[Fault, ...] = (
    Status(502),
    TruncatedJson(),
    HtmlPage(),
    WrongJsonType(),
    EmptyList(),
    ConnectionClosed(),
    PrimaryRateLimit(429, retry_after=2),
)

pytestmark = pytest.mark.untraced  # what others cover, at length


def act(world: World, chance: random.Random) -> None:
    """Something that people do."""
    number = chance.choice([1, 2, 3, 4])
    thread = world.comment_ids.get(world.issue("ada/blog", number).id, [])
    deed = chance.random()
    if deed < 0.5 or not thread:
        world.comment("ada/blog", number, body=f"Words {chance.random()}", author="eve")
    elif deed < 0.7:
        world.edit_comment(world.comments[chance.choice(thread)], body=f"Better {chance.random()}")
    elif deed < 0.9:
        world.delete_comment(world.comments[chance.choice(thread)])
    elif deed < 0.95:
        world.open_pull_request("ada/blog", title="Noise", body="")
    else:
        world.close_issue("ada/blog", number)


async def one_step(on: Stage, chance: random.Random) -> None:
    """A round, a check behind a reader's back, or a cold reading, as it comes."""
    await on.get(f"/api/v1/posts/{chance.choice([1, 2, 3, 4])}/comments")
    with suppress(GitHubError):
        await on.afterword.pulse.bring_up(BLOG, reconcile=chance.random() < 0.2)
    await on.settle()


@pytest.mark.parametrize("seed", range(12))
async def test_after_any_turmoil_the_mirror_is_what_github_has(seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - the same turmoil for the same seed
    world = world_of(3, 0, 99, 205)
    now = [NOW + 3600.0]
    world.clock = lambda: now[0]
    world.add_token(TOKEN, "ada")
    with run_simulator(world, limits=Limits(points_per_minute=10**6)) as simulator:
        stop = simulator.on_request(lambda _: act(world, chance) if chance.random() < 0.1 else None)
        async with stage(simulator, github_token=TOKEN, fresh_for=30) as on:
            for _ in range(12):
                for _ in range(chance.randrange(4)):
                    act(world, chance)
                if chance.random() < 0.6:
                    simulator.faults.add(chance.choice(FAULTS), match="/", times=chance.randrange(1, 4))
                await one_step(on, chance)
                on.clock.advance(chance.choice([5, 40, 400]))
                now[0] = on.clock.now()
            stop()
            await _calm(on, simulator)


async def _calm(on: Stage, simulator: RunningSimulator) -> None:
    """Two quiet rounds with all counts compared; then every thread is the same here and there."""
    simulator.faults.clear()
    for _ in range(2):
        on.clock.advance(4000)
        simulator.world.clock = on.clock.now
        await on.afterword.pulse.bring_up(BLOG, reconcile=True)
    world = simulator.world
    for number in (1, 2, 3, 4):
        assert await on.ids(number) == comments_of(simulator, number)
        held = {key: world.comments[key].body for key in comments_of(simulator, number)}
        mirrored = await on.afterword.mirror.comments(BLOG, number)
        assert {comment.id: comment.body for comment in mirrored} == held
        assert (await on.get(f"/api/v1/posts/{number}")).json()["status"] == world.issue("ada/blog", number).state
