"""How a file is opened: whose it is, whether it is whole, and how it is brought up to date.

`PRAGMA quick_check` reads all of it, which takes about a second for half a gigabyte; a damaged file that is found at
start costs its owner less than one that is found by readers. https://www.sqlite.org/pragma.html#pragma_quick_check
"""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

from app.domain.errors import StoreTooNew, StoreUnusable
from app.store.sqlite.schema import APPLICATION_ID, Migration

_BUSY_SECONDS = 10.0
"""How long a writer waits for another process's change; each takes milliseconds."""

_LOG_PAGES = 8000
"""With so many pages in the log a writer brings them into the file itself; `SqliteFile.guard` does it long before."""

_PRIMARY = 0xFF
"""The bits of an extended result code that hold the primary one. https://www.sqlite.org/rescode.html"""

_DAMAGE = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
_DAMAGE_EXTENDED = {sqlite3.SQLITE_IOERR_SHORT_READ, sqlite3.SQLITE_IOERR_CORRUPTFS}
_SMALLEST = 512
"""Bytes in the smallest database: less is not even a header, though SQLite reads one. https://www.sqlite.org/fileformat.html"""

_NAMES = {".db", ".db3", ".sqlite", ".sqlite3"}
"""How databases are called."""


class Damaged(StoreUnusable):
    """The file is a store of Afterword's, or was one, and is not whole."""


def is_damage(error: Exception) -> bool:
    """True where an error says that the file is not as SQLite left it; not where a disk is full or refuses."""
    code = getattr(error, "sqlite_errorcode", None)
    if code is None:  # Python's own: text that is no UTF-8
        return isinstance(error, sqlite3.OperationalError) and "decode to UTF-8" in str(error)
    return code & _PRIMARY in _DAMAGE or code in _DAMAGE_EXTENDED


def open_all(
    place: str, migrations: Sequence[Migration], *, readers: int
) -> tuple[sqlite3.Connection, tuple[sqlite3.Connection, ...]]:
    """The connection that changes the file, and those that read it; the file is made and brought up to date if need be.

    Raises `StoreUnusable` where there can be no store, and `StoreTooNew`, having touched nothing; `Damaged` for a file
    of ours that is not whole.
    """
    with ExitStack() as opened:
        try:
            writer = opened.enter_context(closing(connect(place)))
            if _belongs_to_us(writer, place, len(migrations)):
                check(writer, place)
            _prepare(writer)
            _migrate(writer, migrations)
            _settle(writer, place, len(migrations))
            reading = tuple(opened.enter_context(closing(_open_reader(place))) for _ in range(readers))
        except (sqlite3.Error, OSError) as error:
            raise StoreUnusable(place, str(error)) from error
        opened.pop_all()
    return writer, reading


def connect(place: str, *, uri: bool = False) -> sqlite3.Connection:
    """A connection that is used by one thread at a time, but closed by another."""
    return sqlite3.connect(place, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False, uri=uri)


def check(connection: sqlite3.Connection, place: str) -> None:
    """Reads all of a file; raises `Damaged` where it is not whole."""
    try:
        found = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
    except sqlite3.Error as error:
        if is_damage(error):
            raise Damaged(place, str(error)) from error
        raise
    if found != "ok":
        raise Damaged(place, found)


def refuse_hopeless(place: str) -> None:
    """Says what SQLite would only call "unable to open database file"."""
    path = Path(place)
    if path.is_dir():
        raise StoreUnusable(place, "it is a folder")
    if not path.parent.exists():
        raise StoreUnusable(place, f"there is no folder {path.parent}")
    if not path.parent.is_dir():
        raise StoreUnusable(place, f"{path.parent} is not a folder")


@contextmanager
def transaction(connection: sqlite3.Connection, kind: str) -> Iterator[None]:
    """One transaction, `DEFERRED` for reading or `IMMEDIATE` for writing: all of it or nothing."""
    connection.execute(f"BEGIN {kind}")
    try:
        yield
        connection.commit()
    except BaseException:
        connection.rollback()
        raise


def _open_reader(place: str) -> sqlite3.Connection:
    connection = connect(place)
    connection.execute("PRAGMA query_only = ON")
    _is_empty(connection)  # only with the first question it opens the log, which by then may be another file's
    return connection


def _prepare(writer: sqlite3.Connection) -> None:
    writer.execute("PRAGMA journal_mode = WAL")
    writer.execute("PRAGMA foreign_keys = ON")
    # The last changes may be lost when the power fails, the file never is; GitHub still has them.
    writer.execute("PRAGMA synchronous = NORMAL")
    writer.execute(f"PRAGMA wal_autocheckpoint = {_LOG_PAGES}")


def _belongs_to_us(connection: sqlite3.Connection, place: str, known: int) -> bool:
    """Reads only: False for an empty file, True for one of ours and of a version that is known; others are refused."""
    owner = None
    try:
        owner = _number(connection, "application_id")
        is_empty = owner != APPLICATION_ID and _is_empty(connection)
    except sqlite3.Error as error:
        if is_damage(error) and _may_be_ours(Path(place), owner):
            raise Damaged(place, str(error)) from error
        raise
    if owner == APPLICATION_ID:
        found = _number(connection, "user_version")
        if found > known:
            raise StoreTooNew(place, found, known)
    elif not is_empty:
        raise StoreUnusable(place, "it is the database of another program")
    return not is_empty


def _may_be_ours(path: Path, owner: int | None) -> bool:
    """Of a damaged file; `owner` is None where not even its header can be read.

    The damaged database of another program is left where it is, and so is somebody's letter: plain text that is not
    even called like a database.
    """
    if owner is not None:
        return path.stat().st_size < _SMALLEST
    if path.suffix.lower() in _NAMES:
        return True
    try:
        path.read_bytes().decode()
    except UnicodeDecodeError:
        return True
    return False


def _migrate(connection: sqlite3.Connection, migrations: Sequence[Migration]) -> None:
    for version, statements in enumerate(migrations, start=1):
        # The lock keeps out another process that starts at the same time, and may have done this already.
        with transaction(connection, "IMMEDIATE"):
            if _number(connection, "user_version") >= version:
                continue
            for statement in statements:
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {version}")


def _settle(connection: sqlite3.Connection, place: str, known: int) -> None:
    """Makes sure that no later version came in between, and, by writing what stands there, that writing is possible.

    To begin a transaction is no proof: of a file that is read-only, SQLite quietly begins one for reading.
    """
    with transaction(connection, "IMMEDIATE"):
        _belongs_to_us(connection, place, known)
        connection.execute(f"PRAGMA user_version = {known}")


def _is_empty(connection: sqlite3.Connection) -> bool:
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    return not tables


def _number(connection: sqlite3.Connection, pragma: str) -> int:
    (value,) = connection.execute(f"PRAGMA {pragma}").fetchone()
    return int(value)
