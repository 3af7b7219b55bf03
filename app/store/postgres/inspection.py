"""Look at the database of a store without changing it: nothing is made or migrated."""

from contextlib import closing
from dataclasses import dataclass

import psycopg

from app.domain.errors import StoreError
from app.store.postgres.database import scalar
from app.store.postgres.opening import SchemaVersion, check_server, check_version, read_version
from app.store.postgres.schema import NEWEST_SCHEMA, SCHEMA
from app.store.postgres.sessions import Address, Connection

_SIZE = """
SELECT coalesce(sum(pg_total_relation_size(oid)), 0)::bigint FROM pg_class
WHERE relnamespace = to_regnamespace(%s) AND relkind = 'r'
"""
_MAY_CREATE = "SELECT has_database_privilege(current_database(), 'CREATE')"


@dataclass(frozen=True, slots=True)
class DatabaseInspection:
    """The state of a database."""

    name: str
    """Its address without the password."""
    problem: StoreError | None = None
    """Why it cannot be used; None if it can."""
    server: str = ""
    """The server's version, as `15.4`."""
    schema: int = 0
    """The version of its tables; 0 if there are none."""
    size: int = 0
    """Bytes of the tables and their indexes."""

    @property
    def is_sound(self) -> bool:
        """Return True for a store that this version can read as it is."""
        return self.problem is None and self.schema >= NEWEST_SCHEMA


def inspect(address: str) -> DatabaseInspection:
    """Return the state of a database; it may be in use by running processes."""
    try:
        database_address = Address(address)
    except StoreError as error:
        return DatabaseInspection("", error)
    name = database_address.name
    try:
        with closing(database_address.connect()) as connection:
            return _inspect(database_address, connection)
    except StoreError as error:
        return DatabaseInspection(name, error)
    except psycopg.Error as error:
        return DatabaseInspection(name, database_address.failure(error))


def _inspect(address: Address, connection: Connection) -> DatabaseInspection:
    check_server(address, connection)
    schema = read_version(connection)
    check_version(address.name, schema)
    if schema == SchemaVersion() and not scalar(connection, _MAY_CREATE):
        problem = address.failure(PermissionError("permission denied: the user may not create a schema"))
        return DatabaseInspection(address.name, problem)
    server = connection.info.parameter_status("server_version") or ""
    size = int(scalar(connection, _SIZE, (SCHEMA,)))
    return DatabaseInspection(address.name, None, server.partition(" ")[0], schema.version, size)
