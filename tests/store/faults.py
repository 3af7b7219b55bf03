"""A store with contents, and the faults that happen to its file."""

import os
import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from app.domain.priority import Priority
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


async def open_at_noon(path: Path) -> SqliteStore:
    return await SqliteStore.open(str(path), process_id="here", now=lambda: NOON)


async def create(path: Path) -> Path:
    """Create a store with contents, close it, and return its path."""
    store = await open_at_noon(path)
    await store.mirror.apply(WIDE)
    await store.close()
    return path


async def is_usable(store: SqliteStore) -> bool:
    """Write to the store and return whether the writes are there."""
    await store.mirror.apply(NEXT)
    await store.jobs.enqueue(REPO, 2, Priority.CHECK, at=1.0)
    return await store.mirror.thread(REPO, 2) is not None and await store.jobs.find(REPO, 2) is not None


def delete(path: Path, endings: Sequence[str] = ("",)) -> None:
    for ending in endings:
        Path(f"{path}{ending}").unlink()


@contextmanager
def without_privileges() -> Iterator[None]:
    """Run without the rights of the superuser, whom no permission stops."""
    before = os.geteuid()
    os.seteuid(before or 65534)
    try:
        yield
    finally:
        os.seteuid(before)


def overwrite(path: Path, at: int, count: int) -> None:
    with path.open("r+b") as file:
        file.seek(at)
        file.write(random.Random(1).randbytes(count))  # noqa: S311 - any bytes


def destroy_header(path: Path) -> None:
    overwrite(path, 0, 100)


def destroy_first_page(path: Path) -> None:
    overwrite(path, 100, 3996)


def destroy_middle(path: Path) -> None:
    overwrite(path, 4096, path.stat().st_size // 2)


def destroy_all(path: Path) -> None:
    overwrite(path, 0, path.stat().st_size)


def cut_in_half(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 8192 * 4096)


def cut_to_a_few_bytes(path: Path) -> None:
    os.truncate(path, 50)


def replace_by_text(path: Path) -> None:
    path.write_text("This is no database any more. " * 500)


DAMAGES = [
    destroy_header,
    destroy_first_page,
    destroy_middle,
    destroy_all,
    cut_in_half,
    cut_to_a_few_bytes,
    replace_by_text,
]
