"""The limits of searches and of written content, apart from the hourly limit of other requests."""

from app.simulator.http.rate_limits import MINUTE, Budget, Limits, RateLimiter


class IssueLimits:
    """How many searches a client may send in a minute, and how many issues it may open in a minute and an hour."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._searches = RateLimiter(MINUTE, "search")
        self._minutes = RateLimiter(MINUTE)
        self._hours = RateLimiter()

    def search_budget(self, client: str, now: float, *, authenticated: bool) -> Budget:
        """Return the searches that a client has left in this minute."""
        return self._searches.budget(client, self._search_limit(authenticated=authenticated), now)

    def charge_search(self, client: str, now: float, *, authenticated: bool) -> None:
        """Count one search."""
        self._searches.charge(client, self._search_limit(authenticated=authenticated), now)

    def may_write(self, client: str, now: float) -> bool:
        """Count one issue; return False if the client opens too many."""
        limits = self._limits
        windows = ((self._minutes, limits.contents_per_minute), (self._hours, limits.contents_per_hour))
        if any(not window.budget(client, limit, now).remaining for window, limit in windows):
            return False
        for window, limit in windows:
            window.charge(client, limit, now)
        return True

    def _search_limit(self, *, authenticated: bool) -> int:
        return self._limits.searches if authenticated else self._limits.anonymous_searches
