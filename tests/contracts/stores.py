"""The stores that must keep the contract of `Shared`."""

from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Protocol

from app.ports.jobs import Shared
from app.ports.mirror import Mirror
from app.store.memory import MemoryStore
from app.store.sqlite import SqliteStore


class Store(Protocol):
    """A mirror and what is shared, in one place."""

    @property
    def mirror(self) -> Mirror: ...

    @property
    def shared(self) -> Shared: ...

    @property
    def mended(self) -> str | None: ...

    async def guard(self) -> str | None: ...

    async def close(self) -> None: ...


async def memory(folder: Path) -> Store:
    return MemoryStore("here")


async def sqlite(folder: Path) -> Store:
    return await SqliteStore.open(str(folder / "afterword.db"), origin="here")


STORES: Mapping[str, Callable[[Path], Awaitable[Store]]] = {"memory": memory, "sqlite": sqlite}
