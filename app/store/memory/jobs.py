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
        stored_job = self._jobs.get(ThreadRef(repo, number))
        self._put(rules.after_enqueue(stored_job, repo, number, priority, at=at, full=full))

    async def due(self, *, at: float) -> tuple[Job, ...]:
        return rules.by_urgency(stored_job.job for stored_job in self._jobs.values() if stored_job.is_due(at))

    async def find(self, repo: Repository, number: int) -> Job | None:
        stored_job = self._jobs.get(ThreadRef(repo, number))
        return None if stored_job is None else stored_job.job

    async def claim(self, repo: Repository, number: int, *, worker_id: str, at: float, until: float) -> Job | None:
        stored_job = self._jobs.get(ThreadRef(repo, number))
        if stored_job is None or not stored_job.is_due(at):
            return None
        self._put(stored_job.claim(worker_id, until=until))
        return replace(stored_job.job, worker_id=worker_id)

    async def heartbeat(self, job: Job, *, until: float) -> bool:
        stored_job = self._find(job)
        extended_job = None if stored_job is None else rules.after_heartbeat(stored_job, job, until=until)
        if extended_job is not None:
            self._put(extended_job)
        return extended_job is not None

    async def complete(self, job: Job, *, next_at: float) -> bool:
        stored_job = self._find(job)
        remaining = None if stored_job is None else rules.after_success(stored_job, job, next_at=next_at)
        self._replace(job, remaining)
        return remaining is None

    async def retry_at(self, job: Job, until: float) -> None:
        stored_job = self._find(job)
        if stored_job is not None:
            self._put(rules.after_failure(stored_job, job, until=until))

    async def release(self, worker_id: str) -> None:
        for stored_job in [stored_job for stored_job in self._jobs.values() if stored_job.worker_id == worker_id]:
            self._put(stored_job.release())

    async def cancel(self, job: Job) -> None:
        stored_job = self._find(job)
        if stored_job is not None:
            self._replace(job, rules.after_cancel(stored_job, job))

    def _find(self, job: Job) -> StoredJob | None:
        return self._jobs.get(ThreadRef(job.repo, job.number))

    def _replace(self, job: Job, stored_job: StoredJob | None) -> None:
        if stored_job is None:
            self._jobs.pop(ThreadRef(job.repo, job.number), None)
        else:
            self._put(stored_job)

    def _put(self, stored_job: StoredJob) -> None:
        """Store a job, with the next generation if it has none yet."""
        job = stored_job.job
        if not job.generation:
            self._generation += 1
            job = replace(job, generation=self._generation)
        self._jobs[ThreadRef(job.repo, job.number)] = replace(stored_job, job=job)
