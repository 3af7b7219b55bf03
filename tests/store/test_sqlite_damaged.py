"""A store continues if its file is damaged or replaced while in use, or if the disk is full."""

import asyncio
import itertools
import random
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from app.domain.errors import StoreUnusable
from app.ports.mirror import Change
from app.store.sqlite import SqliteStore
from app.store.sqlite.repair import FileMonitor
from app.store.sqlite.schema import MIGRATIONS
from tests.contracts.mirrors import LATER, REPO, comment, etag, issue, summaries
from tests.store.faults import (
    NEXT,
    NOON,
    WIDE,
    create,
    cut_in_half,
    cut_to_a_few_bytes,
    delete,
    destroy_all,
    destroy_first_page,
    destroy_header,
    destroy_middle,
    is_usable,
    open_at_noon,
    replace_by_text,
    without_privileges,
)
from tests.store.files import files_beside, is_sound, run, size


@pytest.fixture
async def store(path: Path) -> AsyncIterator[SqliteStore]:
    opened = await open_at_noon(path)
    await opened.mirror.apply(WIDE)
    yield opened
    await opened.close()


@pytest.mark.parametrize("damage", [destroy_middle, destroy_all, cut_in_half, cut_to_a_few_bytes, replace_by_text])
async def test_damaged_store_is_moved_aside_and_replaced(path: Path, damage: Callable[[Path], None]) -> None:
    store = await open_at_noon(await create(path))
    other = await open_at_noon(path)
    damage(path)
    reports = [await store.guard(), await other.guard()]
    copy = path.with_name("afterword.db.broken-20260101T120000")
    assert reports[0] is not None
    assert "was damaged (" in reports[0]
    assert f"It is kept as {copy}" in reports[0]
    assert reports[1] is not None
    assert "was replaced" in reports[1]
    copies = [name for name in files_beside(path) if "broken" in name]
    assert copies == [copy.name, f"{copy.name}-shm", f"{copy.name}-wal"]
    for process in (store, other):
        assert await process.mirror.thread(REPO, 1) is None
        assert await is_usable(process)
        assert await process.guard() is None
    await store.close()
    await other.close()
    assert is_sound(path)


@pytest.mark.parametrize("damage", [destroy_header, destroy_first_page])
async def test_log_repairs_damage_to_its_pages(path: Path, damage: Callable[[Path], None]) -> None:
    store = await open_at_noon(await create(path))
    await store.mirror.apply(NEXT)
    damage(path)
    assert await store.guard() is None
    assert await is_usable(store)
    await store.close()
    assert is_sound(path)


async def test_damage_found_by_a_read_is_repaired(store: SqliteStore, path: Path) -> None:
    run(
        path,
        "PRAGMA writable_schema = ON; UPDATE sqlite_schema SET rootpage = 99999 WHERE name = 'etag';"
        "PRAGMA schema_version = 1000",
    )
    with pytest.raises(StoreUnusable, match="malformed"):
        await etag(store.mirror, "key")
    report = await store.guard()
    assert report is not None
    assert "malformed" in report
    assert await is_usable(store)


async def test_damage_found_by_a_change_is_repaired(store: SqliteStore, path: Path) -> None:
    run(
        path,
        "PRAGMA writable_schema = ON; UPDATE sqlite_schema SET rootpage = 99999 WHERE name = 'issue';"
        "PRAGMA schema_version = 1000",
    )
    with pytest.raises(StoreUnusable, match="malformed"):
        await store.mirror.apply(NEXT)
    assert "malformed" in str(await store.guard())
    assert await is_usable(store)


@pytest.mark.parametrize("damage", ["source = x'7b'", "source = CAST('{\"id\": 1}' AS BLOB)"])
async def test_unreadable_payload_is_damage(store: SqliteStore, path: Path, damage: str) -> None:
    run(path, f"UPDATE comment SET {damage}")  # noqa: S608 - the example
    with pytest.raises(StoreUnusable, match="not as it was written"):
        await store.mirror.comments(REPO, 1)
    assert "not as it was written" in str(await store.guard())
    assert await store.mirror.comments(REPO, 1) == ()
    assert await is_usable(store)


async def test_undecodable_text_is_damage(store: SqliteStore, path: Path) -> None:
    run(path, "UPDATE etag SET value = CAST(x'ff' AS TEXT)")
    with pytest.raises(StoreUnusable, match="UTF-8"):
        await etag(store.mirror, "key")
    assert "UTF-8" in str(await store.guard())
    assert await is_usable(store)


async def test_new_payload_replaces_a_damaged_one(store: SqliteStore, path: Path) -> None:
    run(path, "UPDATE comment SET source = x'7b' WHERE id = 7")
    assert await store.mirror.apply(WIDE) == {1}
    assert await store.mirror.comments(REPO, 1) == WIDE.comments


@pytest.mark.parametrize("damaged", ["{", "[]", '{"a":7}', '{"a":[7]}'])
async def test_new_sizes_replace_damaged_ones(store: SqliteStore, path: Path, damaged: str) -> None:
    run(path, f"UPDATE comment SET image_sizes = CAST('{damaged}' AS BLOB) WHERE id = 1")  # noqa: S608 - the example
    assert await store.mirror.learn_image_sizes(REPO, {1: {"b": (3, 4)}}) == {1}
    stored_comment = await store.mirror.comment(REPO, 1)
    assert stored_comment is not None
    assert stored_comment.image_sizes == {"b": (3, 4)}
    run(path, f"UPDATE comment SET image_sizes = CAST('{damaged}' AS BLOB) WHERE id = 1")  # noqa: S608 - the example
    with pytest.raises(StoreUnusable, match="not as it was written"):
        await store.mirror.comment(REPO, 1)


async def test_other_failure_leaves_the_file(store: SqliteStore, path: Path) -> None:
    run(path, "DROP TABLE etag")
    with pytest.raises(StoreUnusable, match="no such table"):
        await etag(store.mirror, "key")
    assert await store.guard() is None
    assert await store.mirror.comments(REPO, 1) == WIDE.comments


async def test_replacing_store_is_used(store: SqliteStore, path: Path) -> None:
    await store.mirror.apply(NEXT)
    (await create(path.with_name("other.db"))).replace(path)
    assert "was replaced" in str(await store.guard())
    assert [summary.number for summary in await summaries(store.mirror)] == [1]
    assert await is_usable(store)


async def test_damaged_and_deleted_store_is_replaced(store: SqliteStore, path: Path) -> None:
    run(path, "UPDATE comment SET source = x'7b'")
    with pytest.raises(StoreUnusable):
        await store.mirror.comments(REPO, 1)
    delete(path)
    report = await store.guard()
    assert report is not None
    assert "was deleted while it was in use, and what it held could not be saved" in report
    assert await summaries(store.mirror) == ()
    assert await is_usable(store)


async def test_deleted_store_that_cannot_be_copied_is_replaced(path: Path) -> None:
    store = await open_at_noon(await create(path))
    cut_in_half(path)
    delete(path)
    assert "could not be saved" in str(await store.guard())
    assert await is_usable(store)
    await store.close()


async def test_impossible_repair_is_tried_again(path: Path) -> None:
    folder = path.parent / "data"
    folder.mkdir()
    path = await create(folder / "afterword.db")
    folder.chmod(0o777)
    store = await open_at_noon(path)
    path.chmod(0o666)
    destroy_middle(path)
    folder.chmod(0o555)
    with without_privileges(), pytest.raises(StoreUnusable):
        await store.guard()
    folder.chmod(0o755)
    assert "was damaged" in str(await store.guard())
    assert await is_usable(store)
    await store.close()


async def test_work_during_repairs_succeeds_or_is_refused(store: SqliteStore, path: Path) -> None:
    turns = random.Random(3)  # noqa: S311 - turns, no secrets
    outcomes: set[str] = set()
    ended = asyncio.Event()

    async def work() -> None:
        while not ended.is_set():
            try:
                await store.mirror.apply(NEXT)
                await store.mirror.comments(REPO, 1)
                outcomes.add("done")
            except StoreUnusable:
                outcomes.add("refused")

    tasks = [asyncio.create_task(work()) for _ in range(4)]
    reports = []
    faults: list[Callable[[Path], None]] = [delete, cut_in_half, destroy_middle]
    for _ in range(12):
        turns.choice(faults)(path)
        reports.append(await store.guard())
    ended.set()
    await asyncio.gather(*tasks)
    while await store.guard() is not None:
        pass
    assert "done" in outcomes
    assert any(reports)
    assert await is_usable(store)
    await store.close()
    assert is_sound(path)


async def test_store_survives_a_full_disk(store: SqliteStore) -> None:
    pages = "PRAGMA max_page_count"
    await store._file.write(lambda connection: connection.execute(f"{pages} = 1").fetchall())
    many = tuple(comment(n, text="word " * 100) for n in range(1000, 1400))
    with pytest.raises(StoreUnusable, match="full"):
        await store.mirror.apply(Change(repo=REPO, at=7.0, issues=(issue(2),), comments=many))
    assert await store.guard() is None
    assert await store.mirror.comments(REPO, 1) == WIDE.comments
    assert await store.mirror.thread(REPO, 2) is None
    await store._file.write(lambda connection: connection.execute(f"{pages} = 1073741823").fetchall())
    assert await store.mirror.apply(Change(repo=REPO, at=7.0, issues=(issue(2),), comments=many)) == {1, 2}
    assert await is_usable(store)


async def test_guard_copies_the_log_into_the_file(store: SqliteStore, path: Path) -> None:
    before = size(path)
    for step in range(250):
        await store.key_values.put("step", str(step))
    assert size(path) == before
    assert await store.guard() is None
    assert size(path) > before
    assert await store.guard() is None


async def test_older_store_keeps_its_etags(path: Path) -> None:
    older = await SqliteStore.open(str(path), process_id="here", migrations=MIGRATIONS[:2])
    await older.close()
    run(path, "INSERT INTO etag VALUES ('key', 'etag')")
    run(path, "INSERT INTO site (key, spelling, checked_at) VALUES ('a/b', 'a/b', 1e9)")
    store = await open_at_noon(path)
    await store.mirror.apply(Change(repo=REPO, at=1e9 + 60))
    assert await etag(store.mirror, "key") == "etag"
    await store.close()


async def test_replaced_store_continues_versions_and_generations(path: Path) -> None:
    store = await SqliteStore.open(str(path), process_id="here", now=itertools.count(NOON).__next__)
    await store.mirror.apply(WIDE)
    before_job = await store.jobs.find(REPO, 2) if await is_usable(store) else None
    before = await store.mirror.latest_version()
    cut_in_half(path)
    await store.guard()
    assert await is_usable(store)
    job = await store.jobs.find(REPO, 2)
    assert before_job is not None
    assert job is not None
    assert job.generation > before_job.generation
    assert await store.mirror.latest_version() > before
    assert [change.number for change in await store.mirror.changes(after=before)] == [2]
    await store.close()


async def test_older_copy_gives_no_version_again(path: Path) -> None:
    store = await SqliteStore.open(str(path), process_id="here", now=itertools.count(NOON).__next__)
    await store.mirror.apply(WIDE)
    copy = path.with_suffix(".copy")
    run(path, f"VACUUM INTO '{copy}'")
    for title in ("one", "two", "three"):
        await store.mirror.apply(Change(repo=REPO, at=6.0, issues=(issue(1, 0, title=title, updated_at=LATER),)))
    before = await store.mirror.latest_version()
    copy.replace(path)
    assert "was replaced" in str(await store.guard())
    assert await store.mirror.latest_version() < before
    await store.mirror.apply(Change(repo=REPO, at=7.0, issues=(issue(1, 0, title="another", updated_at=LATER),)))
    assert await store.mirror.latest_version() > before
    await store.close()


# --- checks from outside


async def test_missing_file_has_no_known_damage(path: Path) -> None:
    monitor = FileMonitor(await create(path))
    delete(path)
    assert monitor.damage() is None


async def test_unopenable_file_has_no_known_damage(path: Path) -> None:
    run(path, "")
    monitor = FileMonitor(path)
    _replace_by_folder(path)
    assert monitor.damage() is None


async def test_large_file_is_read_at_some_checks(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.store.sqlite.repair._READ_PER_CHECK", size(await create(path)) // 3)
    monitor = FileMonitor(path)
    destroy_middle(path)
    assert [monitor.damage() is None for _ in range(4)].count(False) == 1


def _replace_by_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()
