"""The rate limits and the requests of the last hour in the database.

The row of a token's rate limit is the lock under which its requests are counted: of two processes that ask for the last
request of the hour, one is admitted.
"""

from dataclasses import astuple

from app.domain.priority import Priority
from app.ports.rate_state import Decide, Denial, RateLimitState, RateState, RecordedRequest, Usage
from app.store import rules
from app.store.postgres.database import Database, execute
from app.store.postgres.sessions import Connection

_STATE = """
SELECT hourly_limit, remaining, reset, blocked_until, blocked_by FROM rate_limit_state WHERE token_id = %s
"""
_LOCK = """
INSERT INTO rate_limit_state (token_id) VALUES (%s) ON CONFLICT (token_id) DO UPDATE SET token_id = excluded.token_id
"""
_PUT_STATE = """
UPDATE rate_limit_state SET (hourly_limit, remaining, reset, blocked_until, blocked_by) = ROW(%s, %s, %s, %s, %s)
WHERE token_id = %s
"""
_REQUESTS = "SELECT priority, at FROM recorded_request WHERE token_id = %s AND at > %s ORDER BY at, id"
_PUT_REQUEST = "INSERT INTO recorded_request (token_id, priority, at) VALUES (%s, %s, %s)"
_FORGET_REQUESTS = "DELETE FROM recorded_request WHERE at <= %s AND token_id = %s"
_MOVE_LATER_REQUESTS = "UPDATE recorded_request SET at = %(at)s WHERE at > %(at)s AND token_id = %(token_id)s"
"""Those recorded before the clock was set back."""

_PRIORITIES = {priority.value: priority for priority in Priority}


class PostgresRateState(RateState):
    """The tables `rate_limit_state` and `recorded_request`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def reserve(
        self, token_id: str, priority: Priority, *, at: float, decide: Decide, keep: bool
    ) -> Denial | None:
        def operation(connection: Connection) -> Denial | None:
            execute(connection, _LOCK, (token_id,))
            execute(connection, _FORGET_REQUESTS, (at - rules.HOUR, token_id))
            execute(connection, _MOVE_LATER_REQUESTS, {"at": at, "token_id": token_id})
            denial = decide(_usage(connection, token_id, at=at))
            if denial is None:
                execute(connection, _PUT_REQUEST, (token_id, priority.value, at))
            return denial

        if keep:
            return await self._database.write_shortly(operation)
        return decide(Usage(await self._database.read(lambda connection: _state(connection, token_id))))

    async def usage(self, token_id: str, *, at: float) -> Usage:
        return await self._database.read(lambda connection: _usage(connection, token_id, at=at))

    async def record(self, token_id: str, state: RateLimitState, *, at: float) -> None:
        def operation(connection: Connection) -> None:
            execute(connection, _LOCK, (token_id,))
            new_state = rules.with_longer_block(state, _state(connection, token_id), at=at)
            execute(connection, _PUT_STATE, (*astuple(new_state), token_id))

        await self._database.write_shortly(operation)


def _state(connection: Connection, token_id: str) -> RateLimitState:
    row = execute(connection, _STATE, (token_id,)).fetchone()
    return RateLimitState() if row is None else RateLimitState(*row)


def _usage(connection: Connection, token_id: str, *, at: float) -> Usage:
    rows = execute(connection, _REQUESTS, (token_id, at - rules.HOUR))
    requests = (RecordedRequest(_PRIORITIES[priority], recorded_at) for priority, recorded_at in rows)
    return Usage(_state(connection, token_id), rules.last_hour(requests, at=at))
