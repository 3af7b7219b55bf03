"""A store that is as slow as a file."""

import asyncio

from app.ports.key_values import KeyValues


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

    async def put_first(self, key: str, value: str) -> str:
        """Store a value unless there is one."""
        await asyncio.sleep(0)
        stored = self._values.get(key)
        if stored is not None:
            return stored
        self._values[key] = value
        return value
