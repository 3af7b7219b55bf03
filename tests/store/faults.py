"""Files that something happened to: what was in them, what happens, and what is left beside them."""

import os
import random
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

from app.ports.jobs import Priority
from app.ports.mirror import Change
from app.store.sqlite import SqliteStore
from tests.contracts.mirrors import REPO, comment, issue

WIDE = Change(
    repo=REPO,
    at=5.0,
    issues=(issue(1, 300),),
    comments=tuple(comment(n, text="word " * 50) for n in range(1, 301)),
    etags={"key": '"etag"'},
)
NEXT = Change(repo=REPO, at=6.0, issues=(issue(2),))
NOON = 1_767_268_800.0
"""2026-01-01T12:00:00Z"""


async def opened(place: Path) -> SqliteStore:
    return await SqliteStore.open(str(place), origin="here", now=lambda: NOON)


async def made(place: Path) -> Path:
    store = await opened(place)
    await store.mirror.apply(WIDE)
    await store.close()
    return place


async def works(store: SqliteStore) -> bool:
    await store.mirror.apply(NEXT)
    await store.shared.mark(REPO, 2, Priority.CHECK, at=1.0)
    return await store.mirror.thread(REPO, 2) is not None and await store.shared.marked(REPO, 2) is not None


def beside(place: Path) -> list[str]:
    return sorted(path.name for path in place.parent.iterdir() if path != place)


def in_order(place: Path) -> bool:
    with closing(sqlite3.connect(place)) as connection:
        return bool(connection.execute("PRAGMA integrity_check").fetchone()[0] == "ok")


def content(place: Path) -> bytes:
    return place.read_bytes()


def size(place: Path) -> int:
    return place.stat().st_size


def delete(place: Path, endings: Sequence[str] = ("",)) -> None:
    for ending in endings:
        Path(f"{place}{ending}").unlink()


def execute(place: Path, statement: str) -> None:
    """What another program does to a database."""
    with closing(sqlite3.connect(place)) as connection:
        connection.executescript(statement)


@contextmanager
def as_nobody() -> Iterator[None]:
    """Without the rights of the superuser, whom no permission stops."""
    before = os.geteuid()
    os.seteuid(before or 65534)
    try:
        yield
    finally:
        os.seteuid(before)


def overwrite(place: Path, at: int, count: int) -> None:
    with place.open("r+b") as file:
        file.seek(at)
        file.write(random.Random(1).randbytes(count))  # noqa: S311 - any bytes


def no_header(place: Path) -> None:
    overwrite(place, 0, 100)


def no_first_page(place: Path) -> None:
    overwrite(place, 100, 3996)


def no_middle(place: Path) -> None:
    overwrite(place, 4096, place.stat().st_size // 2)


def nothing_left(place: Path) -> None:
    overwrite(place, 0, place.stat().st_size)


def a_half(place: Path) -> None:
    os.truncate(place, place.stat().st_size // 8192 * 4096)


def a_few_bytes(place: Path) -> None:
    os.truncate(place, 50)


def words(place: Path) -> None:
    place.write_text("This is no database any more. " * 500)


DAMAGES = [no_header, no_first_page, no_middle, nothing_left, a_half, a_few_bytes, words]
