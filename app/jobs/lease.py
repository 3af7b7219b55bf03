"""The lease: one of all processes on a store polls; another takes over within seconds of its end."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress

from app.domain.errors import StoreError
from app.ports.clock import Clock
from app.ports.leases import Leases, WorkerName

_log = logging.getLogger(__name__)
_DURATION = 5.0
_PATIENCE = 60.0
"""Seconds after which a process says that a foreign one does the work: during an update two run for a moment."""
_HEARTBEAT_EVERY = 1.0
"""Seconds. A busy process keeps the lease, and a killed one does not hold it for long."""


class Lease:
    """A name that one process at a time holds."""

    def __init__(self, name: str, leases: Leases, clock: Clock, *, worker_id: WorkerName | str) -> None:
        """Acquire the lease as `worker_id`; with a `WorkerName`, a process of another kind that keeps it is logged."""
        self._name = name
        self._leases = leases
        self._clock = clock
        self._worker_id = str(worker_id)
        self._name_of_worker = worker_id if isinstance(worker_id, WorkerName) else None
        self._waits_since: float | None = None
        self._last_report: str | None = None
        self.is_held = False

    async def while_held(self, work: Callable[[], Awaitable[None]]) -> None:
        """Run `work` whenever this process holds the lease; cancel it when the lease is lost. Never returns."""
        task: asyncio.Task[None] | None = None
        try:
            while True:
                self.is_held = await self._acquire()
                if self.is_held and task is None:
                    task = asyncio.ensure_future(work())
                elif task is not None and (not self.is_held or task.done()):
                    await _end(task)
                    task = None
                await self._clock.sleep(_HEARTBEAT_EVERY)
        finally:
            if task is not None:
                await _end(task)
            if self.is_held:
                self.is_held = False
                with suppress(StoreError):
                    await asyncio.shield(self._leases.release(self._name, worker_id=self._worker_id))

    async def _acquire(self) -> bool:
        now = self._clock.now()
        try:
            is_held = await self._leases.acquire(self._name, worker_id=self._worker_id, at=now, until=now + _DURATION)
            await self._report_foreign_worker(now, is_held=is_held)
        except StoreError as failure:
            _log.warning("The lease %r cannot be acquired; the next attempt is in a second: %s", self._name, failure)
            return False
        return is_held

    async def _report_foreign_worker(self, now: float, *, is_held: bool) -> None:
        """Log once that a process with other settings, or of another version, keeps the lease."""
        self._waits_since = None if is_held else self._waits_since if self._waits_since is not None else now
        if self._waits_since is None or self._name_of_worker is None or now - self._waits_since < _PATIENCE:
            return
        foreign = self._name_of_worker.describe_foreign(await self._leases.worker(self._name))
        if foreign is not None and foreign != self._last_report:
            _log.warning("%s %s", foreign, "This process serves what that one writes into the store.")
            self._last_report = foreign


async def _end(task: asyncio.Future[None]) -> None:
    """Cancel a task and wait for its end; raise what it failed with."""
    task.cancel()
    await asyncio.wait({task})  # not awaited itself: its cancellation would look like the caller's
    if not task.cancelled():
        task.result()
