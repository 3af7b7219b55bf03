"""The connections to one file, which are opened and closed together."""

import sqlite3
from collections.abc import Sequence
from pathlib import Path
from threading import Condition

from app.store.sqlite import repair


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
        self._changed = Condition()

    def take(self) -> sqlite3.Connection | None:
        """Wait for an idle reading connection and return it; return None after `retire`."""
        with self._changed:
            self._changed.wait_for(lambda: self._idle or self._retired)
            return None if self._retired else self._idle.pop()

    def give_back(self, connection: sqlite3.Connection) -> None:
        """Return a reading connection that `take` lent."""
        with self._changed:
            if self._retired:
                connection.close()
            else:
                self._idle.append(connection)
                self._changed.notify()

    def retire(self) -> None:
        """Close the connections, those in use when they come back. Only the writing thread may call it."""
        with self._changed:
            self._retired = True
            self._changed.notify_all()
            for connection in (*self._idle, self.writer):
                connection.close()
            self._idle.clear()
