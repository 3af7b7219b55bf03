"""Show through how many files of the application each journey leads, and how many transactions it takes.

    python -m tests.bench.trace [--files] [--transactions] [--requests 20000]

A file counts where one of its functions was entered in any thread during the journey: files below app/ without
app/simulator, and no code that only runs at import. A transaction of the store is a BEGIN of SQLite, or a statement
outside of one that is no PRAGMA. The parts of the application exist before, and GitHub is the simulator, with a token.

- mirror GET: the comments of a mirrored thread, at an address whose document is not in memory.
- ready GET: the same address once more.
- webhook to 202: the first delivery of a process, which tells of a new comment.
- job to swapped document: one run of the due jobs, where one thread with one document in memory is due.
- cold read: the comments of a thread, where the store is empty and GitHub answers.
- quiet poll: one scheduled round, where nothing changed.

The clock is one of the tests: a process has one file more in every journey, app/outbound/clock.py. What a process does
once a second beside each journey is left out too: renew its lease, and ask the store for signals of other processes.

With `--files` a journey is followed by its files, with `--transactions` by who asked for each. The last line is the
CPU time of the process for a ready GET over ASGI, without the profiler: the mean, and the mean of the best tenth.
"""

import argparse
import asyncio
import logging
import sys
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from types import CodeType, FrameType
from typing import Any

from tests.bench.guard_ground import BLOG, Event, Request, Service, scope_of, serving, simulation, web_of
from tests.bench.guard_scenarios import delivery
from tests.bench.guard_worlds import small_world
from tests.bench.transactions import Transactions, file_of, transaction_count

READ = "/api/v1/posts/103/comments?limit=30"
_OTHER_READ = "/api/v1/posts/102/comments"
_BATCHES = 10


class Files:
    """The files that were entered while a journey went on, seen by the profiler of each thread."""

    def __init__(self) -> None:
        self.names: set[str] = set()
        self.is_on = False
        self._file_of: dict[CodeType, str | None] = {}

    def see(self, frame: FrameType, event: str, _: object) -> None:
        """Take note of a call."""
        if not self.is_on or event != "call":
            return
        code = frame.f_code
        if code not in self._file_of:
            self._file_of[code] = None if code.co_name == "<module>" else file_of(code.co_filename)
        file = self._file_of[code]
        if file is not None:
            self.names.add(file)


class Trace:
    """Runs journeys and prints what they took."""

    def __init__(self, transactions: Transactions, *, with_files: bool, with_transactions: bool) -> None:
        self._transactions = transactions
        self._with_files = with_files
        self._with_transactions = with_transactions
        self._files = Files()

    def begin(self) -> None:
        """Have every thread from now on seen."""
        threading.setprofile(self._files.see)
        sys.setprofile(self._files.see)

    def end(self) -> None:
        """Stop that for this thread and for new ones."""
        sys.setprofile(None)
        threading.setprofile(None)

    async def journey(self, name: str, act: Callable[[], Awaitable[Any]]) -> None:
        """Print what one journey took."""
        self._transactions.clear()
        self._files.names.clear()
        self._files.is_on = True
        try:
            await act()
        finally:
            self._files.is_on = False
        print(f"{name:26} {len(self._files.names):3} files {self._transactions.total:3} transactions")
        if self._with_files:
            print("".join(f"    {file}\n" for file in sorted(self._files.names)), end="")
        if self._with_transactions:
            callers = self._transactions.by_caller.items()
            print("".join(f"    {count:3} × {caller}\n" for caller, count in callers), end="")


@asynccontextmanager
async def warm(folder: Path) -> AsyncIterator[Service]:
    """Run the application over an empty store, whose parts exist already."""
    with simulation(small_world()) as simulator:
        async with serving(simulator, folder) as service:
            await service.get("/healthz")
            yield service


async def journeys(trace: Trace, requests: int) -> None:
    """Run all journeys."""
    with TemporaryDirectory() as folder:
        async with warm(Path(folder)) as service:
            await trace.journey("cold read", lambda: service.get(READ))
    with TemporaryDirectory() as folder:
        await mirrored_journeys(trace, Path(folder), requests)


async def mirrored_journeys(trace: Trace, folder: Path, requests: int) -> None:
    """Run the journeys that begin with a complete mirror."""
    async with warm(folder) as service:
        events: list[Event] = []
        service.world.on_event(events.append)
        await service.mirror()
        service.clock.advance(60)
        await trace.journey("quiet poll", service.poll)
        await service.get(_OTHER_READ)
        await trace.journey("mirror GET", lambda: service.get(READ))
        await trace.journey("ready GET", lambda: service.get(READ))
        service.world.comment(BLOG, 103, body="A new comment.", author="eve")
        service.clock.advance(2)
        request = delivery(events[0].name, events[0].payload)
        await trace.journey("webhook to 202", lambda: service.send(request))
        await trace.journey("job to swapped document", service.refresh_once)
        trace.end()
        await measure(service, requests)


async def measure(service: Service, requests: int) -> None:
    """Print the CPU time of a ready GET."""
    web, scope = web_of(service.application), scope_of(Request(READ, headers=(("accept-encoding", "gzip"),)))

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        del message

    await web(dict(scope), receive, send)
    times: list[float] = []
    for _ in range(_BATCHES):
        began = time.process_time()
        for _ in range(requests // _BATCHES):
            await web(dict(scope), receive, send)
        times.append((time.process_time() - began) / (requests // _BATCHES))
    mean, best = (value * 1e6 for value in (sum(times) / len(times), min(times)))
    print(f"CPU time of a ready GET    {mean:.1f} µs, best tenth {best:.1f} µs, {requests:,} requests")


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", action="store_true", help="list the files of each journey")
    parser.add_argument("--transactions", action="store_true", help="list who asked for the transactions")
    parser.add_argument("--requests", type=int, default=20_000, help="how many ready GETs are measured")
    options = parser.parse_args()
    logging.disable(logging.CRITICAL)
    with transaction_count() as transactions:
        trace = Trace(transactions, with_files=options.files, with_transactions=options.transactions)
        trace.begin()
        asyncio.run(journeys(trace, options.requests))


if __name__ == "__main__":
    main()
