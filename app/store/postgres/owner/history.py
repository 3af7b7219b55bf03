"""The last day in the database."""

from dataclasses import astuple

from app.ports.owner.history import (
    DAY,
    HOUR,
    MOST_EVENTS,
    History,
    HistoryEvent,
    HistoryKind,
    HistoryRecord,
    HourCount,
    merge_counts,
)
from app.store.postgres.database import Database, execute
from app.store.postgres.sessions import Connection

_ADD_COUNT = """
INSERT INTO hour_count AS stored (hour, kind, repo_key, outcome, count, last_at, least)
VALUES (%s, %s, %s, %s, %s, %s, %s)
ON CONFLICT (hour, kind, repo_key, outcome) DO UPDATE SET
    count = stored.count + excluded.count, last_at = greatest(stored.last_at, excluded.last_at),
    least = least(stored.least, excluded.least)
"""
_ADD_EVENT = "INSERT INTO history_event (at, kind, repo_key, outcome, detail) VALUES (%s, %s, %s, %s, %s)"
_FORGET_COUNTS = "DELETE FROM hour_count WHERE hour < (SELECT max(hour) FROM hour_count) - %s"
_FORGET_EVENTS = """
DELETE FROM history_event WHERE kind = %(kind)s AND id NOT IN (
    SELECT id FROM history_event WHERE kind = %(kind)s ORDER BY at DESC, id DESC LIMIT %(most)s
)
"""
_COUNTS = """
SELECT hour, kind, repo_key, outcome, count, last_at, least FROM hour_count WHERE hour > %s
ORDER BY hour, kind, repo_key, outcome
"""
_EVENTS = "SELECT at, kind, repo_key, outcome, detail FROM history_event WHERE at >= %s ORDER BY at DESC, id DESC"


class PostgresHistory(History):
    """The tables `hour_count` and `history_event`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, record: HistoryRecord) -> None:
        def operation(connection: Connection) -> None:
            for count in merge_counts(record.counts):  # in one order in all processes: no two wait for each other
                execute(connection, _ADD_COUNT, astuple(count))
            execute(connection, _FORGET_COUNTS, (DAY,))
            for event in reversed(record.events):
                execute(connection, _ADD_EVENT, astuple(event))
            for kind in sorted({event.kind for event in record.events}):
                execute(connection, _FORGET_EVENTS, {"kind": kind, "most": MOST_EVENTS})

        await self._database.write_shortly(operation)

    async def since(self, at: float) -> HistoryRecord:
        def query(connection: Connection) -> HistoryRecord:
            counts = execute(connection, _COUNTS, (at - HOUR,)).fetchall()
            events = execute(connection, _EVENTS, (at,)).fetchall()
            return HistoryRecord(
                tuple(HourCount(hour, HistoryKind(kind), *rest) for hour, kind, *rest in counts),
                tuple(HistoryEvent(moment, HistoryKind(kind), *rest) for moment, kind, *rest in events),
            )

        return await self._database.read(query)
