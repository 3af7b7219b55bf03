"""The last day in the file."""

import sqlite3
from dataclasses import astuple

from app.ports.owner.history import DAY, HOUR, MOST_EVENTS, History, HistoryEvent, HistoryKind, HistoryRecord, HourCount
from app.store.sqlite.connections import SqliteFile

_ADD_COUNT = """
INSERT INTO hour_count (hour, kind, repo_key, outcome, count, last_at, least) VALUES (?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (hour, kind, repo_key, outcome) DO UPDATE SET
    count = count + excluded.count, last_at = max(last_at, excluded.last_at),
    least = min(coalesce(least, excluded.least), coalesce(excluded.least, least))
"""
_ADD_EVENT = "INSERT INTO history_event (at, kind, repo_key, outcome, detail) VALUES (?, ?, ?, ?, ?)"
_FORGET_COUNTS = "DELETE FROM hour_count WHERE hour < (SELECT max(hour) FROM hour_count) - ?"
_FORGET_EVENTS = """
DELETE FROM history_event WHERE kind = :kind AND id NOT IN (
    SELECT id FROM history_event WHERE kind = :kind ORDER BY at DESC, id DESC LIMIT :most
)
"""
_COUNTS = """
SELECT hour, kind, repo_key, outcome, count, last_at, least FROM hour_count WHERE hour > ?
ORDER BY hour, kind, repo_key, outcome
"""
_EVENTS = "SELECT at, kind, repo_key, outcome, detail FROM history_event WHERE at >= ? ORDER BY at DESC, id DESC"


class SqliteHistory(History):
    """The tables `hour_count` and `history_event`."""

    def __init__(self, file: SqliteFile) -> None:
        self._file = file

    async def add(self, record: HistoryRecord) -> None:
        def operation(connection: sqlite3.Connection) -> None:
            connection.executemany(_ADD_COUNT, map(astuple, record.counts))
            connection.execute(_FORGET_COUNTS, (DAY,))
            connection.executemany(_ADD_EVENT, map(astuple, reversed(record.events)))
            for kind in {event.kind for event in record.events}:
                connection.execute(_FORGET_EVENTS, {"kind": kind, "most": MOST_EVENTS})

        await self._file.write(operation)

    async def since(self, at: float) -> HistoryRecord:
        def query(connection: sqlite3.Connection) -> HistoryRecord:
            counts = connection.execute(_COUNTS, (at - HOUR,)).fetchall()
            events = connection.execute(_EVENTS, (at,)).fetchall()
            return HistoryRecord(
                tuple(HourCount(hour, HistoryKind(kind), *rest) for hour, kind, *rest in counts),
                tuple(HistoryEvent(moment, HistoryKind(kind), *rest) for moment, kind, *rest in events),
            )

        return await self._file.read(query)
