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
