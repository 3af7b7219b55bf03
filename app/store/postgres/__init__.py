"""The store in a PostgreSQL database, which several machines may share."""

import asyncio
import logging
from collections.abc import Callable, Sequence

from typing_extensions import override

from app.domain.errors import StoreTooNew
from app.domain.sites import Repository
from app.ports.store import Store
from app.store.postgres.database import Database, execute, scalar
from app.store.postgres.deliveries import PostgresDeliveries
from app.store.postgres.jobs import PostgresJobs
from app.store.postgres.key_values import PostgresKeyValues
from app.store.postgres.leases import PostgresLeases
from app.store.postgres.mirror.mirror import PostgresMirror
from app.store.postgres.notifications import PROBE_STATEMENT, Notifications
from app.store.postgres.opening import check_version, prepare, read_version
from app.store.postgres.owner.history import PostgresHistory
from app.store.postgres.owner.overviews import PostgresOverviews
from app.store.postgres.rate_state import PostgresRateState
from app.store.postgres.schema import MIGRATIONS, Migration
from app.store.postgres.sessions import Address, Connection
from app.store.postgres.versions import SeenVersion, advance_versions

__all__ = ["PostgresStore"]

_log = logging.getLogger(__name__)

_OLDER_REPORT = (
    "The database {name} is older than it was: a replica took over that lacked the last changes, or a backup was "
    "restored. Everything is read from it again, and what it lacks from GitHub."
)
_UNKNOWN_REPORT = (
    "The connection to the database {name} was lost while a change was being committed. What is stored is read again."
)
"""The reports to the owner."""
_SERVER_TIME = "SELECT extract(epoch FROM clock_timestamp())::float8"
_TOLERANCE = 0.5
"""Seconds that two clocks may differ."""
_BROUGHT_FORWARD = 85_800.0
"""Seconds by which the next daily comparison with GitHub comes sooner: ten minutes after the last one."""
_COMPARE_SOON = "UPDATE site SET reconciled_at = reconciled_at - %(seconds)s WHERE reconciled_at > %(at)s - %(seconds)s"


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
        self._clock_offset = 0.0

    @property
    @override
    def clock_offset(self) -> float:
        return self._clock_offset

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
        followed to. For `patience` seconds everything waits for a database that is away.

        Raises `DatabaseUnusable` if there can be no store, and `StoreTooNew` for a store that later versions only use.
        """
        database_address = Address(address)
        notifies = await asyncio.to_thread(prepare, database_address, migrations, now, patience=patience)
        database = Database(database_address, notifies=notifies, patience=patience)
        store = cls(
            database,
            Notifications(database_address, process_id, lambda: database.execute(PROBE_STATEMENT, ())),
            process_id=process_id,
            sites=sites,
            now=now,
            newest=len(migrations),
        )
        await database.read(store._compare_clocks, urgent=True)
        return store

    async def guard(self) -> str | None:
        """Check the tables' version, and whether they are what this process has latest."""
        database, latest = self._database, self._seen_version

        def check(connection: Connection) -> None:
            self._compare_clocks(connection)
            latest.check(connection)
            check_version(database.name, read_version(connection), self._newest)

        try:
            await database.read(check, urgent=True)
        except StoreTooNew as refusal:
            database.refusal = refusal
            raise
        if latest.is_lost:
            await database.write_shortly(self._continue_older)
            latest.is_lost = database.outcome_unknown = False
            return _OLDER_REPORT.format(name=database.name)
        if database.outcome_unknown:
            database.outcome_unknown = False
            return _UNKNOWN_REPORT.format(name=database.name)
        return None

    def _continue_older(self, connection: Connection) -> None:
        """Let versions go on, and deletions that are unknown again be looked for soon."""
        at = self._now() + self._clock_offset
        advance_versions(connection, at)
        execute(connection, _COMPARE_SOON, {"at": at, "seconds": _BROUGHT_FORWARD})

    def _compare_clocks(self, connection: Connection) -> None:
        """Read the database's time, which all machines have in common."""
        before = self._now()
        server_time = float(scalar(connection, _SERVER_TIME))
        after = self._now()
        offset = server_time - (before + after) / 2
        if abs(offset - self._clock_offset) < _TOLERANCE + (after - before):
            return
        self._clock_offset = offset
        _log.warning(
            "The clock of this machine differs from the database's by %.1f s; the database's is used. Set both by NTP.",
            offset,
        )

    async def close(self) -> None:
        await self._notifications.close()
        await self._database.close()
