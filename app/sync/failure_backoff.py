"""Threads one by one: some that cannot be read stop no other, and are left alone for a while."""

import logging
from collections.abc import Awaitable, Callable, Iterable

from cachetools import LRUCache

from app.domain.errors import GitHubError, InvalidRedirect, InvalidResponse, RequestRejected, Unreachable
from app.domain.sites import Repository
from app.ports.mirror import Clock

_log = logging.getLogger(__name__)
_SINGLE_FAILURES = (RequestRejected, InvalidResponse, InvalidRedirect, Unreachable)
"""What may befall one thread while the others can be read."""
_GIVE_UP = 3
"""Threads in a row without any answer after which it is not the single thread, but GitHub that is away."""
_FIRST_PAUSE, _LONGEST_PAUSE = 15.0, 3600.0
"""Seconds for which a thread is left alone after a first failure; each further one doubles them."""
_MOST_LEFT = 10_000


class FailureBackoff:
    """Does something for each of many threads; one for all rounds, so that a bad thread does not make each dearer."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._left: LRUCache[tuple[str, int], tuple[float, float]] = LRUCache(_MOST_LEFT)
        """Until when a thread is left alone, and for how many seconds that is."""

    async def of(self, repo: Repository, numbers: Iterable[int], deed: Callable[[int], Awaitable[None]]) -> None:
        """Awaits `deed` for each number that is not left alone.

        Raises what `deed` raises where it concerns more than one thread (a limit, a refused token), and `Unreachable`
        where nobody answered three times in a row.
        """
        unanswered: list[tuple[str, int]] = []
        for number in numbers:
            about = (repo.key, number)
            until, pause = self._left.get(about, (0.0, 0.0))
            if 0 < until - self._clock.now() <= pause:
                continue
            try:
                await deed(number)
            except _SINGLE_FAILURES as failure:
                unanswered = [*unanswered, about] if isinstance(failure, Unreachable) else []
                if len(unanswered) >= _GIVE_UP:
                    for innocent in unanswered:
                        self._left.pop(innocent, None)
                    raise
                self._leave(repo, number, pause, failure)
            else:
                unanswered = []
                self._left.pop(about, None)

    def _leave(self, repo: Repository, number: int, pause: float, failure: GitHubError) -> None:
        pause = min(max(_FIRST_PAUSE, pause * 2), _LONGEST_PAUSE)
        self._left[repo.key, number] = (self._clock.now() + pause, pause)
        _log.warning("Post %s of %s is left alone for %g s: %s", number, repo, pause, failure)
