"""Keeping the house: what each process looks after once a second, beside reading and asking."""

import logging
from collections.abc import Sequence
from typing import Protocol

from app.domain.sites import Repository
from app.jobs.periodic import run_periodically
from app.jobs.schedule import Schedule
from app.ports.jobs import Shared
from app.ports.mirror import Clock, Mirror
from app.serving.change_feed import ChangeFeed

_log = logging.getLogger(__name__)
_EVERY = 1.0
_SIZES_EVERY = 10.0


class Store(Protocol):
    """The store as a whole."""

    @property
    def mirror(self) -> Mirror:
        """The durable copy of the threads."""

    @property
    def shared(self) -> Shared:
        """What processes share."""

    async def guard(self) -> str | None:
        """Looks whether the store's file is still there and sound, mends what is not, and says what it did."""


class Figures(Protocol):
    """Where the mirror's figures are told."""

    def mirrored(self, repo: Repository, *, threads: int, comments: int, checked_at: float | None) -> None:
        """What the mirror holds of a repository, and when it was last known to be as on GitHub."""

    def marked(self, count: int) -> None:
        """So many marks are due."""

    def flush(self) -> None:
        """Brings the figures up to date."""


class Maintenance:
    """Guards the store's file, and tells the figures."""

    def __init__(
        self,
        *,
        sites: Sequence[Repository],
        store: Store,
        metrics: Figures,
        follower: ChangeFeed,
        schedule: Schedule,
        clock: Clock,
    ) -> None:
        self._sites = sites
        self._store = store
        self._metrics = metrics
        self._follower = follower
        self._schedule = schedule
        self._clock = clock
        self._sized_at = 0.0

    async def run(self) -> None:
        """Keeps for ever."""
        await run_periodically(self.keep, self._clock, every=_EVERY, failing="The house cannot be kept")

    async def keep(self) -> None:
        """Everything that is due, once."""
        mended = await self._store.guard()
        if mended is not None:
            _log.error("%s", mended)
            self._follower.begin_anew()
            self._schedule.hurry()
        now = self._clock.now()
        if not 0 <= now - self._sized_at < _SIZES_EVERY:
            self._sized_at = now
            await self._tell_sizes()
        self._metrics.flush()

    async def _tell_sizes(self) -> None:
        for repo in self._sites:
            site = await self._store.mirror.site(repo)
            threads = [tally for tally in await self._store.mirror.tallies(repo) if not tally.is_pull_request]
            self._metrics.mirrored(
                repo,
                threads=len(threads),
                comments=sum(tally.mirrored for tally in threads),
                checked_at=site.checked_at if site else None,
            )
        self._metrics.marked(len(await self._store.shared.due(at=self._clock.now())))
