"""The job queue in the file."""

import sqlite3
from typing import Any

from app.domain.priority import Priority
from app.domain.records import ThreadRef
from app.domain.sites import Repository
from app.ports.jobs import Job
from app.store import rules
from app.store.rules import Rule, RuleJobs, StoredJob, Update
from app.store.sql.session import clamp
from app.store.sqlite.connections import SqliteFile, site_id

_JOBS = """
SELECT site.key, site.configured_name, number, priority, full_refresh, generation, enqueued_at, due_at, attempts,
    worker_id, claimed_until, claimed_generation
FROM job JOIN site ON site.id = job.site
"""
_JOB = f"{_JOBS} WHERE site.key = :key AND number = :number"
_DUE = f"""
{_JOBS} WHERE (due_at <= :at OR due_at > :at + :hour)
AND (claimed_until IS NULL OR claimed_until <= :at OR claimed_until > :at + :hour)
"""
_RELEASE = "UPDATE job SET worker_id = NULL, claimed_until = NULL, claimed_generation = NULL WHERE worker_id = ?"
_PUT = """
INSERT OR REPLACE INTO job (
    generation, site, number, priority, full_refresh, enqueued_at, due_at, attempts,
    worker_id, claimed_until, claimed_generation
) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
"""A null `generation` becomes the next one."""


class SqliteJobs(RuleJobs):
    """The table `job`."""

    def __init__(self, file: SqliteFile) -> None:
        self._file = file

    async def enqueue(
        self, repo: Repository, number: int, priority: Priority, *, at: float, full: bool = False
    ) -> None:
        await self._file.write(lambda connection: enqueue(connection, repo, number, priority, at=at, full=full))

    async def due(self, *, at: float) -> tuple[Job, ...]:
        def query(connection: sqlite3.Connection) -> tuple[Job, ...]:
            rows = connection.execute(_DUE, {"at": at, "hour": rules.HOUR})
            return rules.by_urgency(_from_row(row).job for row in rows)

        return await self._file.read(query)

    async def find(self, repo: Repository, number: int) -> Job | None:
        stored_job = await self._file.read(lambda connection: _find(connection, repo, number))
        return None if stored_job is None else stored_job.job

    async def release(self, worker_id: str) -> None:
        await self._file.execute(_RELEASE, (worker_id,))

    async def update(self, job: Job | ThreadRef, rule: Rule) -> Update:
        def operation(connection: sqlite3.Connection) -> Update:
            before = _find(connection, job.repo, job.number)
            after = None if before is None else rule(before)
            if before is not None and after is None:
                connection.execute("DELETE FROM job WHERE generation = ?", (before.job.generation,))
            elif after is not None and after is not before:
                _put(connection, after)
            return before, after

        return await self._file.write(operation)


def enqueue(
    connection: sqlite3.Connection, repo: Repository, number: int, priority: Priority, *, at: float, full: bool
) -> None:
    """Store a job, or raise the generation of the thread's job, within the caller's transaction."""
    stored_job = _find(connection, repo, number)
    _put(connection, rules.after_enqueue(stored_job, repo, clamp(number), priority, at=at, full=full))


def _find(connection: sqlite3.Connection, repo: Repository, number: int) -> StoredJob | None:
    row = connection.execute(_JOB, {"key": repo.key, "number": clamp(number)}).fetchone()
    return None if row is None else _from_row(row)


def _from_row(row: tuple[Any, ...]) -> StoredJob:
    key, name, number, priority, full, generation, enqueued_at, due_at, attempts, *claim = row
    job = Job(Repository(key, name), number, Priority(priority), bool(full), generation, enqueued_at, due_at, attempts)
    return StoredJob(job, *claim)


def _put(connection: sqlite3.Connection, stored_job: StoredJob) -> None:
    job, site = stored_job.job, site_id(connection, stored_job.job.repo)
    schedule = job.enqueued_at, job.due_at, job.attempts
    claim = stored_job.worker_id, stored_job.claimed_until, stored_job.claimed_generation
    row = (job.generation or None, site, job.number, job.priority.value, job.full, *schedule, *claim)
    connection.execute(_PUT, row)
