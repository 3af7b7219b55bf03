"""Limits on wrong tokens: few from each client, more from all together, and none on a browser that was in before.

Each bucket fills with a wrong token and leaks with time; while it is full, no token is compared.

| who                                  | may send at once | then one in | counted in          |
|--------------------------------------|------------------|-------------|---------------------|
| a client                             | 5                | 15 s        | its own bucket      |
| all clients that failed lately       | 50               | 2 s         | one bucket          |
| all clients that have not            | 50               | 1 s         | one bucket          |
| a browser that the owner was in with | 5                | 15 s        | its own bucket only |

So a client that guesses shuts out itself, and many that guess shut out neither the owner's usual browser nor open
sessions. Another browser of the owner's waits seconds after such an attack. Nothing is stored: a restart forgets it.
"""

import hmac
import math
from collections.abc import Callable

from cachetools import LRUCache

from app.domain.errors import TooManyRequests
from app.serving.clients.addresses import client_key
from app.serving.clients.limits import Bucket

_MOST_CLIENTS = 4_096
_CLIENT = (5, 15.0)
_SUSPECTS = (50, 2.0)
_OTHERS = (50, 1.0)
_WRONG_TOKENS = "Wrong tokens were sent"


class Attempts:
    """Compares tokens within the limits."""

    def __init__(self, token: str, now: Callable[[], float]) -> None:
        self._digest = _digest(token)
        self._now = now
        self._clients: LRUCache[str, Bucket] = LRUCache(_MOST_CLIENTS)
        self._suspects, self._others = Bucket(*_SUSPECTS), Bucket(*_OTHERS)

    def check(self, token: str, client: str, device: str | None = None) -> bool:
        """Return True for the owner's token, compared in constant time. Raises `TooManyRequests` without comparing.

        `client` is an address, `device` the id of a browser that the owner has signed in with.
        """
        now = self._now()
        buckets = self._buckets(client_key(client) if device is None else f"device {device}", now, device)
        wait = max(bucket.wait(now) for bucket in buckets)
        if wait > 0:
            raise TooManyRequests(_WRONG_TOKENS, math.ceil(wait))
        if hmac.compare_digest(self._digest, _digest(token)):
            return True
        for bucket in buckets:
            bucket.add(now)
        return False

    def _buckets(self, key: str, now: float, device: str | None) -> tuple[Bucket, ...]:
        bucket = self._clients.get(key)
        if bucket is None:
            bucket = self._clients[key] = Bucket(*_CLIENT)
        if device is not None:
            return (bucket,)
        return (bucket, self._suspects if bucket.current(now) > 0 else self._others)


def _digest(token: str) -> bytes:
    """Return a digest of equal length for every token, so that a comparison tells nothing of the length."""
    return hmac.digest(b"owner token", token.encode("utf-8", "surrogatepass"), "sha256")
