"""The only module that reads the time, waits, or draws random numbers."""

import asyncio
import time
from random import SystemRandom

from typing_extensions import override

from app.ports.clock import Clock


class SystemClock(Clock):
    """The machine's own clock."""

    @override
    def now(self) -> float:
        return time.time()  # noqa: TID251 - the only clock: all other modules receive it

    @override
    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(max(0.0, seconds))


random = SystemRandom().random
"""Returns a number from 0 up to, but not including, 1."""
