"""The key-value pairs in the database."""

from app.ports.key_values import KeyValues
from app.store.postgres.database import Database, execute, scalar
from app.store.postgres.sessions import Connection

_PUT = "INSERT INTO key_value (key, value) VALUES (%s, %s) ON CONFLICT (key) DO UPDATE SET value = excluded.value"

_PUT_FIRST = "INSERT INTO key_value (key, value) VALUES (%s, %s) ON CONFLICT (key) DO NOTHING"


class PostgresKeyValues(KeyValues):
    """The table `key_value`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, key: str) -> str | None:
        rows = await self._database.rows("SELECT value FROM key_value WHERE key = %s", (key,))
        return bytes(rows[0][0]).decode() if rows else None

    async def put(self, key: str, value: str | None) -> None:
        if value is None:
            await self._database.execute("DELETE FROM key_value WHERE key = %s", (key,))
        else:
            await self._database.execute(_PUT, (key, value.encode()))

    async def put_first(self, key: str, value: str) -> str:
        def operation(connection: Connection) -> str:
            execute(connection, _PUT_FIRST, (key, value.encode()))
            return bytes(scalar(connection, "SELECT value FROM key_value WHERE key = %s", (key,))).decode()

        return await self._database.write_shortly(operation)
