"""Hears of other processes' changes, as far as the server tells: LISTEN on a connection of its own.

Nothing depends on it. A notification that is lost, or a pooler that passes none on, costs a second: the reader of the
changes looks at the latest version that often. https://www.postgresql.org/docs/current/sql-listen.html
"""

import asyncio
import logging
from contextlib import suppress

import psycopg

from app.domain.errors import StoreError
from app.store.postgres.sessions import Address
from app.store.postgres.versions import CHANNEL

_log = logging.getLogger(__name__)
_PAUSES = (0.5, 2.0, 10.0, 30.0)
"""Seconds before another attempt to listen."""


class Notifications:
    """Listens from the first wait on, until `close`; `process_id` marks this process's own changes."""

    def __init__(self, address: Address, process_id: str) -> None:
        self._address = address
        self._process_id = process_id
        self._event = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def wait(self, seconds: float) -> None:
        """Return when another process has changed something since the last call, at the latest after the time."""
        if self._task is None:
            self._task = asyncio.create_task(self._run())
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
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
                    _log.warning("Notifications of changes do not come; changes are looked for each second. %s", error)
            await asyncio.sleep(_PAUSES[min(attempts, len(_PAUSES) - 1)])
            attempts += 1

    async def _listen(self, connection: "psycopg.AsyncConnection[tuple[object, ...]]") -> None:
        async for notification in connection.notifies():
            if notification.payload != self._process_id:
                self._event.set()
