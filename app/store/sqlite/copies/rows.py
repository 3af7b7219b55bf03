"""The tables of a file, row by row."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from app.domain.errors import StoreUnusable
from app.ports.copies.tables import Row, StoredTables, Table, batches_of
from app.store.sqlite.connections import scalar

# ruff: noqa: S608 - names of tables and columns are constants


class SqliteTables(StoredTables):
    """What one connection sees."""

    def __init__(self, connection: sqlite3.Connection, path: str) -> None:
        self.name = path
        self._connection = connection

    def count(self, table: Table) -> int:
        try:
            return int(scalar(self._connection, f"SELECT count(*) FROM {table.name}"))
        except sqlite3.Error as error:
            raise StoreUnusable(self.name, str(error)) from error

    def batches(self, table: Table) -> Iterator[Sequence[Row]]:
        query = f"SELECT {', '.join(table.columns)} FROM {table.name} ORDER BY {table.order}"
        try:
            yield from batches_of(iter(self._connection.execute(query)))
        except sqlite3.Error as error:
            raise StoreUnusable(self.name, str(error)) from error


@contextmanager
def system_errors(path: str) -> Iterator[None]:
    """Raise `StoreUnusable` instead of errors of SQLite and of the system."""
    try:
        yield
    except sqlite3.Error as error:
        raise StoreUnusable(path, str(error)) from error
    except OSError as error:
        raise StoreUnusable(path, error.strerror or str(error)) from error
