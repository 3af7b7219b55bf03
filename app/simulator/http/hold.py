"""A hold on responses: matching requests wait until a test releases them."""

import asyncio
import re
import threading


class RequestHold:
    """A hold that a test starts, waits at and releases, from any thread; at first it is released.

    Requests wait without blocking the server's loop. `wait_for` blocks the thread that calls it.
    """

    def __init__(self) -> None:
        self._pattern: re.Pattern[str] | None = None
        self._waiters: list[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = []
        self._condition = threading.Condition()

    @property
    def count(self) -> int:
        """Return the number of held requests."""
        return len(self._waiters)

    def start(self, match: str = "") -> None:
        """Hold each later request whose path with query matches the regular expression `match` anywhere."""
        with self._condition:
            self._pattern = re.compile(match)

    def release(self) -> None:
        """Release all held requests, and hold no later ones."""
        with self._condition:
            self._pattern = None
            waiters, self._waiters = self._waiters, []
        for loop, event in waiters:
            loop.call_soon_threadsafe(event.set)

    def wait_for(self, requests: int, timeout: float = 10) -> None:
        """Wait until at least `requests` requests are held; raise TimeoutError after `timeout` seconds."""
        with self._condition:
            if not self._condition.wait_for(lambda: len(self._waiters) >= requests, timeout):
                raise TimeoutError(f"{len(self._waiters)} requests are held, not {requests}, after {timeout} s")

    async def wait_until_released(self, target: str) -> None:
        """Return as soon as the request for `target` (path with query) is not held."""
        with self._condition:
            if self._pattern is None or not self._pattern.search(target):
                return
            event = asyncio.Event()
            self._waiters.append((asyncio.get_running_loop(), event))
            self._condition.notify_all()
        await event.wait()
