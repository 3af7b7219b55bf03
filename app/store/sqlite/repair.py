"""What is done with a file that is damaged, deleted or replaced, while other processes may do the same.

Connections go on with the file that they opened, wherever it went: one that was deleted can still be read to its end,
and one that was moved aside can still be written, in vain. So whoever mends does it alone, under a lock of the folder
(which leaves no lock file behind, and ends with its process), and every change looks first whether the file at the
place is still its own. SQLite itself leaves the log of a moved file alone when it closes it.
https://www.sqlite.org/howtocorrupt.html
"""

import fcntl
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

from app.store.sqlite.opening import check, connect, transaction

Identity = tuple[int, int]
"""Device and inode."""

_COUNT_ON = """
INSERT INTO sqlite_sequence (name, seq)
SELECT name, ? FROM sqlite_schema WHERE type = 'table' AND sql LIKE '%PRIMARY KEY AUTOINCREMENT%'
    AND name NOT IN (SELECT name FROM sqlite_sequence)
"""

_BESIDE = ("-wal", "-shm")
"""What SQLite keeps beside a file in use: its log, and the index of that."""


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """No other process of ours opens, mends or closes the file meanwhile; where the folder is gone, nobody can."""
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


def identity(path: Path) -> Identity | None:
    """By which the file at a place is told from another one; None where there is none. Other failures are raised."""
    try:
        found = path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    return found.st_dev, found.st_ino


def log_identity(path: Path) -> Identity | None:
    """By which the log of a file is told from another one."""
    return identity(Path(f"{path}-wal"))


def clear(path: Path) -> None:
    """Removes the log of a file that is gone: SQLite would take it for that of the next one."""
    for ending in _BESIDE:
        Path(f"{path}{ending}").unlink(missing_ok=True)


def set_aside(path: Path, at: float) -> Path:
    """Moves a file and its log to a name that tells when, and is not taken; that name."""
    wanted = f"{path}.broken-{datetime.fromtimestamp(at, UTC):%Y%m%dT%H%M%S}"
    kept, number = wanted, 1
    while os.path.lexists(kept):
        number += 1
        kept = f"{wanted}-{number}"
    path.rename(kept)
    for ending in _BESIDE:
        beside = Path(f"{path}{ending}")
        if beside.exists():
            beside.rename(f"{kept}{ending}")
    return Path(kept)


def save(source: sqlite3.Connection, path: Path) -> None:
    """Writes what a connection still sees of a deleted file to where that was, unless something is there already.

    The file appears there whole or not at all. Raises `Damaged` where what is seen is not whole.
    """
    unfinished = Path(f"{path}.saving")
    unfinished.unlink(missing_ok=True)  # of a process that was killed meanwhile
    try:
        with closing(connect(str(unfinished))) as target:
            source.backup(target)
            check(target, str(path))
        clear(path)
        os.link(unfinished, path)
    except FileExistsError:
        return
    finally:
        unfinished.unlink(missing_ok=True)
        clear(unfinished)


def count_on(connection: sqlite3.Connection, at: float) -> None:
    """Lets each `seq` of a new file begin at the millisecond in which it was made.

    So they are later than those of the file before it, which processes and pages have seen.
    https://www.sqlite.org/autoinc.html
    """
    with transaction(connection, "IMMEDIATE"):
        connection.execute(_COUNT_ON, (int(at * 1000),))


def broken(place: str, reason: str, kept: Path) -> str:
    """What the owner is told of a damaged file."""
    return (
        f"The store {place} was damaged ({reason}). It is kept as {kept}, and a new one was made: "
        "everything is read from GitHub again."
    )


def saved(place: str) -> str:
    """What the owner is told of a deleted file."""
    return f"The store {place} was deleted while it was in use. What it held was saved into a new file of that name."


def lost(place: str, reason: str) -> str:
    """What the owner is told of a deleted file that could not be read any more."""
    return (
        f"The store {place} was deleted while it was in use, and what it held could not be saved ({reason}). "
        "A new one was made: everything is read from GitHub again."
    )


def replaced(place: str) -> str:
    """What the owner is told of a file that came into the place of ours."""
    return (
        f"The store {place} was replaced while it was in use, as another process does that mends it. "
        "The file that is there now is in use."
    )
