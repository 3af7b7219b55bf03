"""Sessions that end at the same moment."""

import asyncio

from app.ports.key_values import KeyValues
from app.serving.owner.sessions import Sessions


class SlowKeyValues(KeyValues):
    """A store that lets others run between a read and a write, as a file does."""

    def __init__(self) -> None:
        self._values: dict[str, str | None] = {}

    async def get(self, key: str) -> str | None:
        """Return a value."""
        await asyncio.sleep(0)
        return self._values.get(key)

    async def put(self, key: str, value: str | None) -> None:
        """Store a value."""
        await asyncio.sleep(0)
        self._values[key] = value


async def test_sessions_that_end_together_all_end() -> None:
    numbers = iter(range(1, 100))
    sessions = Sessions(b"secret", "token", SlowKeyValues(), lambda: next(numbers) / 100)
    values = [sessions.create(0.0) for _ in range(3)]
    live_sessions = [await sessions.find(value, 1.0) for value in values]
    await asyncio.gather(*(sessions.end(session, 1.0) for session in live_sessions if session is not None))
    assert [await sessions.find(value, 1.0) for value in values] == [None] * 3
