"""How soon a thread may be looked at again: whoever writes ten comments in a minute is not asked about ten times."""

from cachetools import TTLCache

from app.domain.sites import Repository
from app.ports.mirror import Clock

_MINUTE = 60.0
_DOUBLINGS = 6
"""After so many further looks than a burst has, the distance is a minute."""
_THREADS = 10_000


class Throttle:
    """Remembers when threads were looked at within the last minute."""

    def __init__(self, clock: Clock, *, burst: int) -> None:
        """`burst`: looks at one thread within a minute, after which further ones come at growing distances."""
        self._clock = clock
        self._burst = burst
        self._looked: TTLCache[tuple[str, int], tuple[float, ...]] = TTLCache(_THREADS, ttl=_MINUTE, timer=clock.now)

    def looked(self, repo: Repository, number: int) -> None:
        """A look begins now."""
        looked = (*self._lately(repo, number), self._clock.now())
        self._looked[repo.key, number] = looked[-self._burst - _DOUBLINGS :]

    def again_at(self, repo: Repository, number: int) -> float:
        """When the thread may be looked at next, epoch seconds; a minute after the last look at the latest."""
        looked = self._lately(repo, number)
        if not looked:
            return 0.0
        if len(looked) < self._burst:
            return looked[-1]
        return looked[-1] + float(min(2 ** (len(looked) - self._burst), _MINUTE))

    def _lately(self, repo: Repository, number: int) -> tuple[float, ...]:
        """What is later than now was noted by a clock that has been set back."""
        now = self._clock.now()
        return tuple(at for at in self._looked.get((repo.key, number), ()) if 0 <= now - at < _MINUTE)
