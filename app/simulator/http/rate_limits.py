"""How many asks somebody has: the hour's budget, and the secondary limits that no header shows.

https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api
"""

from dataclasses import dataclass, replace

HOUR = 3600
MINUTE = 60


@dataclass(frozen=True, slots=True)
class Limits:
    """What is allowed: asks an hour, points a minute (an ask is one), asks at once; a refusal is 403 or 429."""

    anonymous: int = 60
    authenticated: int = 5000
    points_per_minute: int = 900
    concurrent_requests: int = 100
    status: int = 403


@dataclass(frozen=True, slots=True)
class Budget:
    """What somebody has left until `reset` (seconds since the epoch)."""

    limit: int
    used: int
    reset: int

    @property
    def remaining(self) -> int:
        """Asks left, never less than none."""
        return max(0, self.limit - self.used)

    @property
    def headers(self) -> dict[str, str]:
        """The `x-ratelimit-*` headers."""
        return {
            "x-ratelimit-limit": str(self.limit),
            "x-ratelimit-remaining": str(self.remaining),
            "x-ratelimit-used": str(self.used),
            "x-ratelimit-reset": str(self.reset),
            "x-ratelimit-resource": "core",
        }


class RateLimiter:
    """Counts the asks of everybody; a window opens with the first ask in it, by the clock handed in."""

    def __init__(self) -> None:
        self._budgets: dict[str, Budget] = {}
        self._minutes: dict[str, tuple[float, int]] = {}

    def budget(self, whom: str, limit: int, now: float) -> Budget:
        """Look at somebody's budget without spending."""
        known = self._budgets.get(whom)
        if known is None or now >= known.reset:
            return Budget(limit, 0, int(now) + HOUR)
        return replace(known, limit=limit)

    def charge(self, whom: str, limit: int, now: float) -> Budget:
        """Count one ask; over the limit nothing more is counted."""
        budget = self.budget(whom, limit, now)
        spent = replace(budget, used=min(budget.used + 1, limit))
        self._budgets[whom] = spent
        return spent

    def is_too_fast(self, whom: str, points: int, now: float) -> bool:
        """Count one point and tell whether somebody has more of them than `points` in this minute."""
        since, count = self._minutes.get(whom, (now, 0))
        if now >= since + MINUTE:
            since, count = now, 0
        self._minutes[whom] = (since, count + 1)
        return count + 1 > points

    def exhaust(self, whom: str, limit: int, now: float) -> Budget:
        """Take everything somebody has left, as a test wants it."""
        self._budgets[whom] = replace(self.budget(whom, limit, now), used=limit)
        return self._budgets[whom]
