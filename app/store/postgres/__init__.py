"""The store in a PostgreSQL database, which several machines may share."""

import asyncio
from collections.abc import Callable, Sequence

from app.domain.errors import StoreTooNew
from app.domain.sites import Repository
from app.ports.store import Store
from app.store.postgres.database import Database
from app.store.postgres.deliveries import PostgresDeliveries
from app.store.postgres.jobs import PostgresJobs
from app.store.postgres.key_values import PostgresKeyValues
from app.store.postgres.leases import PostgresLeases
from app.store.postgres.mirror.mirror import PostgresMirror
from app.store.postgres.notifications import Notifications
from app.store.postgres.opening import check_version, prepare, read_version
from app.store.postgres.owner.history import PostgresHistory
from app.store.postgres.owner.overviews import PostgresOverviews
from app.store.postgres.rate_state import PostgresRateState
from app.store.postgres.schema import MIGRATIONS, Migration
from app.store.postgres.sessions import Address, Connection
from app.store.postgres.versions import SeenVersion, advance_versions

__all__ = ["PostgresStore"]

_OLDER_REPORT = (
    "The database {name} is older than it was: a replica took over that lacked the last changes, or a backup was "
    "restored. Everything is read from it again, and what it lacks from GitHub."
)
_UNKNOWN_REPORT = (
    "The connection to the database {name} was lost while a change was being committed. What is stored is read again."
)
"""The reports to the owner."""


class PostgresStore(Store):
    """All store ports on one database; created by `open`, ended by `close`."""

    def __init__(
        self,
        database: Database,
        notifications: Notifications,
        *,
        process_id: str,
        sites: Sequence[Repository],
        now: Callable[[], float],
        newest: int,
    ) -> None:
        seen_version = SeenVersion()
        self.mirror = PostgresMirror(database, seen_version, process_id=process_id, sites=sites)
        self.jobs = PostgresJobs(database)
        self.deliveries = PostgresDeliveries(database)
        self.leases = PostgresLeases(database)
        self.rate_state = PostgresRateState(database)
        self.key_values = PostgresKeyValues(database)
        self.history = PostgresHistory(database)
        self.overviews = PostgresOverviews(database)
        self.kind = "postgresql"
        self.wait_for_changes = notifications.wait
        self.repair_report = None
        self._notifications = notifications
        self._database = database
        self._seen_version = seen_version
        self._now = now
        self._newest = newest

    @classmethod
    async def open(
        cls,
        address: str,
        *,
        process_id: str,
        now: Callable[[], float],
        sites: Sequence[Repository] = (),
        migrations: Sequence[Migration] = MIGRATIONS,
        patience: float = 0.0,
    ) -> "PostgresStore":
        """Return the store in the database at an address, whose tables are made if there are none.

        `process_id` names this process in its mirror changes; `sites` are the served repositories, which transfers are
        followed to. Wait for a database that is away for `patience` seconds.

        Raises `DatabaseUnusable` if there can be no store, and `StoreTooNew` for a store that later versions only use.
        """
        database_address = Address(address)
        notifies = await asyncio.to_thread(prepare, database_address, migrations, now, patience=patience)
        return cls(
            Database(database_address, notifies=notifies),
            Notifications(database_address, process_id),
            process_id=process_id,
            sites=sites,
            now=now,
            newest=len(migrations),
        )

    async def guard(self) -> str | None:
        """Check the tables' version, and whether they are what this process has latest."""
        database, latest = self._database, self._seen_version

        def check(connection: Connection) -> None:
            latest.check(connection)
            check_version(database.name, read_version(connection), self._newest)

        try:
            await database.read(check, urgent=True)
        except StoreTooNew as refusal:
            database.refusal = refusal
            raise
        if latest.is_lost:
            await database.write_shortly(lambda connection: advance_versions(connection, self._now()))
            latest.is_lost = database.outcome_unknown = False
            return _OLDER_REPORT.format(name=database.name)
        if database.outcome_unknown:
            database.outcome_unknown = False
            return _UNKNOWN_REPORT.format(name=database.name)
        return None

    async def close(self) -> None:
        await self._notifications.close()
        await self._database.close()
