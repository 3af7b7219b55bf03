"""What only a file can show: it lasts, it reports its failures, and it is sound after any end."""

import asyncio
import random
import sqlite3
import threading
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from app.domain.errors import StoreUnusable
from app.ports.mirror import Change, CommentSelection, Mirror
from app.store.sqlite import SqliteStore
from app.store.sqlite.schema import APPLICATION_ID, MIGRATIONS
from tests.contracts.mirrors import REPO, comment, etag, issue, summaries, tombstone_of
from tests.store.files import FULL, files_beside, open_full, open_store, query, query_plans, run, size
from tests.store.writing_until_killed import kill_while_writing, stored_step


@pytest.fixture
async def store(path: Path) -> AsyncIterator[SqliteStore]:
    opened = await open_store(path)
    yield opened
    await opened.close()


@pytest.fixture
def mirror(store: SqliteStore) -> Mirror:
    return store.mirror


async def test_urgent_reads_wait_for_no_reader(store: SqliteStore) -> None:
    gate = threading.Event()
    reads = [asyncio.create_task(store._file.read(lambda _: gate.wait(30))) for _ in range(10)]
    await asyncio.sleep(0)
    async with asyncio.timeout(20):
        assert await store.mirror.lookup([REPO], 1) == {REPO: (None, None)}
        assert (await store.mirror.site_snapshot(REPO, urgent=True)).site is None
    assert not any(read.done() for read in reads)
    gate.set()
    assert all(await asyncio.gather(*reads))


# --- it lasts


async def test_store_has_its_contents_after_a_restart(path: Path) -> None:
    store = await open_full(path)
    mirror = store.mirror
    assert await mirror.site(REPO) == FULL.site
    assert await mirror.comments(REPO, 1) == FULL.comments
    assert [record.issue for record in await mirror.threads(REPO)] == [FULL.issues[0]]
    assert [summary.number for summary in await summaries(mirror)] == [2, 1]
    assert await tombstone_of(mirror, REPO, 3) == FULL.tombstone
    assert await etag(mirror, "key") == '"etag"'
    assert await mirror.apply(replace(FULL, tombstone=None)) == frozenset()
    await store.close()


async def test_closed_store_is_one_file(path: Path) -> None:
    await (await open_full(path)).close()
    assert files_beside(path) == []


async def test_closing_twice_is_harmless(path: Path) -> None:
    store = await open_store(path)
    await store.close()
    await store.close()


async def test_closing_waits_for_changes_under_way(path: Path) -> None:
    store = await open_store(path)
    changes = [Change(repo=REPO, at=1.0, issues=(issue(n),)) for n in range(1, 21)]
    tasks = [asyncio.create_task(store.mirror.apply(change)) for change in changes]
    await asyncio.sleep(0)
    await store.close()
    assert [await task for task in tasks] == [frozenset([n]) for n in range(1, 21)]
    assert query(path, "SELECT count(*) FROM issue") == 20


async def test_store_uses_wal_mode_and_names_its_owner(store: SqliteStore, path: Path) -> None:
    assert query(path, "PRAGMA journal_mode") == "wal"
    assert query(path, "PRAGMA application_id") == APPLICATION_ID
    assert query(path, "PRAGMA user_version") == len(MIGRATIONS)
    assert path.with_name("afterword.db-wal").exists()


async def test_file_is_at_most_three_times_its_json(path: Path) -> None:
    store = await open_store(path)
    texts = ["word " * (n % 200) for n in range(1000)]
    comments = tuple(comment(n, text=text) for n, text in enumerate(texts, start=1))
    await store.mirror.apply(Change(repo=REPO, at=1.0, issues=(issue(1, 1000),), comments=comments))
    json_size = int(str(query(path, "SELECT sum(length(source)) FROM comment")))
    await store.close()
    assert size(path) <= 3 * json_size


async def test_other_process_sees_a_committed_change(mirror: Mirror, path: Path) -> None:
    other = await open_store(path)
    assert await other.mirror.apply(Change(repo=REPO, at=1.0, issues=(issue(1, 1),))) == {1}
    assert await mirror.apply(Change(repo=REPO, at=1.0, comments=(comment(1),))) == {1}
    assert await other.mirror.comments(REPO, 1) == (comment(1),)
    await other.close()


async def test_cancelled_caller_leaves_a_complete_change(mirror: Mirror) -> None:
    waiting = asyncio.create_task(mirror.apply(FULL))
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert await mirror.apply(Change(repo=REPO, at=6.0)) == frozenset()
    assert await mirror.comments(REPO, 1) in ((), FULL.comments)
    assert await etag(mirror, "key") in (None, '"etag"')


async def test_queued_change_is_cancelled_with_its_caller(store: SqliteStore) -> None:
    is_busy, gate = threading.Event(), threading.Event()

    def wait(_connection: sqlite3.Connection) -> None:
        is_busy.set()
        gate.wait(20)

    writing = asyncio.create_task(store._file.write(wait))
    await asyncio.to_thread(is_busy.wait, 20)
    waiting = asyncio.create_task(store.mirror.apply(FULL))
    await asyncio.sleep(0)
    for task in (writing, waiting):
        task.cancel()
    await asyncio.wait({writing, waiting})  # a task is cancelled in the loop's next turn; the gate opens after that
    gate.set()
    assert await store.mirror.apply(Change(repo=REPO, at=6.0)) == frozenset()
    assert await store.mirror.thread(REPO, 1) is None


async def test_snapshot_needs_few_indexed_queries(store: SqliteStore, path: Path) -> None:
    await store.mirror.apply(FULL)
    plans = await query_plans(store, path, lambda: store.mirror.snapshot(REPO, 1))
    assert len(plans) == 3
    assert not [step for plan in plans for step in plan if step.startswith("SCAN")]


@pytest.mark.parametrize("by_update", [False, True])
async def test_list_of_all_comments_sorts_nothing(store: SqliteStore, path: Path, *, by_update: bool) -> None:
    await store.mirror.apply(FULL)
    selection = CommentSelection(by_update=by_update, descending=True, since="2020-01-01T00:00:00Z", limit=100)
    plans = await query_plans(store, path, lambda: store.mirror.selected_comments(REPO, selection))
    assert len(plans) >= 3
    assert not [step for plan in plans for step in plan if "TEMP B-TREE" in step]


# --- it reports its failures


@pytest.mark.parametrize(
    "damage", ["UPDATE comment SET source = x'7b'", "UPDATE comment SET source = CAST('{\"id\": 1}' AS BLOB)"]
)
async def test_unreadable_payload_is_a_failure(mirror: Mirror, path: Path, damage: str) -> None:
    await mirror.apply(FULL)
    run(path, damage)
    with pytest.raises(StoreUnusable, match="not as it was written"):
        await mirror.comments(REPO, 1)
    assert await etag(mirror, "key") == '"etag"'


async def test_lost_table_is_a_failure(mirror: Mirror, path: Path) -> None:
    run(path, "DROP TABLE comment")
    with pytest.raises(StoreUnusable, match="no such table"):
        await mirror.comments(REPO, 1)
    with pytest.raises(StoreUnusable, match="no such table"):
        await mirror.apply(FULL)
    assert await mirror.thread(REPO, 1) is None


async def test_refused_change_leaves_nothing(mirror: Mirror, path: Path) -> None:
    run(path, "CREATE TRIGGER full BEFORE INSERT ON etag BEGIN SELECT RAISE(ABORT, 'disk is full'); END")
    with pytest.raises(StoreUnusable, match="disk is full"):
        await mirror.apply(FULL)
    assert (await mirror.site(REPO), await summaries(mirror), await mirror.comments(REPO, 1)) == (None, (), ())
    run(path, "DROP TRIGGER full")
    assert await mirror.apply(FULL) == {1, 2}


async def test_payload_that_is_no_json_leaves_nothing(mirror: Mirror) -> None:
    broken = replace(comment(2), source={"id": 2, "value": object()})
    with pytest.raises(TypeError):
        await mirror.apply(replace(FULL, comments=(comment(1), broken)))
    assert await summaries(mirror) == ()
    assert await mirror.apply(FULL) == {1, 2}


async def test_reading_connection_cannot_write(store: SqliteStore) -> None:
    with pytest.raises(StoreUnusable, match="readonly"):
        await store._file.read(lambda connection: connection.execute("DELETE FROM etag"))


# --- it is sound after any end


@pytest.mark.timeout(60)
async def test_killed_writer_leaves_complete_changes(path: Path) -> None:
    moments = random.Random(2)  # noqa: S311 - moments, no secrets
    step = 0
    for _ in range(10):
        last_step = kill_while_writing(path, step + 1, patience=moments.uniform(0.0, 0.03))
        step = await stored_step(path)
        assert step >= last_step
        assert query(path, "PRAGMA integrity_check") == "ok"
    assert step >= 10
