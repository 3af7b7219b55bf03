"""Threads and connections: one thread writes, two read, and the event loop waits for neither.

In WAL mode readers see the state before a change until it is committed, and never wait for it.
https://www.sqlite.org/wal.html
"""

import asyncio
import sqlite3
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from queue import SimpleQueue
from typing import TypeVar

from app.domain.errors import StoreUnusable
from app.domain.sites import Repository
from app.domain.threads import Comment
from app.engine.ports import Absence, Change, SiteRecord, Tally, ThreadRecord
from app.store.sqlite import read, write
from app.store.sqlite.schema import MIGRATIONS, Migration, open_all, transaction

_READERS = 2
"""More would only wait for each other: parsing what was read holds Python's lock."""

_T = TypeVar("_T")


class SqliteMirror:
    """The mirror in one file; made by `open`, ended by `close`."""

    def __init__(self, place: str, writer: sqlite3.Connection, readers: Sequence[sqlite3.Connection]) -> None:
        self._place = place
        self._writer = writer
        self._all = (*readers, writer)
        self._idle: SimpleQueue[sqlite3.Connection] = SimpleQueue()
        for reader in readers:
            self._idle.put(reader)
        self._writing = ThreadPoolExecutor(1, "store-write")
        self._reading = ThreadPoolExecutor(len(readers), "store-read")

    @classmethod
    async def open(cls, path: str, *, migrations: Sequence[Migration] = MIGRATIONS) -> "SqliteMirror":
        """The mirror in the file at `path`, which is made if need be.

        Raises `StoreUnusable` where there can be no store, and `StoreTooNew` for one of a later version.
        """
        return await asyncio.to_thread(cls._open, path, migrations)

    @classmethod
    def _open(cls, path: str, migrations: Sequence[Migration]) -> "SqliteMirror":
        return cls(path, *open_all(path, migrations, readers=_READERS))

    async def site(self, repo: Repository) -> SiteRecord | None:
        """The record of a repository; None before its import began."""
        return await self._read(partial(read.site, repo=repo))

    async def thread(self, repo: Repository, number: int) -> ThreadRecord | None:
        """The thread, or pull request, of a number."""
        return await self._read(partial(read.thread, repo=repo, number=number))

    async def absence(self, repo: Repository, number: int) -> Absence | None:
        """What is known of a number without an issue."""
        return await self._read(partial(read.absence, repo=repo, number=number))

    async def comments(self, repo: Repository, number: int) -> tuple[Comment, ...]:
        """All mirrored comments of a thread by ascending id."""
        return await self._read(partial(read.comments, repo=repo, number=number))

    async def comment(self, repo: Repository, comment_id: int) -> Comment | None:
        """One comment by its id."""
        return await self._read(partial(read.comment, repo=repo, comment_id=comment_id))

    async def newest_comments(
        self, repo: Repository, *, limit: int, before: int | None, numbers: frozenset[int] | None
    ) -> tuple[Comment, ...]:
        """The comments of all complete threads by descending id, below the id `before`; `numbers` narrows them."""
        question = partial(read.newest_comments, repo=repo, limit=limit, before=before, numbers=numbers)
        return await self._read(question)

    async def threads(self, repo: Repository) -> tuple[ThreadRecord, ...]:
        """All threads by descending number, without pull requests."""
        return await self._read(partial(read.threads, repo=repo))

    async def tallies(self, repo: Repository) -> tuple[Tally, ...]:
        """All issues and pull requests in short, by descending number."""
        return await self._read(partial(read.tallies, repo=repo))

    async def etag(self, key: str) -> str | None:
        """The ETag kept under a validator key."""
        return await self._read(partial(read.etag, key=key))

    async def apply(self, change: Change) -> frozenset[int]:
        """Applies all of a change or nothing; the numbers whose issue, comments or completeness it changed.

        A caller that is cancelled while it waits does not stop the change: it is applied all the same.
        """
        return await asyncio.get_running_loop().run_in_executor(self._writing, self._apply, change)

    async def close(self) -> None:
        """Ends all work in order; nothing may be asked of it afterwards."""
        await asyncio.to_thread(self._close)

    async def _read(self, question: Callable[[sqlite3.Connection], _T]) -> _T:
        return await asyncio.get_running_loop().run_in_executor(self._reading, self._ask, question)

    def _ask(self, question: Callable[[sqlite3.Connection], _T]) -> _T:
        connection = self._idle.get_nowait()  # there are as many as threads
        try:
            with transaction(connection, "DEFERRED"):
                return question(connection)
        except sqlite3.Error as error:
            raise StoreUnusable(self._place, str(error)) from error
        except ValueError as error:
            raise StoreUnusable(self._place, f"what it holds is not as it was written: {error}") from error
        finally:
            self._idle.put(connection)

    def _apply(self, change: Change) -> frozenset[int]:
        try:
            with transaction(self._writer, "IMMEDIATE"):
                return write.apply(self._writer, change)
        except sqlite3.Error as error:
            raise StoreUnusable(self._place, str(error)) from error

    def _close(self) -> None:
        self._writing.shutdown()
        self._reading.shutdown()
        for connection in self._all:
            connection.close()
