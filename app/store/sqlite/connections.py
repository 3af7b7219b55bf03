"""The connections to the file and their threads: one writes, three read, and the event loop waits for none.

Two of those that read serve everybody. The third serves what may not wait behind readers' requests: GitHub gives up on
a delivery after ten seconds, and a balancer on `/readyz`.

In WAL mode readers see the state before a change until it is committed, and never wait for it.
https://www.sqlite.org/wal.html
"""

import asyncio
import os
import sqlite3
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from threading import Condition
from typing import Any, TypeVar

import orjson

from app.domain.errors import StoreUnusable
from app.domain.sites import Repository
from app.store.sql.session import clamp

_READERS, _URGENT_READERS = 2, 1
"""More would only wait for each other: parsing the rows holds Python's lock."""
READING_CONNECTIONS = _READERS + _URGENT_READERS

_BUSY_SECONDS = 10.0
"""How long a writer waits for another process's write; each takes milliseconds."""

_PRIMARY = 0xFF
"""The bits of an extended result code that hold the primary code. https://www.sqlite.org/rescode.html"""

_DAMAGE = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
_DAMAGE_EXTENDED = {sqlite3.SQLITE_IOERR_SHORT_READ, sqlite3.SQLITE_IOERR_CORRUPTFS}

FileId = tuple[int, int]
"""Device and inode."""

_T = TypeVar("_T")


def json_list(numbers: Iterable[int] | None) -> str | None:
    """Return numbers as one parameter, for `json_each`."""
    return None if numbers is None else orjson.dumps(tuple(map(clamp, numbers))).decode()


def scalar(connection: sqlite3.Connection, query: str, parameters: Any = ()) -> Any:
    """Return the first column of the first row; None if there is no row."""
    row = connection.execute(query, parameters).fetchone()
    return None if row is None else row[0]


def site_id(connection: sqlite3.Connection, repo: Repository) -> int:
    """Return the id of a repository's row; insert a row without a record if there is none."""
    site = scalar(connection, "SELECT id FROM site WHERE key = ?", (repo.key,))
    if site is None:
        statement = "INSERT INTO site (key, configured_name) VALUES (?, ?) RETURNING id"
        site = scalar(connection, statement, (repo.key, repo.full_name))
    return int(site)


def connect(path: str, *, uri: bool = False) -> sqlite3.Connection:
    """Return a connection that one thread at a time uses, and another may close."""
    return sqlite3.connect(path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False, uri=uri)


@contextmanager
def transaction(connection: sqlite3.Connection, kind: str) -> Iterator[None]:
    """Run one transaction, `DEFERRED` for reading or `IMMEDIATE` for writing: all of it or nothing."""
    connection.execute(f"BEGIN {kind}")
    try:
        yield
        connection.commit()
    except BaseException:
        connection.rollback()
        raise


def is_damage(error: Exception) -> bool:
    """Return True if an error means that the file is not as SQLite left it; a full disk is no damage."""
    code = getattr(error, "sqlite_errorcode", None)
    if code is None:  # Python's own error: text that is not UTF-8
        return isinstance(error, sqlite3.OperationalError) and "decode to UTF-8" in str(error)
    return code & _PRIMARY in _DAMAGE or code in _DAMAGE_EXTENDED


def file_id(path: Path) -> FileId | None:
    """Return the identity of the file at a path; None if there is none. Raises OSError for other failures."""
    try:
        status = path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    return status.st_dev, status.st_ino


def log_id(path: Path) -> FileId | None:
    """Return the identity of the log of the file at a path."""
    return file_id(Path(f"{path}-wal"))


class Connections:
    """One connection that writes, and some that read; each is used by one thread at a time."""

    def __init__(self, path: Path, writer: sqlite3.Connection, readers: Sequence[sqlite3.Connection]) -> None:
        self.writer = writer
        self.file_id = file_id(path)
        """The file that they are connected to, under whatever name it is now."""
        self.log_id = log_id(path)
        """The log of that file."""
        self.damage: str | None = None
        """SQLite's message that the file is damaged; None if there was none."""
        self.writes_since_checkpoint = 0
        self._idle = list(readers)
        self._retired = False
        self._condition = Condition()

    def take(self) -> sqlite3.Connection | None:
        """Wait for an idle reading connection and return it; return None after `retire`."""
        with self._condition:
            self._condition.wait_for(lambda: self._idle or self._retired)
            return None if self._retired else self._idle.pop()

    def give_back(self, connection: sqlite3.Connection) -> None:
        """Return a reading connection that `take` lent."""
        with self._condition:
            if self._retired:
                connection.close()
            else:
                self._idle.append(connection)
                self._condition.notify()

    def retire(self) -> None:
        """Close the connections, those in use when they come back. Only the writing thread may call it."""
        with self._condition:
            self._retired = True
            self._condition.notify_all()
            for connection in (*self._idle, self.writer):
                connection.close()
            self._idle.clear()


class SqliteFile(ABC):
    """Reads and writes of one file, which several processes may share; `StoreFile` opens, repairs and closes it."""

    _connections: Connections

    def __init__(self, path: str) -> None:
        self._name = path
        """The path as the owner wrote it, for messages."""
        self._path = Path(os.path.realpath(path))  # as SQLite does, which stores the log there
        self._write_pool = ThreadPoolExecutor(1, "store-write")
        self._read_pool = ThreadPoolExecutor(_READERS, "store-read")
        self._urgent_pool = ThreadPoolExecutor(_URGENT_READERS, "store-urgent")

    async def read(self, query: Callable[[sqlite3.Connection], _T], *, urgent: bool = False) -> _T:
        """Return the result of a query that runs within one transaction. Raises `StoreError`.

        An urgent query waits for other urgent ones only.
        """
        pool = self._urgent_pool if urgent else self._read_pool
        return await asyncio.get_running_loop().run_in_executor(pool, self._run_query, query)

    async def rows(self, query: str, parameters: Any = ()) -> list[Any]:
        """Return the rows of one query, each a tuple. Raises `StoreError`."""
        return await self.read(lambda connection: connection.execute(query, parameters).fetchall())

    async def write(self, operation: Callable[[sqlite3.Connection], _T]) -> _T:
        """Run all of an operation or nothing, as one transaction; return its result. Raises `StoreError`.

        Cancelling the caller stops an operation only before it begins.
        """
        return await asyncio.get_running_loop().run_in_executor(self._write_pool, self._run_operation, operation)

    async def execute(self, statement: str, parameters: Any) -> None:
        """Run one statement as one transaction. Raises `StoreError`."""
        await self.write(lambda connection: connection.execute(statement, parameters).close())

    @abstractmethod
    def _repair(self) -> None:
        """Repair the file, if no other process has done it, and open new connections.

        Only the writing thread calls it, so no write of this process is under way.
        """

    @contextmanager
    def _reader(self) -> Iterator[tuple[Connections, sqlite3.Connection]]:
        """Lend an idle reading connection of the current ones."""
        reader = None
        while reader is None:
            connections = self._connections
            reader = connections.take()
        try:
            yield connections, reader
        finally:
            connections.give_back(reader)

    def _run_query(self, query: Callable[[sqlite3.Connection], _T]) -> _T:
        with self._reader() as (connections, reader):
            try:
                with transaction(reader, "DEFERRED"):
                    return query(reader)
            except sqlite3.Error as error:
                raise self._failure(error, connections) from error
            except ValueError as error:
                connections.damage = f"a stored value is not as it was written: {error}"
                raise StoreUnusable(self._name, connections.damage) from error

    def _run_operation(self, operation: Callable[[sqlite3.Connection], _T]) -> _T:
        for is_repaired in (False, True):
            if is_repaired:
                self._repair()
            connections = self._connections
            try:
                with transaction(connections.writer, "IMMEDIATE"):
                    # Within the lock: a process that restores a deleted file holds it, and copies all earlier writes.
                    if file_id(self._path) in (None, connections.file_id):
                        connections.writes_since_checkpoint += 1
                        return operation(connections.writer)
            except (sqlite3.Error, OSError) as error:
                raise self._failure(error, connections) from error
        raise StoreUnusable(self._name, "it is replaced again and again")

    def _failure(self, error: Exception, connections: Connections) -> StoreUnusable:
        if is_damage(error):
            connections.damage = str(error)
        return StoreUnusable(self._name, str(error))
