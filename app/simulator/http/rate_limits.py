"""The rate limits: the hourly budget of the headers, and the secondary limits that no header shows.

https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api
"""

from dataclasses import dataclass, replace

HOUR = 3600
MINUTE = 60


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of a simulator, and the status (403 or 429) of a response that refuses a request.

    `anonymous` and `authenticated` are requests an hour, `searches` and `anonymous_searches` searches a minute.
    `points_per_minute` (a read is one point, a write five), `concurrent_requests`, `contents_per_minute` and
    `contents_per_hour` (issues and comments that are written) are the secondary limits.
    """

    anonymous: int = 60
    authenticated: int = 5000
    points_per_minute: int = 900
    concurrent_requests: int = 100
    searches: int = 30
    anonymous_searches: int = 10
    contents_per_minute: int = 80
    contents_per_hour: int = 500
    status: int = 403


@dataclass(frozen=True, slots=True)
class Budget:
    """The requests of a client in the hour that ends at `reset` (seconds since the epoch)."""

    limit: int
    used: int
    reset: int
    resource: str = "core"

    @property
    def remaining(self) -> int:
        """Return the requests left, at least 0."""
        return max(0, self.limit - self.used)

    @property
    def headers(self) -> dict[str, str]:
        """Return the `x-ratelimit-*` headers."""
        values = {name: str(getattr(self, name)) for name in ("limit", "remaining", "used", "reset")}
        return {f"x-ratelimit-{name}": value for name, value in values.items()} | {
            "x-ratelimit-resource": self.resource
        }


class RateLimiter:
    """The budgets and points of all clients; a client is a user or, without a token, an IP address.

    A window of `window` seconds opens with the client's first request in it. Times are seconds since the epoch.
    """

    def __init__(self, window: int = HOUR, resource: str = "core") -> None:
        self._window = window
        self._resource = resource
        self._budgets: dict[str, Budget] = {}
        self._points: dict[str, tuple[float, int]] = {}

    def budget(self, client: str, limit: int, now: float) -> Budget:
        """Return a client's budget without charging it."""
        budget = self._budgets.get(client)
        if budget is None or now >= budget.reset:
            return Budget(limit, 0, int(now) + self._window, self._resource)
        return replace(budget, limit=limit)

    def charge(self, client: str, limit: int, now: float) -> Budget:
        """Count one request; beyond the limit nothing more is counted."""
        budget = self.budget(client, limit, now)
        self._budgets[client] = replace(budget, used=min(budget.used + 1, limit))
        return self._budgets[client]

    def is_too_fast(self, client: str, points: int, now: float, cost: int = 1) -> bool:
        """Count `cost` points; return whether the client has more than `points` of them in this minute."""
        since, count = self._points.get(client, (now, 0))
        if now >= since + MINUTE:
            since, count = now, 0
        self._points[client] = (since, count + cost)
        return count + cost > points

    def exhaust(self, client: str, limit: int, now: float) -> Budget:
        """Use up a client's budget, and return it."""
        self._budgets[client] = replace(self.budget(client, limit, now), used=limit)
        return self._budgets[client]
