"""Processes that compete for a lease, and leases that fail when a test says so."""

import asyncio

from typing_extensions import override

from app.domain.errors import StoreUnusable
from app.domain.worker_names import WorkerName
from app.jobs.lease import Lease
from app.store.memory.leases import MemoryLeases
from tests.fakes import ManualClock

NAME = "poll"


class BreakableLeases(MemoryLeases):
    """Leases that raise `StoreUnusable` while `is_broken`."""

    def __init__(self) -> None:
        super().__init__()
        self.is_broken = False

    @override
    async def acquire(self, name: str, *, worker_id: str, at: float, until: float) -> bool:
        self._raise_if_broken()
        return await super().acquire(name, worker_id=worker_id, at=at, until=until)

    @override
    async def release(self, name: str, *, worker_id: str) -> None:
        self._raise_if_broken()
        await super().release(name, worker_id=worker_id)

    def _raise_if_broken(self) -> None:
        if self.is_broken:
            raise StoreUnusable("here", "it is busy")


class LeaseHolder:
    """A process that works while it holds the lease; with `ends`, its work returns at once."""

    def __init__(
        self, worker: WorkerName | str, leases: BreakableLeases, clock: ManualClock, *, ends: bool = False
    ) -> None:
        describe = worker.describe_foreign if isinstance(worker, WorkerName) else lambda _: None
        self.lease = Lease(NAME, leases, clock, worker_id=str(worker), describe_worker=describe)
        self.start_count = 0
        self.is_working = False
        self._ends = ends
        self.task = asyncio.create_task(self.lease.while_held(self._work))

    async def _work(self) -> None:
        self.start_count += 1
        self.is_working = not self._ends
        try:
            if not self._ends:
                await asyncio.Event().wait()
        finally:
            self.is_working = False

    async def stop(self) -> None:
        """Cancel the process and wait for its end."""
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)
