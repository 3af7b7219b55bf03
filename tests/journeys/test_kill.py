"""kill -9 at random moments, over two hundred times: in the end the mirror is what GitHub has."""

import random
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import orjson
import pytest

from app.bootstrap import assembled
from app.settings import Settings, load
from app.simulator.http.faults import Latency
from app.simulator.http.rate_limits import Limits
from app.simulator.http.server import RunningSimulator, run_simulator
from app.simulator.webhooks.deliveries import Webhook
from app.simulator.world.sample import generate_world
from app.simulator.world.world import World
from app.store.sqlite.schema import MIGRATIONS
from tests.integration.test_backfill import world_of
from tests.integration.test_random_changes import TOKEN, act
from tests.journeys.ground_truth import asked, brought_up, kept_aside, mirror_is, whole
from tests.journeys.killed_service import Later, Life, Nursery, nursery

pytestmark = pytest.mark.untraced  # what others cover, at length

ROUNDS = 52
"""Of each of four kinds: while importing, pulsing, taking deliveries and migrating."""
_LIFE = 0.15
"""Seconds that a life lasts at most once it has begun."""
_UNLIMITED = Limits(authenticated=10**6, points_per_minute=10**6)
_TEXTS = "SELECT id, updated_at, json_extract(CAST(source AS TEXT), '$.body') FROM comment"
_TO_BE_LOOKED_AT = "SELECT number FROM mark UNION SELECT number FROM issue WHERE comment_count <> mirrored + surplus"
_SECRET = "It's a Secret to Everybody"


@pytest.fixture
def births(tmp_path: Path) -> Iterator[Nursery]:
    with nursery(tmp_path) as births:
        yield births
        assert "Traceback" not in births.output


@pytest.fixture
def clock() -> Later:
    return Later()


def _simulated(world: World, clock: Later) -> Any:
    world.clock = clock.now
    world.add_token(TOKEN, "ada")
    return run_simulator(world, limits=_UNLIMITED)


def _given(simulator: RunningSimulator, place: Path) -> dict[str, str]:
    return {
        "repo": "ada/blog",
        "github_api_url": simulator.url,
        "github_token": TOKEN,
        "store": f"sqlite:///{place}",
        "webhook_secret": _SECRET,
        "pulse": "1",
    }


def _settings(given: dict[str, str]) -> Settings:
    return load(given, env_file=None)


@pytest.mark.parametrize(
    ("posts", "comments", "of_pull_requests"), [(130, 700, 0), (24, 200, 2500)], ids=["by list", "by thread"]
)
async def test_killed_while_importing(
    births: Nursery, clock: Later, tmp_path: Path, posts: int, comments: int, of_pull_requests: int
) -> None:
    chance = random.Random(posts)  # noqa: S311 - the same moments for the same seed
    world = generate_world(posts, comments, seed=3, pull_request_comments=of_pull_requests)
    with _simulated(world, clock) as simulator:
        while births.killed < ROUNDS // 2:
            place = tmp_path / f"{births.killed}.db"
            given = _given(simulator, place)
            hurry = simulator.faults.add(Latency(0.02), times=None)
            stop = simulator.on_request(lambda _: act(world, chance) if chance.random() < 0.1 else None)
            longest, before = 2 * _LIFE, births.killed
            while not _imported(place):
                assert births.killed < before + 4 * ROUNDS
                births.kill(Life(settings=given, later=clock.by, lives=chance.uniform(0, longest), begins_open=False))
                longest *= 1.03  # where the machine is too busy for so short a life to get anywhere
                clock.by += chance.uniform(6, 60)
            stop()
            hurry()
            await brought_up(world, _settings(given), clock)
            await mirror_is(world, _settings(given), clock)


def _imported(place: Path) -> bool:
    began = place.exists() and asked(place, "SELECT 1 FROM sqlite_schema WHERE name = 'site'")
    return bool(began and asked(place, "SELECT 1 FROM site WHERE checked_at IS NOT NULL"))


async def test_killed_while_pulsing(births: Nursery, clock: Later, tmp_path: Path) -> None:
    chance = random.Random(7)  # noqa: S311 - the same moments for the same seed
    world = world_of(3, 0, 99, 205)
    with _simulated(world, clock) as simulator:
        given = _given(simulator, tmp_path / "afterword.db")
        await brought_up(world, _settings(given), clock)
        stop = simulator.on_request(lambda _: act(world, chance) if chance.random() < 0.2 else None)
        for _ in range(ROUNDS):
            for _ in range(chance.randrange(4)):
                act(world, chance)
            clock.by += chance.choice([2, 6, 40, 400, 90_000])
            births.kill(Life(settings=given, later=clock.by, lives=chance.uniform(0, _LIFE)))
            assert whole(tmp_path / "afterword.db")
        stop()
        assert births.killed == ROUNDS
        await brought_up(world, _settings(given), clock)
        await mirror_is(world, _settings(given), clock)


async def test_killed_while_deliveries_come(births: Nursery, clock: Later, tmp_path: Path) -> None:
    """Nobody pulses meanwhile, as the test holds the lease: only deliveries tell what happened."""
    chance = random.Random(11)  # noqa: S311 - the same moments for the same seed
    world = world_of(3, 0, 99, 205, *range(8))
    with _simulated(world, clock) as simulator:
        place = tmp_path / "afterword.db"
        given = _given(simulator, place)
        await brought_up(world, _settings(given), clock)
        hook = simulator.add_webhook(f"{births.url}/webhooks/github", secret=_SECRET, repo="ada/blog", connections=3)
        heard = 0
        for _ in range(ROUNDS):
            _hold_the_lease(place, clock.now() + 9)
            births.kill(
                Life(settings=given, later=clock.by, lives=chance.uniform(0, _LIFE), listens=True),
                lambda: _talk(world, chance),
            )
            assert _forgotten(hook, world, place) == []
            for delivery in hook.log[heard:]:
                if delivery.status is None and chance.random() < 0.5:
                    hook.redeliver(delivery.guid)
            heard = len(hook.log)
            clock.by += chance.choice([0.5, 2, 20])
        assert births.killed == ROUNDS
        assert hook.response_count >= ROUNDS // 2
        hook.close()
        _hold_the_lease(place, 0)
        clock.by += 1000
        async with assembled(_settings(given), lambda _: None, clock, lambda: 0.5) as afterword:
            await afterword.looks.sweep()
        assert asked(place, "SELECT * FROM mark") == []
        assert _forgotten(hook, world, place) == []
        await brought_up(world, _settings(given), clock)
        await mirror_is(world, _settings(given), clock)


def _talk(world: World, chance: random.Random) -> None:
    for _ in range(chance.randrange(1, 6)):
        act(world, chance)
    if chance.random() < 0.2:
        for number in range(5, 13):
            world.comment("ada/blog", number, body="Words everywhere", author="eve")


def _hold_the_lease(place: Path, until: float) -> None:
    asked(place, f"INSERT OR REPLACE INTO lease (name, holder, until) VALUES ('pulse', 'the test', {until})")  # noqa: S608


def _forgotten(hook: Webhook, world: World, place: Path) -> list[tuple[str | None, int]]:
    """Accepted deliveries whose thread is neither to be looked at again nor as they told of it, by action and number.

    To be looked at again is what is marked, and what counts say is in doubt: a list of changes that was asked for before
    a comment was deleted may be applied after the look at its thread, and a process may be killed right then.
    """
    marked = {number for (number,) in asked(place, _TO_BE_LOOKED_AT)}
    changed_at = dict(asked(place, "SELECT number, updated_at FROM issue"))
    mirrored = {key: (at, text) for key, at, text in asked(place, _TEXTS)}

    def is_known(payload: Any) -> bool:
        if "comment" not in payload:
            return bool(changed_at[payload["issue"]["number"]] >= payload["issue"]["updated_at"])
        told, kept = payload["comment"], mirrored.get(payload["comment"]["id"])
        present = world.comments.get(told["id"])
        if payload["action"] == "deleted" or present is None:
            return kept is None or payload["action"] != "deleted"
        return kept is not None and (kept[0] > told["updated_at"] or kept[1] in {told["body"], present.body})

    accepted = [(d.action, orjson.loads(d.payload)) for d in hook.log if d.status == 202]
    return [
        (action, payload["issue"]["number"])
        for action, payload in accepted
        if payload["issue"]["number"] not in marked and not is_known(payload)
    ]


async def test_killed_while_migrating(births: Nursery, clock: Later, tmp_path: Path) -> None:
    chance = random.Random(13)  # noqa: S311 - the same moments for the same seed
    world = world_of(3, 0, 99, 205)
    place, lives = tmp_path / "afterword.db", 0.02
    with _simulated(world, clock) as simulator:
        given = _given(simulator, tmp_path / "present.db")
        await brought_up(world, _settings(given), clock)
        old = {version: _written_by(version, tmp_path / "present.db") for version in (1, 2)}
        given = _given(simulator, place)
        found: list[int] = []
        while births.killed < ROUNDS:
            version = chance.choice([1, 2])
            if not found or found[-1] == len(MIGRATIONS) or chance.random() < 0.3:
                _put(old[version], place)
            births.kill(
                Life(settings=given, later=clock.by, lives=chance.uniform(0, 2 * lives), begins_open=False),
                lambda: act(world, chance),
            )
            assert whole(place)
            assert asked(place, "SELECT count(*) FROM comment")[0] >= (300,)
            ((reached,),) = asked(place, "PRAGMA user_version")
            found.append(reached)
            lives *= 0.8 if reached == len(MIGRATIONS) else 1.25  # to where killing meets migrating
            clock.by += chance.uniform(6, 60)
        assert {version for version in found if version < len(MIGRATIONS)} != set()
        assert len(MIGRATIONS) in found
        await brought_up(world, _settings(given), clock)
        await mirror_is(world, _settings(given), clock)
    assert kept_aside(place) == []


def _written_by(version: int, present: Path) -> Path:
    """A store as an earlier version wrote it, with what is in the present one, and with many ETags."""
    place = present.with_name(f"{version}.db")
    with closing(sqlite3.connect(place, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        for statement in (statement for migration in MIGRATIONS[:version] for statement in migration):
            connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {version}")
        connection.execute("ATTACH ? AS present", (str(present),))
        for table in ("site", "issue", "comment", "absence", "etag"):
            columns = ", ".join(name for _, name, *_ in connection.execute(f"PRAGMA main.table_info({table})"))
            taken = f"SELECT {columns} FROM present.{table}"  # noqa: S608 - names that the schema itself gives
            connection.execute(f"INSERT INTO main.{table} ({columns}) {taken}")
        connection.executemany("INSERT INTO etag VALUES (?, ?)", ((f"key {n}", f"etag {n}") for n in range(5000)))
    return place


def _put(template: Path, place: Path) -> None:
    """Puts a store to a place where another may have been."""
    for ending in ("-wal", "-shm"):
        Path(f"{place}{ending}").unlink(missing_ok=True)
    shutil.copyfile(template, place)
