"""The connections to one file: those that were opened together, and end together."""

import sqlite3
from collections.abc import Sequence
from pathlib import Path
from threading import Condition

from app.store.sqlite import repair
from app.store.sqlite.watch import Watch


class Connections:
    """One to write with and some to read with; each is used by one thread at a time."""

    def __init__(self, path: Path, writer: sqlite3.Connection, readers: Sequence[sqlite3.Connection]) -> None:
        self.writer = writer
        self.watch = Watch(path)
        self.identity = repair.identity(path)
        """Of the file that they are connected to, wherever it went."""
        self.log = repair.log_identity(path)
        """Of its log."""
        self.damage: str | None = None
        """In what words SQLite said that the file is damaged; None while it did not."""
        self.changes = 0
        """How many were written since the log was last brought into the file."""
        self._idle = list(readers)
        self._retired = False
        self._changed = Condition()

    def take(self) -> sqlite3.Connection | None:
        """One to read with, once one is idle; None when they have been retired."""
        with self._changed:
            self._changed.wait_for(lambda: self._idle or self._retired)
            return None if self._retired else self._idle.pop()

    def give_back(self, connection: sqlite3.Connection) -> None:
        """Takes back one that was taken."""
        with self._changed:
            if self._retired:
                connection.close()
            else:
                self._idle.append(connection)
                self._changed.notify()

    def retire(self) -> None:
        """Closes them: those being read with, as they come back. Only the thread that writes may ask for it."""
        with self._changed:
            self._retired = True
            self._changed.notify_all()
            for connection in (*self._idle, self.writer):
                connection.close()
            self._idle.clear()
