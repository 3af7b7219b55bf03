"""The lease: of all processes on one store, one pulses; another takes over within seconds of its end."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress

from app.domain.errors import StoreError
from app.ports.jobs import Shared
from app.ports.mirror import Clock

_log = logging.getLogger(__name__)
_LASTS = 5.0
_RENEWED = 1.0
"""Seconds. A process that is busy for a while does not lose the lease, one that was killed is not missed for long."""


class Lease:
    """One name that one process at a time holds."""

    def __init__(self, name: str, shared: Shared, clock: Clock, *, holder: str) -> None:
        self._name = name
        self._shared = shared
        self._clock = clock
        self._holder = holder
        self.held = False

    async def while_held(self, work: Callable[[], Awaitable[None]]) -> None:
        """Does the work whenever the lease is held, for ever; it is cancelled where the lease is lost."""
        working: asyncio.Task[None] | None = None
        try:
            while True:
                self.held = await self._take()
                if self.held and working is None:
                    working = asyncio.ensure_future(work())
                elif working is not None and (not self.held or working.done()):
                    await _ended(working)
                    working = None
                await self._clock.sleep(_RENEWED)
        finally:
            if working is not None:
                await _ended(working)
            if self.held:
                self.held = False
                with suppress(StoreError):
                    await asyncio.shield(self._shared.release(self._name, holder=self._holder))

    async def _take(self) -> bool:
        now = self._clock.now()
        try:
            return await self._shared.lease(self._name, holder=self._holder, at=now, until=now + _LASTS)
        except StoreError as failure:
            _log.warning("The lease %r cannot be taken: %s", self._name, failure)
            return False


async def _ended(working: asyncio.Future[None]) -> None:
    """Cancels what is under way and waits for its end; what it failed with is raised."""
    working.cancel()
    await asyncio.wait({working})  # not awaited itself: its being cancelled would look like ours
    if not working.cancelled():
        working.result()
