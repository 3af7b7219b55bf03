"""The stores that must keep the contracts, by name."""

from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

from app.domain.sites import repository
from app.ports.store import Store
from app.store.memory import MemoryStore
from app.store.postgres import PostgresStore
from app.store.postgres.database import Database
from app.store.postgres.notifications import PROBE_STATEMENT, Notifications
from app.store.postgres.schema import NEWEST_SCHEMA
from app.store.postgres.sessions import Address
from app.store.sqlite import SqliteStore
from tests.postgres_server import empty_store, shared_server

REPO = repository("jane/blog")
OTHER = repository("john/diary")
ESSAYS = repository("jane/essays")
SITES = (REPO, OTHER, ESSAYS)
"""The served repositories."""


async def memory(folder: Path) -> Store:
    return MemoryStore("here", SITES)


async def sqlite(folder: Path) -> Store:
    return await SqliteStore.open(str(folder / "afterword.db"), process_id="here", sites=SITES)


async def postgres(folder: Path) -> Store:
    address = Address(empty_store(shared_server()))  # its tables are made: each opening would look at them again
    database = Database(address)
    notifications = Notifications(address, "here", lambda: database.execute(PROBE_STATEMENT, ()))
    return PostgresStore(database, notifications, process_id="here", sites=SITES, now=lambda: 1.0, newest=NEWEST_SCHEMA)


STORES: Mapping[str, Callable[[Path], Awaitable[Store]]] = {"memory": memory, "sqlite": sqlite, "postgres": postgres}
