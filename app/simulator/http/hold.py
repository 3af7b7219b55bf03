"""A gate before the answers: holds asks until a test lets them through."""

import asyncio
import re
import threading


class RequestHold:
    """Open at first. Closed, it holds matching asks; a test in any thread waits for them and opens it.

    The server's loop waits without blocking; `wait_for` blocks the thread that calls it.
    """

    def __init__(self) -> None:
        self._match: re.Pattern[str] | None = None
        self._held: list[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = []
        self._changed = threading.Condition()

    @property
    def count(self) -> int:
        """How many asks are held."""
        return len(self._held)

    def start(self, match: str = "") -> None:
        """Hold from now on every ask whose path with query `match` (a regular expression) finds."""
        with self._changed:
            self._match = re.compile(match)

    def release(self) -> None:
        """Let all held asks through, and those to come."""
        with self._changed:
            self._match = None
            held, self._held = self._held, []
        for loop, event in held:
            loop.call_soon_threadsafe(event.set)

    def wait_for(self, asks: int, timeout: float = 10) -> None:
        """Wait until so many asks are held; raises TimeoutError after `timeout` seconds."""
        with self._changed:
            if not self._changed.wait_for(lambda: len(self._held) >= asks, timeout):
                raise TimeoutError(f"{len(self._held)} asks are held, not {asks}, after {timeout} s")

    async def wait_until_released(self, target: str) -> None:
        """Return when an ask may be answered."""
        with self._changed:
            if self._match is None or not self._match.search(target):
                return
            event = asyncio.Event()
            self._held.append((asyncio.get_running_loop(), event))
            self._changed.notify_all()
        await event.wait()
