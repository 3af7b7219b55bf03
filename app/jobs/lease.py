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
_HEARTBEAT_EVERY = 1.0
"""Seconds. A busy process keeps the lease, and a killed one does not hold it for long."""


class Lease:
    """A name that one process at a time holds."""

    def __init__(self, name: str, leases: Leases, clock: Clock, *, worker_id: str) -> None:
        self._name = name
        self._leases = leases
        self._clock = clock
        self._worker_id = worker_id
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
            return await self._leases.acquire(self._name, worker_id=self._worker_id, at=now, until=now + _DURATION)
        except StoreError as failure:
            _log.warning("The lease %r cannot be acquired; the next attempt is in a second: %s", self._name, failure)
            return False


async def _end(task: asyncio.Future[None]) -> None:
    """Cancel a task and wait for its end; raise what it failed with."""
    task.cancel()
    await asyncio.wait({task})  # not awaited itself: its cancellation would look like the caller's
    if not task.cancelled():
        task.result()
