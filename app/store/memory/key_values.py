"""The key-value pairs in memory."""

from collections.abc import Callable

from app.ports.key_values import KeyValues


class MemoryKeyValues(KeyValues):
    """The values by their key."""

    def __init__(self) -> None:
        self._values: dict[str, str] = {}

    async def get(self, key: str) -> str | None:
        return self._values.get(key)

    async def put(self, key: str, value: str | None) -> None:
        if value is None:
            self._values.pop(key, None)
        else:
            self._values[key] = value

    async def put_first(self, key: str, value: str) -> str:
        return self._values.setdefault(key, value)

    async def update(self, key: str, change: Callable[[str | None], str]) -> None:
        self._values[key] = change(self._values.get(key))
