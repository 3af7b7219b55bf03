"""Sessions that end at the same moment."""

import asyncio

from app.serving.owner.sessions import Sessions
from app.store.memory.key_values import MemoryKeyValues


async def test_sessions_that_end_together_all_end() -> None:
    numbers = iter(range(1, 100))
    sessions = Sessions(b"secret", "token", MemoryKeyValues(), lambda: next(numbers) / 100)
    values = [sessions.create(0.0) for _ in range(3)]
    live_sessions = [await sessions.find(value, 1.0) for value in values]
    await asyncio.gather(*(sessions.end(session, 1.0) for session in live_sessions if session is not None))
    assert [await sessions.find(value, 1.0) for value in values] == [None] * 3
