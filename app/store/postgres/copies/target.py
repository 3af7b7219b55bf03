"""Write a database in one transaction: other processes see all of the copy, or nothing of it.

Until its end nothing else is written there, while readers see what was before. A service that has the database open all
the same finds that it is another one, as after a restored backup, and reads everything again.
"""

import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager

from psycopg import errors

from app.domain.errors import CopyRefused
from app.domain.worker_names import describe_worker
from app.ports.copies.tables import TABLES, Counters, Row, StoreTarget, Table
from app.store.postgres.copies.rows import READ_LOCK, PostgresTables, begin, imported_row, store_errors
from app.store.postgres.copies.source import service_of
from app.store.postgres.database import execute, scalar
from app.store.postgres.opening import prepare
from app.store.postgres.schema import MIGRATIONS
from app.store.postgres.sessions import Address, Connection

# ruff: noqa: S608 - names of tables and columns are constants
_LOCK = 0x41465743
"""The number of the lock, `AFWC`, that a copy has."""
OTHER_TABLES = ("comment_change", "lease", "version_nonce")
"""What is not copied, and means nothing beside the copy."""
_PUT_VERSION = "UPDATE mirror_version SET version = greatest(version, %s) RETURNING version"
_PUT_NONCE = "INSERT INTO version_nonce (version, nonce) VALUES (%s, %s)"
_PUT_GENERATION = "SELECT setval('job_generation', greatest(nextval('job_generation'), %s))"
_PUT_SITE_ID = """
SELECT setval(pg_get_serial_sequence('site', 'id'), greatest(
    nextval(pg_get_serial_sequence('site', 'id')), (SELECT coalesce(max(id), 1) FROM site)
))
"""


class PostgresTarget(PostgresTables, StoreTarget):
    """The tables of a database, empty at first, until `commit` shows them to others."""

    def write(self, table: Table, rows: Sequence[Row]) -> None:
        statement = f"COPY {table.name} ({', '.join(table.columns)}) FROM STDIN"
        with self._errors(), self._connection.cursor() as cursor, cursor.copy(statement) as copy:
            for row in rows:
                copy.write_row(imported_row(table, row))

    def commit(self, counters: Counters) -> None:
        with self._errors():
            version = scalar(self._connection, _PUT_VERSION, (counters.version,))
            execute(self._connection, _PUT_NONCE, (version, secrets.randbits(63)))
            execute(self._connection, _PUT_GENERATION, (counters.generation,))
            execute(self._connection, _PUT_SITE_ID)
            self._connection.execute("COMMIT")


@contextmanager
def open_target(text: str, *, replace: bool, now: Callable[[], float]) -> Iterator[PostgresTarget]:
    """Yield the tables of the database at an address. Raises `CopyRefused` if they hold anything, unless `replace`."""
    address = Address(text)
    prepare(address, MIGRATIONS, now, patience=0.0)
    with store_errors(address), closing(address.connect()) as connection:
        begin(connection, "ISOLATION LEVEL READ COMMITTED READ WRITE")
        _lock(connection, address)
        worker = service_of(connection, now())
        if worker is not None:
            raise CopyRefused(
                f"A service works on {address.name} ({describe_worker(worker)}). Stop it, and copy after ten seconds."
            )
        target = PostgresTarget(connection, address)
        if not replace and any(target.count(table) for table in TABLES):
            raise CopyRefused(
                f"The store {address.name} is not empty. Name another database, or write --replace: then what it holds "
                "is lost."
            )
        for name in (*(table.name for table in TABLES), *OTHER_TABLES):
            connection.execute(f"DELETE FROM {name}")
        yield target


def _lock(connection: Connection, address: Address) -> None:
    names = ", ".join([*(table.name for table in TABLES), *OTHER_TABLES, "mirror_version"])
    try:
        execute(connection, "SELECT pg_advisory_xact_lock(%s)", (_LOCK,))
    except errors.LockNotAvailable:
        raise CopyRefused(f"Another copy to {address.name} is under way. Wait for its end.") from None
    try:
        execute(connection, "SELECT pg_advisory_xact_lock(%s)", (READ_LOCK,))
    except errors.LockNotAvailable:
        raise CopyRefused(
            f"A copy reads {address.name}: FROM is the same database, or another copy is under way. Name another "
            "database, or wait."
        ) from None
    try:
        connection.execute(f"LOCK TABLE {names} IN EXCLUSIVE MODE")
    except (errors.LockNotAvailable, errors.DeadlockDetected):
        raise CopyRefused(f"A process writes to {address.name}. Stop it, and copy again.") from None
