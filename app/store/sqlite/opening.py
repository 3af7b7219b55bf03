"""Open a file: check that it is a sound store of ours, and migrate it to the current version.

`PRAGMA quick_check` reads the whole file, about a second for half a gigabyte. Damage found at the start costs the owner
less than damage found by readers. https://www.sqlite.org/pragma.html#pragma_quick_check
"""

import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path

from app.domain.errors import StoreTooNew, StoreUnusable
from app.store.sqlite.connections import READING_CONNECTIONS, Connections, connect, is_damage, scalar, transaction
from app.store.sqlite.schema import APPLICATION_ID, Migration

_LOG_PAGES = 8000
"""A log of this many pages is copied into the file by the writer; `StoreFile.guard` does it long before."""

_PRIVATE = 0o600
"""The mode of the files."""
_TABLE_COUNT = "SELECT count(*) FROM sqlite_schema"
_SMALLEST = 512
"""Bytes in the smallest database. SQLite also reads a shorter header. https://www.sqlite.org/fileformat.html"""

_DATABASE_SUFFIXES = {".db", ".db3", ".sqlite", ".sqlite3"}


class DamagedFile(StoreUnusable):
    """The file is or was a store of Afterword's, and is not sound."""


def open_connections(path: str, migrations: Sequence[Migration]) -> Connections:
    """Return connections to the file; create and migrate it if necessary.

    Raises `StoreUnusable` if there can be no store, and `StoreTooNew` before it changes anything; `DamagedFile` for a
    store that is not sound.
    """
    with ExitStack() as stack:
        try:
            _create(path)
            writer = stack.enter_context(closing(connect(path)))
            if _is_our_store(writer, path, len(migrations)):
                check(writer, path)
            _protect(path)
            writer.execute("PRAGMA journal_mode = WAL")
            writer.execute("PRAGMA foreign_keys = ON")
            # A power failure may lose the last changes, but never the file; GitHub still has the changes.
            writer.execute("PRAGMA synchronous = NORMAL")
            writer.execute(f"PRAGMA wal_autocheckpoint = {_LOG_PAGES}")
            _migrate(writer, migrations)
            _confirm_version(writer, path, len(migrations))
            readers = [stack.enter_context(closing(_open_reader(path))) for _ in range(READING_CONNECTIONS)]
            connections = Connections(Path(os.path.realpath(path)), writer, readers)
        except sqlite3.Error as error:
            raise StoreUnusable(path, str(error)) from error
        except OSError as error:
            raise StoreUnusable(path, error.strerror or str(error)) from error
        stack.pop_all()
    return connections


@contextmanager
def damage_detection(path: str) -> Iterator[None]:
    """Raise `DamagedFile` instead of SQLite's error that means damage."""
    try:
        yield
    except sqlite3.Error as error:
        if is_damage(error):
            raise DamagedFile(path, str(error)) from error
        raise


def check(connection: sqlite3.Connection, path: str) -> None:
    """Read the whole file; raise `DamagedFile` if it is not sound."""
    with damage_detection(path):
        result = scalar(connection, "PRAGMA quick_check(1)")
    if result != "ok":
        raise DamagedFile(path, result)


def check_path(path: str) -> None:
    """Raise `StoreUnusable` with the reason if SQLite would only say "unable to open database file"."""
    folder = Path(path).parent
    if Path(path).is_dir():
        raise StoreUnusable(path, "it is a folder")
    if Path(path).exists() and not Path(path).is_file():
        raise StoreUnusable(path, "it is a device or a pipe")
    if not folder.exists():
        raise StoreUnusable(path, f"there is no folder {folder}")
    if not folder.is_dir():
        raise StoreUnusable(path, f"{folder} is not a folder")


def _create(path: str) -> None:
    """Create the file if there is none; only the owner may read it."""
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, _PRIVATE))


def _protect(path: str) -> None:
    """Let only its owner read the store: it holds issues that are never served. SQLite's log gets the same mode."""
    path = os.path.realpath(path)  # where SQLite has the log of a store that is a symbolic link
    for file in (Path(path), Path(f"{path}-wal"), Path(f"{path}-shm")):
        with suppress(OSError):  # there is no such file, or it belongs to somebody else, who has set its mode
            file.chmod(file.stat().st_mode & _PRIVATE)


def _open_reader(path: str) -> sqlite3.Connection:
    connection = connect(path)
    connection.execute("PRAGMA query_only = ON")
    scalar(connection, _TABLE_COUNT)  # SQLite opens the log with the first query; later it may be another file's log
    return connection


def _is_our_store(connection: sqlite3.Connection, path: str, newest: int) -> bool:
    """Return False for an empty file, True for a store of a known version; raise for any other. Only reads."""
    owner = None
    try:
        owner = scalar(connection, "PRAGMA application_id")
        is_empty = owner != APPLICATION_ID and not scalar(connection, _TABLE_COUNT)
    except sqlite3.Error as error:
        if is_damage(error) and _may_be_ours(Path(path), owner):
            raise DamagedFile(path, str(error)) from error
        raise
    if owner == APPLICATION_ID:
        version = scalar(connection, "PRAGMA user_version")
        if version > newest:
            raise StoreTooNew(path, version, newest)
    elif not is_empty:
        raise StoreUnusable(path, "it is the database of another program")
    return not is_empty


def _may_be_ours(path: Path, owner: int | None) -> bool:
    """Return True if a damaged file may be a store; `owner` is None if even its header cannot be read.

    The damaged database of another program stays where it is, and so does a text file without a database's suffix.
    """
    if owner is not None:
        return path.stat().st_size < _SMALLEST
    if path.suffix.lower() in _DATABASE_SUFFIXES:
        return True
    try:
        path.read_bytes().decode()
    except UnicodeDecodeError:
        return True
    return False


def _migrate(connection: sqlite3.Connection, migrations: Sequence[Migration]) -> None:
    for version, statements in enumerate(migrations, start=1):
        # The lock excludes another process that starts at the same time, and may have done this already.
        with transaction(connection, "IMMEDIATE"):
            if scalar(connection, "PRAGMA user_version") >= version:
                continue
            for statement in statements:
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {version}")


def _confirm_version(connection: sqlite3.Connection, path: str, newest: int) -> None:
    """Check that no later version came in between, and that writing is possible, by writing the version again.

    Beginning a transaction proves nothing: for a read-only file SQLite begins one for reading without a word.
    """
    with transaction(connection, "IMMEDIATE"):
        _is_our_store(connection, path, newest)
        connection.execute(f"PRAGMA user_version = {newest}")
