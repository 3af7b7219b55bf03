"""Stores that are slow, damaged or full when a test says so."""

import asyncio
from typing import Any

import pytest
from typing_extensions import override

from app.domain.errors import StoreUnusable
from app.domain.priority import Priority
from app.ports.mirror import Change, Mirror
from app.store.memory import MemoryKeyValues, MemoryStore
from app.sync.repositories import Repositories
from tests.integration.local_service import BLOG, LocalService, run_ready_tasks


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


async def cancel_during_commit(service: LocalService, work: str, slow: SlowMirror) -> None:
    """Start work that commits to a slow mirror, and cancel it after the commit."""
    if work == "thread":
        service.application.committer._mirror = slow
        task: asyncio.Task[object] = asyncio.create_task(service.refresh_thread(2, Priority.POLL))
    else:
        repositories: Repositories = service.application.repositories
        site = await service.application.mirror.site(BLOG)
        assert site is not None
        repositories._mirror = slow
        task = asyncio.create_task(repositories.refresh(site, Priority.POLL))
    async with asyncio.timeout(20):
        await slow.has_committed.wait()
    task.cancel()
    await run_ready_tasks()
    slow.gate.set()
    with pytest.raises(asyncio.CancelledError):
        await task
