"""Notice and repair a file that is damaged, deleted or replaced, while other processes may do the same.

A connection continues with the file that it opened: a deleted file can still be read completely, and one that was moved
aside can still be written, in vain. So a repair runs under an exclusive lock of the folder, which leaves no lock file
behind and ends with its process. Every write first checks that the file at the path is still its own. SQLite leaves the
log of a moved file alone when it closes it. https://www.sqlite.org/howtocorrupt.html
"""

import fcntl
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime
from itertools import chain, count
from pathlib import Path

from app.store.sqlite.connections import connect, transaction
from app.store.sqlite.opening import DamagedFile, check

_START_VERSIONS = """
INSERT INTO sqlite_sequence (name, seq)
SELECT name, ? FROM sqlite_schema WHERE type = 'table' AND sql LIKE '%PRIMARY KEY AUTOINCREMENT%'
    AND name NOT IN (SELECT name FROM sqlite_sequence)
"""

_ADVANCE_VERSIONS = "UPDATE sqlite_sequence SET seq = max(seq, ?)"

_LOG_ENDINGS = ("-wal", "-shm")
"""The files beside a file in use: its log, and the index of the log."""

_READ_PER_CHECK = 8 * 2**20
"""Bytes that one check may read; a larger file is read only at some of the checks."""


@contextmanager
def exclusive(path: Path) -> Iterator[None]:
    """Keep other processes from opening, repairing and closing the file; without its folder none can do so."""
    try:
        folder = os.open(path.parent, os.O_RDONLY)
    except OSError:
        yield
        return
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


def remove_log(path: Path) -> None:
    """Remove the log of a file that is gone: SQLite would apply it to the next file."""
    for ending in _LOG_ENDINGS:
        Path(f"{path}{ending}").unlink(missing_ok=True)


def move_aside(path: Path, at: float) -> Path:
    """Move a file and its log to an unused name that contains the time; return that name."""
    name = f"{path}.broken-{datetime.fromtimestamp(at, UTC):%Y%m%dT%H%M%S}"
    names = chain([name], (f"{name}-{number}" for number in count(2)))
    target = next(target for target in names if not os.path.lexists(target))
    path.rename(target)
    for ending in _LOG_ENDINGS:
        log = Path(f"{path}{ending}")
        if log.exists():
            log.rename(f"{target}{ending}")
    return Path(target)


def restore(source: sqlite3.Connection, path: Path) -> None:
    """Write what a connection still sees of a deleted file to its path, unless another file is there already.

    The file appears there complete or not at all. Raises `DamagedFile` if the contents are not sound.
    """
    incomplete = Path(f"{path}.saving")
    incomplete.unlink(missing_ok=True)  # of a process that was killed during a repair
    try:
        with closing(connect(str(incomplete))) as target:
            source.backup(target)
            check(target, str(path))
        remove_log(path)
        os.link(incomplete, path)
    except FileExistsError:
        return
    finally:
        incomplete.unlink(missing_ok=True)
        remove_log(incomplete)


def start_versions(connection: sqlite3.Connection, at: float) -> None:
    """Make the versions and generations of a new file begin at the millisecond of its creation.

    So they are later than those of the previous file, which processes and pages have seen.
    https://www.sqlite.org/autoinc.html
    """
    with transaction(connection, "IMMEDIATE"):
        connection.execute(_START_VERSIONS, (int(at * 1000),))


def advance_versions(connection: sqlite3.Connection, at: float) -> None:
    """Make the next versions and generations of a file that replaced another later than those of both.

    An older copy would give versions again that processes and pages have seen with other contents.
    """
    with transaction(connection, "IMMEDIATE"):
        connection.execute(_ADVANCE_VERSIONS, (int(at * 1000),))


class FileMonitor:
    """Checks one file from outside: whether it became shorter, and whether it is sound.

    A connection answers from its memory, so it may not notice damage for a long time. The monitor reads the file after
    it changed; in WAL mode that happens only at a checkpoint. Only SQLite may open the file: another open and close
    would end SQLite's locks.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        status = path.stat()
        self._size = status.st_size
        self._changed_at = status.st_mtime_ns
        self._checks = 0

    def damage(self) -> str | None:
        """Return what is wrong with the file; None if no damage is known, or if the file is gone."""
        try:
            status = self._path.stat()
        except OSError:
            return None
        if status.st_size < self._size:
            return "it is shorter than it was"
        self._size = status.st_size
        self._checks += 1
        if status.st_mtime_ns == self._changed_at or self._checks * _READ_PER_CHECK < status.st_size:
            return None
        self._changed_at, self._checks = status.st_mtime_ns, 0
        return self._read_file()

    def checkpoint(self) -> None:
        """Copy the log into the file, while other processes continue to write.

        https://www.sqlite.org/wal.html#ckpt
        """
        with suppress(sqlite3.Error), closing(self._connect()) as connection:
            connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()

    def _read_file(self) -> str | None:
        try:
            # SQLite's error, for a file that is gone, locked or refused, proves no damage.
            with suppress(sqlite3.Error), closing(self._connect()) as connection:
                check(connection, str(self._path))
        except DamagedFile as damage:
            return damage.reason
        return None

    def _connect(self) -> sqlite3.Connection:
        """Return a connection to the file; it never creates one."""
        return connect(f"{self._path.absolute().as_uri()}?mode=rw", uri=True)
