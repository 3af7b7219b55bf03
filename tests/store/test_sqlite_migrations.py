"""A store grows with its versions: from an empty file, from the released one, and never halfway."""

import asyncio
import signal
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from app.domain.errors import StoreTooNew, StoreUnusable
from app.domain.priority import Priority
from app.domain.records import REPOSITORY_NUMBER, IssueSummary, SiteRecord, ThreadRef, Tombstone
from app.domain.sites import repository
from app.domain.threads import GHOST_ID
from app.ports.jobs import Job
from app.ports.mirror import Change, MirrorChange
from app.ports.owner.overviews import Scope
from app.ports.rate_state import RateLimitState, RecordedRequest, Usage
from app.store.sqlite import SqliteStore
from app.store.sqlite.schema import MIGRATIONS, Migration
from tests.contracts.mirrors import REPO, comment, etag, issue, select_all, summaries, tombstone_of, user, version_of
from tests.store.files import (
    FULL,
    content,
    create_store_without_authors,
    dump,
    files_beside,
    open_full,
    open_store,
    query,
    run,
)
from tests.store.interrupted_migration import InterruptedMigration, migrate_until_killed

RELEASED = Path(__file__).with_name("store_0_3_0.sql").read_text("utf-8")
RELEASED_VERSION = 4
JANE, JOHN = repository("Jane/Blog"), repository("john/diary")
API = "https://api.github.com"
NEXT: Migration = ("ALTER TABLE etag ADD COLUMN stored_at REAL", "UPDATE etag SET stored_at = 1")
BROKEN: Migration = ("ALTER TABLE etag ADD COLUMN stored_at REAL", "ALTER TABLE nowhere ADD COLUMN x")


@pytest.fixture
def released(path: Path) -> Path:
    """The path of a store that version 0.3.0 wrote."""
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(RELEASED)
    return path


@pytest.fixture
async def migrated(released: Path) -> AsyncIterator[SqliteStore]:
    store = await SqliteStore.open(str(released), process_id="here", sites=(JANE, JOHN))
    yield store
    await store.close()


# --- from version to version


async def test_older_store_is_migrated_with_its_contents(path: Path) -> None:
    store = await open_full(path, (*MIGRATIONS, NEXT))
    assert await etag(store.mirror, "key") == '"etag"'
    await store.close()
    assert query(path, "PRAGMA user_version") == len(MIGRATIONS) + 1
    assert query(path, "SELECT stored_at FROM etag") == 1.0


@pytest.mark.parametrize("version", range(len(MIGRATIONS)))
async def test_every_version_leads_to_the_last(path: Path, tmp_path: Path, version: int) -> None:
    fresh = tmp_path / "fresh.db"
    await (await open_full(fresh)).close()
    await (await open_store(path, MIGRATIONS[:version])).close()
    await (await open_full(path)).close()
    tables = "SELECT group_concat(sql) FROM sqlite_schema"
    assert query(path, tables) == query(fresh, tables)


async def test_failed_migration_leaves_the_version_before(path: Path) -> None:
    await (await open_full(path)).close()
    with pytest.raises(StoreUnusable, match="nowhere"):
        await open_store(path, (*MIGRATIONS, BROKEN))
    assert query(path, "PRAGMA user_version") == len(MIGRATIONS)
    store = await open_store(path, (*MIGRATIONS, NEXT))
    assert await store.mirror.comments(REPO, 1) == FULL.comments
    await store.close()


async def test_store_of_a_later_version_is_refused(path: Path) -> None:
    await (await open_full(path)).close()
    run(path, "PRAGMA user_version = 99")
    before = content(path)
    with pytest.raises(StoreTooNew) as refused:
        await open_store(path)
    assert (refused.value.path, refused.value.version, refused.value.newest) == (str(path), 99, len(MIGRATIONS))
    assert content(path) == before
    assert files_beside(path) == []


async def test_released_version_refuses_a_migrated_store(migrated: SqliteStore, released: Path) -> None:
    await migrated.close()
    with pytest.raises(StoreTooNew):
        await open_store(released, MIGRATIONS[:RELEASED_VERSION])


async def test_processes_may_create_a_store_at_once(path: Path) -> None:
    stores = await asyncio.gather(*(open_store(path) for _ in range(8)))
    changes = [Change(repo=REPO, at=1.0, issues=(issue(n),)) for n in range(1, 9)]
    results = await asyncio.gather(*(store.mirror.apply(c) for store, c in zip(stores, changes, strict=True)))
    assert results == [frozenset([n]) for n in range(1, 9)]
    assert [len(await store.mirror.threads(REPO)) for store in stores] == [8] * 8
    await asyncio.gather(*(store.close() for store in stores))


async def test_processes_may_migrate_a_store_at_once(released: Path) -> None:
    stores = await asyncio.gather(*(open_store(released) for _ in range(4)))
    assert [len(await store.mirror.threads(JANE)) for store in stores] == [3] * 4
    await asyncio.gather(*(store.close() for store in stores))


# --- from the released version


async def test_released_store_keeps_its_sites(migrated: SqliteStore) -> None:
    next_url, listed_url = f"{API}/repositories/7/issues/comments?page=3", f"{API}/repositories/9/issues?page=2"
    jane = SiteRecord(JANE, 7, "jane/blog", None, 90.5, next_url, "2026-01-01T00:00:00Z", 100.0)
    jane = replace(jane, reconciled_at=95.25, missed_by_webhook_at=97.5)
    jane = replace(jane, feed_name="Jane/Blog", entry_name="jane/blog", link_name="jane/blog")
    assert await migrated.mirror.site(JANE) == jane
    assert (await migrated.mirror.site_snapshot(JANE)).site == jane
    assert jane.repo.full_name == "Jane/Blog"
    john = SiteRecord(JOHN, 9, "john/journal", listed_url, private=True)
    john = replace(john, feed_name="john/diary", entry_name="john/journal", link_name="john/journal")
    assert await migrated.mirror.site(JOHN) == john


async def test_migration_learns_the_names_of_one_repository(path: Path) -> None:
    await (await open_store(path, MIGRATIONS[:6])).close()
    columns = "INSERT INTO site (key, configured_name, github_id, full_name) VALUES"
    run(path, f"{columns} ('jane/blog', 'Jane/Blog', 7, 'jane/blog'), ('john/diary', 'john/diary', 7, 'john/journal')")
    run(path, "INSERT INTO site (key, configured_name) VALUES ('no/record', 'No/Record')")
    store = await open_store(path)
    records = await store.mirror.records(7)
    assert [record.former_names for record in records] == [("Jane/Blog",), ("john/diary",)]
    assert [record.entry_name for record in records] == ["john/journal", "jane/blog"]
    await store.close()


async def test_released_store_keeps_its_threads(migrated: SqliteStore) -> None:
    at = "2026-01-01T00:00:00Z"
    assert await summaries(migrated.mirror, JANE) == (
        IssueSummary(4, False, 3, 1, True, False, at, ()),  # noqa: FBT003 - the fields of a row in their order
        IssueSummary(3, True, 0, 0, False, False, at, ()),  # noqa: FBT003
        IssueSummary(2, False, 5, 1, False, True, at, ()),  # noqa: FBT003
        IssueSummary(1, False, 2, 2, True, False, at, ("Jobs",)),  # noqa: FBT003
    )
    record = await migrated.mirror.thread(JANE, 4)
    assert record is not None
    assert (record.count_mismatch, record.checked_at, record.version) == (False, 101.0, 5)
    assert await migrated.mirror.issue_ids(JANE, [1, 3]) == {1: 3_000_000_001, 3: 3_000_000_003}


async def test_released_store_keeps_its_comments(migrated: SqliteStore) -> None:
    snapshot = await migrated.mirror.snapshot(JANE, 1)
    assert [item.body for item in snapshot.comments] == ["It's 'quoted'", "Pinned \u00e9"]
    assert snapshot.pinned == snapshot.comments[1]
    assert [item.id for item in await migrated.mirror.comments(JANE, 2)] == [2**40]
    assert await migrated.mirror.avatar(JANE, 583231) is not None
    newest = await migrated.mirror.newest_comments(JANE, limit=9, before=None, numbers=None, select=select_all)
    assert [item.id for item in newest.comments] == [41, 12, 11]
    assert [await etag(migrated.mirror, key) for key in ("key-1", "key-2")] == ['"one"', 'W/"two"']


async def test_released_store_keeps_its_tombstones(migrated: SqliteStore) -> None:
    target = f"{API}/repositories/9/issues/5"
    transferred = Tombstone(8, gone=True, checked_at=103.0, transferred_to=target)
    assert await tombstone_of(migrated.mirror, JANE, 8) == transferred
    assert await tombstone_of(migrated.mirror, JANE, 6) == Tombstone(6, gone=False, checked_at=104.0)
    snapshot = await migrated.mirror.snapshot(JANE, 8)
    assert snapshot.ref == ThreadRef(JOHN, 5)
    assert [item.body for item in snapshot.comments] == ["Moved here"]


async def test_released_store_continues_its_versions(migrated: SqliteStore, released: Path) -> None:
    changes = await migrated.mirror.changes(after=0)
    assert [(change.version, change.number) for change in changes[-3:]] == [(7, 8), (8, 5), (9, 0)]
    assert changes[-1] == MirrorChange(9, JOHN, REPOSITORY_NUMBER, "old-process")
    run(released, "DELETE FROM mirror_change WHERE version = 9")
    await migrated.mirror.apply(Change(repo=JOHN, at=300.0, comments=(comment(52, 5),)))
    assert await migrated.mirror.changes(after=9) == (MirrorChange(10, JOHN, 5, "here"),)
    assert await version_of(migrated.mirror, JANE, 8) == 7


async def test_released_store_keeps_its_jobs(migrated: SqliteStore) -> None:
    assert await migrated.jobs.due(at=230.0) == (
        Job(JANE, 1, Priority.READ, full=False, generation=1, enqueued_at=201.0, due_at=201.0),
        Job(JANE, 5, Priority.DELIVERY, full=True, generation=7, enqueued_at=220.0, due_at=220.0),
        Job(JANE, 2, Priority.POLL, full=True, generation=2, enqueued_at=202.0, due_at=202.0),
        Job(JOHN, REPOSITORY_NUMBER, Priority.POLL, full=False, generation=5, enqueued_at=205.0, due_at=205.0),
        Job(JANE, 4, Priority.BACKFILL, full=False, generation=4, enqueued_at=204.0, due_at=204.0),
    )
    failed = Job(JANE, 3, Priority.CHECK, full=False, generation=3, enqueued_at=203.0, due_at=300.0, attempts=1)
    assert await migrated.jobs.find(JANE, 3) == failed


async def test_released_store_keeps_its_claims(migrated: SqliteStore) -> None:
    assert [job.number for job in await migrated.jobs.due(at=224.0)] == [1, 5, 0]
    await migrated.jobs.release("old-worker")
    assert [job.number for job in await migrated.jobs.due(at=224.0)] == [1, 5, 2, 0, 4]


async def test_released_store_continues_its_generations(migrated: SqliteStore) -> None:
    await migrated.jobs.enqueue(JANE, 9, Priority.READ, at=250.0)
    job = await migrated.jobs.find(JANE, 9)
    assert job is not None
    assert job.generation == 9


async def test_released_store_keeps_its_deliveries(migrated: SqliteStore) -> None:
    assert await migrated.deliveries.delivered_since(JANE, since=220.0) == {5}
    assert [await migrated.deliveries.last_delivery_at(repo) for repo in (JANE, JOHN)] == [220.0, 221.0]


async def test_released_store_keeps_its_leases(migrated: SqliteStore) -> None:
    assert not await migrated.leases.acquire("poll", worker_id="new-process", at=235.0, until=250.0)
    assert await migrated.leases.acquire("poll", worker_id="old-process", at=235.0, until=250.0)


async def test_released_store_keeps_its_rate_state(migrated: SqliteStore) -> None:
    limit = RateLimitState(5000, 4990, 3600.5, 250.0, "secondary")
    priorities = (Priority.READ, Priority.DELIVERY, Priority.POLL, Priority.CHECK, Priority.BACKFILL)
    requests = tuple(RecordedRequest(priority, 240.0 + n) for n, priority in enumerate(priorities))
    assert await migrated.rate_state.usage("token-digest", at=300.0) == Usage(limit, requests)


async def test_released_store_keeps_the_unauthenticated_rate_state(migrated: SqliteStore) -> None:
    usage = Usage(RateLimitState(60, 59, 3600.0), (RecordedRequest(Priority.READ, 239.0),))
    assert await migrated.rate_state.usage("unauthenticated", at=300.0) == usage


async def test_released_store_keeps_its_key_values(migrated: SqliteStore, released: Path) -> None:
    assert await migrated.key_values.get("posts 0123abcd") == '{"jane/blog":[1,2]}'
    assert query(released, "SELECT count(*) FROM key_value") == 1


async def test_migrated_tables_have_no_old_names(migrated: SqliteStore, released: Path) -> None:
    names = str(query(released, "SELECT group_concat(name) FROM sqlite_schema")).split(",")
    assert sorted(name for name in names if "autoindex" not in name and name != "sqlite_sequence") == [
        *("comment", "comment_added", "comment_by_author", "comment_by_creation", "comment_by_issue"),
        *("comment_by_update", "comment_change", "comment_changed", "comment_left", "comment_removed", "delivery"),
        *("delivery_by_time", "etag", "etag_by_time", "history_event", "hour_count", "issue", "issue_unsettled", "job"),
        *("job_by_due", "key_value", "lease", "mirror_change"),
        *("rate_limit_state", "recorded_request", "recorded_request_by_time", "site", "tombstone"),
    ]


# --- from the version before avatars


async def test_migration_reads_when_comments_were_written(migrated: SqliteStore, released: Path) -> None:
    statement = (
        "SELECT count(*) FROM comment WHERE created_at IS NOT json_extract(CAST(source AS TEXT), '$.created_at')"
    )
    assert query(released, "SELECT count(*) > 3 FROM comment") == 1
    assert query(released, statement) == 0
    overview = await migrated.overviews.site(JANE, Scope(lambda _: True, "2000-01-01T00:00:00Z", 1))
    assert overview.weeks


async def test_migration_reads_the_authors_of_comments(path: Path) -> None:
    create_store_without_authors(path)
    store = await open_store(path)
    assert await store.mirror.avatar(REPO, 2**40) == user()["avatar_url"]
    assert await store.mirror.avatar(REPO, GHOST_ID) == f"https://avatars.githubusercontent.com/u/{GHOST_ID}"
    assert await store.mirror.avatar(REPO, 583231) is None
    await store.close()


async def test_authors_are_found_by_an_index(path: Path) -> None:
    await (await open_store(path)).close()
    statement = "SELECT source FROM comment WHERE site = (SELECT id FROM site WHERE key = 'a') AND author = 1 LIMIT 1"
    with closing(sqlite3.connect(path)) as connection:
        plan = connection.execute(f"EXPLAIN QUERY PLAN {statement}").fetchall()
    assert "comment_by_author" in plan[0][3]


# --- an interrupted migration


async def test_interrupted_migration_leaves_the_released_version(released: Path) -> None:
    before = dump(released)
    for index in range(len(MIGRATIONS[RELEASED_VERSION]) + 1):
        interrupted = InterruptedMigration(MIGRATIONS[RELEASED_VERSION], index)
        with pytest.raises(StoreUnusable, match="interrupted"):
            await open_store(released, (*MIGRATIONS[:RELEASED_VERSION], interrupted))
        assert dump(released) == before


@pytest.mark.parametrize("index", [1, 20, len(MIGRATIONS[RELEASED_VERSION])])
async def test_killed_migration_leaves_the_released_version(released: Path, index: int) -> None:
    before = dump(released)
    assert migrate_until_killed(released, RELEASED_VERSION, index) == -signal.SIGKILL
    assert dump(released) == before
    store = await open_store(released)
    assert len(await store.mirror.comments(JANE, 1)) == 2
    await store.close()
