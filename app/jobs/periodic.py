"""Run a coroutine periodically; log a repeated error only once."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager

from app.domain.errors import AfterwordError

_log = logging.getLogger(__name__)
_AFTER_FAILURE = 1.0

Sleep = Callable[[float], Awaitable[object]]
"""Waits for this many seconds."""


async def run_periodically(
    func: Callable[[], Awaitable[object]], sleep: Sleep, *, every: float, error_message: str
) -> None:
    """Await `func`, sleep for `every` seconds, or for a second after a failure if that is longer, and repeat.

    `error_message` begins the log line of a failure that differs from the last one.
    """
    previous: str | None = None
    while True:
        error: str | None = None
        try:
            await func()
        except AfterwordError as failure:
            error = str(failure)
            if error != previous:
                _log.warning("%s: %s", error_message, failure)
        except Exception as failure:  # noqa: BLE001 - logged; the next run may go well
            error = repr(failure)
            if error != previous:
                _log.exception("%s: internal error", error_message)
        previous = error
        await sleep(every if error is None else max(every, _AFTER_FAILURE))


@asynccontextmanager
async def heartbeat(extend: Callable[[], Awaitable[object]], *, every: float) -> AsyncGenerator[None, None]:
    """Await `extend` repeatedly, `every` seconds apart, until the block ends; a failure is logged and ends nothing.

    Claims and leases last for seconds, so that a dead process does not hold them for long. The seconds are the event
    loop's: its clock is never set back.
    """

    async def beat() -> None:
        await asyncio.sleep(every)
        message = "A claim could not be extended; another process may take it"
        await run_periodically(extend, asyncio.sleep, every=every, error_message=message)

    task = asyncio.create_task(beat())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait({task})
