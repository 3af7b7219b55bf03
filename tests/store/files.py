"""Store files, their contents, and what another program sees of them."""

import asyncio
import sqlite3
import threading
from collections.abc import Awaitable, Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import orjson

from app.domain.records import SiteRecord, Tombstone
from app.ports.mirror import Change
from app.store.sqlite import SqliteStore
from app.store.sqlite.schema import MIGRATIONS, Migration
from tests.contracts.mirrors import REPO, comment, issue, user

FULL = Change(
    repo=REPO,
    at=5.0,
    site=SiteRecord(REPO, 7, "jane/blog", since="2026-01-01T00:00:00Z"),
    issues=(issue(1, 2), issue(2, 1, pull=True)),
    comments=(comment(1), comment(2**40)),
    tombstone=Tombstone(3, gone=True, checked_at=5.0),
    etags={"key": '"etag"'},
)


async def open_store(path: Path, migrations: Sequence[Migration] = MIGRATIONS) -> SqliteStore:
    return await SqliteStore.open(str(path), process_id="here", migrations=migrations)


async def open_full(path: Path, migrations: Sequence[Migration] = MIGRATIONS) -> SqliteStore:
    """Write `FULL` into a store, close it, and open it again."""
    store = await open_store(path)
    await store.mirror.apply(FULL)
    await store.close()
    return await open_store(path, migrations)


def query(path: Path, statement: str) -> object:
    """Return one value as another program reads it."""
    return query_all(path, statement)[0][0]


def query_all(path: Path, statement: str) -> list[tuple[Any, ...]]:
    """Return all rows as another program reads them."""
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(statement).fetchall()


async def query_plans(store: SqliteStore, path: Path, read: Callable[[], Awaitable[object]]) -> list[list[str]]:
    """Return the steps of each query that a read makes."""
    statements: list[str] = []
    both = threading.Barrier(2)

    def trace(connection: sqlite3.Connection) -> None:
        both.wait(20)  # so that each of the two reading connections is traced
        connection.set_trace_callback(statements.append)

    await asyncio.gather(store._file.read(trace), store._file.read(trace))
    await read()
    selects = [statement for statement in statements if statement.lstrip().startswith("SELECT")]
    return [[step for *_, step in query_all(path, f"EXPLAIN QUERY PLAN {select}")] for select in selects]


def run(path: Path, script: str) -> None:
    """Change a database as another program does."""
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(script)


def dump(path: Path) -> str:
    """Return all of a database as SQL text, with its version."""
    with closing(sqlite3.connect(path)) as connection:
        return "\n".join([str(query(path, "PRAGMA user_version")), *connection.iterdump()])


def files_beside(path: Path) -> list[str]:
    return sorted(other.name for other in path.parent.iterdir() if other != path)


def is_sound(path: Path) -> bool:
    with closing(sqlite3.connect(path)) as connection:
        return bool(connection.execute("PRAGMA integrity_check").fetchone()[0] == "ok")


def content(path: Path) -> bytes:
    return path.read_bytes()


def size(path: Path) -> int:
    return path.stat().st_size


def create_store_without_authors(path: Path) -> None:
    """Create a store of version 3 with a user's comment and that of a deleted account."""
    insert_issue = """
        INSERT INTO issue (site, number, is_pull_request, updated_at, comment_count, labels, source)
        VALUES (1, 1, 0, '', 2, X'5B5D', X'7B7D')
    """
    insert_comment = "INSERT INTO comment (site, id, number, updated_at, source) VALUES (1, ?, 1, ?, ?)"
    with closing(sqlite3.connect(path)) as connection, connection:
        for statement in (statement for migration in MIGRATIONS[:3] for statement in migration):
            connection.execute(statement)
        connection.execute("PRAGMA user_version = 3")
        connection.execute("INSERT INTO site (key, spelling) VALUES (?, ?)", (REPO.key, REPO.full_name))
        connection.execute(insert_issue)
        for item in (comment(1, user=user() | {"id": 2**40}), comment(2, user=None)):
            connection.execute(insert_comment, (item.id, item.updated_at, orjson.dumps(item.source)))
