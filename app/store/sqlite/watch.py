"""What can be told of a file in use by looking at it from outside: whether it is shorter, and whether it is whole.

Connections answer from memory what they read before, so damage may stay unnoticed for long. It is looked for where the
file was changed: in WAL mode that is only when the log is brought into it.
"""

import sqlite3
from contextlib import closing, suppress
from pathlib import Path

from app.store.sqlite.opening import Damaged, check, connect

_READ_AT_ONCE = 8 * 2**20
"""Bytes that may be read in one round; for a larger file rounds are left out."""


class Watch:
    """One file, from one round to the next; it is never opened but by SQLite, whose locks on it would end with that."""

    def __init__(self, path: Path) -> None:
        self._path = path
        found = path.stat()
        self._size = found.st_size
        self._changed_at = found.st_mtime_ns
        self._rounds = 0

    def damage(self) -> str | None:
        """What is wrong with the file; None where nothing is known to be, or where it is gone."""
        try:
            found = self._path.stat()
        except OSError:
            return None
        if found.st_size < self._size:
            return "it is shorter than it was"
        self._size = found.st_size
        self._rounds += 1
        if found.st_mtime_ns == self._changed_at or self._rounds * _READ_AT_ONCE < found.st_size:
            return None
        self._changed_at, self._rounds = found.st_mtime_ns, 0
        return self._read_whole()

    def shorten_log(self) -> None:
        """Brings what was written into the file itself, while others go on writing.

        https://www.sqlite.org/wal.html#ckpt
        """
        with suppress(sqlite3.Error), closing(self._connect()) as connection:
            connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()

    def _read_whole(self) -> str | None:
        try:
            with closing(self._connect()) as connection:
                check(connection, str(self._path))
        except Damaged as damage:
            return damage.reason
        except sqlite3.Error:  # gone, locked or refused: nothing is known
            return None
        return None

    def _connect(self) -> sqlite3.Connection:
        """Never makes a file where there is none."""
        return connect(f"{self._path.absolute().as_uri()}?mode=rw", uri=True)
