"""Compare PostgreSQL's drivers at what the store does: `python -m tests.bench.postgres_drivers [ROUNDS]`.

psycopg 3 runs in a thread, as the store uses it, and asyncpg in the event loop. Both work without prepared statements,
as behind a pooler that lends a connection for one transaction only; asyncpg with them, too. Medians of the rounds:

- an import: 10,000 comments in transactions of 100, each one statement with arrays;
- a cold read: a thread of 1,000 comments, parsed;
- short transactions: a job is looked up, locked and changed, 300 times;
- how long the event loop stands still at most during cold reads.
"""

import asyncio
import sys
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from statistics import median
from typing import Any

import asyncpg
import orjson
import psycopg

from tests.postgres_server import run_postgres

_COMMENTS, _AT_ONCE, _THREAD, _SHORT = 10_000, 100, 1_000, 300
_SOURCE = orjson.dumps({"id": 1, "body": "A sentence that says something. " * 30, "user": {"login": "ada", "id": 7}})
_TABLES = """
CREATE TABLE comment (site bigint, id bigint, number bigint, source bytea, PRIMARY KEY (site, id));
CREATE INDEX ON comment (site, number, id);
CREATE TABLE job (number bigint PRIMARY KEY, attempts bigint NOT NULL);
INSERT INTO job SELECT value, 0 FROM generate_series(1, 100) AS value
"""
_PUT = "INSERT INTO comment SELECT 1, id, number, source FROM unnest({}::bigint[], {}::bigint[], {}::bytea[])"
_PUT += " AS new (id, number, source)"
_READ = "SELECT id, source FROM comment WHERE site = 1 AND number = {} ORDER BY id"
_LOCK = "SELECT attempts FROM job WHERE number = {} FOR UPDATE"
_CHANGE = "UPDATE job SET attempts = attempts + 1 WHERE number = {}"

Work = Callable[[], Awaitable[None]]


def _batches() -> list[tuple[list[int], list[int], list[bytes]]]:
    ids = range(_COMMENTS)
    parts = [ids[start : start + _AT_ONCE] for start in range(0, _COMMENTS, _AT_ONCE)]
    return [(list(part), [key // _THREAD for key in part], [_SOURCE] * len(part)) for part in parts]


def _parse(rows: list[Any]) -> None:
    orjson.loads(b"[" + b",".join(row[1] for row in rows) + b"]")


class Psycopg:
    """psycopg 3 in a thread."""

    name = "psycopg 3 in a thread"

    def __init__(self, address: str) -> None:
        self._connection = psycopg.connect(address, autocommit=True, prepare_threshold=None)
        self._pool = ThreadPoolExecutor(1)

    async def prepare(self) -> None:
        """Do nothing: the connection is open."""

    async def put(self) -> None:
        """Import the comments."""
        for batch in _batches():
            await self._run(partial(self._connection.execute, _PUT.format("%b", "%b", "%b"), batch))

    async def read(self) -> None:
        """Read a thread."""
        await self._run(self._read)

    async def change(self) -> None:
        """Run short transactions."""
        for number in range(_SHORT):
            await self._run(partial(self._change, number % 100 + 1))

    def _read(self) -> None:
        cursor = self._connection.cursor(binary=True)
        _parse(cursor.execute(_READ.format("%s"), (3,)).fetchall())

    def _change(self, number: int) -> None:
        self._connection.execute("BEGIN; SET LOCAL statement_timeout = 10000")
        self._connection.execute(_LOCK.format("%s"), (number,)).fetchall()
        self._connection.execute(_CHANGE.format("%s"), (number,))
        self._connection.execute("COMMIT")

    async def _run(self, work: Callable[[], object]) -> None:
        await asyncio.get_running_loop().run_in_executor(self._pool, work)


class Asyncpg:
    """asyncpg, with so many statements kept as prepared ones."""

    def __init__(self, address: str, statements: int) -> None:
        self.name = "asyncpg, prepared statements" if statements else "asyncpg"
        self._address = address
        self._statements = statements

    async def prepare(self) -> None:
        """Connect."""
        self._connection = await asyncpg.connect(self._address, statement_cache_size=self._statements)

    async def put(self) -> None:
        """Import the comments."""
        for batch in _batches():
            await self._connection.execute(_PUT.format("$1", "$2", "$3"), *batch)

    async def read(self) -> None:
        """Read a thread; it is parsed in a thread."""
        rows = await self._connection.fetch(_READ.format("$1"), 3)
        await asyncio.to_thread(_parse, rows)

    async def change(self) -> None:
        """Run short transactions."""
        for number in range(_SHORT):
            await self._connection.execute("BEGIN; SET LOCAL statement_timeout = 10000")
            await self._connection.fetch(_LOCK.format("$1"), number % 100 + 1)
            await self._connection.execute(_CHANGE.format("$1"), number % 100 + 1)
            await self._connection.execute("COMMIT")


async def _longest_pause(work: Work) -> float:
    longest = 0.0

    async def watch() -> None:
        nonlocal longest
        while True:
            start = time.perf_counter()
            await asyncio.sleep(0.0005)
            longest = max(longest, time.perf_counter() - start - 0.0005)

    task = asyncio.create_task(watch())
    for _ in range(5):
        await work()
    task.cancel()
    return longest


async def _measure(driver: Psycopg | Asyncpg, clear: Callable[[], None], rounds: int) -> None:
    await driver.prepare()
    results: dict[str, list[float]] = {"import": [], "cold read": [], "short": [], "pause": []}
    for _ in range(rounds):
        clear()
        for name, work in (("import", driver.put), ("cold read", driver.read), ("short", driver.change)):
            start = time.perf_counter()
            await work()
            results[name].append(time.perf_counter() - start)
        results["pause"].append(await _longest_pause(driver.read))
    figures = ", ".join(f"{name} {median(times) * 1000:.1f} ms" for name, times in results.items())
    print(f"  {driver.name}: {figures}")


def main() -> None:
    """Measure each driver against one server."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 7
    with run_postgres() as server:
        database = server.database()
        server.execute(_TABLES, database=database)
        address = server.address(database)
        for driver in (Psycopg(address), Asyncpg(address, 0), Asyncpg(address, 100)):
            asyncio.run(_measure(driver, lambda: server.execute("TRUNCATE comment", database=database), rounds))


if __name__ == "__main__":
    main()
