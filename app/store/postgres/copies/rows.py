"""The tables of a database, row by row, within one transaction of a connection of their own.

A value has the type that it has in every other store: a file's truth values are numbers, and its small facts are texts.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import psycopg

from app.ports.copies.tables import Row, StoredTables, Table, Value, batches_of
from app.store.postgres.database import scalar
from app.store.postgres.schema import SCHEMA
from app.store.postgres.sessions import Address, Connection

# ruff: noqa: S608 - names of tables and columns are constants
READ_LOCK = 0x41465752
"""The number of the lock, `AFWR`, that copies share while they read a database: none of them can be written over.

One database has many addresses: `localhost`, `127.0.0.1`, a socket, a pooler.
"""
_TRUTH_VALUES = frozenset({"private", "is_pull_request", "complete", "gone", "full_refresh"})
_UTF_8_TABLES = frozenset({"etag", "key_value"})
"""Their values are bytes here: they may hold characters that PostgreSQL's texts cannot."""
_FETCHED_AT_ONCE = 100


class PostgresTables(StoredTables):
    """What one connection sees in its transaction."""

    def __init__(self, connection: Connection, address: Address) -> None:
        self.name = address.name
        self._connection = connection
        self._address = address

    def count(self, table: Table) -> int:
        with self._errors():
            return int(scalar(self._connection, f"SELECT count(*) FROM {table.name}"))

    def batches(self, table: Table) -> Iterator[Sequence[Row]]:
        query = f"SELECT {', '.join(table.columns)} FROM {table.name} ORDER BY {table.order}"
        with self._errors(), self._connection.cursor(f"copy_{table.name}") as cursor:
            cursor.format = psycopg.pq.Format.BINARY
            cursor.itersize = _FETCHED_AT_ONCE
            yield from batches_of(exported_row(table, row) for row in cursor.execute(query))

    @contextmanager
    def _errors(self) -> Iterator[None]:
        with store_errors(self._address):
            yield


def begin(connection: Connection, mode: str) -> None:
    """Begin the one transaction of a copy."""
    connection.execute(f"BEGIN {mode}; SET LOCAL search_path = {SCHEMA}; SET LOCAL statement_timeout = 0")
    connection.execute("SET LOCAL idle_in_transaction_session_timeout = 0; SET LOCAL lock_timeout = 3000")


@contextmanager
def store_errors(address: Address) -> Iterator[None]:
    """Raise `StoreError` instead of the driver's errors."""
    try:
        yield
    except psycopg.Error as error:
        raise address.failure(error) from error


def exported_row(table: Table, row: Sequence[Any]) -> Row:
    """Return a row as every store has it."""
    return tuple(_export_value(table, column, value) for column, value in zip(table.columns, row, strict=True))


def imported_row(table: Table, row: Row) -> tuple[Any, ...]:
    """Return a row as a database has it."""
    return tuple(_import_value(table, column, value) for column, value in zip(table.columns, row, strict=True))


def _export_value(table: Table, column: str, value: Any) -> Value:
    if column in _TRUTH_VALUES:
        return int(value)
    exported_value: Value = value.decode() if column == "value" and table.name in _UTF_8_TABLES else value
    return exported_value


def _import_value(table: Table, column: str, value: Value) -> Any:
    if column in _TRUTH_VALUES:
        return bool(value)
    return value.encode() if isinstance(value, str) and column == "value" and table.name in _UTF_8_TABLES else value
