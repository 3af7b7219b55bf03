"""Read a database at one moment; services may use it, and nothing in it is changed."""

from collections.abc import Iterator
from contextlib import closing, contextmanager

from app.domain.errors import CopyRefused
from app.ports.copies.tables import LONGEST_LEASE, SERVICE_LEASE, Counters, StoreSource
from app.store.postgres.copies.rows import READ_LOCK, PostgresTables, begin, store_errors
from app.store.postgres.database import execute, scalar
from app.store.postgres.inspection import inspect
from app.store.postgres.schema import SCHEMA
from app.store.postgres.sessions import Address, Connection

_WORKER = f"SELECT worker_id FROM {SCHEMA}.lease WHERE name = %s AND until > %s AND until <= %s"  # noqa: S608 - a constant


class PostgresSource(PostgresTables, StoreSource):
    """One moment of a database."""

    def counters(self) -> Counters:
        queries = "SELECT version FROM mirror_version", "SELECT last_value FROM job_generation"
        with self._errors():
            version, generation = (int(scalar(self._connection, query)) for query in queries)
        return Counters(version, generation)

    def user(self, at: float) -> str | None:
        with self._errors(), closing(self._address.connect()) as connection:  # that sees what is there now
            return service_of(connection, at)

    def confirm(self) -> None:
        """Accept what was read: the transaction has seen one moment."""


def service_of(connection: Connection, at: float) -> str | None:
    """Return a process that works on the store at the time `at`; None if there is none."""
    worker = scalar(connection, _WORKER, (SERVICE_LEASE, at, at + LONGEST_LEASE))
    return None if worker is None else str(worker)


@contextmanager
def open_source(text: str) -> Iterator[PostgresSource]:
    """Yield the tables of the database at an address, as they are now. Raises `StoreError` without a sound store."""
    inspection = inspect(text)
    if inspection.problem is not None:
        raise inspection.problem
    if not inspection.schema:
        raise CopyRefused(f"There is no store in {inspection.name}. Name the database that AFTERWORD_STORE names.")
    if not inspection.is_sound:
        raise CopyRefused(
            f"An earlier version wrote {inspection.name}. Start `afterword serve` on it once: it migrates."
        )
    address = Address(text)
    with store_errors(address), closing(address.connect()) as connection:
        begin(connection, "ISOLATION LEVEL REPEATABLE READ READ ONLY")
        # The moment is that of the first query. A copy that is being written here does not matter.
        execute(connection, "SELECT pg_try_advisory_xact_lock_shared(%s)", (READ_LOCK,))
        scalar(connection, "SELECT count(*) FROM site")
        yield PostgresSource(connection, address)
