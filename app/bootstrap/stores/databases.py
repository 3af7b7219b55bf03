"""Stores in a PostgreSQL database. Its driver is imported only where it is needed: that takes a tenth of a second."""

import asyncio
from collections.abc import Sequence

from typing_extensions import override

from app.domain.errors import CannotStart
from app.domain.sites import Repository
from app.ports.clock import Clock
from app.ports.store import Store

_PATIENCE = 15.0
"""Seconds that a start waits for a database that is starting, too."""


class StoreClock(Clock):
    """A clock that all machines on a store share, whatever their own clocks say: leases and claims depend on it."""

    def __init__(self, clock: Clock, store: Store) -> None:
        self._clock = clock
        self._store = store

    @override
    def now(self) -> float:
        return self._clock.now() + self._store.clock_offset

    @override
    async def sleep(self, seconds: float) -> None:
        await self._clock.sleep(seconds)


async def open_database(address: str, sites: Sequence[Repository], process_id: str, clock: Clock) -> Store:
    """Return the store of a service, whose tables are made or migrated. Raises `StoreError`."""
    from app.store.postgres import PostgresStore  # noqa: PLC0415

    return await PostgresStore.open(address, process_id=process_id, sites=sites, now=clock.now, patience=_PATIENCE)


async def open_existing_database(address: str, sites: Sequence[Repository], process_id: str) -> Store:
    """Return a store to read from; nothing is made or migrated.

    Raises `CannotStart` without tables, and `StoreError`.
    """
    from app.store.postgres import PostgresStore  # noqa: PLC0415
    from app.store.postgres.inspection import inspect  # noqa: PLC0415

    inspection = await asyncio.to_thread(inspect, address)
    if inspection.problem is not None:
        raise inspection.problem
    if not inspection.is_sound:
        raise CannotStart(
            f"{inspection.name} has no tables of this version. Start `afterword serve`: it imports or migrates."
        )
    return await PostgresStore.open(address, process_id=process_id, sites=sites, now=lambda: 0.0)
