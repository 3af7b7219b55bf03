"""A store continues with its contents if its file is deleted while in use."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from app.domain.errors import StoreUnusable
from app.ports.mirror import Change
from app.store.sqlite import SqliteStore
from tests.contracts.mirrors import REPO, issue, summaries
from tests.store.faults import NEXT, WIDE, delete, is_usable, open_at_noon, without_privileges
from tests.store.files import files_beside, is_sound
from tests.store.writing_until_killed import WIDTH, WriterProcess


@pytest.fixture
async def store(path: Path) -> AsyncIterator[SqliteStore]:
    opened = await open_at_noon(path)
    await opened.mirror.apply(WIDE)
    yield opened
    await opened.close()


@pytest.mark.parametrize("endings", [[""], ["", "-wal"], ["", "-wal", "-shm"]])
async def test_deleted_store_is_restored_with_its_contents(store: SqliteStore, path: Path, endings: list[str]) -> None:
    delete(path, endings)
    assert await is_usable(store)
    report = await store.guard()
    message = f"The store {path} was deleted while it was in use. What it held was saved into a new file of that name."
    assert report == message
    assert await store.mirror.comments(REPO, 1) == WIDE.comments
    assert await store.jobs.find(REPO, 2) is not None
    assert await store.guard() is None
    await store.mirror.apply(Change(repo=REPO, at=1.0, issues=(issue(9),)))
    other = await open_at_noon(path)
    assert other.repair_report is None
    assert [summary.number for summary in await summaries(other.mirror)] == [9, 2, 1]
    await other.close()
    assert files_beside(path) == ["afterword.db-shm", "afterword.db-wal"]


async def test_restored_store_lasts(store: SqliteStore, path: Path) -> None:
    delete(path)
    await store.guard()
    assert await is_usable(store)
    await store.close()
    assert files_beside(path) == []
    assert is_sound(path)
    reopened = await open_at_noon(path)
    assert [summary.number for summary in await summaries(reopened.mirror)] == [2, 1]
    await reopened.close()


async def test_processes_agree_on_one_restored_file(store: SqliteStore, path: Path) -> None:
    stores = [store, *[await open_at_noon(path) for _ in range(4)]]
    delete(path)
    for number, process in enumerate(stores, start=10):
        await process.mirror.apply(Change(repo=REPO, at=1.0, issues=(issue(number),)))
    reports = await asyncio.gather(*(process.guard() for process in stores))
    assert sorted(text is not None and "was saved" in text for text in reports) == [False] * 4 + [True]
    assert sum(text is not None and "was replaced" in text for text in reports) == 4
    for number, process in enumerate(stores, start=20):
        await process.mirror.apply(Change(repo=REPO, at=1.0, issues=(issue(number),)))
    numbers = [*range(24, 19, -1), *range(14, 9, -1), 1]
    assert [[summary.number for summary in await summaries(process.mirror)] for process in stores] == [numbers] * 5
    await asyncio.gather(*(process.close() for process in stores[1:]))
    assert is_sound(path)


async def test_write_after_a_restore_reaches_the_new_file(store: SqliteStore, path: Path) -> None:
    other = await open_at_noon(path)
    delete(path)
    await store.guard()
    assert await is_usable(other)
    assert await store.mirror.thread(REPO, 2) is not None
    report = await other.guard()
    assert report is not None
    assert report.startswith(f"The store {path} was replaced while it was in use")
    assert await other.guard() is None
    await other.close()


async def test_store_is_restored_when_its_folder_is_back(path: Path) -> None:
    folder = path.parent / "data"
    folder.mkdir()
    path = folder / "afterword.db"
    store = await open_at_noon(path)
    await store.mirror.apply(WIDE)
    for file in folder.iterdir():
        file.unlink()
    folder.rmdir()
    for _ in range(2):
        with pytest.raises(StoreUnusable):
            await store.guard()
        assert await store.mirror.comments(REPO, 1) == WIDE.comments
    folder.mkdir()
    report = await store.guard()
    assert report is not None
    assert "was saved" in report
    assert await store.mirror.comments(REPO, 1) == WIDE.comments
    await store.close()
    assert files_beside(path) == []


async def test_store_in_an_unreadable_folder_stays_unchanged(path: Path) -> None:
    folder = path.parent / "data"
    folder.mkdir()
    store = await open_at_noon(folder / "afterword.db")
    folder.chmod(0)
    with without_privileges():
        with pytest.raises(StoreUnusable, match="denied"):
            await store.guard()
        with pytest.raises(StoreUnusable, match="denied"):
            await store.mirror.apply(NEXT)
    folder.chmod(0o755)
    assert await store.guard() is None
    assert await is_usable(store)
    await store.close()


@pytest.mark.timeout(60)
async def test_killed_process_leaves_complete_changes_after_a_restore(path: Path) -> None:
    store = await open_at_noon(path)
    writer = WriterProcess(path)
    assert writer.makes_progress()
    delete(path)
    assert "was saved" in str(await store.guard())
    assert all(writer.makes_progress() for _ in range(50))
    last_step = writer.kill()
    comments = [item for number in (1, 2) for item in await store.mirror.comments(REPO, number)]
    [step] = {item.body for item in comments}
    assert len(comments) == 2 * WIDTH
    assert int(str(step)) >= last_step > 50
    assert await store.guard() is None
    await store.close()
    assert is_sound(path)
