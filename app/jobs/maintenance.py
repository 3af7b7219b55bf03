"""Maintenance: what each process does once a second besides reading and polling."""

import logging
from collections.abc import Awaitable, Callable, Sequence

from app.domain.sites import Repository
from app.domain.times import is_within
from app.jobs.periodic import run_periodically
from app.ports.clock import Clock
from app.ports.metrics import Gauges
from app.ports.store import Store

_log = logging.getLogger(__name__)
_EVERY = 1.0
_SAMPLE_EVERY = 10.0


class Maintenance:
    """Guards the store and samples the mirror's size. `on_repair` is called after the store was replaced."""

    def __init__(
        self,
        *,
        sites: Sequence[Repository],
        store: Store,
        gauges: Gauges,
        on_repair: Callable[[], None],
        clock: Clock,
        count_held: Callable[[Repository], Awaitable[int]] | None = None,
    ) -> None:
        """Count by `count_held` the comments that the owner's rules hold back; None if there are no rules."""
        self._sites = sites
        self._store = store
        self._gauges = gauges
        self._on_repair = on_repair
        self._clock = clock
        self._count_held = count_held
        self._sampled_at: float | None = None

    async def run(self) -> None:
        """Run maintenance every second. Never returns."""
        await run_periodically(
            self.run_once,
            self._clock.sleep,
            every=_EVERY,
            error_message="Maintenance failed; it runs again in a second",
        )

    async def run_once(self) -> None:
        """Do everything that is due."""
        report = await self._store.guard()
        if report is not None:
            _log.error("%s", report)
            self._on_repair()
        now = self._clock.now()
        if not is_within(_SAMPLE_EVERY, self._sampled_at, now=now):
            self._sampled_at = now
            await self._sample()
        self._gauges.flush()

    async def _sample(self) -> None:
        for repo in self._sites:
            snapshot = await self._store.mirror.site_snapshot(repo)
            self._gauges.mirror_size(
                repo,
                threads=len(snapshot.threads),
                comments=sum(thread.mirrored_count for thread in snapshot.threads),
                checked_at=snapshot.site.checked_at if snapshot.site else None,
            )
            if self._count_held is not None:
                self._gauges.comments_held(repo, await self._count_held(repo))
        self._gauges.due_jobs(len(await self._store.jobs.due(at=self._clock.now())))
