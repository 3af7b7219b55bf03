"""Paths that cannot hold a store, and the reasons that are reported."""

import sqlite3
import tempfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from app.domain.errors import StoreUnusable
from tests.store.faults import without_privileges
from tests.store.files import open_store


def _content(path: Path) -> bytes | None:
    return path.read_bytes() if path.is_file() else None


async def _create(path: Path) -> Path:
    await (await open_store(path)).close()
    return path


def _folder_path(tmp_path: Path) -> Path:
    return tmp_path


def _path_without_folder(tmp_path: Path) -> Path:
    return tmp_path / "nowhere" / "afterword.db"


def _path_below_a_file(tmp_path: Path) -> Path:
    (tmp_path / "file").write_text("I am a file.")
    return tmp_path / "file" / "afterword.db"


def _path_of_a_text(tmp_path: Path) -> Path:
    (tmp_path / "letter").write_text("Dear reader, this is no database at all. " * 100)
    return tmp_path / "letter"


def _path_of_another_program(tmp_path: Path) -> Path:
    path = tmp_path / "photos.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript("CREATE TABLE photo (id); PRAGMA user_version = 1")
    return path


@pytest.mark.parametrize(
    ("make_path", "reason"),
    [
        (_folder_path, "it is a folder"),
        (_path_without_folder, "there is no folder .*nowhere"),
        (_path_below_a_file, "file is not a folder"),
        (_path_of_a_text, "file is not a database"),
        (_path_of_another_program, "database of another program"),
    ],
)
async def test_unusable_path_is_refused_with_the_reason(
    tmp_path: Path, make_path: Callable[[Path], Path], reason: str
) -> None:
    path = make_path(tmp_path)
    before = _content(path)
    with pytest.raises(StoreUnusable, match=reason) as refused:
        await open_store(path)
    assert refused.value.path == str(path)
    assert _content(path) == before


async def test_refusal_contains_the_message_of_the_system(tmp_path: Path) -> None:
    with pytest.raises(StoreUnusable, match="too long"):
        await open_store(tmp_path / ("n" * 300))


async def test_store_with_unwritable_log_is_refused(path: Path) -> None:
    await _create(path)
    path.with_name("afterword.db-wal").mkdir()
    with pytest.raises(StoreUnusable):
        await open_store(path)


@pytest.mark.parametrize(
    ("folder", "file", "reason"),
    [(0o777, 0o444, "readonly"), (0o555, 0o666, "readonly|unable to open"), (0o555, None, "Permission denied")],
)
async def test_unwritable_store_is_refused(folder: int, file: int | None, reason: str) -> None:
    with tempfile.TemporaryDirectory() as name:
        path = Path(name, "afterword.db")
        if file is not None:
            (await _create(path)).chmod(file)
        path.parent.chmod(folder)
        with without_privileges(), pytest.raises(StoreUnusable, match=reason):
            await open_store(path)
        path.parent.chmod(0o777)


def _modes(path: Path) -> dict[str, int]:
    return {file.name: file.stat().st_mode & 0o777 for file in path.parent.iterdir()}


@pytest.mark.parametrize("mode", [None, 0o644, 0o600, 0o400])
async def test_nobody_else_may_read_the_store(tmp_path: Path, mode: int | None) -> None:
    path = tmp_path / "afterword.db"
    if mode is not None:
        (await _create(path)).chmod(mode)
    store = await open_store(path)
    modes = _modes(path)
    await store.close()
    assert modes.keys() == {"afterword.db", "afterword.db-shm", "afterword.db-wal"}
    assert set(modes.values()) == {mode & 0o600 if mode is not None else 0o600}


async def test_file_of_another_program_keeps_its_mode(tmp_path: Path) -> None:
    path = _path_of_a_text(tmp_path)
    path.chmod(0o644)
    with pytest.raises(StoreUnusable):
        await open_store(path)
    assert path.stat().st_mode & 0o777 == 0o644
