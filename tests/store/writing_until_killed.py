"""A process that changes a store over and over, saying each step after its commit, until it is killed."""

import asyncio
import sys

from app.ports.mirror import Change, SiteRecord
from app.store.sqlite import SqliteStore
from tests.contracts.mirrors import REPO, comment, issue

WIDTH = 20


def step_change(step: int) -> Change:
    """One step: two threads, every comment, the site and an ETag all say the number of the step."""
    text = str(step)
    at = float(step)
    return Change(
        repo=REPO,
        at=at,
        site=SiteRecord(REPO, 1, "jane/blog", checked_at=at),
        issues=(issue(1, WIDTH, title=text), issue(2, WIDTH, title=text)),
        comments=tuple(comment(number * 1000 + n, number, text) for number in (1, 2) for n in range(WIDTH)),
        whole=frozenset([1, 2]),
        etags={"step": text},
    )


async def main(place: str, first: int) -> None:
    store = await SqliteStore.open(place, origin="writer")
    step = first
    while True:
        await store.mirror.apply(step_change(step))
        print(step, flush=True)  # noqa: T201 - what the test waits for
        step += 1


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2])))
