"""Count the transactions of SQLite, whatever code opens them.

A transaction is a BEGIN, or a statement outside of one that is no PRAGMA. Statements are seen on every connection that
is opened within `transaction_count`. Each transaction is attributed to the frames of the application that asked for it.
"""

import asyncio
import sqlite3
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

_APP = str(Path(__file__).parent.parent.parent / "app") + "/"
_SIMULATOR = _APP + "simulator/"
_ENDS = ("COMMIT", "ROLLBACK", "END")
_CALLERS = 3
"""Frames that name a transaction, each of another file."""


def file_of(path: str) -> str | None:
    """Return the path of a file of the application below app/; None for all others."""
    return path.removeprefix(_APP) if path.startswith(_APP) and not path.startswith(_SIMULATOR) else None


class Transactions:
    """The transactions so far, by who asked for them."""

    def __init__(self) -> None:
        self.by_caller: Counter[str] = Counter()
        self._lock = threading.Lock()
        self._thread = threading.local()

    @property
    def total(self) -> int:
        """Return how many there were."""
        return self.by_caller.total()

    def clear(self) -> None:
        """Count from zero."""
        with self._lock:
            self.by_caller.clear()

    def watch(self, connection: sqlite3.Connection) -> None:
        """Count the transactions of a connection."""
        is_open = False

        def see(statement: str) -> None:
            nonlocal is_open
            word = statement.lstrip().partition(" ")[0].upper().rstrip(";")
            if word == "BEGIN" or not (is_open or word in _ENDS or word == "PRAGMA"):
                self._count()
            is_open = word == "BEGIN" or (is_open and word not in _ENDS)

        connection.set_trace_callback(see)

    def _count(self) -> None:
        caller = getattr(self._thread, "caller", None) or _callers(sys._getframe(2))
        with self._lock:
            self.by_caller[caller] += 1

    def asked_by(self, caller: str, work: Callable[..., Any]) -> Callable[..., Any]:
        """Return the same work, whose transactions are those of a caller in another thread."""

        def working(*arguments: Any) -> Any:
            self._thread.caller = caller
            try:
                return work(*arguments)
            finally:
                self._thread.caller = None

        return working


def _callers(frame: FrameType | None) -> str:
    """Return the innermost functions of the application, one of each file, without the file that talks to SQLite."""
    names: dict[str, str] = {}
    while frame is not None:
        file = file_of(frame.f_code.co_filename)
        if file is not None and file not in names:
            names[file] = frame.f_code.co_qualname
        frame = frame.f_back
    lines = [f"{function} ({file})" for file, function in names.items()]
    return " ← ".join(lines[1 : 1 + _CALLERS] or lines) or "unknown"


@contextmanager
def transaction_count() -> Iterator[Transactions]:
    """Count the transactions on every connection that is opened in the block."""
    transactions = Transactions()
    connect, run = sqlite3.connect, asyncio.BaseEventLoop.run_in_executor

    def connecting(*arguments: Any, **options: Any) -> sqlite3.Connection:
        connection: sqlite3.Connection = connect(*arguments, **options)
        transactions.watch(connection)
        return connection

    def running(loop: Any, executor: Any, work: Callable[..., Any], *arguments: Any) -> Any:
        return run(loop, executor, transactions.asked_by(_callers(sys._getframe(1)), work), *arguments)

    sqlite3.connect = connecting  # type: ignore[assignment]
    asyncio.BaseEventLoop.run_in_executor = running  # type: ignore[method-assign, assignment]
    try:
        yield transactions
    finally:
        sqlite3.connect = connect
        asyncio.BaseEventLoop.run_in_executor = run  # type: ignore[method-assign]
