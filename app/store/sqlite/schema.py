"""The tables, and how a file gets them: ordered migrations, each in one transaction, numbered by `user_version`.

What GitHub said stands whole in `source`, as compact JSON; the other columns are what is asked for, read out of it
once. Plain JSON was preferred to compressing it and to a table of users: the file is then no larger than about one and
a half times the JSON, a thread is read without looking anything up, and `sqlite3 afterword.db` shows what is in it.
`source` is the last column, so that SQLite reads past the others without touching it.
https://www.sqlite.org/pragma.html#pragma_user_version
"""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

from app.domain.errors import StoreTooNew, StoreUnusable

Migration = Sequence[str]
"""Statements that lead from one version to the next."""

APPLICATION_ID = 0x41465744
"""`AFWD`: by which a file is told from the database of another program."""

_BUSY_SECONDS = 10.0
"""How long a writer waits for another process's change; each takes milliseconds."""

MIGRATIONS: Sequence[Migration] = (
    (
        f"PRAGMA application_id = {APPLICATION_ID}",
        """
        CREATE TABLE site (
            id INTEGER PRIMARY KEY,
            key TEXT NOT NULL UNIQUE,   -- owner/name in lower case
            spelling TEXT NOT NULL,     -- as the owner of the blog wrote it
            github_id INTEGER,          -- null until GitHub was asked for the repository: then there is no record
            full_name TEXT,
            list_next TEXT,
            listed_at REAL,
            comments_next TEXT,
            since TEXT,
            checked_at REAL
        ) STRICT
        """,
        """
        CREATE TABLE issue (            -- pull requests too: they share the numbers
            site INTEGER NOT NULL REFERENCES site (id),
            number INTEGER NOT NULL,
            is_pull_request INTEGER NOT NULL,
            updated_at TEXT NOT NULL,
            comment_count INTEGER NOT NULL,         -- GitHub's
            mirrored INTEGER NOT NULL DEFAULT 0,    -- rows in comment, kept by each change
            complete INTEGER NOT NULL DEFAULT 0,
            surplus INTEGER NOT NULL DEFAULT 0,
            checked_at REAL,
            labels BLOB NOT NULL,                   -- a JSON list of names
            source BLOB NOT NULL,
            PRIMARY KEY (site, number)
        ) STRICT
        """,
        """
        CREATE TABLE comment (
            site INTEGER NOT NULL,
            id INTEGER NOT NULL,
            number INTEGER NOT NULL,
            updated_at TEXT NOT NULL,
            source BLOB NOT NULL,
            PRIMARY KEY (site, id),
            FOREIGN KEY (site, number) REFERENCES issue (site, number) ON DELETE CASCADE
        ) STRICT
        """,
        "CREATE INDEX comment_by_issue ON comment (site, number, id)",
        """
        CREATE TABLE absence (
            site INTEGER NOT NULL REFERENCES site (id),
            number INTEGER NOT NULL,
            gone INTEGER NOT NULL,
            checked_at REAL NOT NULL,
            moved_to TEXT,
            PRIMARY KEY (site, number)
        ) STRICT, WITHOUT ROWID
        """,
        "CREATE TABLE etag (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID",
    ),
    ("ALTER TABLE site ADD COLUMN private INTEGER NOT NULL DEFAULT 0",),
)
"""From nothing to version 1, and so on. One that was released is never changed: a new one follows it."""


def open_all(
    place: str, migrations: Sequence[Migration] = MIGRATIONS, *, readers: int
) -> tuple[sqlite3.Connection, tuple[sqlite3.Connection, ...]]:
    """The connection that changes the file, and those that read it; the file is made and brought up to date if need be.

    Raises `StoreUnusable` where there can be no store, and `StoreTooNew`, having touched nothing.
    """
    with ExitStack() as opened:
        try:
            _refuse_hopeless(place)
            writer = opened.enter_context(closing(_connect(place)))
            _check_owner(writer, place, len(migrations))
            _prepare(writer)
            _migrate(writer, migrations)
            _settle(writer, place, len(migrations))
            reading = tuple(opened.enter_context(closing(_open_reader(place))) for _ in range(readers))
        except (sqlite3.Error, OSError) as error:
            raise StoreUnusable(place, str(error)) from error
        opened.pop_all()
    return writer, reading


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
    connection = _connect(place)
    connection.execute("PRAGMA query_only = ON")
    return connection


def _prepare(writer: sqlite3.Connection) -> None:
    writer.execute("PRAGMA journal_mode = WAL")
    writer.execute("PRAGMA foreign_keys = ON")
    # The last changes may be lost when the power fails, the file never is; GitHub still has them.
    writer.execute("PRAGMA synchronous = NORMAL")


def _connect(place: str) -> sqlite3.Connection:
    # Each connection is used by one thread at a time, but closed by another.
    return sqlite3.connect(place, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False)


def _refuse_hopeless(place: str) -> None:
    """Says what SQLite would only call "unable to open database file"."""
    path = Path(place)
    if path.is_dir():
        raise StoreUnusable(place, "it is a folder")
    if not path.parent.exists():
        raise StoreUnusable(place, f"there is no folder {path.parent}")
    if not path.parent.is_dir():
        raise StoreUnusable(place, f"{path.parent} is not a folder")


def _check_owner(connection: sqlite3.Connection, place: str, known: int) -> None:
    """Reads only: whether the file is empty or ours, and of a version that is known."""
    if _is_empty(connection):
        return
    if _number(connection, "application_id") != APPLICATION_ID:
        raise StoreUnusable(place, "it is the database of another program")
    found = _number(connection, "user_version")
    if found > known:
        raise StoreTooNew(place, found, known)


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
        _check_owner(connection, place, known)
        connection.execute(f"PRAGMA user_version = {known}")


def _is_empty(connection: sqlite3.Connection) -> bool:
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    return not tables


def _number(connection: sqlite3.Connection, pragma: str) -> int:
    (value,) = connection.execute(f"PRAGMA {pragma}").fetchone()
    return int(value)
