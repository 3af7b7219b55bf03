"""Open owner's pages hear that something changed, at most once a second; what it was, the page reads itself."""

import asyncio
from collections.abc import AsyncIterator

from app.ports.clock import Clock

_HEARTBEAT = 15.0
_PAUSE = 1.0
_MOST = 32


class OwnerNews:
    """Tells open pages of news."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._wakeups: set[asyncio.Event] = set()
        self._is_closed = False
        self.generation = 0
        """Grows with all news."""

    @property
    def has_room(self) -> bool:
        """Return True if another page can listen."""
        return not self._is_closed and len(self._wakeups) < _MOST

    def notify(self) -> None:
        """Tell all open pages that something changed."""
        self.generation += 1
        for wakeup in self._wakeups:
            wakeup.set()

    async def listen(self, until: float) -> AsyncIterator[bool]:
        """Yield True after news, and False as a sign of life, until a time in epoch seconds or the end of the service.

        News that come in a row are told once.
        """
        wakeup = asyncio.Event()
        self._wakeups.add(wakeup)
        try:
            yield False
            while not self._is_closed and self._clock.now() < until:
                has_news = await self._wait(wakeup)
                if self._is_closed:
                    return
                yield has_news
                if has_news:
                    await self._clock.sleep(_PAUSE)
        finally:
            self._wakeups.discard(wakeup)

    async def _wait(self, wakeup: asyncio.Event) -> bool:
        try:
            async with asyncio.timeout(_HEARTBEAT):
                await wakeup.wait()
        except TimeoutError:
            return False
        wakeup.clear()
        return True

    def close(self) -> None:
        """End all listening; may be called again."""
        self._is_closed = True
        self.notify()
