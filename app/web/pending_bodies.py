"""Read request bodies whose sender is not verified yet, within one bound on the memory of all of them.

Anybody may begin to send a body. If the bodies that are under way weigh too much together, the oldest ones are given
up, not the newest refused: GitHub's deliveries arrive whole within milliseconds, and only those that make no progress
become old.
"""

import asyncio
from collections.abc import AsyncIterable

from app.domain.webhook_errors import DeliveryTooLarge, MalformedDelivery, TooManyDeliveries

_MOST_BYTES = 26_000_000
"""Room for one delivery of the largest size."""
_OVERHEAD = 300_000
"""Bytes that the server and the framework hold for a body beside its own: mostly what has arrived and is not read."""


class _Body:
    """A body that is under way."""

    def __init__(self, timeout: asyncio.Timeout) -> None:
        self.content = bytearray()
        self.is_given_up = False
        self._timeout = timeout

    @property
    def weight(self) -> int:
        return _OVERHEAD + len(self.content)

    def give_up(self, now: float) -> None:
        """End the reading at once."""
        self.is_given_up = True
        self._timeout.reschedule(now)


class PendingBodies:
    """The bodies that are under way, the oldest first. `timeout`: seconds for a whole body."""

    def __init__(self, timeout: float, most_bytes: int = _MOST_BYTES) -> None:
        self._timeout = timeout
        self._most_bytes = most_bytes
        self._bodies: dict[_Body, None] = {}
        self._weight = 0

    async def read(self, chunks: AsyncIterable[bytes], *, largest: int) -> bytes:
        """Return a whole body of at most `largest` bytes.

        Raises `DeliveryTooLarge` as soon as it is larger, `MalformedDelivery` if it takes too long, and
        `TooManyDeliveries` if it is given up in favour of others.
        """
        body: _Body | None = None
        try:
            async with asyncio.timeout(self._timeout) as timeout:
                body = _Body(timeout)
                self._bodies[body] = None
                self._weigh(body, body.weight)
                async for chunk in chunks:
                    body.content += chunk
                    if len(body.content) > largest:
                        raise DeliveryTooLarge(largest)
                    self._weigh(body, len(chunk))
        except TimeoutError:
            if body is not None and body.is_given_up:
                raise TooManyDeliveries from None
            raise MalformedDelivery(f"it was not whole after {self._timeout:g} s") from None
        finally:
            if body is not None and not body.is_given_up:
                self._remove(body)
        return bytes(body.content)

    def _weigh(self, body: _Body, added: int) -> None:
        """Add to the weight of all bodies, and give up the oldest until it is within the bound."""
        if body.is_given_up:
            return
        self._weight += added
        while self._weight > self._most_bytes and len(self._bodies) > 1:
            oldest = next(iter(self._bodies))
            self._remove(oldest)
            oldest.give_up(asyncio.get_running_loop().time())

    def _remove(self, body: _Body) -> None:
        del self._bodies[body]
        self._weight -= body.weight
