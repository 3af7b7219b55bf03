"""The key-value pairs in the file."""

import sqlite3
from collections.abc import Callable

from app.ports.key_values import KeyValues
from app.store.sqlite.connections import SqliteFile, scalar

_GET = "SELECT value FROM key_value WHERE key = ?"
_PUT = "INSERT OR REPLACE INTO key_value (key, value) VALUES (?, ?)"


class SqliteKeyValues(KeyValues):
    """The table `key_value`."""

    def __init__(self, file: SqliteFile) -> None:
        self._file = file

    async def get(self, key: str) -> str | None:
        rows = await self._file.rows(_GET, (key,))
        return str(rows[0][0]) if rows else None

    async def put(self, key: str, value: str | None) -> None:
        if value is None:
            await self._file.execute("DELETE FROM key_value WHERE key = ?", (key,))
        else:
            await self._file.execute(_PUT, (key, value))

    async def put_first(self, key: str, value: str) -> str:
        def operation(connection: sqlite3.Connection) -> str:
            connection.execute("INSERT OR IGNORE INTO key_value (key, value) VALUES (?, ?)", (key, value))
            return str(scalar(connection, _GET, (key,)))

        return await self._file.write(operation)

    async def update(self, key: str, change: Callable[[str | None], str]) -> None:
        def operation(connection: sqlite3.Connection) -> None:
            row = connection.execute(_GET, (key,)).fetchone()
            connection.execute(_PUT, (key, change(None if row is None else str(row[0]))))

        await self._file.write(operation)
