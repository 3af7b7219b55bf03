"""One bound on the connections that are open at the same time, so that files never run out.

A client that only opens connections takes memory and open files. When there are too many, room is made in this order:

1. those that have been idle for longest: they have no request, or only a part of one;
2. those of the client that has most, the oldest first: event streams, bodies that trickle in, responses that are not
   read. Requests that wait for the service come last.

The newest connection stays: it is that of a reader who is about to ask. So no client takes the place of the others,
however it keeps its connections busy. Behind a proxy all readers are one client.
"""

import resource
from collections import defaultdict
from collections.abc import Iterable, Iterator
from heapq import heapify, heappop, heappush
from itertools import islice
from typing import Protocol

_MOST = 50_000
"""Of about seven kilobytes each."""
_RESERVE = 200
"""Open files for the store, pictures, and GitHub."""
_FEWEST = 50
_CLOSED_PART = 20
"""Each time one in twenty is closed, because finding the oldest of all costs a walk through them."""
_IDLE_SECONDS = 1.0
"""Within this time a reader sends the request for which the connection was opened."""


class OpenConnection(Protocol):
    """A connection that may be closed to make room for others."""

    def idle_since(self) -> float | None:
        """Return the loop's time since when no request is under way; None if one is."""

    def used_at(self) -> float:
        """Return the loop's time when a request or a response was complete last, or the connection was made."""

    def owner(self) -> str:
        """Return the client whose connection it is."""

    def is_closing(self) -> bool:
        """Return True if it takes no place any more."""

    def waits_for_service(self) -> bool:
        """Return True if its request is complete, and the response has not begun."""

    def close_at_once(self) -> None:
        """Close the connection, and forget what it has sent."""


def most_connections() -> int:
    """Return how many connections this process can hold with the open files that it may have."""
    limit, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return _MOST if limit == resource.RLIM_INFINITY else max(_FEWEST, min(_MOST, limit - _RESERVE))


def make_room(connections: Iterable[OpenConnection], newest: OpenConnection, *, most: int, now: float) -> None:
    """Close one in twenty of `most` connections if there are more; `now` is the loop's time."""
    others = [connection for connection in connections if connection is not newest and not connection.is_closing()]
    if len(others) < most:
        return
    count = max(1, most // _CLOSED_PART)
    idle = [(since, connection) for connection in others if (since := connection.idle_since()) is not None]
    idle = [pair for pair in idle if pair[0] < now - _IDLE_SECONDS]
    idle.sort(key=lambda pair: pair[0])
    for _, connection in idle[:count]:
        connection.close_at_once()
    if len(idle) < count:
        rest = [connection for connection in others if not connection.is_closing()]
        for connection in islice(_of_largest_clients(rest), count - len(idle)):
            connection.close_at_once()


def _of_largest_clients(connections: Iterable[OpenConnection]) -> Iterator[OpenConnection]:
    """Yield each time a connection of the client that has most of those that are left."""
    by_owner = defaultdict(list)
    for connection in connections:
        by_owner[connection.owner()].append(connection)
    for connections_left in by_owner.values():
        connections_left.sort(
            key=lambda connection: (connection.waits_for_service(), connection.used_at()), reverse=True
        )
    heap = [
        (-len(connections_left), number, connections_left) for number, connections_left in enumerate(by_owner.values())
    ]
    heapify(heap)
    while heap:
        _, number, connections_left = heappop(heap)
        yield connections_left.pop()
        if connections_left:
            heappush(heap, (-len(connections_left), number, connections_left))
