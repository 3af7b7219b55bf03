"""The poll schedule: when the next poll of a site is due, also after a failed one."""

import asyncio
import logging
from collections.abc import Callable
from enum import StrEnum

from app.domain.errors import AfterwordError, RateLimited
from app.domain.sites import Repository
from app.domain.times import rfc3339
from app.ports.clock import Clock
from app.ports.metrics import Metrics, Wait
from app.sync.poll import Poller
from app.sync.reconcile import Reconcile

_log = logging.getLogger(__name__)
_FIRST_DELAY = 10.0
"""Seconds after a first failure: most pass soon. Each further one doubles them."""
_LONGEST_DELAY = 900.0
_JITTER = 1.0
"""Seconds: what `random` adds to a pause at most, and the shortest pause after a limit."""
_RARER = 10
"""How many times rarer polls are while webhooks report everything,"""
_RAREST = 600.0
"""but no rarer than this, in seconds, unless the owner sets a longer interval."""
_DISTRUST = 3600.0
"""Seconds for which polls stay frequent, at the least, after one has found what no webhook reported."""


class PollOutcome(StrEnum):
    """How a poll ended."""

    OK = "ok"
    LIMITED = "limited"
    """The rate limit stopped it; it goes on later."""
    FAILED = "failed"


OnPoll = Callable[[Repository, PollOutcome, str], None]
"""Receives the outcome of each poll, and why it did not succeed."""


def poll_interval(every: float, *, last_delivery_at: float | None, missed_at: float | None, now: float) -> float:
    """Return the seconds to the next poll.

    `last_delivery_at` is the time of the last delivery, None if none is expected. `missed_at` is when a poll last found
    what no webhook had reported.
    """
    is_trusted = last_delivery_at is not None and (
        missed_at is None or (last_delivery_at > missed_at and now - missed_at > _DISTRUST)
    )
    return max(every, min(every * _RARER, _RAREST)) if is_trusted else every


class Schedule:
    """Polls sites at intervals; a failure lengthens the next one.

    `random` gives numbers from 0 up to 1: installations that were limited together do not come back together.
    """

    def __init__(
        self,
        poller: Poller,
        clock: Clock,
        random: Callable[[], float],
        metrics: Metrics,
        *,
        every: float,
        on_poll: OnPoll = lambda _repo, _outcome, _reason: None,
    ) -> None:
        self._poller = poller
        self._clock = clock
        self._random = random
        self._metrics = metrics
        self._every = every
        self._on_poll = on_poll
        self._wakeups: dict[Repository, asyncio.Event] = {}
        self.failures: dict[Repository, Exception] = {}
        """Why the last poll of a site failed."""

    async def run(self, repo: Repository) -> None:
        """Poll one site at its interval. Never returns."""
        failure_count = 0
        wakeup = self._wakeups[repo] = asyncio.Event()
        while True:
            pause = await self.poll_once(repo)
            failure_count = failure_count + 1 if repo in self.failures else 0
            if failure_count:
                pause = min(_FIRST_DELAY * 2 ** min(failure_count - 1, 20), max(self._every, _LONGEST_DELAY))
                self._metrics.waiting(Wait.BACKOFF, self._clock.now() + pause)
            await self._pause(pause + self._random() * _JITTER, wakeup)

    def poll_now(self) -> None:
        """Start the next poll of each site at once, or after the current one."""
        for wakeup in self._wakeups.values():
            wakeup.set()

    async def poll_once(self, repo: Repository) -> float:
        """Poll a site; return the seconds to pause after it."""
        try:
            webhook = await self._poller.poll(repo, reconcile=Reconcile.IF_DUE)
        except RateLimited as limit:
            self.failures.pop(repo, None)
            self._on_poll(repo, PollOutcome.LIMITED, str(limit))
            now = self._clock.now()
            pause = max(_JITTER, limit.until - now)
            if limit.kind == "budget":  # it concerns some priorities only
                pause = min(pause, self._every)
            end, next_at = rfc3339(limit.until), rfc3339(now + pause)
            _log.info("%s: %s It ends at %s. The next poll is at %s.", repo, limit, end, next_at)
            return pause
        except AfterwordError as failure:
            if str(self.failures.get(repo)) != str(failure):
                _log.warning("%s: the poll failed and is repeated: %s", repo, failure)
            self.failures[repo] = failure
            self._on_poll(repo, PollOutcome.FAILED, str(failure))
        except Exception as failure:  # noqa: BLE001 - logged; the next poll may go well
            _log.exception("%s: internal error during a poll; the next poll starts from the last commit", repo)
            self.failures[repo] = failure
            self._on_poll(repo, PollOutcome.FAILED, "internal error: the log has the details")
        else:
            self._on_poll(repo, PollOutcome.OK, "")
            if self.failures.pop(repo, None) is not None:
                _log.info("%s: polls succeed again.", repo)
                self._metrics.waiting(Wait.BACKOFF, None)
            return poll_interval(
                self._every,
                last_delivery_at=webhook.last_delivery_at,
                missed_at=webhook.missed_at,
                now=self._clock.now(),
            )
        return self._every

    async def _pause(self, seconds: float, wakeup: asyncio.Event) -> None:
        tasks = {asyncio.ensure_future(self._clock.sleep(seconds)), asyncio.ensure_future(wakeup.wait())}
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            wakeup.clear()
            for task in tasks:
                task.cancel()
