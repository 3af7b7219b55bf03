"""Batch deliveries: if many wait at once, one poll of two requests is cheaper than a refresh for each.

One process polls, the others leave the jobs alone until it ends. Threads that the poll leaves with differing counts are
refreshed one by one.
"""

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from itertools import count

from app.domain.errors import GitHubError, StoreError
from app.domain.priority import Priority
from app.domain.records import REPOSITORY_NUMBER, SiteRecord
from app.domain.sites import Repository
from app.jobs.periodic import heartbeat
from app.jobs.retry import Retry
from app.ports.clock import Clock
from app.ports.jobs import Job, Jobs
from app.ports.leases import Leases
from app.ports.mirror import Mirror
from app.sync.poll import Poller

_MOST_SINGLE = 5
"""So many waiting deliveries still have a refresh each."""
_BETWEEN_BATCHES = 2.0
"""Seconds from one batch to the next at least, whichever process runs it."""
_LEASE_DURATION, _HEARTBEAT_EVERY = 15.0, 5.0
"""Seconds after which a batch without a heartbeat counts as one of a dead process."""


class DeliveryBatch:
    """Polls a site for the jobs of its deliveries, if they are many."""

    def __init__(
        self,
        *,
        mirror: Mirror,
        jobs: Jobs,
        leases: Leases,
        poller: Poller,
        retry: Retry,
        clock: Clock,
        worker_id: str,
    ) -> None:
        self._mirror = mirror
        self._jobs = jobs
        self._leases = leases
        self._poller = poller
        self._retry = retry
        self._clock = clock
        self._worker_id = worker_id
        self._numbers = count(1)
        self._mismatches: dict[Repository, frozenset[int]] = {}
        """The generations of the jobs that the last batch of a site could not complete."""

    def select(self, jobs: Iterable[Job]) -> Mapping[Repository, Sequence[Job]]:
        """Return the jobs, by site, that are left to a batch."""
        by_site: defaultdict[Repository, list[Job]] = defaultdict(list)
        for job in jobs:
            is_plain = job.priority is Priority.DELIVERY and not job.full and job.number != REPOSITORY_NUMBER
            if is_plain and job.generation not in self._mismatches.get(job.repo, ()):
                by_site[job.repo].append(job)
        return {repo: batch for repo, batch in by_site.items() if len(batch) > _MOST_SINGLE}

    async def run(self, repo: Repository, jobs: Sequence[Job]) -> bool:
        """Poll once, and remove the jobs of all threads whose counts agree after it.

        Return False, and do nothing, if a batch is under way or has just ended, here or in another process. Before the
        site is listed the backfill brings everything that the jobs are for: return False too.
        """
        site = await self._mirror.site(repo)
        if site is None or site.issues_listed_at is None:
            return False
        start = self._clock.now()
        name, batch_id = f"delivery batch {repo.key}", f"{self._worker_id}, {next(self._numbers)}, at {start}"
        if not await self._leases.acquire(name, worker_id=batch_id, at=start, until=start + _LEASE_DURATION):
            return False
        try:
            async with heartbeat(partial(self._extend, name, batch_id), every=_HEARTBEAT_EVERY):
                await self._poll(site, jobs, start)
        finally:
            with suppress(StoreError):
                await asyncio.shield(self._hold_off(name, batch_id, start))
        return True

    async def _poll(self, site: SiteRecord, jobs: Sequence[Job], start: float) -> None:
        try:
            await self._poller.poll(site.repo)
        except Exception as failure:
            if not isinstance(failure, GitHubError) or not await self._has_applied(site, start):
                for job in jobs:
                    await self._retry.defer(job, failure)
                raise
        summaries = (await self._mirror.part_snapshot(site.repo, {job.number for job in jobs})).summaries
        settled_numbers = {summary.number for summary in summaries if summary.is_settled}
        for job in jobs:
            if job.number in settled_numbers:
                await self._jobs.cancel(job)
        mismatches = {job.number for job in jobs} - settled_numbers
        due = await self._jobs.due(at=self._clock.now())
        self._mismatches[site.repo] = frozenset(
            job.generation for job in due if job.repo == site.repo and job.number in mismatches
        )

    async def _has_applied(self, before: SiteRecord, start: float) -> bool:
        """Return True if a poll that failed, for example with a single thread, had applied what changed."""
        site = await self._mirror.site(before.repo)
        at = None if site is None else site.checked_at
        return at is not None and at != before.checked_at and at >= start

    async def _extend(self, name: str, batch_id: str) -> None:
        now = self._clock.now()
        await self._leases.acquire(name, worker_id=batch_id, at=now, until=now + _LEASE_DURATION)

    async def _hold_off(self, name: str, batch_id: str, start: float) -> None:
        """Keep the lease until the next batch may begin."""
        now, until = self._clock.now(), start + _BETWEEN_BATCHES
        if now < until <= now + _BETWEEN_BATCHES:
            await self._leases.acquire(name, worker_id=batch_id, at=now, until=until)
        else:
            await self._leases.release(name, worker_id=batch_id)
