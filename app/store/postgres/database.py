"""Reads and writes of one database, in threads: the event loop waits for none.

psycopg 3, and not asyncpg, because a transaction here calls functions of the application between its statements (what
a snapshot selects, whether a request may leave), and because rows are parsed where they are read, in a thread: neither
may stop the event loop. It costs little, measured by `python -m tests.bench.postgres_drivers`: cold reads and short
transactions take 1.0 to 1.2 times asyncpg's time, inserts with binary arrays 1.1 to 1.5 times, which is a tenth of an
import; the event loop pauses less. Only asyncpg's prepared statements are faster, and a pooler does not allow them.

Each thread has one connection, so a process has six at most: two read for everybody, one reads what may not wait behind
readers, one writes the mirror, one writes what is short (a webhook's delivery must not wait behind an import), and one
listens. Reads see one state of the database (REPEATABLE READ). Writes lock the rows that they decide by.
"""

import asyncio
import os
import socket
import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeVar

import psycopg
from psycopg import errors

from app.domain.errors import DatabaseUnusable, StoreError
from app.domain.sites import Repository
from app.store.postgres.schema import SCHEMA
from app.store.postgres.sessions import Address, Connection, is_passing
from app.store.sql.session import clamp

_REPETITIONS = 8
"""How often a transaction is repeated that another one was in the way of."""
_PAUSE = 0.02
_FAIL_FAST = 0.5
"""Seconds after a failed connection in which no other is tried, so that no caller waits in vain."""
_DEADLINE = 1.6
"""How many of the server's own time limits a caller waits: a frozen server or a pooler without one keeps no limit."""
_CLOSE_PATIENCE = 5.0
"""Seconds that `close` waits for work under way."""
_CONFLICTS = (errors.SerializationFailure, errors.DeadlockDetected, errors.UniqueViolation)

_DAMAGE_ADVICE = "Restore a backup, or drop the schema afterword: then everything is read from GitHub again."

_T = TypeVar("_T")
Cursor = psycopg.Cursor[tuple[Any, ...]]


def array(numbers: Any) -> list[int] | None:
    """Return numbers as one parameter, an array; None stays None."""
    return None if numbers is None else [clamp(number) for number in numbers]


def execute(connection: Connection, statement: str, parameters: Any = ()) -> Cursor:
    """Run a statement and return its cursor; bytes come in binary form."""
    return connection.cursor(binary=True).execute(statement, parameters)


def scalar(connection: Connection, query: str, parameters: Any = ()) -> Any:
    """Return the first column of the first row; None if there is no row."""
    row = execute(connection, query, parameters).fetchone()
    return None if row is None else row[0]


def site_id(connection: Connection, repo: Repository) -> int:
    """Return the id of a repository's row; insert a row without a record if there is none."""
    site = scalar(connection, "SELECT id FROM site WHERE key = %s", (repo.key,))
    if site is None:
        statement = "INSERT INTO site (key, configured_name) VALUES (%s, %s) RETURNING id"
        site = scalar(connection, statement, (repo.key, repo.full_name))
    return int(site)


def _sever(connections: Iterable[Connection]) -> None:
    """Cut connections, whose threads wait for a reply without a time limit; they fail at once."""
    for connection in list(connections):
        with suppress(psycopg.Error, OSError), closing(socket.socket(fileno=os.dup(connection.fileno()))) as copy:
            copy.shutdown(socket.SHUT_RDWR)


@dataclass(frozen=True, slots=True)
class _Lane:
    """Threads with a connection each, and how their transactions begin."""

    pool: ThreadPoolExecutor
    begin: str
    writes: bool
    patience: float
    """Seconds that a transaction waits for a database that is away."""
    deadline: float
    """Seconds after which a caller is told that no reply comes."""


def _lane(
    name: str, threads: int, seconds: float, *, patience: float = 0.0, writes: bool = False, durable: bool = True
) -> _Lane:
    kind = "ISOLATION LEVEL READ COMMITTED READ WRITE" if writes else "ISOLATION LEVEL REPEATABLE READ READ ONLY"
    timeouts = {"statement_timeout": seconds, "lock_timeout": seconds, "idle_in_transaction_session_timeout": 60.0}
    settings = "; ".join(f"SET LOCAL {setting} = {int(value * 1000)}" for setting, value in timeouts.items())
    begin = f"BEGIN {kind}; SET LOCAL search_path = {SCHEMA}; {settings}"
    if not durable:
        begin += "; SET LOCAL synchronous_commit = off"
    return _Lane(ThreadPoolExecutor(threads, f"store-{name}"), begin, writes, patience, seconds * _DEADLINE)


@dataclass(slots=True)
class _Use:
    """The connection that work runs on, and whether its caller has given it up: then it must not be run again."""

    connections: list[Connection] = field(default_factory=list)
    is_given_up: bool = False


class Database:
    """One database, which several processes and machines share; `prepare` checks it before its use."""

    def __init__(self, address: Address, *, notifies: bool = True, patience: float = 0.0) -> None:
        """Let everything wait for a database that is away, in the first seconds: a start needs what it reads."""
        self.name = address.name
        self.notifies = notifies
        """Whether the server sends notifications."""
        self.outcome_unknown = False
        """True after a connection was lost during a commit: the change may have been stored or not."""
        self.refusal: StoreError | None = None
        """Why this process may not use the tables any more; None if it may."""
        self._address = address
        self._patient_until = time.monotonic() + patience
        self._read_lane = _lane("read", 2, 15.0)
        self._urgent_lane = _lane("urgent", 1, 5.0)
        # A crash of the server may lose the mirror's last changes, which GitHub still has; never part of one.
        self._write_lane = _lane("write", 1, 120.0, patience=20.0, writes=True, durable=False)
        self._short_lane = _lane("short", 1, 5.0, writes=True)
        self._thread = threading.local()
        self._connections: set[Connection] = set()
        self._lock = threading.Lock()
        self._failure: tuple[float, StoreError] | None = None
        """When the last connection failed, and why."""
        self._is_closed = False

    async def read(self, query: Callable[[Connection], _T], *, urgent: bool = False) -> _T:
        """Return the result of a query that runs within one transaction. Raises `StoreError`.

        An urgent query waits for other urgent ones only.
        """
        return await self._run(self._urgent_lane if urgent else self._read_lane, query)

    async def rows(self, query: str, parameters: Any = ()) -> list[Any]:
        """Return the rows of one query, each a tuple. Raises `StoreError`."""
        return await self.read(lambda connection: execute(connection, query, parameters).fetchall())

    async def write(self, operation: Callable[[Connection], _T]) -> _T:
        """Run all of a change of the mirror or nothing, as one transaction; return its result. Raises `StoreError`.

        It waits for a database that is away for some seconds. An operation that another one is in the way of is run
        again. Cancelling the caller stops an operation only before it begins.
        """
        return await self._run(self._write_lane, operation)

    async def write_shortly(self, operation: Callable[[Connection], _T]) -> _T:
        """Run a short operation, as `write` does; it waits neither for the mirror nor for a database that is away."""
        return await self._run(self._short_lane, operation)

    async def execute(self, statement: str, parameters: Any) -> None:
        """Run one short statement as one transaction. Raises `StoreError`."""
        await self.write_shortly(lambda connection: execute(connection, statement, parameters).close())

    async def close(self) -> None:
        """End all work in order; nothing may be called afterwards."""
        await asyncio.to_thread(self._close)

    def _close(self) -> None:
        self._is_closed = True
        timer = threading.Timer(_CLOSE_PATIENCE, lambda: _sever(self._connections))
        timer.start()
        for lane in (self._short_lane, self._write_lane, self._read_lane, self._urgent_lane):
            lane.pool.shutdown()
        timer.cancel()
        for connection in self._connections:
            connection.close()

    async def _run(self, lane: _Lane, work: Callable[[Connection], _T]) -> _T:
        use = _Use()
        run = partial(self._patiently, lane, work, use)
        try:
            async with asyncio.timeout(lane.deadline):
                return await asyncio.get_running_loop().run_in_executor(lane.pool, run)
        except TimeoutError:
            use.is_given_up = True
            _sever(use.connections)
            raise self._silence() from None

    def _patiently(self, lane: _Lane, work: Callable[[Connection], _T], use: _Use) -> _T:
        deadline = max(time.monotonic() + lane.patience, self._patient_until)
        while True:
            try:
                return self._transaction(lane, work, use)
            except DatabaseUnusable as failure:
                if (
                    use.is_given_up
                    or self._is_closed
                    or self.outcome_unknown
                    or time.monotonic() > deadline
                    or not is_passing(failure)
                ):
                    raise
                time.sleep(_FAIL_FAST)

    def _transaction(self, lane: _Lane, work: Callable[[Connection], _T], use: _Use) -> _T:
        """Run one transaction, again if another was in its way or the connection was cut before it could commit."""
        for repetition in range(_REPETITIONS):
            connection, is_new = self._connection()
            use.connections.append(connection)
            try:
                if use.is_given_up:
                    raise self._silence()
                return self._attempt(connection, lane, work)
            except _CONFLICTS as error:
                if repetition == _REPETITIONS - 1:
                    raise self._address.failure(error) from error
                time.sleep(_PAUSE * repetition)
            except psycopg.Error as error:
                is_cut = self._forget_broken(connection, error)
                if not is_cut or is_new or self.outcome_unknown:
                    raise self._address.failure(error) from error
            except ValueError as error:
                reason = f"a stored value is not as it was written: {error}"
                raise DatabaseUnusable(self.name, reason, _DAMAGE_ADVICE) from error
            finally:
                use.connections.clear()
        raise DatabaseUnusable(self.name, "the connection is closed again and again", "See the server's log.")

    def _silence(self) -> StoreError:
        return DatabaseUnusable(self.name, "it does not reply", "Look for locks and load in the database.")

    def _attempt(self, connection: Connection, lane: _Lane, work: Callable[[Connection], _T]) -> _T:
        if self.refusal is not None:
            raise self.refusal
        try:
            connection.execute(lane.begin)
            result = work(connection)
        except BaseException:
            with suppress(psycopg.Error):
                connection.execute("ROLLBACK")
            raise
        try:
            connection.execute("COMMIT")
        except psycopg.Error:
            self.outcome_unknown = self.outcome_unknown or (lane.writes and connection.closed)
            raise
        return result

    def _connection(self) -> tuple[Connection, bool]:
        """Return this thread's connection, and whether it is new."""
        connection: Connection | None = getattr(self._thread, "connection", None)
        if connection is not None and not connection.closed:
            return connection, False
        failure = self._failure
        if failure is not None and time.monotonic() < failure[0] + _FAIL_FAST:
            raise failure[1]
        try:
            connection = self._address.connect()
        except StoreError as error:
            self._failure = time.monotonic(), error
            raise
        self._failure = None
        self._thread.connection = connection
        with self._lock:
            self._connections = {other for other in self._connections if not other.closed} | {connection}
        return connection, True

    def _forget_broken(self, connection: Connection, error: psycopg.Error) -> bool:
        """Close a connection that is of no use any more, as to a server that became a replica; return True then."""
        is_broken = bool(connection.closed) or isinstance(
            error, (errors.ReadOnlySqlTransaction, errors.AdminShutdown, errors.CannotConnectNow, errors.CrashShutdown)
        )
        if is_broken:
            connection.close()
        return is_broken
