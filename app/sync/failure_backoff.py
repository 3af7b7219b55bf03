"""Process threads one at a time; skip a failing one with exponential backoff.

This concerns the threads that polls and backfills read. `app.jobs.retry` has the delays of failed jobs.
"""

import logging
from collections.abc import Awaitable, Callable, Iterable

from cachetools import LRUCache

from app.domain.errors import GitHubError, InvalidRedirect, InvalidResponse, RequestRejected, Unreachable
from app.domain.records import ThreadRef
from app.domain.sites import Repository
from app.domain.times import is_ahead
from app.ports.clock import Clock

_log = logging.getLogger(__name__)
_SINGLE_FAILURES = (RequestRejected, InvalidResponse, InvalidRedirect, Unreachable)
"""What can fail for one thread while the others can be read."""
_GIVE_UP = 3
"""So many threads in a row without a response mean that GitHub is away, not the single thread."""
_FIRST_PAUSE, _LONGEST_PAUSE = 15.0, 3600.0
"""Seconds for which a thread is skipped after a first failure; each further one doubles them."""
_MOST_SKIPPED = 10_000


class FailureBackoff:
    """Remembers failing threads for all polls, so that a bad thread does not slow each of them.

    `noun` says in the log what a number stands for.
    """

    def __init__(self, clock: Clock, *, noun: str = "Post") -> None:
        self._clock = clock
        self._noun = noun
        self._skips: LRUCache[ThreadRef, tuple[float, float]] = LRUCache(_MOST_SKIPPED)
        """Until when a thread is skipped, and for how many seconds that is."""

    async def for_each(
        self, repo: Repository, numbers: Iterable[int], func: Callable[[int], Awaitable[object]]
    ) -> None:
        """Await `func` for each number that is not skipped.

        Raises what `func` raises if it concerns more than one thread (a limit, a rejected token), and `Unreachable`
        after three threads in a row without a response.
        """
        unreachable: list[ThreadRef] = []
        for number in numbers:
            ref = ThreadRef(repo, number)
            until, pause = self._skips.get(ref, (0.0, 0.0))
            if is_ahead(until, now=self._clock.now(), at_most=pause):
                continue
            try:
                await func(number)
            except _SINGLE_FAILURES as failure:
                unreachable = [*unreachable, ref] if isinstance(failure, Unreachable) else []
                if len(unreachable) >= _GIVE_UP:
                    for innocent in unreachable:
                        self._skips.pop(innocent, None)
                    raise
                self._skip(ref, pause, failure)
            else:
                unreachable = []
                self._skips.pop(ref, None)

    def _skip(self, ref: ThreadRef, pause: float, failure: GitHubError) -> None:
        pause = min(max(_FIRST_PAUSE, pause * 2), _LONGEST_PAUSE)
        self._skips[ref] = (self._clock.now() + pause, pause)
        _log.warning("%s %s of %s is skipped for %g s: %s", self._noun, ref.number, ref.repo, pause, failure)
