"""When a failed refresh is tried again."""

import logging
from collections.abc import Callable

from app.domain.errors import RateLimited
from app.domain.priority import Priority
from app.domain.times import rfc3339
from app.ports.clock import Clock
from app.ports.jobs import Job, Jobs

_log = logging.getLogger(__name__)
_FIRST_DELAY, _LONGEST_DELAY, _DOUBLINGS = 5.0, 900.0, 10
"""Seconds after a first failed run; each further one doubles them."""
_LONGEST_LIMIT = 3599.0
"""Seconds. A longer `due_at` would count as one from before the clock was set back."""
_READ_ATTEMPTS = 5
"""After this many failed runs a reader's job is cancelled: it waits for the thread's next reader."""


class Retry:
    """Decides about jobs whose run failed. `random` gives numbers from 0 up to 1."""

    def __init__(self, jobs: Jobs, clock: Clock, random: Callable[[], float]) -> None:
        self._jobs = jobs
        self._clock = clock
        self._random = random

    async def defer(self, job: Job, failure: Exception) -> None:
        """Release a job with a later `due_at`; cancel a check, and a reader's job after too many attempts."""
        is_read = job.priority is Priority.READ and not job.full
        if job.priority is Priority.CHECK or (is_read and job.attempts + 1 >= _READ_ATTEMPTS):
            await self._jobs.cancel(job)
            return
        until = self._retry_at(job, failure)
        _log.info("Post %s of %s is refreshed again at %s: %s", job.number, job.repo, rfc3339(until), failure)
        await self._jobs.retry_at(job, until)

    def _retry_at(self, job: Job, failure: Exception) -> float:
        now = self._clock.now()
        if isinstance(failure, RateLimited):
            return min(failure.until, now + _LONGEST_LIMIT) + self._random()
        delay = min(_FIRST_DELAY * 2.0 ** min(job.attempts, _DOUBLINGS), _LONGEST_DELAY)
        return now + delay * (0.5 + self._random() / 2)
