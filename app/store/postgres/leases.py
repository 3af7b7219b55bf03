"""The leases in the database."""

from app.ports.leases import Leases
from app.store.postgres.database import Database, execute
from app.store.postgres.sessions import Connection
from app.store.rules import Lease

_LEASE = "SELECT worker_id, until FROM lease WHERE name = %s FOR UPDATE"
_INSERT = "INSERT INTO lease (name, worker_id, until) VALUES (%s, %s, %s)"
"""A lease that another process took at the same moment makes the transaction run again."""
_UPDATE = "UPDATE lease SET worker_id = %s, until = %s WHERE name = %s"


class PostgresLeases(Leases):
    """The table `lease`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def acquire(self, name: str, *, worker_id: str, at: float, until: float) -> bool:
        def operation(connection: Connection) -> bool:
            row = execute(connection, _LEASE, (name,)).fetchone()
            if row is None:
                execute(connection, _INSERT, (name, worker_id, until))
            elif Lease(*row).is_available_to(worker_id, at=at, until=until):
                execute(connection, _UPDATE, (worker_id, until, name))
            else:
                return False
            return True

        return await self._database.write_shortly(operation)

    async def worker(self, name: str) -> str | None:
        rows = await self._database.rows("SELECT worker_id FROM lease WHERE name = %s", (name,))
        return str(rows[0][0]) if rows else None

    async def release(self, name: str, *, worker_id: str) -> None:
        await self._database.execute("DELETE FROM lease WHERE name = %s AND worker_id = %s", (name, worker_id))
