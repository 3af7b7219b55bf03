"""The stores that `afterword copy` reads and writes, by name, and a store with something in each of its tables."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from app.bootstrap.stores.copies import open_source, open_target
from app.domain.errors import CopyRefused
from app.domain.priority import Priority
from app.domain.records import SiteRecord, Tombstone
from app.domain.threads import Approval
from app.ports.copies.tables import TABLES, Row, StoredTables, StoreSource, Table
from app.ports.deliveries import Delivery
from app.ports.mirror import Change
from app.ports.owner.history import HOUR, HistoryEvent, HistoryKind, HistoryRecord, HourCount
from app.ports.rate_state import RateLimitState
from app.ports.store import Store
from app.store.copies.copy import CopyProgress, copy_store
from app.store.postgres import PostgresStore
from app.store.sqlite import SqliteStore
from tests.contracts.mirrors import API, REPO, comment, issue, read_all
from tests.contracts.stores import OTHER, SITES
from tests.postgres_server import empty_store, shared_server

NOW = 10_000.0
"""Epoch seconds."""
SERVICE = "kind|1.0|process 7 on host|id"
APPROVAL = Approval("rule", 1, "2026-01-01T00:00:00Z", 5.0, "2026-01-02T00:00:00Z", "digest")
DELIVERY = Delivery("guid", "issues", "edited", REPO, 1, full=True, received_at=NOW - 60)
STATE = RateLimitState(5000, 4000, NOW + 600, NOW + 90, "secondary")


@dataclass(frozen=True, slots=True)
class DurableStore:
    """One store that does not end with its process."""

    address: str
    open: Callable[[], Awaitable[Store]]

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[Store]:
        """Open the store as a service does, and close it."""
        store = await self.open()
        try:
            yield store
        finally:
            await store.close()


class FailingSource:
    """A store that fails after its last row."""

    def __init__(self, tables: StoreSource) -> None:
        self.name, self.count, self.user, self.counters = tables.name, tables.count, tables.user, tables.counters
        self.confirm = tables.confirm
        self._tables = tables

    def batches(self, table: Table) -> Iterator[Sequence[Row]]:
        yield from self._tables.batches(table)
        if table == TABLES[-1]:
            raise CopyRefused("The disk is gone.")


def sqlite(folder: Path, name: str) -> DurableStore:
    path = f"{folder}/{name}.db"
    return DurableStore(
        f"sqlite:///{path}",
        lambda: SqliteStore.open(path, process_id="here", sites=SITES, now=lambda: NOW),
    )


def postgres(folder: Path, name: str) -> DurableStore:
    address = empty_store(shared_server(), name, version=int(NOW * 1000))
    return DurableStore(
        address,
        lambda: PostgresStore.open(address, process_id="here", sites=SITES, now=lambda: NOW),
    )


DURABLE: Mapping[str, Callable[[Path, str], DurableStore]] = {"sqlite": sqlite, "postgres": postgres}


def copy(source: str, target: str, *, replace: bool = False, is_live: bool = False) -> Mapping[str, int]:
    """Copy a store at `NOW`."""

    def show(progress: CopyProgress) -> None:
        assert progress.rows <= progress.total

    with open_source(source) as tables, open_target(target, replace=replace) as copied_tables:
        return copy_store(tables, copied_tables, now=lambda: NOW, is_live=is_live, on_progress=show)


def read(tables: StoredTables) -> Mapping[Table, list[Row]]:
    """Return all rows."""
    return {table: [row for batch in tables.batches(table) for row in batch] for table in TABLES}


async def read_store(store: Store) -> list[object]:
    """Return what the ports say of the store."""
    jobs = [await store.jobs.find(REPO, number) for number in (0, 1, 4)]
    return [
        *await read_all(store.mirror),
        await store.mirror.site_snapshot(OTHER),
        await store.mirror.changes(after=0),
        await store.mirror.etags(["key", "other"]),
        await store.mirror.transferred(REPO, [3]),
        *jobs,
        await store.deliveries.delivered_since(REPO, since=0),
        await store.deliveries.last_delivery_at(REPO),
        *[await store.rate_state.usage(token, at=NOW) for token in ("token", "unauthenticated")],
        *[await store.key_values.get(key) for key in ("cursor key", "posts")],
        await store.history.since(0),
    ]


async def fill(store: Store) -> None:
    """Store something of everything."""
    await store.mirror.apply(
        Change(
            repo=REPO,
            at=5.0,
            site=SiteRecord(REPO, 7, "Jane/Blog", since="2026-01-01T00:00:00Z", former_names=("jane/old",)),
            issues=(issue(1, 2, title="Überschrift \u2028 😀"), issue(2, 1, pull=True), issue(4)),
            comments=(comment(1), comment(2**40, text="a\x00b ☃")),
            complete_threads=frozenset([1]),
            tombstone=Tombstone(3, gone=True, checked_at=5.5, transferred_to=f"{API}/repos/john/diary/issues/9"),
            etags={"key": '"etag"', "other": 'W/"é"'},
        )
    )
    await store.mirror.apply(Change(repo=OTHER, at=6.0, site=SiteRecord(OTHER, 8, "john/diary", private=True)))
    await store.mirror.learn_image_sizes(REPO, {1: {"a" * 24: (3, 4)}})
    await store.mirror.record_approvals(REPO, {2**40: APPROVAL})
    await store.deliveries.accept(DELIVERY, replay_within=60.0)
    for number in (0, 4):
        await store.jobs.enqueue(REPO, number, Priority.CHECK, at=NOW - 30)
    job = await store.jobs.claim(REPO, 4, worker_id=SERVICE, at=NOW, until=NOW + 600)
    assert job is not None
    for token, state in (("token", STATE), ("unauthenticated", RateLimitState())):
        await store.rate_state.record(token, state, at=NOW)
        await store.rate_state.reserve(token, Priority.POLL, at=NOW - 20, decide=lambda _: None, keep=True)
    await store.key_values.put("cursor key", "secret")
    await store.key_values.put("posts", "[" * 3_000_000)
    counts = HourCount(HOUR, HistoryKind.POLL, REPO.key, "ok", 3, HOUR + 10.0, 7)
    events = (HistoryEvent(at, HistoryKind.POLL, REPO.key, outcome) for at, outcome in ((9.0, "b"), (9.0, "a")))
    await store.history.add(HistoryRecord((counts,), tuple(events)))
    await store.leases.acquire("posts", worker_id=SERVICE, at=NOW, until=NOW + 5)
