"""Claims and leases that last for seconds, so that a process that died is not missed for long, kept while it lives."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager

from app.domain.errors import StoreError

_log = logging.getLogger(__name__)


@asynccontextmanager
async def heartbeat(renew: Callable[[], Awaitable[object]], *, every: float) -> AsyncGenerator[None, None]:
    """Awaits `renew` every so many seconds until the block has ended; a failure is logged, and the block goes on.

    The seconds are the event loop's, whose clock nobody sets.
    """
    renewing = asyncio.create_task(_for_ever(renew, every))
    try:
        yield
    finally:
        renewing.cancel()
        await asyncio.wait({renewing})


async def _for_ever(renew: Callable[[], Awaitable[object]], every: float) -> None:
    while True:
        await asyncio.sleep(every)
        try:
            await renew()
        except StoreError as failure:
            _log.warning("What is under way could not be kept from other processes: %s", failure)
        except Exception:  # noqa: BLE001 - logged; the next time may go well
            _log.exception("What is under way could not be kept from other processes, by a fault of ours")
