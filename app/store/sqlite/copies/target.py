"""Write a file that appears complete under its name, or not at all.

The rows go into a file beside it, which is read back, written to the disk, and then gets the name. Whatever happens
before that leaves the target as it was; the next copy removes what a killed one left behind.

A file that is replaced must be in no process's use. SQLite tells: it takes a file out of WAL mode, and removes its log,
for its only connection alone. https://www.sqlite.org/wal.html#persistence_of_wal_mode
"""

import fcntl
import os
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

from app.domain.errors import CopyRefused, StoreUnusable
from app.ports.copies.tables import TABLES, Counters, Row, StoreTarget, Table
from app.store.sqlite import repair
from app.store.sqlite.connections import FileId, connect, file_id, is_damage, scalar
from app.store.sqlite.copies.rows import SqliteTables, system_errors
from app.store.sqlite.opening import check_path, open_connections
from app.store.sqlite.schema import APPLICATION_ID, MIGRATIONS

# ruff: noqa: S608 - names of tables and columns are constants
_PRIVATE = 0o600
_ENDING = ".incomplete-copy"
"""A name that no owner gives to a store: what has it is removed."""
_PUT_COUNTER = "UPDATE sqlite_sequence SET seq = max(seq, ?) WHERE name = ?"
_ADD_COUNTER = """
INSERT INTO sqlite_sequence (name, seq) SELECT :name, 0 WHERE NOT EXISTS (
    SELECT 1 FROM sqlite_sequence WHERE name = :name
)
"""


class SqliteTarget(SqliteTables, StoreTarget):
    """A new file beside `path`, until `commit` gives it that name."""

    def __init__(self, connection: sqlite3.Connection, path: str, *, replace: bool) -> None:
        super().__init__(connection, path)
        self._path = Path(os.path.realpath(path))
        self._replace = replace
        connection.execute("BEGIN IMMEDIATE")

    def write(self, table: Table, rows: Sequence[Row]) -> None:
        parameters = ", ".join("?" * len(table.columns))
        statement = f"INSERT INTO {table.name} ({', '.join(table.columns)}) VALUES ({parameters})"
        try:
            self._connection.executemany(statement, rows)
        except sqlite3.Error as error:
            raise StoreUnusable(self.name, str(error)) from error

    def commit(self, counters: Counters) -> None:
        with _replacement(self.name, replace=self._replace) as previous:
            for name, number in (("mirror_change", counters.version), ("job", counters.generation)):
                self._connection.execute(_ADD_COUNTER, {"name": name})
                self._connection.execute(_PUT_COUNTER, (max(number, previous.get(name, 0)), name))
            self._connection.commit()
            self._connection.close()
            incomplete = incomplete_path(self.name)
            _write_to_disk(incomplete)
            incomplete.replace(self._path)
            _write_to_disk(self._path.parent)


@contextmanager
def open_target(path: str, *, replace: bool) -> Iterator[SqliteTarget]:
    """Yield what will be the file at `path`. Raises `CopyRefused` for one that holds anything, unless `replace`."""
    incomplete = incomplete_path(path)
    with system_errors(path):
        check_path(path)
        with _replacement(path, replace=replace):
            lock = _create(incomplete, path)
        try:
            open_connections(str(incomplete), MIGRATIONS).retire()
            with closing(connect(str(incomplete))) as connection:
                # What is not complete is never read: it needs neither a journal nor waits for the disk.
                for pragma in ("journal_mode = DELETE", "journal_mode = OFF", "synchronous = OFF", "foreign_keys = ON"):
                    connection.execute(f"PRAGMA {pragma}").fetchall()
                yield SqliteTarget(connection, path, replace=replace)
        finally:
            if file_id(incomplete) == _id_of(lock):
                repair.remove_log(incomplete)
                incomplete.unlink()
            os.close(lock)


def incomplete_path(path: str) -> Path:
    """Return the file that a copy to `path` is written into before it is complete."""
    return Path(f"{os.path.realpath(path)}{_ENDING}")


def _create(incomplete: Path, path: str) -> int:
    """Return a descriptor that locks a new file, in place of one that a killed copy left behind.

    The file is removed, not emptied: it may be complete, and have its last name already.
    """
    while True:
        lock = os.open(incomplete, os.O_RDWR | os.O_CREAT, _PRIVATE)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(lock)
            raise CopyRefused(f"Another copy to {path} is under way. Wait for its end.") from None
        if not os.fstat(lock).st_size and file_id(incomplete) == _id_of(lock):
            repair.remove_log(incomplete)
            return lock
        repair.remove_log(incomplete)
        incomplete.unlink(missing_ok=True)
        os.close(lock)


@contextmanager
def _replacement(path: str, *, replace: bool) -> Iterator[Mapping[str, int]]:
    """Yield the latest numbers of the file at the path, which no process can open until the block ends.

    Raises `CopyRefused` if it must not be replaced.
    """
    file = Path(os.path.realpath(path))
    with repair.exclusive(file):
        if file_id(file) is None or not file.stat().st_size:
            repair.remove_log(file)
            yield {}
            return
        with closing(connect(f"{file.as_uri()}?mode=rw", uri=True)) as connection:
            connection.execute("PRAGMA busy_timeout = 1000")
            numbers = _numbers(connection, path, replace=replace)
            _leave_log(connection, path)
        yield numbers


def _numbers(connection: sqlite3.Connection, path: str, *, replace: bool) -> Mapping[str, int]:
    """Return the latest numbers of a file that may be replaced."""
    try:
        owner, schema = (scalar(connection, f"PRAGMA {name}") for name in ("application_id", "user_version"))
        if owner != APPLICATION_ID:
            raise CopyRefused(f"The file {path} is the database of another program. Name another file.")
        is_known = schema == len(MIGRATIONS)
        rows = sum(SqliteTables(connection, path).count(table) for table in TABLES) if is_known else None
        numbers = dict(connection.execute("SELECT name, seq FROM sqlite_sequence")) if is_known else {}
    except sqlite3.DatabaseError as error:
        if is_damage(error):
            raise CopyRefused(f"The file {path} is no sound store ({error}). Move it away, or name another.") from error
        raise
    if rows != 0 and not replace:
        raise CopyRefused(
            f"The store {path} is not empty. Name another file, or write --replace: then what it holds is lost."
        )
    return numbers


def _leave_log(connection: sqlite3.Connection, path: str) -> None:
    """Move what the log holds into the file, and remove the log."""
    try:
        mode = scalar(connection, "PRAGMA journal_mode = DELETE")
    except sqlite3.OperationalError:
        mode = None
    if mode != "delete":
        raise CopyRefused(f"A process has the store {path} open. Stop it, and copy again.")


def _id_of(descriptor: int) -> FileId:
    status = os.fstat(descriptor)
    return status.st_dev, status.st_ino


def _write_to_disk(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
