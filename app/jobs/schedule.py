"""When the next round over a site is due, and what becomes of one that failed."""

import asyncio
import logging
from collections.abc import Callable
from typing import Protocol

from app.domain.errors import AfterwordError, RateLimited
from app.domain.sites import Repository
from app.domain.times import rfc3339
from app.ports.jobs import Shared
from app.ports.metrics import Observer, Wait
from app.ports.mirror import Clock
from app.sync.poll import PollResult, heard_lately
from app.sync.reconcile import reconciled

_log = logging.getLogger(__name__)
_RECONCILE_AFTER = 86_400
_FIRST_PAUSE = 10.0
"""Seconds after a first failure: most pass by themselves. Each further one doubles them."""
_LONGEST_PAUSE = 900.0
_A_LITTLE = 1.0
_RARER = 10
"""How many times rarer rounds are while webhooks tell of everything,"""
_RAREST = 600.0
"""but no rarer than this, in seconds, unless the owner wants them so."""
_DISTRUST = 3600.0
"""Seconds for which rounds stay frequent after one has found what no webhook told."""


class Rounds(Protocol):
    """What is scheduled: `Poller`, seen from here."""

    async def bring_up(self, repo: Repository, *, reconcile: bool = False) -> PollResult:
        """One round."""


def pace(every: float, *, heard_at: float | None, untold_at: float | None, now: float) -> float:
    """Seconds to the next round, given when the last webhook came and when a round last found what none had told."""
    trusted = heard_at is not None and (untold_at is None or (heard_at > untold_at and now - untold_at > _DISTRUST))
    return max(every, min(every * _RARER, _RAREST)) if trusted else every


class Schedule:
    """Follows sites: a round, a pause, and so on; a failure lengthens the pause, and never ends it.

    `chance` gives numbers from 0 up to 1: installations that were limited together do not come back together.
    """

    def __init__(
        self,
        pulse: Rounds,
        shared: Shared,
        clock: Clock,
        chance: Callable[[], float],
        observer: Observer,
        *,
        every: float,
        listening: bool = True,
    ) -> None:
        """`listening`: whether a secret is configured, without which no webhook is taken."""
        self._pulse = pulse
        self._listening = listening
        self._shared = shared
        self._clock = clock
        self._chance = chance
        self._observer = observer
        self._every = every
        self._hurried: dict[Repository, asyncio.Event] = {}
        self.failures: dict[Repository, Exception] = {}
        """Why the last round over a site did not succeed."""

    async def follow(self, repo: Repository) -> None:
        """Rounds over one site, for ever."""
        failed = 0
        hurried = self._hurried[repo] = asyncio.Event()
        while True:
            pause = await self.round(repo)
            failed = failed + 1 if repo in self.failures else 0
            if failed:
                pause = min(_FIRST_PAUSE * 2 ** min(failed - 1, 20), max(self._every, _LONGEST_PAUSE))
                self._observer.waits(Wait.BACKOFF, self._clock.now() + pause)
            await self._pause(pause + self._chance() * _A_LITTLE, hurried)

    def hurry(self) -> None:
        """Has the next round over each site begin at once, or as soon as the one under way has ended."""
        for hurried in self._hurried.values():
            hurried.set()

    async def _pause(self, seconds: float, hurried: asyncio.Event) -> None:
        sleeping = asyncio.ensure_future(self._clock.sleep(seconds))
        hurrying = asyncio.ensure_future(hurried.wait())
        try:
            await asyncio.wait({sleeping, hurrying}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            hurried.clear()
            sleeping.cancel()
            hurrying.cancel()

    async def round(self, repo: Repository) -> float:
        """One round; how many seconds to pause after it."""
        now = self._clock.now()
        try:
            done = await self._pulse.bring_up(repo, reconcile=await self._reconcile_is_due(repo, now))
            await self._note(repo, done, now)
            pause = await self._pace(repo)
        except RateLimited as limit:
            self.failures.pop(repo, None)
            _log.info("%s: %s Goes on at %s.", repo, limit, rfc3339(limit.until))
            left = max(_A_LITTLE, limit.until - self._clock.now())
            return min(left, self._every) if limit.kind == "budget" else left
        except AfterwordError as failure:
            self._fail(repo, failure)
        except Exception as failure:  # noqa: BLE001 - logged; following goes on for ever
            _log.exception("%s: a round broke off by a fault of ours; the next one begins anew", repo)
            self.failures[repo] = failure
        else:
            if self.failures.pop(repo, None) is not None:
                _log.info("%s: GitHub answers again.", repo)
                self._observer.waits(Wait.BACKOFF, None)
            return pause
        return self._every

    async def _reconcile_is_due(self, repo: Repository, now: float) -> bool:
        at = await self._shared.recall(reconciled(repo))
        return at is None or not 0 <= now - float(at) <= _RECONCILE_AFTER

    async def _note(self, repo: Repository, done: PollResult, now: float) -> None:
        if done.untold and self._listening:
            self._observer.untold(repo, len(done.untold))
            _log.warning(
                "%s: no webhook told of what is new at %s. See Recent Deliveries of the webhook on GitHub; "
                "what changed is asked every %g s for an hour.",
                repo,
                ", ".join(map(str, sorted(done.untold)[:10])),
                self._every,
            )
            await self._shared.remember(f"untold {repo.key}", str(now))

    async def _pace(self, repo: Repository) -> float:
        untold = await self._shared.recall(f"untold {repo.key}")
        return pace(
            self._every,
            heard_at=await heard_lately(self._shared, repo, self._clock.now()) if self._listening else None,
            untold_at=float(untold) if untold else None,
            now=self._clock.now(),
        )

    def _fail(self, repo: Repository, failure: AfterwordError) -> None:
        if str(self.failures.get(repo)) != str(failure):
            _log.warning("%s: %s", repo, failure)
        self.failures[repo] = failure
