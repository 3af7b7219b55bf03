"""Fakes that several suites use."""

import asyncio


class FakeClock:
    """A clock that only a test or a sleep moves; sleeps that overlap move it once, to the latest end."""

    def __init__(self, now: float = 1_600_000_000.0) -> None:
        self._now = now
        self.slept: list[float] = []
        """How long each sleep was, in the order they began."""

    def now(self) -> float:
        return self._now

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        end = self._now + seconds
        await asyncio.sleep(0)
        self._now = max(self._now, end)

    def advance(self, seconds: float) -> None:
        self._now += seconds
