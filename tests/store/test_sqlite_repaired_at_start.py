"""What becomes of a store whose file was damaged before the start."""

import asyncio
import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from app.domain.errors import StoreUnusable
from app.store.sqlite import SqliteStore
from tests.contracts.mirrors import REPO
from tests.store.faults import (
    DAMAGES,
    NOON,
    a_half,
    as_nobody,
    beside,
    content,
    in_order,
    made,
    no_header,
    no_middle,
    opened,
    works,
)


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "afterword.db"


@pytest.mark.parametrize("damage", DAMAGES)
async def test_a_damaged_store_is_moved_aside_at_start_and_made_anew(
    place: Path, damage: Callable[[Path], None]
) -> None:
    damage(await made(place))
    found = content(place)
    store = await opened(place)
    kept = place.with_name("afterword.db.broken-20260101T120000")
    assert kept.read_bytes() == found
    assert store.mended is not None
    assert store.mended.startswith(f"The store {place} was damaged (")
    assert f"It is kept as {kept}, and a new one was made: everything is read from GitHub again." in store.mended
    assert await store.mirror.tallies(REPO) == ()
    assert await works(store)
    assert await store.guard() is None
    await store.close()
    assert beside(place) == [kept.name]
    assert in_order(place)


async def test_of_a_whole_store_nothing_is_said(place: Path) -> None:
    store = await opened(await made(place))
    assert (store.mended, await store.guard(), beside(place)) == (None, None, ["afterword.db-shm", "afterword.db-wal"])
    await store.close()


async def test_a_broken_file_never_replaces_an_earlier_one(place: Path) -> None:
    for _ in range(3):
        no_header(await made(place))
        await (await opened(place)).close()
    name = "afterword.db.broken-20260101T120000"
    assert beside(place) == [name, f"{name}-2", f"{name}-3"]


async def test_without_a_clock_the_broken_file_is_named_by_its_last_change(place: Path) -> None:
    no_header(await made(place))
    os.utime(place, (0, NOON + 1))
    await (await SqliteStore.open(str(place), origin="here")).close()
    assert beside(place) == ["afterword.db.broken-20260101T120001"]


async def test_of_several_processes_that_start_at_once_one_mends(place: Path) -> None:
    no_middle(await made(place))
    stores = await asyncio.gather(*(opened(place) for _ in range(6)))
    assert [store.mended is not None for store in stores].count(True) == 1
    assert all([await works(store) for store in stores])
    assert [await store.guard() for store in stores] == [None] * 6
    await asyncio.gather(*(store.close() for store in stores))
    assert beside(place) == ["afterword.db.broken-20260101T120000"]


def link(place: Path, to: Path) -> None:
    place.symlink_to(to)


def is_link(place: Path) -> bool:
    return place.is_symlink()


async def test_a_link_to_a_damaged_store_leads_to_the_new_one(place: Path, tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    no_header(await made(folder / "real.db"))
    link(place, folder / "real.db")
    await (await opened(place)).close()
    assert is_link(place)
    assert sorted(path.name for path in folder.iterdir()) == ["real.db", "real.db.broken-20260101T120000"]


async def test_the_damaged_database_of_another_program_is_refused_and_not_touched(place: Path) -> None:
    with closing(sqlite3.connect(place)) as connection:
        connection.executescript("PRAGMA application_id = 7; CREATE TABLE photo (id TEXT)")
        connection.executemany("INSERT INTO photo VALUES (?)", (("x" * 2000,) for _ in range(20)))
        connection.commit()
    no_middle(place)
    before = content(place)
    with pytest.raises(StoreUnusable, match="another program"):
        await opened(place)
    assert content(place) == before


@pytest.mark.parametrize("damage", [no_header, a_half])
async def test_a_damaged_store_that_cannot_be_moved_is_refused(place: Path, damage: Callable[[Path], None]) -> None:
    damage(await made(place))
    place.parent.chmod(0o555)
    with as_nobody(), pytest.raises(StoreUnusable):
        await opened(place)
    place.parent.chmod(0o755)
    assert beside(place) == []
