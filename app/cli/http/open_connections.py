"""One bound on the connections that are open at the same time, so that files never run out.

A client that only opens connections takes memory and open files. When there are too many, those that have been idle for
longest are closed: they have no request, or only a part of one. The newest are those of readers who are about to ask. A
connection with a response under way stays, such as an event stream.
"""

import resource
from collections.abc import Iterable
from typing import Protocol

_MOST = 50_000
"""Of about seven kilobytes each."""
_RESERVE = 200
"""Open files for the store, pictures, and GitHub."""
_FEWEST = 50
_CLOSED_PART = 20
"""Each time one in twenty is closed, because finding the oldest of all costs a walk through them."""


class IdleConnection(Protocol):
    """A connection that may be idle."""

    def idle_since(self) -> float | None:
        """Return the loop's time since when no request is under way; None if one is."""

    def close_idle(self) -> None:
        """Close the connection at once."""


def most_connections() -> int:
    """Return how many connections this process can hold with the open files that it may have."""
    limit, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return _MOST if limit == resource.RLIM_INFINITY else max(_FEWEST, min(_MOST, limit - _RESERVE))


def close_longest_idle(connections: Iterable[IdleConnection], most: int) -> None:
    """Close the connections that have been idle for longest, one in twenty of `most`."""
    idle = [(since, connection) for connection in connections if (since := connection.idle_since()) is not None]
    idle.sort(key=lambda pair: pair[0])
    for _, connection in idle[: max(1, most // _CLOSED_PART)]:
        connection.close_idle()
