"""The job queue in the database."""

from typing import Any

from app.domain.priority import Priority
from app.domain.records import ThreadRef
from app.domain.sites import Repository
from app.ports.jobs import Job
from app.store import rules
from app.store.postgres.database import Database, execute, site_id
from app.store.postgres.sessions import Connection
from app.store.rules import Rule, RuleJobs, StoredJob, Update
from app.store.sql.session import clamp

_JOBS = """
SELECT site.key, site.configured_name, number, priority, full_refresh, generation, enqueued_at, due_at, attempts,
    worker_id, claimed_until, claimed_generation
FROM job JOIN site ON site.id = job.site
"""
_JOB = f"{_JOBS} WHERE site.key = %(key)s AND number = %(number)s"
_LOCKED_JOB = f"{_JOB} FOR UPDATE OF job"
_DUE = f"""
{_JOBS} WHERE (due_at <= %(at)s OR due_at > %(at)s + %(hour)s)
AND (claimed_until IS NULL OR claimed_until <= %(at)s OR claimed_until > %(at)s + %(hour)s)
"""
_RELEASE = "UPDATE job SET worker_id = NULL, claimed_until = NULL, claimed_generation = NULL WHERE worker_id = %s"
_DELETE = "DELETE FROM job WHERE generation = %s AND number = %s"
_COLUMNS = """
site, number, generation, priority, full_refresh, enqueued_at, due_at, attempts,
    worker_id, claimed_until, claimed_generation
"""
_VALUES = "%s, %s, coalesce(%s, nextval('job_generation')), %s, %s, %s, %s, %s, %s, %s, %s"
"""A null generation becomes the next one."""
_INSERT = f"INSERT INTO job ({_COLUMNS}) VALUES ({_VALUES})"  # noqa: S608 - constants
"""A job that another process enqueued at the same moment makes the transaction run again."""
_UPDATE = f"UPDATE job SET ({_COLUMNS}) = ROW({_VALUES}) WHERE site = %s AND number = %s"  # noqa: S608 - constants


class PostgresJobs(RuleJobs):
    """The table `job`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def enqueue(
        self, repo: Repository, number: int, priority: Priority, *, at: float, full: bool = False
    ) -> None:
        await self._database.write_shortly(
            lambda connection: enqueue(connection, repo, number, priority, at=at, full=full)
        )

    async def due(self, *, at: float) -> tuple[Job, ...]:
        def query(connection: Connection) -> tuple[Job, ...]:
            rows = execute(connection, _DUE, {"at": at, "hour": rules.HOUR})
            return rules.by_urgency(_from_row(row).job for row in rows)

        return await self._database.read(query)

    async def find(self, repo: Repository, number: int) -> Job | None:
        stored_job = await self._database.read(lambda connection: _find(connection, _JOB, repo, number))
        return None if stored_job is None else stored_job.job

    async def release(self, worker_id: str) -> None:
        await self._database.execute(_RELEASE, (worker_id,))

    async def update(self, job: Job | ThreadRef, rule: Rule) -> Update:
        def operation(connection: Connection) -> Update:
            before = _find(connection, _LOCKED_JOB, job.repo, job.number)
            after = None if before is None else rule(before)
            if before is not None and after is None:
                execute(connection, _DELETE, (before.job.generation, before.job.number))
            elif after is not None and after is not before:
                _put(connection, after, is_stored=True)
            return before, after

        return await self._database.write_shortly(operation)


def enqueue(
    connection: Connection, repo: Repository, number: int, priority: Priority, *, at: float, full: bool
) -> None:
    """Store a job, or raise the generation of the thread's job, within the caller's transaction."""
    stored_job = _find(connection, _LOCKED_JOB, repo, number)
    new_job = rules.after_enqueue(stored_job, repo, clamp(number), priority, at=at, full=full)
    _put(connection, new_job, is_stored=stored_job is not None)


def _find(connection: Connection, query: str, repo: Repository, number: int) -> StoredJob | None:
    row = execute(connection, query, {"key": repo.key, "number": clamp(number)}).fetchone()
    return None if row is None else _from_row(row)


def _from_row(row: tuple[Any, ...]) -> StoredJob:
    key, name, number, priority, full, generation, enqueued_at, due_at, attempts, *claim = row
    job = Job(Repository(key, name), number, Priority(priority), full, generation, enqueued_at, due_at, attempts)
    return StoredJob(job, *claim)


def _put(connection: Connection, stored_job: StoredJob, *, is_stored: bool) -> None:
    job, site = stored_job.job, site_id(connection, stored_job.job.repo)
    schedule = job.enqueued_at, job.due_at, job.attempts
    claim = stored_job.worker_id, stored_job.claimed_until, stored_job.claimed_generation
    row = (site, job.number, job.generation or None, job.priority.value, job.full, *schedule, *claim)
    if is_stored:
        execute(connection, _UPDATE, (*row, site, job.number))
    else:
        execute(connection, _INSERT, row)
