"""How much of what costs something each client may ask for. What is in memory is free.

Each bucket fills with what a client asks for and leaks with time; while it is full, the client waits.

| what                                       | at once | then      | over it                                      |
|--------------------------------------------|---------|-----------|----------------------------------------------|
| documents that are not in memory           | 2,000   | 50 in 1 s | 429                                          |
| posts that its open pages listen to        | 2,000   | –         | 429                                          |
| webhook deliveries with a wrong signature  | 100     | 1 in 3 s  | 429, and none larger than 64 KiB is read     |
| wrong tokens of the owner                  | 5       | 1 in 15 s | 429: `app.serving.owner.attempts`            |

All clients of an IPv6 network of 48 bits together may have four times as much. The limits let an office, or the build
of a large blog, pass as one client. They keep one client from taking all that there is. A delivery with a valid
signature is received even if its client is over the limit: behind a proxy that is not trusted, GitHub and an attacker
are the same client. Nothing is stored: a restart forgets it.
"""

import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from cachetools import LRUCache

from app.domain.errors import TooManyRequests
from app.serving.clients.addresses import TrustedProxies, network_key

_MOST_CLIENTS = 4_096
_NETWORK_TIMES = 4
"""How many times as much all clients of an IPv6 network of 48 bits may ask for: it has 65,536 of them."""
_COLD_READS = (2_000, 0.02)
_MOST_SUBSCRIPTIONS = 2_000
_BAD_SIGNATURES = (100, 3.0)


@dataclass(slots=True)
class Bucket:
    """How full a bucket was at a moment, and its limits."""

    most: int
    leak_seconds: float
    level: float = 0.0
    at: float = 0.0

    def wait(self, now: float) -> float:
        """Return the seconds until there is room for one more; 0 for now."""
        return max(0.0, (self.current(now) + 1 - self.most) * self.leak_seconds)

    def add(self, now: float) -> None:
        """Count one."""
        self.level = self.current(now) + 1

    def current(self, now: float) -> float:
        """Return how full it is; a clock set back empties it by nothing."""
        self.level, self.at = max(0.0, self.level - max(0.0, now - self.at) / self.leak_seconds), now
        return self.level


class Buckets:
    """A bucket for each of the clients that came last; `what` says in an error what came too often."""

    def __init__(self, most: int, leak_seconds: float, what: str) -> None:
        self._limits = most, leak_seconds
        self._what = what
        self._buckets: LRUCache[str, Bucket] = LRUCache(_MOST_CLIENTS)

    def require_room(self, client: str, now: float) -> None:
        """Raise `TooManyRequests` if a client's bucket is full, or that of its network."""
        for bucket in self._buckets_of(client):
            wait = bucket.wait(now)
            if wait > 0:
                raise TooManyRequests(self._what, math.ceil(wait))

    def take(self, client: str, now: float) -> None:
        """Count one, or raise `TooManyRequests`; what is refused is not counted."""
        self.require_room(client, now)
        for bucket in self._buckets_of(client):
            bucket.add(now)

    def _buckets_of(self, client: str) -> Iterator[Bucket]:
        """Yield the bucket of the network first: a full one keeps its clients from pushing out others' buckets."""
        network = network_key(client)
        if network != client:
            yield self._bucket(network, _NETWORK_TIMES)
        yield self._bucket(client)

    def _bucket(self, key: str, times: int = 1) -> Bucket:
        bucket = self._buckets.get(key)
        if bucket is None:
            most, leak_seconds = self._limits
            bucket = self._buckets[key] = Bucket(most * times, leak_seconds / times)
        return bucket


class OpenSubscriptions:
    """How many posts the open pages of each client listen to."""

    def __init__(self, most: int = _MOST_SUBSCRIPTIONS) -> None:
        self._most = most
        self._counts: Counter[str] = Counter()

    def open(self, client: str, count: int) -> bool:
        """Count what a page of a client subscribes to; return False, and count nothing, if that is too much."""
        network = network_key(client)
        if self._counts[client] + count > self._most or self._counts[network] + count > self._most * _NETWORK_TIMES:
            return False
        for key in {client, network}:
            self._counts[key] += count
        return True

    def close(self, client: str, count: int) -> None:
        """Count what a page no longer listens to."""
        for key in {client, network_key(client)}:
            self._counts[key] -= count
            if self._counts[key] <= 0:
                del self._counts[key]


@dataclass(frozen=True, slots=True)
class ClientLimits:
    """The limits of one process, and who its clients are."""

    proxies: TrustedProxies = field(default_factory=TrustedProxies)
    cold_reads: Buckets = field(
        default_factory=lambda: Buckets(*_COLD_READS, "You ask for pages that are not in memory")
    )
    bad_signatures: Buckets = field(
        default_factory=lambda: Buckets(*_BAD_SIGNATURES, "Deliveries with wrong signatures were sent")
    )
    subscriptions: OpenSubscriptions = field(default_factory=OpenSubscriptions)
