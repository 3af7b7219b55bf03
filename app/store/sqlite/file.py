"""The file with its threads and connections: one thread writes, two read, and the event loop waits for neither.

In WAL mode readers see the state before a change until it is committed, and never wait for it.
https://www.sqlite.org/wal.html
"""

import asyncio
import os
import sqlite3
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Condition
from typing import TypeVar

from app.domain.errors import StoreUnusable
from app.store.sqlite import repair
from app.store.sqlite.opening import DamagedFile, check_path, is_damage, open_connections, transaction
from app.store.sqlite.schema import Migration

_READERS = 2
"""More would only wait for each other: parsing the rows holds Python's lock."""

_WRITES_PER_CHECKPOINT = 250
"""After so many writes the log is copied into the file: some four megabytes."""

_T = TypeVar("_T")


class _FileReplaced(Exception):
    """Another file is at the path of the file that was to be written."""


class Connections:
    """One connection that writes, and some that read; each is used by one thread at a time."""

    def __init__(self, path: Path, writer: sqlite3.Connection, readers: Sequence[sqlite3.Connection]) -> None:
        self.writer = writer
        self.monitor = repair.FileMonitor(path)
        self.file_id = repair.file_id(path)
        """The file that they are connected to, under whatever name it is now."""
        self.log_id = repair.log_id(path)
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


class SqliteFile:
    """One file, which several processes may share; created by `open`, ended by `close`."""

    def __init__(self, path: str, migrations: Sequence[Migration], now: Callable[[], float] | None) -> None:
        self._name = path
        """The path as the owner wrote it, for messages."""
        self._path = Path(os.path.realpath(path))  # as SQLite does, which stores the log there
        self._migrations = migrations
        self._now = now
        self._reports: list[str] = []
        self._cause: str | None = None
        """What is under repair, from the first attempt on."""
        try:
            check_path(path)
            with repair.exclusive(self._path):
                self._connections, self.repair_report = self._open()
        except OSError as error:
            raise StoreUnusable(path, str(error)) from error
        self._write_pool = ThreadPoolExecutor(1, "store-write")
        self._read_pool = ThreadPoolExecutor(_READERS, "store-read")

    @classmethod
    async def open(
        cls, path: str, migrations: Sequence[Migration], now: Callable[[], float] | None = None
    ) -> "SqliteFile":
        """Return the file at `path`; it is created, repaired and migrated if necessary.

        Raises `StoreUnusable` if there can be no store, and `StoreTooNew` for a store of a later version.
        """
        return await asyncio.to_thread(cls, path, migrations, now)

    async def read(self, query: Callable[[sqlite3.Connection], _T]) -> _T:
        """Return the result of a query that runs within one transaction. Raises `StoreError`."""
        return await asyncio.get_running_loop().run_in_executor(self._read_pool, self._run_query, query)

    async def write(self, operation: Callable[[sqlite3.Connection], _T]) -> _T:
        """Run all of an operation or nothing, as one transaction; return its result. Raises `StoreError`.

        Cancelling the caller stops an operation only before it begins.
        """
        return await asyncio.get_running_loop().run_in_executor(self._write_pool, self._run_operation, operation)

    async def guard(self) -> str | None:
        """Check that the file is present and sound, and repair it; return one sentence if it was repaired, else None.

        Raises `StoreError` if it cannot be repaired now: the next call tries again.
        """
        try:
            needs_repair = await asyncio.to_thread(self._needs_repair)
        except OSError as error:
            raise StoreUnusable(self._name, str(error)) from error
        if needs_repair:
            await asyncio.get_running_loop().run_in_executor(self._write_pool, self._repair)
        return self._reports.pop(0) if self._reports else None

    async def close(self) -> None:
        """End all work in order; nothing may be called afterwards."""
        await asyncio.to_thread(self._close)

    def _run_query(self, query: Callable[[sqlite3.Connection], _T]) -> _T:
        connections, reader = self._take_reader()
        try:
            with transaction(reader, "DEFERRED"):
                return query(reader)
        except sqlite3.Error as error:
            raise self._failure(error, connections) from error
        except ValueError as error:
            connections.damage = f"a stored value is not as it was written: {error}"
            raise StoreUnusable(self._name, connections.damage) from error
        finally:
            connections.give_back(reader)

    def _take_reader(self) -> tuple[Connections, sqlite3.Connection]:
        while True:
            connections = self._connections
            reader = connections.take()
            if reader is not None:
                return connections, reader

    def _run_operation(self, operation: Callable[[sqlite3.Connection], _T]) -> _T:
        try:
            return self._try_operation(operation)
        except _FileReplaced:
            self._repair()
        try:
            return self._try_operation(operation)
        except _FileReplaced as error:
            raise StoreUnusable(self._name, "it is replaced again and again") from error

    def _try_operation(self, operation: Callable[[sqlite3.Connection], _T]) -> _T:
        connections = self._connections
        try:
            with transaction(connections.writer, "IMMEDIATE"):
                # Within the lock: a process that restores a deleted file holds it, and copies all earlier writes.
                if repair.file_id(self._path) not in (None, connections.file_id):
                    raise _FileReplaced
                connections.writes_since_checkpoint += 1
                return operation(connections.writer)
        except (sqlite3.Error, OSError) as error:
            raise self._failure(error, connections) from error

    def _failure(self, error: Exception, connections: Connections) -> StoreUnusable:
        if is_damage(error):
            connections.damage = str(error)
        return StoreUnusable(self._name, str(error))

    def _needs_repair(self) -> bool:
        """Return True if the file is gone, replaced or damaged; otherwise keep its log short."""
        connections = self._connections
        if repair.file_id(self._path) != connections.file_id:
            return True
        connections.damage = connections.damage or connections.monitor.damage()
        if connections.writes_since_checkpoint >= _WRITES_PER_CHECKPOINT:
            connections.writes_since_checkpoint = 0
            connections.monitor.checkpoint()
        return connections.damage is not None

    def _repair(self) -> None:
        """Repair the file, if no other process has done it, and open new connections.

        Only the writing thread calls it, so no write of this process is under way.
        """
        try:
            with repair.exclusive(self._path):
                report = self._clear_path()
                self._cause = self._cause or report
                if report is not None:
                    self._reopen()
        except (sqlite3.Error, OSError) as error:
            raise StoreUnusable(self._name, str(error)) from error

    def _reopen(self) -> None:
        before = self._connections
        self._connections, repair_report = self._open()
        before.retire()
        self._reports += [report for report in (self._cause, repair_report) if report is not None]
        self._cause = None

    def _clear_path(self) -> str | None:
        """Ensure that the file at the path may be opened, if any; return what was wrong, None if all is well."""
        connections = self._connections
        file_id = repair.file_id(self._path)
        if file_id is None:
            return self._restore_deleted()
        if file_id != connections.file_id:
            if repair.log_id(self._path) == connections.log_id:  # the new file came without a log of its own
                repair.remove_log(self._path)
            return repair.replaced_report(self._name)
        if connections.damage is not None:
            return repair.damaged_report(self._name, connections.damage, self._move_aside())
        return None

    def _restore_deleted(self) -> str:
        """Write the contents of the deleted file to its path, or nothing if they cannot be read."""
        damage = self._connections.damage
        if damage is None:
            try:
                self._copy_deleted()
            except DamagedFile as error:
                damage = error.reason
            except sqlite3.Error as error:
                if not is_damage(error):
                    raise
                damage = str(error)
        return repair.restored_report(self._name) if damage is None else repair.lost_report(self._name, damage)

    def _copy_deleted(self) -> None:
        connections, reader = self._take_reader()
        try:
            with transaction(connections.writer, "IMMEDIATE"):  # other processes' writes wait, and go to the new file
                repair.restore(reader, self._path)
        finally:
            connections.give_back(reader)

    def _open(self) -> tuple[Connections, str | None]:
        """Return new connections, and a report if a damaged file was moved aside."""
        if repair.file_id(self._path) is None:
            return self._create(), None
        try:
            return self._connect(), None
        except DamagedFile as damage:
            report = repair.damaged_report(self._name, damage.reason, self._move_aside())
            return self._create(), report

    def _create(self) -> Connections:
        repair.remove_log(self._path)
        connections = self._connect()
        if self._now is not None:
            repair.start_versions(connections.writer, self._now())
        return connections

    def _connect(self) -> Connections:
        return Connections(self._path, *open_connections(self._name, self._migrations, readers=_READERS))

    def _move_aside(self) -> Path:
        return repair.move_aside(self._path, self._path.stat().st_mtime if self._now is None else self._now())

    def _close(self) -> None:
        self._write_pool.shutdown()
        self._read_pool.shutdown()
        with repair.exclusive(self._path):
            self._connections.retire()
