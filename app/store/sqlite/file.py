"""Threads and connections: one thread writes, two read, and the event loop waits for neither.

In WAL mode readers see the state before a change until it is committed, and never wait for it.
https://www.sqlite.org/wal.html
"""

import asyncio
import os
import sqlite3
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from app.domain.errors import StoreUnusable
from app.store.sqlite import repair
from app.store.sqlite.connections import Connections
from app.store.sqlite.opening import Damaged, is_damage, open_all, refuse_hopeless, transaction
from app.store.sqlite.schema import Migration

_READERS = 2
"""More would only wait for each other: parsing what was read holds Python's lock."""

_CHANGES = 250
"""After so many the log is brought into the file: some four megabytes."""

_T = TypeVar("_T")


class _Replaced(Exception):
    """Another file is in the place of the one that was about to be written."""


class SqliteFile:
    """One file, which several processes may share; made by `open`, ended by `close`."""

    def __init__(self, place: str, migrations: Sequence[Migration], now: Callable[[], float] | None) -> None:
        self._place = place
        self._path = Path(os.path.realpath(place))  # as SQLite does, which keeps the log there
        self._migrations = migrations
        self._now = now
        self._news: list[str] = []
        self._cause: str | None = None
        """What is being mended, from its first try on."""
        try:
            refuse_hopeless(place)
            with repair.alone(self._path):
                self._current, self.mended = self._open()
        except OSError as error:
            raise StoreUnusable(place, str(error)) from error
        self._writing = ThreadPoolExecutor(1, "store-write")
        self._reading = ThreadPoolExecutor(_READERS, "store-read")

    @classmethod
    async def open(
        cls, place: str, migrations: Sequence[Migration], now: Callable[[], float] | None = None
    ) -> "SqliteFile":
        """The file at `place`, which is made, mended and brought up to date if need be.

        Raises `StoreUnusable` where there can be no store, and `StoreTooNew` for one of a later version.
        """
        return await asyncio.to_thread(cls, place, migrations, now)

    async def read(self, question: Callable[[sqlite3.Connection], _T]) -> _T:
        """The answer to a question asked within one transaction."""
        return await asyncio.get_running_loop().run_in_executor(self._reading, self._ask, question)

    async def write(self, deed: Callable[[sqlite3.Connection], _T]) -> _T:
        """Does all of a deed or nothing, as one transaction.

        A caller that is cancelled stops it only where it has not begun yet: else it is done all the same.
        """
        return await asyncio.get_running_loop().run_in_executor(self._writing, self._do, deed)

    async def guard(self) -> str | None:
        """Looks whether the file is still there and whole, and mends what is not; one sentence if it did, else None.

        Raises `StoreError` where that is not possible now: it is tried again by the next call.
        """
        try:
            ill = await asyncio.to_thread(self._look)
        except OSError as error:
            raise StoreUnusable(self._place, str(error)) from error
        if ill:
            await asyncio.get_running_loop().run_in_executor(self._writing, self._mend)
        return self._news.pop(0) if self._news else None

    async def close(self) -> None:
        """Ends all work in order; nothing may be asked of it afterwards."""
        await asyncio.to_thread(self._close)

    def _ask(self, question: Callable[[sqlite3.Connection], _T]) -> _T:
        current, connection = self._take()
        try:
            with transaction(connection, "DEFERRED"):
                return question(connection)
        except sqlite3.Error as error:
            raise self._failed(error, current) from error
        except ValueError as error:
            current.damage = f"what it holds is not as it was written: {error}"
            raise StoreUnusable(self._place, current.damage) from error
        finally:
            current.give_back(connection)

    def _take(self) -> tuple[Connections, sqlite3.Connection]:
        while True:
            current = self._current
            connection = current.take()
            if connection is not None:
                return current, connection

    def _do(self, deed: Callable[[sqlite3.Connection], _T]) -> _T:
        try:
            return self._attempt(deed)
        except _Replaced:
            self._mend()
        try:
            return self._attempt(deed)
        except _Replaced as error:
            raise StoreUnusable(self._place, "it is replaced again and again") from error

    def _attempt(self, deed: Callable[[sqlite3.Connection], _T]) -> _T:
        current = self._current
        try:
            with transaction(current.writer, "IMMEDIATE"):
                # Within the lock: whoever mends a deleted file holds it, and saves what was written before.
                if repair.identity(self._path) not in (None, current.identity):
                    raise _Replaced
                current.changes += 1
                return deed(current.writer)
        except (sqlite3.Error, OSError) as error:
            raise self._failed(error, current) from error

    def _failed(self, error: Exception, current: Connections) -> StoreUnusable:
        if is_damage(error):
            current.damage = str(error)
        return StoreUnusable(self._place, str(error))

    def _look(self) -> bool:
        """True where something is to be mended; keeps the log short meanwhile."""
        current = self._current
        if repair.identity(self._path) != current.identity:
            return True
        current.damage = current.damage or current.watch.damage()
        if current.changes >= _CHANGES:
            current.changes = 0
            current.watch.shorten_log()
        return current.damage is not None

    def _mend(self) -> None:
        """Whatever is to be done, if another process has not done it meanwhile; then the connections are others.

        Only the thread that writes does it, so no change of this process is under way.
        """
        try:
            with repair.alone(self._path):
                found = self._make_room()
                self._cause = self._cause or found
                if found is not None:
                    self._reopen()
        except (sqlite3.Error, OSError) as error:
            raise StoreUnusable(self._place, str(error)) from error

    def _reopen(self) -> None:
        before = self._current
        self._current, mended = self._open()
        before.retire()
        self._news += [news for news in (self._cause, mended) if news is not None]
        self._cause = None

    def _make_room(self) -> str | None:
        """Sees to it that what is at the place may be opened; None where all is well."""
        current = self._current
        found = repair.identity(self._path)
        if found is None:
            return self._save()
        if found != current.identity:
            if repair.log_identity(self._path) == current.log:  # it was put there without a log of its own
                repair.clear(self._path)
            return repair.replaced(self._place)
        if current.damage is not None:
            return repair.broken(self._place, current.damage, self._set_aside())
        return None

    def _save(self) -> str:
        """What a deleted file held, where it was; nothing, where that cannot be read."""
        current = self._current
        damage = current.damage
        if damage is None:
            try:
                self._copy()
            except Damaged as found:
                damage = found.reason
            except sqlite3.Error as error:
                if not is_damage(error):
                    raise
                damage = str(error)
        return repair.saved(self._place) if damage is None else repair.lost(self._place, damage)

    def _copy(self) -> None:
        current, connection = self._take()
        try:
            with transaction(current.writer, "IMMEDIATE"):  # what other processes write waits, and goes to the new file
                repair.save(connection, self._path)
        finally:
            current.give_back(connection)

    def _open(self) -> tuple[Connections, str | None]:
        """New connections, and what is to be said if a damaged file was found and moved aside."""
        if repair.identity(self._path) is None:
            return self._make(), None
        try:
            return self._connected(), None
        except Damaged as damage:
            news = repair.broken(self._place, damage.reason, self._set_aside())
            return self._make(), news

    def _make(self) -> Connections:
        repair.clear(self._path)
        made = self._connected()
        if self._now is not None:
            repair.count_on(made.writer, self._now())
        return made

    def _connected(self) -> Connections:
        return Connections(self._path, *open_all(self._place, self._migrations, readers=_READERS))

    def _set_aside(self) -> Path:
        return repair.set_aside(self._path, self._path.stat().st_mtime if self._now is None else self._now())

    def _close(self) -> None:
        self._writing.shutdown()
        self._reading.shutdown()
        with repair.alone(self._path):
            self._current.retire()
