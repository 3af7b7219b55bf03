"""A store whose file was damaged before the start is repaired or refused."""

import asyncio
import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from app.domain.errors import StoreUnusable
from tests.contracts.mirrors import summaries
from tests.store.faults import (
    DAMAGES,
    NOON,
    create,
    cut_in_half,
    destroy_header,
    destroy_middle,
    is_usable,
    open_at_noon,
    without_privileges,
)
from tests.store.files import content, files_beside, is_sound, open_store


@pytest.mark.parametrize("damage", DAMAGES)
async def test_damaged_store_is_moved_aside_at_start(path: Path, damage: Callable[[Path], None]) -> None:
    damage(await create(path))
    damaged_content = content(path)
    store = await open_at_noon(path)
    copy = path.with_name("afterword.db.broken-20260101T120000")
    assert content(copy) == damaged_content
    assert store.repair_report is not None
    assert store.repair_report.startswith(f"The store {path} was damaged (")
    assert f"It is kept as {copy}, and a new one was made: everything is read from GitHub again." in store.repair_report
    assert await summaries(store.mirror) == ()
    assert await is_usable(store)
    assert await store.guard() is None
    await store.close()
    assert files_beside(path) == [copy.name]
    assert is_sound(path)


async def test_sound_store_has_no_repair_report(path: Path) -> None:
    store = await open_at_noon(await create(path))
    assert (store.repair_report, await store.guard()) == (None, None)
    assert files_beside(path) == ["afterword.db-shm", "afterword.db-wal"]
    await store.close()


async def test_damaged_file_never_replaces_an_earlier_one(path: Path) -> None:
    for _ in range(3):
        destroy_header(await create(path))
        await (await open_at_noon(path)).close()
    name = "afterword.db.broken-20260101T120000"
    assert files_beside(path) == [name, f"{name}-2", f"{name}-3"]


async def test_damaged_file_is_named_by_its_last_change(path: Path) -> None:
    destroy_header(await create(path))
    os.utime(path, (0, NOON + 1))
    await (await open_store(path)).close()
    assert files_beside(path) == ["afterword.db.broken-20260101T120001"]


async def test_only_one_of_several_starting_processes_repairs(path: Path) -> None:
    destroy_middle(await create(path))
    stores = await asyncio.gather(*(open_at_noon(path) for _ in range(6)))
    assert [store.repair_report is not None for store in stores].count(True) == 1
    assert all([await is_usable(store) for store in stores])
    assert [await store.guard() for store in stores] == [None] * 6
    await asyncio.gather(*(store.close() for store in stores))
    assert files_beside(path) == ["afterword.db.broken-20260101T120000"]


def _link(path: Path, to: Path) -> None:
    path.symlink_to(to)


def _is_link(path: Path) -> bool:
    return path.is_symlink()


async def test_link_to_a_damaged_store_stays(path: Path, tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    destroy_header(await create(folder / "real.db"))
    _link(path, folder / "real.db")
    await (await open_at_noon(path)).close()
    assert _is_link(path)
    assert sorted(file.name for file in folder.iterdir()) == ["real.db", "real.db.broken-20260101T120000"]


async def test_damaged_database_of_another_program_is_refused(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript("PRAGMA application_id = 7; CREATE TABLE photo (id TEXT)")
        connection.executemany("INSERT INTO photo VALUES (?)", (("x" * 2000,) for _ in range(20)))
        connection.commit()
    destroy_middle(path)
    before = content(path)
    with pytest.raises(StoreUnusable, match="another program"):
        await open_at_noon(path)
    assert content(path) == before


@pytest.mark.parametrize("damage", [destroy_header, cut_in_half])
async def test_damaged_store_that_cannot_be_moved_is_refused(path: Path, damage: Callable[[Path], None]) -> None:
    damage(await create(path))
    path.parent.chmod(0o555)
    with without_privileges(), pytest.raises(StoreUnusable):
        await open_at_noon(path)
    path.parent.chmod(0o755)
    assert files_beside(path) == []
