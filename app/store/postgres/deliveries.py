"""The received webhook deliveries in the database."""

from app.domain.priority import Priority
from app.domain.sites import Repository
from app.ports.deliveries import Deliveries, Delivery
from app.store import rules
from app.store.postgres.database import Database, execute, scalar, site_id
from app.store.postgres.jobs import enqueue
from app.store.postgres.sessions import Connection
from app.store.sql.session import clamp

_FORGET = """
DELETE FROM delivery WHERE id IN (SELECT id FROM delivery WHERE received_at < %s LIMIT 1000 FOR UPDATE SKIP LOCKED)
"""
_STORED_AT = "SELECT received_at FROM delivery WHERE id = %s FOR UPDATE"
_INSERT = "INSERT INTO delivery (id, site, number, event, action, received_at) VALUES (%s, %s, %s, %s, %s, %s)"
"""A delivery that another process stored at the same moment makes the transaction run again."""
_REMOVE = "DELETE FROM delivery WHERE id = %s"
_DELIVERED_SINCE = """
SELECT DISTINCT number FROM delivery
WHERE site = (SELECT id FROM site WHERE key = %s) AND received_at >= %s AND number IS NOT NULL
"""
_LAST_DELIVERY_AT = "SELECT max(received_at) FROM delivery WHERE site = (SELECT id FROM site WHERE key = %s)"


class PostgresDeliveries(Deliveries):
    """The table `delivery`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def accept(self, delivery: Delivery, *, replay_within: float) -> bool:
        return await self._database.write_shortly(lambda connection: _accept(connection, delivery, replay_within))

    async def delivered_since(self, repo: Repository, *, since: float) -> frozenset[int]:
        return frozenset(number for (number,) in await self._database.rows(_DELIVERED_SINCE, (repo.key, since)))

    async def last_delivery_at(self, repo: Repository) -> float | None:
        ((received_at,),) = await self._database.rows(_LAST_DELIVERY_AT, (repo.key,))
        return None if received_at is None else float(received_at)


def _accept(connection: Connection, delivery: Delivery, replay_within: float) -> bool:
    stored_at = scalar(connection, _STORED_AT, (delivery.id,))
    if rules.is_replay(delivery, stored_at, within=replay_within):
        return False
    site, at = site_id(connection, delivery.repo), delivery.received_at
    number = None if delivery.number is None else clamp(delivery.number)
    execute(connection, _FORGET, (at - rules.WEEK,))
    if stored_at is not None:
        execute(connection, _REMOVE, (delivery.id,))
    execute(connection, _INSERT, (delivery.id, site, number, delivery.event, delivery.action, at))
    if number is not None and delivery.needs_refresh:
        enqueue(connection, delivery.repo, number, Priority.DELIVERY, at=at, full=delivery.full)
    return True
