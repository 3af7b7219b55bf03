"""Read a file without changing it.

`mode=ro` reads the log of a running process, too. Without a log SQLite would make one and leave it behind, which
another user's service could not open: a file that is not in use is read as one that does not change, and if it was
opened before the end, the copy is refused. https://www.sqlite.org/wal.html#read_only_databases
"""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

from app.domain.errors import CopyRefused, StoreTooNew, StoreUnusable
from app.ports.copies.tables import LONGEST_LEASE, SERVICE_LEASE, Counters, Row, StoreSource, Table
from app.store.sqlite.connections import connect, is_damage, scalar
from app.store.sqlite.copies.rows import SqliteTables, system_errors
from app.store.sqlite.copies.scratch import scratch_folder
from app.store.sqlite.opening import check, check_path, open_connections
from app.store.sqlite.schema import APPLICATION_ID, MIGRATIONS

_NEWEST = len(MIGRATIONS)
_WORKER = "SELECT worker_id FROM lease WHERE name = ? AND until > ? AND until <= ?"
_COUNTER = "SELECT seq FROM sqlite_sequence WHERE name = ?"
_OLD_LEASES = 5
"""The schema whose leases have a worker's name; earlier versions are not asked."""


_State = tuple[int, int, int]
"""The identity of a file, its size, and when it was changed."""


class SqliteSource(SqliteTables, StoreSource):
    """One moment of a file; `path` is where processes use it, and `state` what it was like if none did."""

    def __init__(self, connection: sqlite3.Connection, path: str, state: _State | None) -> None:
        super().__init__(connection, path)
        self._state = state

    def batches(self, table: Table) -> Iterator[Sequence[Row]]:
        try:
            yield from super().batches(table)
        except StoreUnusable:
            self.confirm()  # a file that changes while it is read looks damaged
            raise

    def counters(self) -> Counters:
        version, generation = (scalar(self._connection, _COUNTER, (name,)) for name in ("mirror_change", "job"))
        return Counters(version or 0, generation or 0)

    def user(self, at: float) -> str | None:
        if _unused_state(self.name) is not None:
            return None
        with closing(_open(self.name, mode="mode=ro")) as connection:
            if scalar(connection, "PRAGMA user_version") < _OLD_LEASES:
                return None
            worker = scalar(connection, _WORKER, (SERVICE_LEASE, at, at + LONGEST_LEASE))
        return None if worker is None else str(worker)

    def confirm(self) -> None:
        if self._state not in (None, _unused_state(self.name)):
            raise CopyRefused(f"A process used {self.name} while it was read. Nothing was copied. Copy again.")


@contextmanager
def open_source(path: str) -> Iterator[SqliteSource]:
    """Yield the tables of the file as they are now. Raises `StoreError` if it is not a sound store.

    A file of an earlier version is migrated in a copy of its own, in the folder for temporary files.
    """
    with system_errors(path):
        check_path(path)
        if not Path(path).exists():
            raise CopyRefused(f"There is no store {path}. Name the file that AFTERWORD_STORE names.")
        state = _unused_state(path)
        with closing(_open(path, mode="mode=ro" if state is None else "mode=ro&immutable=1")) as connection:
            connection.execute("BEGIN")
            if _schema(connection, path) == _NEWEST:
                yield SqliteSource(connection, path, state)
                return
            with scratch_folder() as folder, closing(_migrate_copy(connection, f"{folder}/afterword.db")) as newest:
                yield SqliteSource(newest, path, state)


def _unused_state(path: str) -> _State | None:
    """Return the state of a file without a log; None if a process uses it, or was killed while it did."""
    file = Path(path).resolve()
    status = file.stat()
    return None if Path(f"{file}-wal").exists() else (status.st_ino, status.st_size, status.st_mtime_ns)


def _open(path: str, *, mode: str) -> sqlite3.Connection:
    return connect(f"{Path(path).resolve().as_uri()}?{mode}", uri=True)


def _schema(connection: sqlite3.Connection, path: str) -> int:
    """Return the schema of a sound store. Raises `StoreError` for anything else."""
    try:
        owner = scalar(connection, "PRAGMA application_id")
    except sqlite3.Error as error:
        if is_damage(error):
            raise CopyRefused(f"The store {path} is damaged ({error}). It was not changed.") from error
        raise
    if owner != APPLICATION_ID:
        raise CopyRefused(f"The file {path} is no store of Afterword's, or an empty one: there is nothing to copy.")
    version = int(scalar(connection, "PRAGMA user_version"))
    if version > _NEWEST:
        raise StoreTooNew(path, version, _NEWEST)
    try:
        check(connection, path)
    except StoreUnusable as error:
        raise CopyRefused(f"The store {path} is damaged ({error.reason}). It was not changed.") from error
    return version


def _migrate_copy(connection: sqlite3.Connection, path: str) -> sqlite3.Connection:
    """Return a copy of the file that has this version's schema."""
    with closing(connect(path)) as copy:
        connection.backup(copy)
    open_connections(path, MIGRATIONS).retire()
    return connect(path)
