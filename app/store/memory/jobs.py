"""The job queue in memory. No method waits for anything, so each is one transaction."""

from dataclasses import replace

from app.domain.priority import Priority
from app.domain.records import ThreadRef
from app.domain.sites import Repository
from app.ports.jobs import Job
from app.store import rules
from app.store.rules import Rule, RuleJobs, StoredJob, Update


class MemoryJobs(RuleJobs):
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

    async def release(self, worker_id: str) -> None:
        for stored_job in tuple(self._jobs.values()):
            if stored_job.worker_id == worker_id:
                self._put(stored_job.release())

    async def update(self, job: Job | ThreadRef, rule: Rule) -> Update:
        before = self._jobs.get(ThreadRef(job.repo, job.number))
        after = None if before is None else rule(before)
        if after is None:
            self._jobs.pop(ThreadRef(job.repo, job.number), None)
        elif after is not before:
            self._put(after)
        return before, after

    def _put(self, stored_job: StoredJob) -> None:
        """Store a job, with the next generation if it has none yet."""
        job = stored_job.job
        if not job.generation:
            self._generation += 1
            job = replace(job, generation=self._generation)
        self._jobs[ThreadRef(job.repo, job.number)] = replace(stored_job, job=job)
