"""The rate limits and the requests of the last hour in the file."""

import sqlite3
from dataclasses import astuple

from app.domain.priority import Priority
from app.ports.rate_state import Decide, Denial, RateLimitState, RateState, RecordedRequest, Usage
from app.store import rules
from app.store.sqlite.connections import SqliteFile

_STATE = "SELECT hourly_limit, remaining, reset, blocked_until, blocked_by FROM rate_limit_state WHERE token_id = ?"
_PUT_STATE = """
INSERT OR REPLACE INTO rate_limit_state (token_id, hourly_limit, remaining, reset, blocked_until, blocked_by)
VALUES (?, ?, ?, ?, ?, ?)
"""
_REQUESTS = "SELECT priority, at FROM recorded_request WHERE token_id = ? AND at > ? ORDER BY at, rowid"
_PUT_REQUEST = "INSERT INTO recorded_request (token_id, priority, at) VALUES (?, ?, ?)"
_FORGET_REQUESTS = "DELETE FROM recorded_request WHERE at <= ?"
_MOVE_LATER_REQUESTS = "UPDATE recorded_request SET at = :at WHERE at > :at AND token_id = :token_id"
"""Those recorded before the clock was set back."""

_PRIORITIES = {priority.value: priority for priority in Priority}


class SqliteRateState(RateState):
    """The tables `rate_limit_state` and `recorded_request`."""

    def __init__(self, file: SqliteFile) -> None:
        self._file = file

    async def reserve(
        self, token_id: str, priority: Priority, *, at: float, decide: Decide, keep: bool
    ) -> Denial | None:
        def operation(connection: sqlite3.Connection) -> Denial | None:
            connection.execute(_FORGET_REQUESTS, (at - rules.HOUR,))
            connection.execute(_MOVE_LATER_REQUESTS, {"at": at, "token_id": token_id})
            denial = decide(_usage(connection, token_id, at=at))
            if denial is None:
                connection.execute(_PUT_REQUEST, (token_id, priority.value, at))
            return denial

        if keep:
            return await self._file.write(operation)
        return decide(Usage(await self._file.read(lambda connection: _state(connection, token_id))))

    async def usage(self, token_id: str, *, at: float) -> Usage:
        return await self._file.read(lambda connection: _usage(connection, token_id, at=at))

    async def record(self, token_id: str, state: RateLimitState, *, at: float) -> None:
        def operation(connection: sqlite3.Connection) -> None:
            new_state = rules.with_longer_block(state, _state(connection, token_id), at=at)
            connection.execute(_PUT_STATE, (token_id, *astuple(new_state)))

        await self._file.write(operation)


def _state(connection: sqlite3.Connection, token_id: str) -> RateLimitState:
    row = connection.execute(_STATE, (token_id,)).fetchone()
    return RateLimitState() if row is None else RateLimitState(*row)


def _usage(connection: sqlite3.Connection, token_id: str, *, at: float) -> Usage:
    rows = connection.execute(_REQUESTS, (token_id, at - rules.HOUR))
    requests = (RecordedRequest(_PRIORITIES[priority], recorded_at) for priority, recorded_at in rows)
    return Usage(_state(connection, token_id), rules.last_hour(requests, at=at))
