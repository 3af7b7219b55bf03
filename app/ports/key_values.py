"""Small facts that outlive a process."""

from collections.abc import Callable
from typing import Protocol


class KeyValues(Protocol):
    """Text by key, common to all processes. Each method is one transaction and may raise `StoreError`."""

    async def get(self, key: str) -> str | None:
        """Return the value of a key, or None."""

    async def put(self, key: str, value: str | None) -> None:
        """Replace the value of a key; None removes it."""

    async def put_first(self, key: str, value: str) -> str:
        """Store a value unless the key has one; return the one that it has then."""

    async def update(self, key: str, change: Callable[[str | None], str]) -> None:
        """Replace the value of a key by what `change` makes of it; no other write falls in between."""
