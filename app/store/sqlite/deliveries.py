"""The received webhook deliveries in the file."""

import sqlite3

from app.domain.priority import Priority
from app.domain.sites import Repository
from app.ports.deliveries import Deliveries, Delivery
from app.store import rules
from app.store.sql.session import clamp
from app.store.sqlite.connections import SqliteFile, scalar, site_id
from app.store.sqlite.jobs import enqueue

_FORGET = "DELETE FROM delivery WHERE site IN (SELECT id FROM site) AND received_at < ?"
"""Of every site: naming them makes SQLite use the index."""
_PUT = "INSERT OR REPLACE INTO delivery (id, site, number, event, action, received_at) VALUES (?, ?, ?, ?, ?, ?)"
_DELIVERED_SINCE = """
SELECT DISTINCT number FROM delivery
WHERE site = (SELECT id FROM site WHERE key = ?) AND received_at >= ? AND number IS NOT NULL
"""
_LAST_DELIVERY_AT = "SELECT max(received_at) FROM delivery WHERE site = (SELECT id FROM site WHERE key = ?)"


class SqliteDeliveries(Deliveries):
    """The table `delivery`."""

    def __init__(self, file: SqliteFile) -> None:
        self._file = file

    async def accept(self, delivery: Delivery, *, replay_within: float) -> bool:
        return await self._file.write(lambda connection: _accept(connection, delivery, replay_within))

    async def delivered_since(self, repo: Repository, *, since: float) -> frozenset[int]:
        return frozenset(number for (number,) in await self._file.rows(_DELIVERED_SINCE, (repo.key, since)))

    async def last_delivery_at(self, repo: Repository) -> float | None:
        ((received_at,),) = await self._file.rows(_LAST_DELIVERY_AT, (repo.key,))
        return None if received_at is None else float(received_at)


def _accept(connection: sqlite3.Connection, delivery: Delivery, replay_within: float) -> bool:
    stored_at = scalar(connection, "SELECT received_at FROM delivery WHERE id = ?", (delivery.id,))
    if rules.is_replay(delivery, stored_at, within=replay_within):
        return False
    site, at = site_id(connection, delivery.repo), delivery.received_at
    number = None if delivery.number is None else clamp(delivery.number)
    connection.execute(_FORGET, (at - rules.WEEK,))
    connection.execute(_PUT, (delivery.id, site, number, delivery.event, delivery.action, at))
    if number is not None and delivery.needs_refresh:
        enqueue(connection, delivery.repo, number, Priority.DELIVERY, at=at, full=delivery.full)
    return True
