"""One bound on the memory of all request bodies that have no response yet.

Anybody may begin to send a body to the webhook, with any signature. If all bodies weigh too much together, connections
are closed: first the one whose body is under way for longest, because GitHub's deliveries are whole within
milliseconds; if all are whole, the one that is still sending.
"""

from typing import Protocol

_MOST_BYTES = 26_000_000
"""Room for one delivery of the largest size."""
_OVERHEAD = 30_000
"""About what a request holds beside its body."""


class Sender(Protocol):
    """A connection whose request has a body."""

    def give_up(self) -> None:
        """Close the connection at once, and forget its body."""


class HeldBodies:
    """The weight of each body in bytes; those under way, the oldest first, are apart from whole ones."""

    def __init__(self, most_bytes: int = _MOST_BYTES) -> None:
        self._most_bytes = most_bytes
        self._incomplete: dict[Sender, int] = {}
        self._complete: dict[Sender, int] = {}
        self.bytes = 0
        """The weight of all of them."""

    def add(self, sender: Sender, size: int) -> None:
        """Add to a body that is under way; close connections until all are within the bound."""
        added = size if sender in self._incomplete else size + _OVERHEAD
        self._incomplete[sender] = self._incomplete.get(sender, 0) + added
        self.bytes += added
        while self.bytes > self._most_bytes and len(self._incomplete) + len(self._complete) > 1:
            oldest = next(iter(self._incomplete))
            self.remove(oldest)
            oldest.give_up()
            if oldest is sender:
                return

    def complete(self, sender: Sender) -> None:
        """Note that a body is whole; it stays until `remove`."""
        if sender in self._incomplete:
            self._complete[sender] = self._complete.get(sender, 0) + self._incomplete.pop(sender)

    def remove(self, sender: Sender) -> None:
        """Forget a body: its response is complete, or its connection is gone."""
        self.bytes -= self._incomplete.pop(sender, 0) + self._complete.pop(sender, 0)
