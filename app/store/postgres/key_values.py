"""The key-value pairs in the database."""

from collections.abc import Callable

from app.ports.key_values import KeyValues
from app.store.postgres.database import Database, execute, scalar
from app.store.postgres.sessions import Connection

_GET = "SELECT value FROM key_value WHERE key = %s"
_INSERT = "INSERT INTO key_value (key, value) VALUES (%s, %s)"
_PUT = f"{_INSERT} ON CONFLICT (key) DO UPDATE SET value = excluded.value"
_PUT_FIRST = f"{_INSERT} ON CONFLICT (key) DO NOTHING"


class PostgresKeyValues(KeyValues):
    """The table `key_value`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, key: str) -> str | None:
        rows = await self._database.rows(_GET, (key,))
        return bytes(rows[0][0]).decode() if rows else None

    async def put(self, key: str, value: str | None) -> None:
        if value is None:
            await self._database.execute("DELETE FROM key_value WHERE key = %s", (key,))
        else:
            await self._database.execute(_PUT, (key, value.encode()))

    async def put_first(self, key: str, value: str) -> str:
        def operation(connection: Connection) -> str:
            execute(connection, _PUT_FIRST, (key, value.encode()))
            return bytes(scalar(connection, _GET, (key,))).decode()

        return await self._database.write_shortly(operation)

    async def update(self, key: str, change: Callable[[str | None], str]) -> None:
        def operation(connection: Connection) -> None:
            value = scalar(connection, f"{_GET} FOR UPDATE", (key,))
            new_value = change(None if value is None else bytes(value).decode()).encode()
            # Of two processes that insert the key, one fails, and its transaction is repeated.
            execute(connection, _INSERT if value is None else _PUT, (key, new_value))

        await self._database.write_shortly(operation)
