"""The one place that reads the time, waits for it, and throws dice."""

import asyncio
import random
import time


class SystemClock:
    """The machine's own clock, in epoch seconds."""

    def now(self) -> float:
        """Epoch seconds."""
        return time.time()  # noqa: TID251 - this is the clock that all others are given

    async def sleep(self, seconds: float) -> None:
        """Waits for so long; not at all for what is not positive."""
        await asyncio.sleep(max(0.0, seconds))


chance = random.SystemRandom().random
"""A number from 0 up to 1, for jitter."""
