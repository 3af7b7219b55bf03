"""The leases in the file."""

import sqlite3

from app.ports.leases import Leases
from app.store.rules import Lease
from app.store.sqlite.connections import SqliteFile


class SqliteLeases(Leases):
    """The table `lease`."""

    def __init__(self, file: SqliteFile) -> None:
        self._file = file

    async def acquire(self, name: str, *, worker_id: str, at: float, until: float) -> bool:
        def operation(connection: sqlite3.Connection) -> bool:
            row = connection.execute("SELECT worker_id, until FROM lease WHERE name = ?", (name,)).fetchone()
            if row is not None and not Lease(*row).is_available_to(worker_id, at=at, until=until):
                return False
            statement = "INSERT OR REPLACE INTO lease (name, worker_id, until) VALUES (?, ?, ?)"
            connection.execute(statement, (name, worker_id, until))
            return True

        return await self._file.write(operation)

    async def worker(self, name: str) -> str | None:
        def operation(connection: sqlite3.Connection) -> str | None:
            row = connection.execute("SELECT worker_id FROM lease WHERE name = ?", (name,)).fetchone()
            return None if row is None else str(row[0])

        return await self._file.read(operation)

    async def release(self, name: str, *, worker_id: str) -> None:
        await self._file.execute("DELETE FROM lease WHERE name = ? AND worker_id = ?", (name, worker_id))
