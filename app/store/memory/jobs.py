"""The job queue in memory. No method waits for anything, so each is one transaction."""

from dataclasses import replace

from app.domain.priority import Priority
from app.domain.records import ThreadRef
from app.domain.sites import Repository
from app.ports.jobs import Job, Jobs
from app.store import rules
from app.store.rules import StoredJob


class MemoryJobs(Jobs):
    """The jobs by their thread."""

    def __init__(self) -> None:
        self._generation = 0
        self._jobs: dict[ThreadRef, StoredJob] = {}

    async def enqueue(
        self, repo: Repository, number: int, priority: Priority, *, at: float, full: bool = False
    ) -> None:
        stored = self._jobs.get(ThreadRef(repo, number))
        self._put(rules.after_enqueue(stored, repo, number, priority, at=at, full=full))

    async def due(self, *, at: float) -> tuple[Job, ...]:
        return rules.by_urgency(stored.job for stored in self._jobs.values() if stored.is_due(at))

    async def find(self, repo: Repository, number: int) -> Job | None:
        stored = self._jobs.get(ThreadRef(repo, number))
        return None if stored is None else stored.job

    async def claim(self, repo: Repository, number: int, *, worker_id: str, at: float, until: float) -> Job | None:
        stored = self._jobs.get(ThreadRef(repo, number))
        if stored is None or not stored.is_due(at):
            return None
        self._put(stored.claim(worker_id, until=until))
        return replace(stored.job, worker_id=worker_id)

    async def heartbeat(self, job: Job, *, until: float) -> bool:
        stored = self._stored(job)
        extended = None if stored is None else rules.after_heartbeat(stored, job, until=until)
        if extended is not None:
            self._put(extended)
        return extended is not None

    async def complete(self, job: Job, *, next_at: float) -> bool:
        stored = self._stored(job)
        remaining = None if stored is None else rules.after_success(stored, job, next_at=next_at)
        self._replace(job, remaining)
        return remaining is None

    async def retry_at(self, job: Job, until: float) -> None:
        stored = self._stored(job)
        if stored is not None:
            self._put(rules.after_failure(stored, job, until=until))

    async def release(self, worker_id: str) -> None:
        for stored in [stored for stored in self._jobs.values() if stored.worker_id == worker_id]:
            self._put(stored.release())

    async def cancel(self, job: Job) -> None:
        stored = self._stored(job)
        if stored is not None:
            self._replace(job, rules.after_cancel(stored, job))

    def _stored(self, job: Job) -> StoredJob | None:
        return self._jobs.get(ThreadRef(job.repo, job.number))

    def _replace(self, job: Job, stored: StoredJob | None) -> None:
        if stored is None:
            self._jobs.pop(ThreadRef(job.repo, job.number), None)
        else:
            self._put(stored)

    def _put(self, stored: StoredJob) -> None:
        """Store a job, with the next generation if it has none yet."""
        job = stored.job
        if not job.generation:
            self._generation += 1
            job = replace(job, generation=self._generation)
        self._jobs[ThreadRef(job.repo, job.number)] = replace(stored, job=job)
