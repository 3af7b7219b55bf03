"""The lease: one of all processes on a store polls; another takes over within seconds of its end."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress

from app.domain.errors import StoreError
from app.ports.clock import Clock
from app.ports.leases import Leases

_log = logging.getLogger(__name__)
_DURATION = 5.0
_PATIENCE = 60.0
"""Seconds after which a process says that a foreign one does the work: during an update two run for a moment."""
_HEARTBEAT_EVERY = 1.0
"""Seconds. A busy process keeps the lease, and a killed one does not hold it for long."""


class Lease:
    """A name that one process at a time holds."""

    def __init__(
        self,
        name: str,
        leases: Leases,
        clock: Clock,
        *,
        worker_id: str,
        describe_worker: Callable[[str | None], str | None] = lambda _: None,
    ) -> None:
        """Acquire the lease as `worker_id`, and log what `describe_worker` says of the worker that keeps it."""
        self._name = name
        self._leases = leases
        self._clock = clock
        self._worker_id = worker_id
        self._describe_worker = describe_worker
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
            if is_held:
                self._waits_since = None
            else:
                await self._report_worker(now)
        except StoreError as failure:
            _log.warning("The lease %r cannot be acquired; the next attempt is in a second: %s", self._name, failure)
            return False
        return is_held

    async def _report_worker(self, now: float) -> None:
        """Log once how `describe_worker` describes the worker that keeps the lease."""
        if self._waits_since is None:
            self._waits_since = now
        if now - self._waits_since < _PATIENCE:
            return
        report = self._describe_worker(await self._leases.worker(self._name))
        if report is not None and report != self._last_report:
            _log.warning("%s This process serves what that one writes into the store.", report)
            self._last_report = report


async def _end(task: asyncio.Future[None]) -> None:
    """Cancel a task and wait for its end; raise what it failed with."""
    task.cancel()
    await asyncio.wait({task})  # not awaited itself: its cancellation would look like the caller's
    if not task.cancelled():
        task.result()
