"""Where there can be no store, and how that is said."""

import os
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from app.domain.errors import StoreUnusable
from app.store.sqlite import SqliteStore


def content(place: Path) -> bytes | None:
    return place.read_bytes() if place.is_file() else None


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "afterword.db"


async def made(place: Path) -> Path:
    await (await SqliteStore.open(str(place), origin="here")).close()
    return place


def a_folder(tmp_path: Path) -> Path:
    return tmp_path


def in_no_folder(tmp_path: Path) -> Path:
    return tmp_path / "nowhere" / "afterword.db"


def below_a_file(tmp_path: Path) -> Path:
    (tmp_path / "file").write_text("I am a file.")
    return tmp_path / "file" / "afterword.db"


def no_database(tmp_path: Path) -> Path:
    (tmp_path / "letter").write_text("Dear reader, this is no database at all. " * 100)
    return tmp_path / "letter"


def of_another_program(tmp_path: Path) -> Path:
    place = tmp_path / "photos.db"
    with closing(sqlite3.connect(place)) as connection:
        connection.executescript("CREATE TABLE photo (id); PRAGMA user_version = 1")
    return place


@pytest.mark.parametrize(
    ("somewhere", "reason"),
    [
        (a_folder, "it is a folder"),
        (in_no_folder, "there is no folder .*nowhere"),
        (below_a_file, "file is not a folder"),
        (no_database, "file is not a database"),
        (of_another_program, "database of another program"),
    ],
)
async def test_a_place_where_no_store_can_be_is_refused_with_the_reason(
    tmp_path: Path, somewhere: Callable[[Path], Path], reason: str
) -> None:
    place = somewhere(tmp_path)
    before = content(place)
    with pytest.raises(StoreUnusable, match=reason) as refused:
        await SqliteStore.open(str(place), origin="here")
    assert refused.value.path == str(place)
    assert content(place) == before


async def test_a_place_that_the_system_refuses_is_told_in_the_systems_words(tmp_path: Path) -> None:
    with pytest.raises(StoreUnusable, match="too long"):
        await SqliteStore.open(str(tmp_path / ("n" * 300)), origin="here")


async def test_a_store_whose_log_cannot_be_written_is_refused_at_start(place: Path) -> None:
    await made(place)
    place.with_name("afterword.db-wal").mkdir()
    with pytest.raises(StoreUnusable):
        await SqliteStore.open(str(place), origin="here")


@pytest.mark.parametrize(
    ("folder", "file", "reason"),
    [(0o777, 0o444, "readonly"), (0o555, 0o666, "readonly|unable to open"), (0o555, None, "unable to open")],
)
async def test_a_store_that_cannot_be_written_is_refused_at_start(folder: int, file: int | None, reason: str) -> None:
    with tempfile.TemporaryDirectory() as name:
        place = Path(name, "afterword.db")
        if file is not None:
            (await made(place)).chmod(file)
        place.parent.chmod(folder)
        with as_nobody(), pytest.raises(StoreUnusable, match=reason):
            await SqliteStore.open(str(place), origin="here")
        place.parent.chmod(0o777)


@contextmanager
def as_nobody() -> Iterator[None]:
    """Without the rights of the superuser, whom no permission stops."""
    before = os.geteuid()
    os.seteuid(before or 65534)
    try:
        yield
    finally:
        os.seteuid(before)
