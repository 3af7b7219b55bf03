"""What a job does: request what its priority needs, and follow a transfer."""

from contextlib import suppress

from app.domain.errors import NotVisible, PrivateRepository
from app.domain.priority import Priority
from app.domain.records import REPOSITORY_NUMBER
from app.domain.thread_state import Snapshot
from app.domain.times import is_within
from app.ports.clock import Clock
from app.ports.jobs import Job, Jobs
from app.ports.mirror import Mirror
from app.sync.refresh import Refresher
from app.sync.repositories import Repositories
from app.sync.thread_pages import release

_TOMBSTONE_BELIEVED = 600.0
"""Seconds for which GitHub's answer that a number has no issue is believed."""


class JobHandlers:
    """Runs jobs. `fresh_for`: seconds for which a checked thread needs no check."""

    def __init__(
        self,
        mirror: Mirror,
        jobs: Jobs,
        repositories: Repositories,
        refresher: Refresher,
        clock: Clock,
        *,
        fresh_for: float,
    ) -> None:
        self._mirror = mirror
        self._jobs = jobs
        self._repositories = repositories
        self._refresher = refresher
        self._clock = clock
        self._fresh_for = fresh_for

    async def run(self, job: Job) -> bool:
        """Do what the job is for; return True if it enqueued another job. Raises `GitHubError` and `StoreError`.

        Another process may have done the same since the job was enqueued: then nothing is requested.
        """
        if job.number == REPOSITORY_NUMBER:
            await self._refresh_repository(job)
            return False
        snapshot = await self._mirror.snapshot(job.repo, job.number, with_comments=False)
        has_issue = await self._refresh(job, snapshot)
        if has_issue and not snapshot.was_transferred:
            return False
        if not snapshot.was_transferred:
            snapshot = await self._mirror.snapshot(job.repo, job.number, with_comments=False)
        return await self._follow_transfer(snapshot)

    async def _refresh(self, job: Job, snapshot: Snapshot) -> bool:
        """Return False if GitHub has no issue under the job's number any more."""
        record = None if snapshot.was_transferred else snapshot.record
        is_complete = record is not None and (record.complete or record.issue.is_pull_request)
        if job.priority is Priority.DELIVERY:
            return await self._refresher.refresh(snapshot, job.priority)
        if job.priority is Priority.READ:
            return (is_complete and not job.full) or await self._refresher.refresh(snapshot, job.priority)
        if record is None:
            return await self._check_tombstone(snapshot, believes=not job.full)
        if record.issue.is_pull_request or not (is_complete or job.full):
            return True
        if not is_complete:
            return await self._refresher.refresh(snapshot, job.priority)
        is_fresh = is_within(self._fresh_for, record.checked_at, now=self._clock.now())
        if is_fresh and not job.full:
            return True
        snapshot = await self._mirror.snapshot(job.repo, job.number)
        has_issue = await self._refresher.check(snapshot)
        comments = list(snapshot.comments)
        del snapshot
        await release(comments)
        return has_issue

    async def _refresh_repository(self, job: Job) -> None:
        with suppress(PrivateRepository, NotVisible):  # both are stored: they are what the job is for
            site = await self._repositories.site(job.repo, job.priority)
            await self._repositories.refresh(site, job.priority, reported=job.full)

    async def _check_tombstone(self, snapshot: Snapshot, *, believes: bool) -> bool:
        if snapshot.was_transferred:
            return True  # an issue never comes back under its old number
        tombstone = snapshot.tombstone
        checked_at = tombstone.checked_at if tombstone else None
        if believes and is_within(_TOMBSTONE_BELIEVED, checked_at, now=self._clock.now()):
            return True
        return await self._refresher.read(snapshot, Priority.CHECK)

    async def _follow_transfer(self, snapshot: Snapshot) -> bool:
        """Enqueue a job for the site where the thread is now; return False if that is none of ours."""
        if not snapshot.was_transferred:
            return False
        record = snapshot.record
        is_cold = not record.complete if record else snapshot.tombstone is None
        priority = Priority.READ if is_cold else Priority.CHECK
        await self._jobs.enqueue(*snapshot.ref, priority, at=self._clock.now())
        return True
