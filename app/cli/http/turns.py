"""The turns of pipelined requests: in each round of the event loop they get some milliseconds together.

So a client that sends thousands of requests at once, over one connection or over many, keeps no other waiting.
"""

import asyncio
import time
from collections import deque
from typing import Protocol

_SECONDS = 0.005
"""For all turns in one round."""


class TakesTurns(Protocol):
    """A connection with requests that wait for a turn."""

    def take_turn(self) -> None:
        """Respond to some of them; wait for another turn if more are left."""


class Turns:
    """The connections of one event loop that wait for a turn, in order."""

    def __init__(self) -> None:
        self._waiting: deque[TakesTurns] = deque()
        self._is_scheduled = False

    def __len__(self) -> int:
        """Return how many wait."""
        return len(self._waiting)

    def wait(self, connection: TakesTurns) -> None:
        """Give a connection its turn after those that wait already."""
        self._waiting.append(connection)
        self._schedule()

    def _schedule(self) -> None:
        if self._waiting and not self._is_scheduled:
            self._is_scheduled = True
            asyncio.get_running_loop().call_soon(self._take)

    def _take(self) -> None:
        self._is_scheduled = False
        end = time.monotonic() + _SECONDS
        try:
            while self._waiting and time.monotonic() < end:
                self._waiting.popleft().take_turn()
        finally:  # whatever one of them raises, the others have their turn
            self._schedule()
