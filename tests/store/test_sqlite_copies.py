"""Copies of files: what they are made of, what stays as it was, and what is refused."""

import asyncio
import fcntl
import os
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from app.bootstrap.stores.copies import open_source, open_target, refuse_same
from app.domain.errors import CopyRefused, StoreTooNew, StoreUnusable
from app.ports.copies.tables import TABLES
from app.store.copies.copy import copy_store
from app.store.sqlite.copies.target import incomplete_path
from app.store.sqlite.schema import MIGRATIONS
from tests.contracts.copies.stores import copy, fill, sqlite
from tests.store.files import query, query_all, run

NOT_COPIED = {
    "lease": None,
    "job": {"worker_id", "claimed_until", "claimed_generation"},
    "history_event": {"id"},
    "comment_change": None,
}
"""Tables, and columns of tables, that concern a process or only this file; triggers write `comment_change`."""
OLD_STORE = Path(__file__).parent / "store_0_3_0.sql"


@pytest.fixture(scope="module")
def full_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the file of a store with something in each table; no process has it open."""
    folder = tmp_path_factory.mktemp("full")

    async def make() -> None:
        async with sqlite(folder, "afterword").opened() as store:
            await fill(store)

    asyncio.run(make())
    return folder / "afterword.db"


@pytest.fixture
def source(full_store: Path, tmp_path: Path) -> Path:
    """Return a file of the same contents."""
    (tmp_path / "from").mkdir()
    return Path(shutil.copy(full_store, tmp_path / "from"))


@pytest.fixture
def target(tmp_path: Path) -> Path:
    (tmp_path / "to").mkdir()
    return tmp_path / "to" / "afterword.db"


def _contents(file: Path) -> dict[str, bytes]:
    """Return the file and those beside it."""
    return {path.name: path.read_bytes() for path in file.parent.iterdir()}


def _copy(source: Path, target: Path, *, replace: bool = False) -> None:
    copy(f"sqlite:///{source}", f"sqlite:///{target}", replace=replace)


def _failure(source: Path, target: Path, *, replace: bool = False) -> str:
    """Return why a copy was refused."""
    with pytest.raises(CopyRefused) as error:
        _copy(source, target, replace=replace)
    return str(error.value)


def test_every_table_and_column_is_copied(source: Path) -> None:
    stored = {
        name: {row[1] for row in query_all(source, f"PRAGMA table_info({name})")}
        for (name,) in query_all(
            source, "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'"
        )
    }
    copied = {table.name: set(table.columns) for table in TABLES}
    for name, columns in NOT_COPIED.items():
        if columns is None:
            del stored[name]
        else:
            stored[name] -= columns
    assert copied == stored


def test_source_is_left_as_it_is(source: Path, target: Path) -> None:
    before = _contents(source)
    _copy(source, target)
    assert _contents(source) == before


def test_copy_is_one_private_file(source: Path, target: Path) -> None:
    _copy(source, target)
    assert [path.name for path in target.parent.iterdir()] == ["afterword.db"]
    assert target.stat().st_mode & 0o777 == 0o600
    assert query(target, "PRAGMA integrity_check") == "ok"
    assert query_all(target, "PRAGMA foreign_key_check") == []


def test_log_of_a_killed_service_is_copied(source: Path, target: Path) -> None:
    with closing(sqlite3.connect(source)) as connection:
        connection.execute("INSERT INTO key_value VALUES ('late', 'value')")
        connection.commit()
        assert Path(f"{source}-wal").stat().st_size
        _copy(source, target)
    assert query(target, "SELECT value FROM key_value WHERE key = 'late'") == "value"


async def test_earlier_version_is_migrated_in_the_copy(tmp_path: Path, target: Path) -> None:
    source = tmp_path / "old.db"
    run(source, OLD_STORE.read_text())
    before, comments = source.read_bytes(), query(source, "SELECT count(*) FROM comment")
    _copy(source, target)
    assert source.read_bytes() == before
    assert query(target, "PRAGMA user_version") == len(MIGRATIONS)
    assert query(target, "SELECT count(*) FROM comment WHERE created_at IS NOT NULL") == comments != 0


def test_folders_of_killed_copies_are_removed(tmp_path: Path, target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder, old = tmp_path / "temporary", tmp_path / "old.db"
    rest, used, link = (folder / f"afterword-copy-{name}" for name in ("rest", "used", "link"))
    for path in (folder, rest, used):
        path.mkdir()
    (rest / "afterword.db").write_bytes(b"rest")
    link.symlink_to(tmp_path)
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    run(old, OLD_STORE.read_text())
    lock = os.open(used, os.O_RDONLY)
    fcntl.flock(lock, fcntl.LOCK_EX)
    _copy(old, target)
    os.close(lock)
    assert {*folder.iterdir()} == {used, link}
    assert target.exists()


def test_absent_source_is_named(tmp_path: Path, target: Path) -> None:
    assert "There is no store" in _failure(tmp_path / "absent.db", target)
    assert not (tmp_path / "absent.db").exists()
    assert not target.exists()


def test_later_version_is_refused(source: Path, target: Path) -> None:
    run(source, f"PRAGMA user_version = {len(MIGRATIONS) + 1}")
    with pytest.raises(StoreTooNew):
        _copy(source, target)


@pytest.mark.parametrize("content", [b"", b"# A text", b"SQLite format 3\x00" + b"x" * 5000])
def test_source_that_is_no_store_is_refused(tmp_path: Path, target: Path, content: bytes) -> None:
    source = tmp_path / "file.db"
    source.write_bytes(content)
    assert "no store of Afterword's" in (reason := _failure(source, target)) or "is damaged" in reason
    assert source.read_bytes() == content


def test_damaged_source_stays_where_it_is(source: Path, target: Path) -> None:
    content = source.read_bytes()
    source.write_bytes(content[:8192] + b"\xff" * 8192 + content[16384:])
    before = _contents(source)
    assert "is damaged" in _failure(source, target)
    assert _contents(source) == before
    assert not target.exists()


@pytest.mark.parametrize("replace", [False, True])
def test_target_of_another_program_is_refused(source: Path, target: Path, *, replace: bool) -> None:
    run(target, "CREATE TABLE notes (text)")
    assert "another program" in _failure(source, target, replace=replace)
    target.write_text("# My notes")
    assert "no sound store" in _failure(source, target, replace=replace)
    assert target.read_text() == "# My notes"


async def test_target_in_use_is_not_replaced(source: Path, target: Path) -> None:
    async with sqlite(target.parent, "afterword").opened() as store:
        await store.key_values.put("a", "b")
        assert "has the store" in _failure(source, target, replace=True)
        assert await store.key_values.get("a") == "b"
        assert await store.guard() is None


async def test_process_that_opens_a_new_target_wins(source: Path, target: Path) -> None:
    with open_source(f"sqlite:///{source}") as tables, open_target(f"sqlite:///{target}", replace=False) as written:
        async with sqlite(target.parent, "afterword").opened() as store:
            await store.key_values.put("a", "b")
        with pytest.raises(CopyRefused, match="is not empty"):
            copy_store(tables, written, now=lambda: 0.0, is_live=False, on_progress=lambda _: None)
    async with sqlite(target.parent, "afterword").opened() as store:
        assert await store.key_values.get("a") == "b"


def test_source_that_is_opened_meanwhile_is_refused(source: Path, target: Path) -> None:
    with open_source(f"sqlite:///{source}") as tables, open_target(f"sqlite:///{target}", replace=False) as written:
        run(source, "DELETE FROM key_value")
        with pytest.raises(CopyRefused, match="used"):
            copy_store(tables, written, now=lambda: 0.0, is_live=True, on_progress=lambda _: None)
    assert not target.exists()


def test_rest_of_a_killed_copy_is_removed(source: Path, target: Path) -> None:
    rest = incomplete_path(str(target))
    rest.write_bytes(b"rest")
    Path(f"{rest}-wal").write_bytes(b"rest")
    _copy(source, target)
    assert [path.name for path in target.parent.iterdir()] == ["afterword.db"]


def test_second_copy_to_a_target_is_refused(source: Path, target: Path) -> None:
    with incomplete_path(str(target)).open("wb") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        assert "under way" in _failure(source, target)


def test_backup_beside_the_target_is_kept(source: Path, target: Path) -> None:
    backup = Path(shutil.copy(source, f"{target}.copy"))
    _copy(backup, target)
    assert backup.read_bytes() == source.read_bytes()


@pytest.mark.parametrize("make", [Path.hardlink_to, Path.symlink_to])
def test_file_of_two_names_is_one_store(source: Path, target: Path, make: Callable[[Path, Path], None]) -> None:
    make(target, source)
    with pytest.raises(CopyRefused, match="are the same store"):
        refuse_same(f"sqlite:///{source}", f"sqlite:///{target}")


def test_rest_of_a_killed_copy_is_no_source(source: Path, target: Path) -> None:
    rest = source.rename(incomplete_path(str(target)))
    with pytest.raises(CopyRefused, match="are the same store"):
        refuse_same(f"sqlite:///{rest}", f"sqlite:///{target}")


def test_pipe_is_no_store(source: Path, target: Path) -> None:
    os.mkfifo(target)
    for first, second in ((source, target), (target, source.with_name("new.db"))):
        with pytest.raises(StoreUnusable, match="a pipe"):
            _copy(first, second)
    assert target.is_fifo()


def test_name_that_is_too_long_is_refused(source: Path, target: Path) -> None:
    absent = target.with_name("n" * 300)
    for first, second in ((source, absent), (absent, target)):
        with pytest.raises(StoreUnusable, match="File name too long"):
            _copy(first, second)


def test_folder_is_needed(source: Path, tmp_path: Path) -> None:
    with pytest.raises(StoreUnusable, match="there is no folder"):
        _copy(source, tmp_path / "absent" / "afterword.db")
