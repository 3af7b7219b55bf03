"""Check that a database is one that the service can use, and migrate its tables to the current version.

Several processes start at the same time: each migration runs under a lock of its transaction, which other programs in
the database do not take. Where there are no such locks, one of the processes makes the tables, and the others find
them. A database with tables of a later version is used if that allows it, and otherwise refused
before anything is changed. https://www.postgresql.org/docs/current/explicit-locking.html#ADVISORY-LOCKS
"""

import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass

import psycopg
from psycopg import errors

from app.domain.errors import DatabaseUnusable, StoreTooNew
from app.store.postgres.database import execute, scalar
from app.store.postgres.schema import NEWEST_SCHEMA, SCHEMA, Migration
from app.store.postgres.sessions import OLDEST_SERVER, Address, Connection, is_passing
from app.store.postgres.versions import CHANNEL, start_versions

_LOCK = 0x41465744
"""The number of the lock, `AFWD`: the same in all versions."""
_PAUSE = 0.5
_PATIENCE_WITH_OTHERS = 30.0
"""Seconds in which another process may make the same tables."""
_MADE_BY_OTHERS = (errors.DuplicateSchema, errors.DuplicateTable, errors.UniqueViolation, errors.SerializationFailure)
_MISSING = (errors.UndefinedFunction, errors.FeatureNotSupported, errors.InsufficientPrivilege)
"""What is raised for a function that a server has not, or not for this user."""
_BEGIN = (
    f"BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE; SET LOCAL search_path = {SCHEMA}; "
    "SET LOCAL lock_timeout = 30000; SET LOCAL statement_timeout = 0"
)
_SCHEMA_EXISTS = "SELECT EXISTS (SELECT FROM pg_namespace WHERE nspname = %s)"
_TABLES = "SELECT count(*) FROM pg_class WHERE relnamespace = %s::regnamespace AND relkind = 'r'"
_HAS_VERSION = """
SELECT EXISTS (
    SELECT FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
    WHERE nspname = %s AND relname = 'schema_version'
)
"""
"""`to_regclass` would do, but not after the wait for a lock: it remembers that there was no such schema before."""
_VERSION_TABLE = """
CREATE TABLE schema_version (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    version bigint NOT NULL,
    oldest bigint NOT NULL      -- the lowest version that a process may know to use the tables
)
"""
_PUT_VERSION = """
INSERT INTO schema_version (version, oldest) VALUES (%(version)s, %(oldest)s)
ON CONFLICT (one) DO UPDATE SET version = excluded.version, oldest = excluded.oldest
"""


@dataclass(frozen=True, slots=True)
class SchemaVersion:
    """The version of the tables, and the lowest one that a process may know to use them; zeros without tables."""

    version: int = 0
    oldest: int = 0


def prepare(address: Address, migrations: Sequence[Migration], now: Callable[[], float], *, patience: float) -> bool:
    """Make the tables, or migrate them; wait so many seconds for a database that is away.

    Return whether the server sends notifications. Raises `DatabaseUnusable`, and `StoreTooNew` before anything is
    changed.
    """
    started_at = time.monotonic()
    while True:
        seconds = time.monotonic() - started_at
        try:
            with closing(address.connect()) as connection:
                _prepare(address, connection, migrations, now)
                return _has(connection, "SELECT pg_notify(%s, '')", CHANNEL)
        except psycopg.Error as error:
            if not isinstance(error, _MADE_BY_OTHERS) or seconds > _PATIENCE_WITH_OTHERS:
                raise address.failure(error) from error
        except DatabaseUnusable as failure:
            if seconds > patience or not is_passing(failure):
                raise
        time.sleep(_PAUSE)


def read_version(connection: Connection) -> SchemaVersion:
    """Return the version of the tables, within the caller's transaction if there is one."""
    if not scalar(connection, _HAS_VERSION, (SCHEMA,)):
        return SchemaVersion()
    row = execute(connection, f"SELECT version, oldest FROM {SCHEMA}.schema_version").fetchone()  # noqa: S608 - a constant
    return SchemaVersion() if row is None else SchemaVersion(*row)


def check_version(name: str, schema: SchemaVersion, newest: int = NEWEST_SCHEMA) -> None:
    """Raise `StoreTooNew` if a process that knows versions up to `newest` may not use the tables."""
    if schema.oldest > newest:
        raise StoreTooNew(name, schema.version, newest)


def check_server(address: Address, connection: Connection) -> None:
    """Raise `DatabaseUnusable` for a server or a database that cannot hold a store."""
    version = connection.info.server_version
    if version < OLDEST_SERVER:
        reason = f"the server is PostgreSQL {version // 10_000}"
        raise DatabaseUnusable(address.name, reason, "Use PostgreSQL 13 or later.")
    encoding = scalar(connection, "SHOW server_encoding")
    if encoding != "UTF8":
        advice = "Create one with UTF-8: createdb --encoding UTF8 --template template0."
        raise DatabaseUnusable(address.name, f"the database has the encoding {encoding}", advice)


def _prepare(
    address: Address, connection: Connection, migrations: Sequence[Migration], now: Callable[[], float]
) -> None:
    check_server(address, connection)
    newest = len(migrations)
    while True:
        schema = read_version(connection)
        check_version(address.name, schema, newest)
        if schema.version >= newest:
            return
        connection.execute(_BEGIN)
        try:
            _migrate(address, connection, migrations, now)
        except BaseException:
            if not connection.closed:
                connection.execute("ROLLBACK")
            raise
        connection.execute("COMMIT")


def _migrate(
    address: Address, connection: Connection, migrations: Sequence[Migration], now: Callable[[], float]
) -> None:
    """Take one step, if no other process has taken it."""
    if _has(connection, "SELECT pg_advisory_xact_lock(%s)", _LOCK):
        execute(connection, "SELECT pg_advisory_xact_lock(%s)", (_LOCK,))
    schema = read_version(connection)
    if schema.version >= len(migrations):
        return
    if schema == SchemaVersion():
        _create_schema(address, connection)
    migration, version = migrations[schema.version], schema.version + 1
    for statement in migration.statements:
        connection.execute(statement)
    oldest = schema.oldest if migration.is_compatible else version
    execute(connection, _PUT_VERSION, {"version": version, "oldest": oldest})
    if version == 1:
        start_versions(connection, now())


def _has(connection: Connection, query: str, parameter: object) -> bool:
    """Return whether the server has what a query needs; the query itself is undone."""
    try:
        with connection.transaction(force_rollback=True):
            execute(connection, query, (parameter,))
    except _MISSING:
        return False
    return True


def _create_schema(address: Address, connection: Connection) -> None:
    if not scalar(connection, _SCHEMA_EXISTS, (SCHEMA,)):
        connection.execute(f"CREATE SCHEMA {SCHEMA}")
    elif scalar(connection, _TABLES, (SCHEMA,)):
        reason = f"the schema {SCHEMA} holds tables of another program"
        raise DatabaseUnusable(address.name, reason, "Name a database of its own in AFTERWORD_STORE.")
    connection.execute(_VERSION_TABLE)
