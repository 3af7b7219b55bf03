"""The rules of jobs, deliveries, leases and the request window, the same in every store.

The rules of jobs take what is stored and return what replaces it; `app.ports.jobs` lists the states.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

from app.domain.priority import PRIORITY_ORDER, Priority
from app.domain.records import ThreadRef
from app.domain.sites import Repository
from app.domain.times import is_ahead
from app.ports.deliveries import Delivery
from app.ports.jobs import Job, Jobs
from app.ports.rate_state import LONGEST_BLOCK, RateLimitState, RecordedRequest

HOUR = 3600.0
WEEK = 7 * 24 * HOUR
_READER_AND_DELIVERY = {Priority.READ, Priority.DELIVERY}
"""A reader's run is content with a thread that has become complete; a delivery's run is not."""
_LONGEST_DELAY = 60.0
"""Seconds that a job may wait if its runs succeed."""
_RETRY_FOR_DELIVERY = 5.0
"""Seconds after which a delivery makes a job due that failed before. GitHub may respond again by now; if it does not,
many deliveries together cost one request in this time."""


@dataclass(frozen=True, slots=True)
class StoredJob:
    """A job as it is stored, with the claim on it; never changed, only replaced."""

    job: Job
    """Its `generation` is 0 if the store has to assign the next one."""
    worker_id: str | None = None
    claimed_until: float | None = None
    claimed_generation: int | None = None
    """The job's generation when it was claimed: it tells a run's own claim from a later one."""

    def is_due(self, at: float) -> bool:
        """Return True if the job may be claimed.

        What would delay it by more than an hour was recorded before the clock was set back, and delays nothing.
        """
        return not any(is_ahead(until, now=at, at_most=HOUR) for until in (self.job.due_at, self.claimed_until))

    def claim(self, worker_id: str, *, until: float) -> "StoredJob":
        """Return the job with a claim on it."""
        return replace(self, worker_id=worker_id, claimed_until=until, claimed_generation=self.job.generation)

    def release(self) -> "StoredJob":
        """Return the job without a claim."""
        return replace(self, worker_id=None, claimed_until=None, claimed_generation=None)

    def after_heartbeat(self, job: Job, *, until: float) -> "StoredJob":
        """Return the job with its claim extended; unchanged if the claim belongs to another run now."""
        is_own = (self.worker_id, self.claimed_generation) == (job.worker_id, job.generation)
        return replace(self, claimed_until=until) if is_own else self

    def after_run(self, job: Job, **changes: Any) -> "StoredJob":
        """Return the job changed and released after a run of `job`.

        It is unchanged if the run's claim expired and another worker has claimed the job since.
        """
        is_own = self.claimed_generation == job.generation and job.worker_id in (None, self.worker_id)
        if self.claimed_generation is not None and not is_own:
            return self
        return replace(self, job=replace(self.job, **changes)).release()

    def remaining(self, job: Job, **changes: Any) -> "StoredJob | None":
        """Return what stays after a run that ends `job`: None unless it was enqueued again."""
        return None if self.job.generation == job.generation else self.after_run(job, **changes)


Rule = Callable[[StoredJob], StoredJob | None]
"""Returns what replaces a stored job; None if nothing does."""
Update = tuple[StoredJob | None, StoredJob | None]
"""A stored job before and after a rule; twice the same object if the rule leaves it as it is."""


class RuleJobs(Jobs, ABC):
    """The queue as far as the rules determine it; a store adds how jobs are looked up and replaced."""

    @abstractmethod
    async def update(self, job: Job | ThreadRef, rule: Rule) -> Update:
        """Replace a job, if it is stored, by what `rule` returns; None removes it. Return it before and after."""

    async def claim(self, repo: Repository, number: int, *, worker_id: str, at: float, until: float) -> Job | None:
        before, after = await self.update(
            ThreadRef(repo, number), lambda job: job.claim(worker_id, until=until) if job.is_due(at) else job
        )
        return None if before is None or after is before else replace(before.job, worker_id=worker_id)

    async def heartbeat(self, job: Job, *, until: float) -> bool:
        before, after = await self.update(job, lambda stored_job: stored_job.after_heartbeat(job, until=until))
        return after is not before

    async def complete(self, job: Job, *, next_at: float) -> bool:
        _, after = await self.update(
            job, lambda old: old.remaining(job, due_at=max(old.job.due_at, next_at), attempts=0)
        )
        return after is None

    async def retry_at(self, job: Job, until: float) -> None:
        await self.update(job, lambda old: old.after_run(job, due_at=until, attempts=old.job.attempts + 1))

    async def cancel(self, job: Job) -> None:
        await self.update(job, lambda old: old.remaining(job))


def after_enqueue(
    stored_job: StoredJob | None, repo: Repository, number: int, priority: Priority, *, at: float, full: bool
) -> StoredJob:
    """Return the new or updated job, without a generation yet."""
    if stored_job is None:
        return StoredJob(Job(repo, number, priority, full, generation=0, enqueued_at=at, due_at=at))
    job = stored_job.job
    is_more_urgent = PRIORITY_ORDER[priority] < PRIORITY_ORDER[job.priority]
    job = replace(
        job,
        priority=priority if is_more_urgent else job.priority,
        full=job.full or full or {job.priority, priority} == _READER_AND_DELIVERY,
        generation=0,
        due_at=min(job.due_at, at if is_more_urgent else _latest_due_at(job, priority, at=at)),
    )
    return replace(stored_job, job=job)


def _latest_due_at(job: Job, priority: Priority, *, at: float) -> float:
    """Return how late a job may be due after an enqueueing that is not more urgent."""
    if not job.attempts:
        return at + _LONGEST_DELAY
    return at + _RETRY_FOR_DELIVERY if priority is Priority.DELIVERY else job.due_at


def by_urgency(jobs: Iterable[Job]) -> tuple[Job, ...]:
    """Return the jobs by priority, then by age."""
    return tuple(sorted(jobs, key=lambda job: (PRIORITY_ORDER[job.priority], job.enqueued_at, job.generation)))


def is_replay(delivery: Delivery, stored_at: float | None, *, within: float) -> bool:
    """Return True if the same delivery was stored just before, by whichever clock."""
    return stored_at is not None and abs(delivery.received_at - stored_at) < within


@dataclass(frozen=True, slots=True)
class Lease:
    """The worker that holds a lease, and until when."""

    worker_id: str
    until: float

    def is_available_to(self, worker_id: str, *, at: float, until: float) -> bool:
        """Return True if the worker may take the lease until `until`.

        All leases of a name are about equally long. A lease that lasts more than twice as long as the new one was
        recorded before the clock was set back: neither two clocks nor a slow store can make it so long.
        """
        return self.worker_id == worker_id or not is_ahead(self.until, now=at, at_most=2 * (until - at))


def with_longer_block(state: RateLimitState, previous: RateLimitState, *, at: float) -> RateLimitState:
    """Return the state with the block of `previous` if that lasts longer: a late response does not know it."""
    until = previous.blocked_until
    if until is None or not is_ahead(until, now=at, at_most=LONGEST_BLOCK) or (state.blocked_until or 0.0) >= until:
        return state
    return replace(state, blocked_until=until, blocked_by=previous.blocked_by)


def last_hour(requests: Iterable[RecordedRequest], *, at: float) -> tuple[RecordedRequest, ...]:
    """Return the requests that count at `at`, oldest first; one recorded later than `at` counts as recorded then."""
    return tuple(
        request if request.at <= at else replace(request, at=at)
        for request in sorted(requests, key=lambda request: request.at)
        if request.at > at - HOUR
    )
