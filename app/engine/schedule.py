"""When the next round over a site is due, and what becomes of one that failed."""

import logging
from collections.abc import Callable
from typing import Protocol

from app.domain.errors import AfterwordError, Limited
from app.domain.sites import Repository
from app.domain.times import rfc3339
from app.engine.ports import Clock

_log = logging.getLogger(__name__)
_RECOUNT_AFTER = 86_400
_FIRST_PAUSE = 10.0
"""Seconds after a first failure: most pass by themselves. Each further one doubles them."""
_LONGEST_PAUSE = 900.0
_A_LITTLE = 1.0


class Rounds(Protocol):
    """What is scheduled: `Pulse`, seen from here."""

    async def bring_up(self, repo: Repository, *, recount: bool = False) -> bool:
        """One round; True where it compared all counts."""


class Schedule:
    """Follows sites: a round, a pause, and so on; a failure lengthens the pause, and never ends it.

    `chance` gives numbers from 0 up to 1: installations that were limited together do not come back together.
    """

    def __init__(self, pulse: Rounds, clock: Clock, chance: Callable[[], float], *, every: float) -> None:
        self._pulse = pulse
        self._clock = clock
        self._chance = chance
        self._every = every
        self.failures: dict[Repository, Exception] = {}
        """Why the last round over a site did not succeed."""
        self._recounted: dict[Repository, float] = {}

    async def follow(self, repo: Repository) -> None:
        """Rounds over one site, for ever."""
        failed = 0
        while True:
            pause = await self.round(repo)
            failed = failed + 1 if repo in self.failures else 0
            if failed:
                pause = min(_FIRST_PAUSE * 2 ** min(failed - 1, 20), max(self._every, _LONGEST_PAUSE))
            await self._clock.sleep(pause + self._chance() * _A_LITTLE)

    async def round(self, repo: Repository) -> float:
        """One round; how many seconds to pause after it."""
        now = self._clock.now()
        due = now - self._recounted.get(repo, 0.0) > _RECOUNT_AFTER
        try:
            if await self._pulse.bring_up(repo, recount=due):
                self._recounted[repo] = now
        except Limited as limit:
            self.failures.pop(repo, None)
            _log.info("%s: %s Goes on at %s.", repo, limit, rfc3339(limit.until))
            return max(_A_LITTLE, limit.until - now)
        except AfterwordError as failure:
            self._note(repo, failure)
        except Exception as failure:  # noqa: BLE001 - logged; following goes on for ever
            _log.exception("%s: a round broke off by a fault of ours; the next one begins anew", repo)
            self.failures[repo] = failure
        else:
            self.failures.pop(repo, None)
        return self._every

    def _note(self, repo: Repository, failure: AfterwordError) -> None:
        if str(self.failures.get(repo)) != str(failure):
            _log.warning("%s: %s", repo, failure)
        self.failures[repo] = failure
