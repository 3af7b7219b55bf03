"""Throttle the refreshes of one thread: ten comments in a minute must not cost ten refreshes."""

from cachetools import TTLCache

from app.domain.records import ThreadRef
from app.domain.sites import Repository
from app.ports.clock import Clock

_MINUTE = 60.0
_DOUBLINGS = 6
"""After this many refreshes beyond a burst, the pause is a minute."""
_THREADS = 10_000


class Throttle:
    """Remembers the refreshes of the last minute."""

    def __init__(self, clock: Clock, *, burst: int) -> None:
        """Allow `burst` refreshes of a thread within a minute; further ones come at growing pauses."""
        self._clock = clock
        self._burst = burst
        self._times: TTLCache[ThreadRef, tuple[float, ...]] = TTLCache(_THREADS, ttl=_MINUTE, timer=clock.now)

    def record(self, repo: Repository, number: int) -> None:
        """Record that a refresh begins now."""
        times = (*self._recent(repo, number), self._clock.now())
        self._times[ThreadRef(repo, number)] = times[-self._burst - _DOUBLINGS :]

    def next_at(self, repo: Repository, number: int) -> float:
        """Return when the thread may be refreshed next, epoch seconds: at most a minute after the last refresh."""
        times = self._recent(repo, number)
        if not times:
            return 0.0
        if len(times) < self._burst:
            return times[-1]
        return times[-1] + float(min(2 ** (len(times) - self._burst), _MINUTE))

    def _recent(self, repo: Repository, number: int) -> tuple[float, ...]:
        """Return the times of the last minute; a later one is from before the clock was set back."""
        now = self._clock.now()
        return tuple(at for at in self._times.get(ThreadRef(repo, number), ()) if 0 <= now - at < _MINUTE)
