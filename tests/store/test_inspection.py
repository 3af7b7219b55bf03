"""The doctor's look at the file of a store, which changes nothing."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from app.store.sqlite import SqliteStore
from app.store.sqlite.inspection import NEWEST_SCHEMA, inspect


@pytest.fixture
async def path(tmp_path: Path) -> Path:
    """Return the file of a closed store."""
    path = tmp_path / "afterword.db"
    await (await SqliteStore.open(str(path), process_id="a")).close()
    return path


def test_sound_store_is_left_as_it_is(path: Path) -> None:
    before = {file.name: file.read_bytes() for file in path.parent.iterdir()}
    inspection = inspect(str(path))
    assert inspection.is_sound
    assert inspection.schema == NEWEST_SCHEMA
    assert {file.name: file.read_bytes() for file in path.parent.iterdir()} == before


async def test_store_in_use_is_sound(path: Path) -> None:
    store = await SqliteStore.open(str(path), process_id="a")
    try:
        await store.key_values.put("a", "b")
        assert inspect(str(path)).is_sound
    finally:
        await store.close()


def test_absent_store_is_not_created(tmp_path: Path) -> None:
    inspection = inspect(str(tmp_path / "afterword.db"))
    assert not inspection.exists
    assert inspection.problem is None
    assert not list(tmp_path.iterdir())


def test_damage_is_seen_and_stays(path: Path) -> None:
    content = path.read_bytes()
    path.write_bytes(content[:4096] + b"\xff" * 4096 + content[8192:])
    assert inspect(str(path)).problem
    assert [file.name for file in path.parent.iterdir()] == ["afterword.db"]


def test_later_schema_is_named(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"PRAGMA user_version = {NEWEST_SCHEMA + 1}")
    assert inspect(str(path)).schema == NEWEST_SCHEMA + 1
    assert not inspect(str(path)).is_sound


def test_database_of_another_program_is_named(tmp_path: Path) -> None:
    path = tmp_path / "other.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE a (b)")
    assert inspect(str(path)).problem == "it is the database of another program"


def test_folder_and_missing_folder_are_named(tmp_path: Path) -> None:
    assert inspect(str(tmp_path)).problem == "it is a folder"
    assert "there is no folder" in str(inspect(str(tmp_path / "a" / "b.db")).problem)
