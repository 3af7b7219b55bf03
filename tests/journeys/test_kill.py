"""kill -9 at random moments, over two hundred times: in the end the mirror is what GitHub has."""

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app.bootstrap import open_application
from app.settings import Settings, load
from app.simulator.http.faults import Latency
from app.simulator.http.rate_limits import Limits
from app.simulator.http.server import run_simulator
from app.simulator.world.sample import generate_world
from app.simulator.world.world import World
from app.store.sqlite.schema import MIGRATIONS
from tests.integration.worlds import TOKEN, blog_world, change_randomly
from tests.journeys.ground_truth import assert_mirrored, catch_up, damaged_files, is_intact, query
from tests.journeys.killed_service import Launcher, OffsetClock, Run, start_launcher
from tests.journeys.killed_stores import (
    SECRET,
    copy_store,
    hold_lease,
    is_imported,
    lost_deliveries,
    settings_for,
    store_of_version,
)

pytestmark = pytest.mark.untraced  # what others cover, at length

KILLS = 52
"""Of each of four kinds: during the backfill, polls, deliveries and migrations."""
_MAX_SECONDS = 0.15
"""How long a process runs at most after its start."""
_OLD_VERSIONS = (1, 2, 4)
"""Versions of the store before 0.4.0; 4 is that of 0.3.0."""
_UNLIMITED = Limits(authenticated=10**6, points_per_minute=10**6)


@pytest.fixture
def launcher(tmp_path: Path) -> Iterator[Launcher]:
    with start_launcher(tmp_path) as launcher:
        yield launcher
        assert "Traceback" not in launcher.output


@pytest.fixture
def clock() -> OffsetClock:
    return OffsetClock()


def _simulate(world: World, clock: OffsetClock) -> Any:
    world.clock = clock.now
    world.add_token(TOKEN, "ada")
    return run_simulator(world, limits=_UNLIMITED)


def _load(options: dict[str, str]) -> Settings:
    return load(options, env_file=None)


@pytest.mark.parametrize(
    ("posts", "comments", "of_pull_requests"), [(130, 700, 0), (24, 200, 2500)], ids=["by list", "by thread"]
)
async def test_kill_during_the_backfill(
    launcher: Launcher, clock: OffsetClock, tmp_path: Path, posts: int, comments: int, of_pull_requests: int
) -> None:
    rng = random.Random(posts)  # noqa: S311 - the same moments for the same seed
    world = generate_world(posts, comments, seed=3, pull_request_comments=of_pull_requests)
    with _simulate(world, clock) as simulator:
        while launcher.kill_count < KILLS // 2:
            store = tmp_path / f"{launcher.kill_count}.db"
            options = settings_for(simulator, store)
            remove_latency = simulator.faults.add(Latency(0.02), times=None)
            stop = simulator.on_request(lambda _: change_randomly(world, rng) if rng.random() < 0.1 else None)
            longest, before = 2 * _MAX_SECONDS, launcher.kill_count
            while not is_imported(store):
                assert launcher.kill_count < before + 4 * KILLS
                seconds = rng.uniform(0, longest)
                launcher.run_and_kill(
                    Run(settings=options, clock_offset=clock.offset, seconds=seconds, starts_with_open_store=False)
                )
                longest *= 1.03  # on a busy machine so short a run may achieve nothing
                clock.offset += rng.uniform(6, 60)
            stop()
            remove_latency()
            await catch_up(world, _load(options), clock)
            await assert_mirrored(world, _load(options), clock)


async def test_kill_during_polls(launcher: Launcher, clock: OffsetClock, tmp_path: Path) -> None:
    rng = random.Random(7)  # noqa: S311 - the same moments for the same seed
    world = blog_world(3, 0, 99, 205)
    with _simulate(world, clock) as simulator:
        options = settings_for(simulator, tmp_path / "afterword.db")
        await catch_up(world, _load(options), clock)
        stop = simulator.on_request(lambda _: change_randomly(world, rng) if rng.random() < 0.2 else None)
        for _ in range(KILLS):
            for _ in range(rng.randrange(4)):
                change_randomly(world, rng)
            clock.offset += rng.choice([2, 6, 40, 400, 90_000])
            launcher.run_and_kill(
                Run(settings=options, clock_offset=clock.offset, seconds=rng.uniform(0, _MAX_SECONDS))
            )
            assert is_intact(tmp_path / "afterword.db")
        stop()
        assert launcher.kill_count == KILLS
        await catch_up(world, _load(options), clock)
        await assert_mirrored(world, _load(options), clock)


async def test_kill_during_deliveries(launcher: Launcher, clock: OffsetClock, tmp_path: Path) -> None:
    """The test holds the lease, so no process polls: only deliveries report changes."""
    rng = random.Random(11)  # noqa: S311 - the same moments for the same seed
    world = blog_world(3, 0, 99, 205, *range(8))
    with _simulate(world, clock) as simulator:
        store = tmp_path / "afterword.db"
        options = settings_for(simulator, store)
        await catch_up(world, _load(options), clock)
        hook = simulator.add_webhook(f"{launcher.url}/webhooks/github", secret=SECRET, repo="ada/blog", connections=3)
        checked = 0
        for _ in range(KILLS):
            hold_lease(store, clock.now() + 9)
            seconds = rng.uniform(0, _MAX_SECONDS)
            launcher.run_and_kill(
                Run(settings=options, clock_offset=clock.offset, seconds=seconds, serves_http=True),
                lambda: _make_changes(world, rng),
            )
            assert lost_deliveries(hook, world, store) == []
            for delivery in hook.log[checked:]:
                if delivery.status is None and rng.random() < 0.5:
                    hook.redeliver(delivery.guid)
            checked = len(hook.log)
            clock.offset += rng.choice([0.5, 2, 20])
        assert launcher.kill_count == KILLS
        assert hook.response_count >= KILLS // 2
        hook.close()
        hold_lease(store, 0)
        clock.offset += 1000
        async with open_application(_load(options), lambda _: None, clock, lambda: 0.5) as application:
            await application.worker.run_due()
        assert query(store, "SELECT * FROM job") == []
        assert lost_deliveries(hook, world, store) == []
        await catch_up(world, _load(options), clock)
        await assert_mirrored(world, _load(options), clock)


def _make_changes(world: World, rng: random.Random) -> None:
    for _ in range(rng.randrange(1, 6)):
        change_randomly(world, rng)
    if rng.random() < 0.2:
        for number in range(5, 13):
            world.comment("ada/blog", number, body="Words everywhere", author="eve")


async def test_kill_during_migrations(launcher: Launcher, clock: OffsetClock, tmp_path: Path) -> None:
    rng = random.Random(13)  # noqa: S311 - the same moments for the same seed
    world = blog_world(3, 0, 99, 205)
    store, current, longest = tmp_path / "afterword.db", tmp_path / "present.db", 0.04
    with _simulate(world, clock) as simulator:
        options = settings_for(simulator, current)
        await catch_up(world, _load(options), clock)
        old_stores = {version: store_of_version(version, current) for version in _OLD_VERSIONS}
        options = settings_for(simulator, store)
        versions: list[int] = []
        while launcher.kill_count < KILLS:
            version = rng.choice(_OLD_VERSIONS)
            if not versions or versions[-1] == len(MIGRATIONS) or rng.random() < 0.3:
                copy_store(old_stores[version], store)
            seconds = rng.uniform(0, longest)
            launcher.run_and_kill(
                Run(settings=options, clock_offset=clock.offset, seconds=seconds, starts_with_open_store=False),
                lambda: change_randomly(world, rng),
            )
            assert is_intact(store)
            assert query(store, "SELECT count(*) FROM comment")[0] >= (300,)
            ((version,),) = query(store, "PRAGMA user_version")
            versions.append(version)
            longest *= 0.8 if version == len(MIGRATIONS) else 1.25  # to where kills meet migrations
            clock.offset += rng.uniform(6, 60)
        assert {version for version in versions if version < len(MIGRATIONS)} != set()
        assert len(MIGRATIONS) in versions
        await catch_up(world, _load(options), clock)
        await assert_mirrored(world, _load(options), clock)
    assert damaged_files(store) == []
