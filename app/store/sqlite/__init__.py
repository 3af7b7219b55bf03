"""The store in one SQLite file, which several processes may share."""

import asyncio
from collections.abc import Callable, Sequence

from app.domain.sites import Repository
from app.ports.store import Store
from app.store.sqlite.deliveries import SqliteDeliveries
from app.store.sqlite.file import StoreFile
from app.store.sqlite.jobs import SqliteJobs
from app.store.sqlite.key_values import SqliteKeyValues
from app.store.sqlite.leases import SqliteLeases
from app.store.sqlite.mirror.mirror import SqliteMirror
from app.store.sqlite.owner.history import SqliteHistory
from app.store.sqlite.owner.overviews import SqliteOverviews
from app.store.sqlite.rate_state import SqliteRateState
from app.store.sqlite.schema import MIGRATIONS, Migration

__all__ = ["SqliteStore"]


class SqliteStore(Store):
    """All store ports on one file; created by `open`, ended by `close`."""

    def __init__(self, file: StoreFile, *, process_id: str, sites: Sequence[Repository] = ()) -> None:
        self.mirror = SqliteMirror(file, process_id=process_id, sites=sites)
        self.jobs = SqliteJobs(file)
        self.deliveries = SqliteDeliveries(file)
        self.leases = SqliteLeases(file)
        self.rate_state = SqliteRateState(file)
        self.key_values = SqliteKeyValues(file)
        self.history = SqliteHistory(file)
        self.overviews = SqliteOverviews(file)
        self.kind = "sqlite"
        self.wait_for_changes = None
        self.repair_report = file.repair_report
        self._file = file

    @classmethod
    async def open(
        cls,
        path: str,
        *,
        process_id: str,
        sites: Sequence[Repository] = (),
        migrations: Sequence[Migration] = MIGRATIONS,
        now: Callable[[], float] | None = None,
    ) -> "SqliteStore":
        """Return the store in the file at `path`, which is created if there is none.

        `process_id` names this process in its mirror changes; `sites` are the served repositories, which transfers are
        followed to. A damaged file is moved aside, see `repair_report`. Its new name contains the time `now`, epoch
        seconds, or without `now` the time of its last change. With `now`, a new file continues the versions and
        generations of every file that was at this path before.

        Raises `StoreUnusable` if there can be no store, and `StoreTooNew` for a store of a later version.
        """
        return cls(await asyncio.to_thread(StoreFile, path, migrations, now), process_id=process_id, sites=sites)

    async def guard(self) -> str | None:
        return await self._file.guard()

    async def close(self) -> None:
        await self._file.close()
