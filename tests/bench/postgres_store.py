"""Compare the stores in SQLite and PostgreSQL: `python -m tests.bench.postgres_store [COMMENTS] [ROUNDS]`.

- an import: pages of a hundred comments, each applied as one change, as the backfill does;
- a cold render: the first page of a thread with 1,000 comments, read from the store and rendered;
- how soon a commit of one process ends the wait of another one (PostgreSQL).

The rounds alternate between the stores; the figures are medians. The server runs on the same machine, with its files
written as a server's are.
"""

import asyncio
import sys
import time
from collections import Counter
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from app.domain.records import SiteRecord
from app.domain.sites import PostFilter
from app.ports.mirror import Change
from app.ports.store import Store
from app.render.keys import CommentsKey, Order
from app.serving.access_policy import AccessPolicy
from app.serving.renderer import Renderer
from app.serving.views import Views
from app.store.postgres import PostgresStore
from app.store.sqlite import SqliteStore
from tests.contracts.mirrors import comment, issue
from tests.contracts.stores import REPO, SITES
from tests.postgres_server import PostgresServer, run_postgres
from tests.store.postgres.conftest import listen

_PAGE, _THREAD, _COLD_READS, _NOTIFICATIONS = 100, 1_000, 20, 30
_TEXT = "A sentence that says something about the topic of this post. " * 8


async def _import(store: Store, comments: int) -> float:
    numbers = range(1, comments // _THREAD + 1)
    site = SiteRecord(REPO, 1, REPO.full_name, issues_listed_at=1.0)
    await store.mirror.apply(Change(repo=REPO, at=1.0, site=site, issues=tuple(issue(n, _THREAD) for n in numbers)))
    ids = range(1, comments + 1)
    seconds = 0.0
    for start in range(0, comments, _PAGE):
        page = tuple(comment(key, key % len(numbers) + 1, _TEXT) for key in ids[start : start + _PAGE])
        begin = time.perf_counter()
        await store.mirror.apply(Change(repo=REPO, at=1.0, comments=page))
        seconds += time.perf_counter() - begin
    return seconds


async def _render(store: Store) -> float:
    """Return the median of the times of a cold render."""
    access = AccessPolicy(PostFilter(), allow_private=False)
    times = []
    for read in range(_COLD_READS):
        views = Views(store.mirror, store.key_values, access, Renderer(b"secret"), Counter())
        key = CommentsKey(REPO, read % 3 + 1, Order.OLDEST, 30, None)
        begin = time.perf_counter()
        await views.make(key)
        times.append(time.perf_counter() - begin)
    return median(times)


async def _delays(address: str) -> list[float]:
    here = await PostgresStore.open(address, process_id="here", sites=SITES, now=lambda: 1.0)
    there = await PostgresStore.open(address, process_id="there", sites=SITES, now=lambda: 1.0)
    assert here.wait_for_changes is not None
    await listen(here)
    times = []
    for number in range(_NOTIFICATIONS):
        after = await here.mirror.latest_version()
        waiting = asyncio.create_task(here.wait_for_changes(10.0))
        await asyncio.sleep(0.05)
        await there.mirror.apply(Change(repo=REPO, at=1.0, issues=(issue(1, title=f"Title {number}"),)))
        begin = time.perf_counter()
        await waiting
        assert await here.mirror.changes(after=after)
        times.append(time.perf_counter() - begin)
    await here.close()
    await there.close()
    return times


async def _measure(store: Store, comments: int) -> tuple[float, float]:
    figures = await _import(store, comments), await _render(store)
    await store.close()
    return figures


async def _run(server: PostgresServer, comments: int, rounds: int) -> None:
    figures: dict[str, list[tuple[float, float]]] = {"SQLite": [], "PostgreSQL": []}
    address = ""
    for _ in range(rounds):
        with TemporaryDirectory() as folder:
            path = str(Path(folder) / "afterword.db")
            file = await SqliteStore.open(path, process_id="here", sites=SITES)
            figures["SQLite"].append(await _measure(file, comments))
        address = server.local_address(server.database())
        database = await PostgresStore.open(address, process_id="here", sites=SITES, now=lambda: 1.0)
        figures["PostgreSQL"].append(await _measure(database, comments))
    for place, name in enumerate((f"import of {comments:,} comments", f"cold render of a thread of {_THREAD:,}")):
        file_seconds, database_seconds = (median(rows[place] for rows in times) for times in figures.values())
        ratio = database_seconds / file_seconds
        print(f"  {name}: SQLite {file_seconds:.3f} s, PostgreSQL {database_seconds:.3f} s, ratio {ratio:.2f}")
    delays = sorted(await _delays(address))
    print(
        f"  another process reads a change {median(delays) * 1000:.1f} ms after the commit, at most {delays[-1] * 1000:.1f} ms"
    )


def main() -> None:
    """Measure with so many comments, so many times."""
    comments, rounds = (int(value) for value in (*sys.argv[1:], "100000", "3")[:2])
    options = {"fsync": "on", "full_page_writes": "on", "shared_buffers": "128MB", "autovacuum": "on"}
    with run_postgres(options) as server:
        asyncio.run(_run(server, comments, rounds))


if __name__ == "__main__":
    main()
