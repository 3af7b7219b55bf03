"""A PostgreSQL server for the tests of a process, a database for each, and a server that may be stopped."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

import pytest

from app.store.postgres import PostgresStore
from tests.contracts.stores import SITES
from tests.postgres_server import PostgresServer, empty_store, run_postgres, shared_server

Open = Callable[..., Awaitable[PostgresStore]]


async def listen(store: PostgresStore) -> None:
    """Wait until notifications come through."""
    assert store.wait_for_changes is not None
    async with asyncio.timeout(20):
        while not store._notifications.hears_changes:
            await store.wait_for_changes(30.0)
    await store.wait_for_changes(0.0)


@pytest.fixture
def server() -> PostgresServer:
    return shared_server()


@pytest.fixture
def address(server: PostgresServer) -> str:
    """Return the address of an empty store."""
    return empty_store(server)


@pytest.fixture(scope="module")
def own_server() -> Iterator[PostgresServer]:
    with run_postgres() as server:
        yield server


@pytest.fixture
async def open_store() -> AsyncIterator[Open]:
    """Open stores and close them at the end."""
    stores: list[PostgresStore] = []

    async def open_(address: str, process_id: str = "here", **options: object) -> PostgresStore:
        store = await PostgresStore.open(
            address,
            process_id=process_id,
            sites=SITES,
            **{"now": lambda: 1.0, **options},  # type: ignore[arg-type]
        )
        stores.append(store)
        return store

    yield open_
    for store in stores:
        await store.close()
