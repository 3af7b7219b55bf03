"""Hears of other processes' changes, as far as the server tells: LISTEN on a connection of its own.

Nothing depends on it. A notification that is lost costs a second: the reader of the changes looks at the latest version
that often. A pooler accepts `LISTEN` and passes no notification on, so a probe is sent over another connection. Until
a notification comes, the reader looks ten times a second. https://www.postgresql.org/docs/current/sql-listen.html
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress

import psycopg

from app.domain.errors import StoreError
from app.store.postgres.sessions import Address
from app.store.postgres.versions import CHANNEL

_log = logging.getLogger(__name__)
_PAUSES = (0.5, 2.0, 10.0, 30.0)
"""Seconds before another attempt to listen."""
_UNHEARD_EVERY = 0.1
"""Seconds that a wait lasts at most before the first notification."""
_PROBE_EVERY = 10.0
_PROBE = "probe"
_SUBSTITUTE = "changes are looked for ten times a second"
PROBE_STATEMENT = f"SELECT pg_notify('{CHANNEL}', '{_PROBE}')"
"""Notifies all listeners of nothing."""


class Notifications:
    """Listens from the first wait on, until `close`; `process_id` marks this process's own changes."""

    def __init__(self, address: Address, process_id: str, send_probe: Callable[[], Awaitable[object]]) -> None:
        """Await `send_probe` to notify all listeners, over a connection that does not listen."""
        self.hears_changes = False
        """True once a notification came over the present connection."""
        self._send_probe = send_probe
        self._address = address
        self._process_id = process_id
        self._event = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def wait(self, seconds: float) -> None:
        """Return when another process has changed something since the last call, at the latest after the time."""
        if self._task is None:
            self._task = asyncio.create_task(self._run())
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds if self.hears_changes else min(seconds, _UNHEARD_EVERY)):
                await self._event.wait()
        self._event.clear()

    async def close(self) -> None:
        """End the connection."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait({self._task})

    async def _run(self) -> None:
        attempts = 0
        while True:
            try:
                async with await self._address.connect_async() as connection:
                    await connection.execute(f"LISTEN {CHANNEL}")
                    self._event.set()  # what came before is looked for at once
                    attempts = 0
                    await self._listen(connection)
            except (psycopg.Error, StoreError, OSError) as error:
                if attempts == 1:
                    _log.warning("Notifications of changes do not come; %s. %s", _SUBSTITUTE, error)
            self.hears_changes = False
            await asyncio.sleep(_PAUSES[min(attempts, len(_PAUSES) - 1)])
            attempts += 1

    async def _listen(self, connection: "psycopg.AsyncConnection[tuple[object, ...]]") -> None:
        probing = asyncio.create_task(self._probe())
        try:
            async for notification in connection.notifies():
                self.hears_changes = True
                if notification.payload not in (self._process_id, _PROBE):
                    self._event.set()
        finally:
            probing.cancel()
            await asyncio.wait({probing})

    async def _probe(self) -> None:
        """Send probes until a notification comes."""
        probes = 0
        while not self.hears_changes:
            with suppress(StoreError):
                await self._send_probe()
                probes += 1
            await asyncio.sleep(_PROBE_EVERY)
            if probes == 1 and not self.hears_changes:
                _log.info("No notification of changes comes through; %s.", _SUBSTITUTE)
