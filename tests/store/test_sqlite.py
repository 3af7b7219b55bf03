"""What only a file can show: it lasts, it grows with its versions, and it is whole after any end."""

import asyncio
import random
import sqlite3
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from app.domain.errors import StoreTooNew, StoreUnusable
from app.ports.mirror import Change, SiteRecord, Tombstone
from app.store.sqlite import SqliteMirror, SqliteStore
from app.store.sqlite.schema import APPLICATION_ID, MIGRATIONS, Migration
from tests.contracts.mirrors import REPO, comment, issue
from tests.store.writing_until_killed import WIDTH, step_change

ROOT = Path(__file__).parents[2]
FULL = Change(
    repo=REPO,
    at=5.0,
    site=SiteRecord(REPO, 7, "jane/blog", since="2026-01-01T00:00:00Z"),
    issues=(issue(1, 2), issue(2, 1, pull=True)),
    comments=(comment(1), comment(2**40)),
    absence=Tombstone(3, gone=True, checked_at=5.0),
    etags={"key": '"etag"'},
)
NEXT: Migration = ("ALTER TABLE etag ADD COLUMN kept_at REAL", "UPDATE etag SET kept_at = 1")
BROKEN: Migration = ("ALTER TABLE etag ADD COLUMN kept_at REAL", "ALTER TABLE nowhere ADD COLUMN x")


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "afterword.db"


@pytest.fixture
async def mirror(place: Path) -> AsyncIterator[SqliteMirror]:
    made = await opened(place)
    yield made
    await made.close()


async def opened(place: Path, migrations: Sequence[Migration] = MIGRATIONS) -> SqliteMirror:
    return (await SqliteStore.open(str(place), origin="here", migrations=migrations)).mirror


def look(place: Path, query: str) -> object:
    """One value, seen by another program."""
    with closing(sqlite3.connect(place)) as connection:
        return connection.execute(query).fetchone()[0]


def do(place: Path, *statements: str) -> None:
    with closing(sqlite3.connect(place)) as connection, connection:
        for statement in statements:
            connection.execute(statement)


def content(place: Path) -> bytes | None:
    return place.read_bytes() if place.is_file() else None


async def made(place: Path) -> Path:
    """A store that holds something and was closed in order."""
    mirror = await opened(place)
    await mirror.apply(FULL)
    await mirror.close()
    return place


# --- it lasts


async def test_a_store_that_is_opened_again_has_kept_everything(place: Path) -> None:
    mirror = await opened(await made(place))
    assert await mirror.site(REPO) == FULL.site
    assert await mirror.comments(REPO, 1) == FULL.comments
    assert [record.issue for record in await mirror.threads(REPO)] == [FULL.issues[0]]
    assert [tally.number for tally in await mirror.tallies(REPO)] == [2, 1]
    assert await mirror.absence(REPO, 3) == FULL.absence
    assert await mirror.etag("key") == '"etag"'
    assert await mirror.apply(replace(FULL, absence=None)) == frozenset()
    await mirror.close()


async def test_a_store_that_was_closed_is_one_file(place: Path) -> None:
    await made(place)
    assert [path.name for path in place.parent.iterdir()] == [place.name]


async def test_closing_twice_does_no_harm(place: Path) -> None:
    mirror = await opened(place)
    await mirror.close()
    await mirror.close()


async def test_changes_under_way_are_finished_by_closing(place: Path) -> None:
    mirror = await opened(place)
    changes = [asyncio.create_task(mirror.apply(Change(repo=REPO, at=1.0, issues=(issue(n),)))) for n in range(1, 21)]
    await asyncio.sleep(0)
    await mirror.close()
    assert [await change for change in changes] == [frozenset([n]) for n in range(1, 21)]
    assert look(place, "SELECT count(*) FROM issue") == 20


async def test_the_store_is_in_wal_mode_and_says_whose_it_is(mirror: SqliteMirror, place: Path) -> None:
    assert look(place, "PRAGMA journal_mode") == "wal"
    assert look(place, "PRAGMA application_id") == APPLICATION_ID
    assert look(place, "PRAGMA user_version") == len(MIGRATIONS)
    assert place.with_name("afterword.db-wal").exists()


async def test_the_store_is_no_larger_than_thrice_the_json_it_came_from(place: Path) -> None:
    mirror = await opened(place)
    texts = ["word " * (n % 200) for n in range(1000)]
    comments = tuple(comment(n, text=text) for n, text in enumerate(texts, start=1))
    await mirror.apply(Change(repo=REPO, at=1.0, issues=(issue(1, 1000),), comments=comments))
    said = int(str(look(place, "SELECT sum(length(source)) FROM comment")))
    await mirror.close()
    assert len(content(place) or b"") <= 3 * said


async def test_another_process_sees_a_change_as_soon_as_it_is_committed(mirror: SqliteMirror, place: Path) -> None:
    other = await opened(place)
    assert await other.apply(Change(repo=REPO, at=1.0, issues=(issue(1, 1),))) == {1}
    assert await mirror.apply(Change(repo=REPO, at=1.0, comments=(comment(1),))) == {1}
    assert await other.comments(REPO, 1) == (comment(1),)
    await other.close()


async def test_a_cancelled_caller_leaves_a_whole_change(mirror: SqliteMirror) -> None:
    waiting = asyncio.create_task(mirror.apply(FULL))
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert await mirror.apply(Change(repo=REPO, at=6.0)) == frozenset()
    assert await mirror.comments(REPO, 1) in ((), FULL.comments)
    assert await mirror.etag("key") in (None, '"etag"')


async def test_a_change_that_waits_its_turn_is_given_up_with_its_caller(mirror: SqliteMirror) -> None:
    begun, gate = threading.Event(), threading.Event()

    def busy(_connection: sqlite3.Connection) -> None:
        begun.set()
        gate.wait(20)

    writing = asyncio.create_task(mirror._file.write(busy))
    await asyncio.to_thread(begun.wait, 20)
    waiting = asyncio.create_task(mirror.apply(FULL))
    await asyncio.sleep(0)
    for task in (writing, waiting):
        task.cancel()
    await asyncio.wait({writing, waiting})  # a task hears of its end in the loop's next turn: only then the gate opens
    gate.set()
    assert await mirror.apply(Change(repo=REPO, at=6.0)) == frozenset()
    assert await mirror.thread(REPO, 1) is None


# --- it grows with its versions


async def test_a_store_of_an_older_version_is_brought_up_to_date_and_keeps_what_it_holds(place: Path) -> None:
    mirror = await opened(await made(place), (*MIGRATIONS, NEXT))
    assert await mirror.etag("key") == '"etag"'
    await mirror.close()
    assert look(place, "PRAGMA user_version") == len(MIGRATIONS) + 1
    assert look(place, "SELECT kept_at FROM etag") == 1.0


@pytest.mark.parametrize("version", range(len(MIGRATIONS)))
async def test_every_version_leads_to_the_last(place: Path, tmp_path: Path, version: int) -> None:
    fresh = await made(tmp_path / "fresh.db")
    await (await opened(place, MIGRATIONS[:version])).close()
    await made(place)
    tables = "SELECT group_concat(sql) FROM sqlite_schema"
    assert look(place, tables) == look(fresh, tables)


async def test_a_migration_that_fails_leaves_the_version_before_it(place: Path) -> None:
    await made(place)
    with pytest.raises(StoreUnusable, match="nowhere"):
        await opened(place, (*MIGRATIONS, BROKEN))
    assert look(place, "PRAGMA user_version") == len(MIGRATIONS)
    mirror = await opened(place, (*MIGRATIONS, NEXT))
    assert await mirror.comments(REPO, 1) == FULL.comments
    await mirror.close()


async def test_a_store_of_a_later_version_is_refused_and_not_touched(place: Path) -> None:
    await made(place)
    do(place, "PRAGMA user_version = 99")
    before = content(place)
    with pytest.raises(StoreTooNew) as refused:
        await opened(place)
    assert (refused.value.path, refused.value.version, refused.value.newest) == (str(place), 99, len(MIGRATIONS))
    assert content(place) == before
    assert [path.name for path in place.parent.iterdir()] == [place.name]


async def test_several_processes_may_start_a_new_store_at_once(place: Path) -> None:
    mirrors = await asyncio.gather(*(opened(place) for _ in range(8)))
    told = await asyncio.gather(
        *(mirror.apply(Change(repo=REPO, at=1.0, issues=(issue(n),))) for n, mirror in enumerate(mirrors, start=1))
    )
    assert told == [frozenset([n]) for n in range(1, 9)]
    assert [len(await mirror.threads(REPO)) for mirror in mirrors] == [8] * 8
    await asyncio.gather(*(mirror.close() for mirror in mirrors))


# --- it says when it is broken


@pytest.mark.parametrize(
    "damage", ["UPDATE comment SET source = x'7b'", "UPDATE comment SET source = CAST('{\"id\": 1}' AS BLOB)"]
)
async def test_what_cannot_be_read_back_is_a_failure_of_the_store_and_no_emptiness(
    mirror: SqliteMirror, place: Path, damage: str
) -> None:
    await mirror.apply(FULL)
    do(place, damage)
    with pytest.raises(StoreUnusable, match="not as it was written"):
        await mirror.comments(REPO, 1)
    assert await mirror.etag("key") == '"etag"'


async def test_a_table_that_is_lost_while_running_is_a_failure_of_the_store(mirror: SqliteMirror, place: Path) -> None:
    do(place, "DROP TABLE comment")
    with pytest.raises(StoreUnusable, match="no such table"):
        await mirror.comments(REPO, 1)
    with pytest.raises(StoreUnusable, match="no such table"):
        await mirror.apply(FULL)
    assert await mirror.thread(REPO, 1) is None


async def test_a_change_that_the_database_refuses_leaves_nothing(mirror: SqliteMirror, place: Path) -> None:
    do(place, "CREATE TRIGGER full BEFORE INSERT ON etag BEGIN SELECT RAISE(ABORT, 'disk is full'); END")
    with pytest.raises(StoreUnusable, match="disk is full"):
        await mirror.apply(FULL)
    assert (await mirror.site(REPO), await mirror.tallies(REPO), await mirror.comments(REPO, 1)) == (None, (), ())
    do(place, "DROP TRIGGER full")
    assert await mirror.apply(FULL) == {1, 2}


async def test_a_payload_that_is_no_json_leaves_nothing(mirror: SqliteMirror) -> None:
    broken = replace(comment(2), source={"id": 2, "what": object()})
    with pytest.raises(TypeError):
        await mirror.apply(replace(FULL, comments=(comment(1), broken)))
    assert await mirror.tallies(REPO) == ()
    assert await mirror.apply(FULL) == {1, 2}


async def test_readers_cannot_change_anything(mirror: SqliteMirror) -> None:
    with pytest.raises(StoreUnusable, match="readonly"):
        await mirror._file.read(lambda connection: connection.execute("DELETE FROM etag"))


# --- it is whole after any end


@pytest.mark.timeout(60)
async def test_a_writer_that_is_killed_at_any_moment_never_leaves_half_a_change(place: Path) -> None:
    chance = random.Random(2)  # noqa: S311 - moments, no secrets
    step = 0
    for _ in range(10):
        said = kill_while_writing(place, step + 1, patience=chance.uniform(0.0, 0.03))
        step = await the_step_that_all_of_it_tells(place)
        assert step >= said
        assert look(place, "PRAGMA integrity_check") == "ok"
    assert step >= 10


def kill_while_writing(place: Path, first: int, patience: float) -> int:
    """Starts a writer, kills it some time after its first commit, and returns the last step it said to have done."""
    command = [sys.executable, "-m", "tests.store.writing_until_killed", str(place), str(first)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        begun = writer.stdout.readline()
        try:
            writer.wait(timeout=patience)
        except subprocess.TimeoutExpired:
            writer.kill()
        said = begun + writer.stdout.read()
        assert writer.wait() == -9
    return int(said[: said.rindex("\n")].split("\n")[-1])


async def the_step_that_all_of_it_tells(place: Path) -> int:
    mirror = await opened(place)
    site = await mirror.site(REPO)
    threads = await mirror.threads(REPO)
    comments = [found for number in (1, 2) for found in await mirror.comments(REPO, number)]
    etag = await mirror.etag("step")
    await mirror.close()
    assert site is not None
    assert etag is not None
    change = step_change(int(etag))
    assert site == change.site
    assert tuple(record.issue for record in reversed(threads)) == change.issues
    assert tuple(comments) == change.comments
    assert len(comments) == 2 * WIDTH
    return int(etag)
