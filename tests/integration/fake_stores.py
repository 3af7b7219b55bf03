"""Stores that are slow, damaged or full when a test says so."""

import asyncio
from typing import Any

from typing_extensions import override

from app.domain.errors import StoreUnusable
from app.ports.mirror import Change, Mirror
from app.store.memory import MemoryKeyValues, MemoryStore


class SlowMirror:
    """A mirror that commits at once but returns only when `gate` is open, like a thread of a cancelled caller."""

    def __init__(self, mirror: Mirror) -> None:
        self._mirror = mirror
        self.has_committed = asyncio.Event()
        self.gate = asyncio.Event()
        self.failure: Exception | None = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._mirror, name)

    async def apply(self, change: Change) -> frozenset[int]:
        """Apply a change; return, or raise the failure, after the gate was opened."""
        numbers = await self._mirror.apply(change)
        self.has_committed.set()
        await self.gate.wait()
        if self.failure is not None:
            raise self.failure
        return numbers


class GuardedStore(MemoryStore):
    """A store whose guard returns, or raises, what a test prepares."""

    def __init__(self) -> None:
        super().__init__("here")
        self.reports: list[str | Exception | None] = []

    @override
    async def guard(self) -> str | None:
        report = self.reports.pop(0) if self.reports else None
        if isinstance(report, Exception):
            raise report
        return report


class FullKeyValues(MemoryKeyValues):
    """Key values whose next `failures` writes fail."""

    def __init__(self) -> None:
        super().__init__()
        self.failures = 0

    @override
    async def put(self, key: str, value: str | None) -> None:
        if self.failures:
            self.failures -= 1
            raise StoreUnusable("here", "the disk is full")
        await super().put(key, value)
