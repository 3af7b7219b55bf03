"""The worker runs refresh jobs: each once, in the process that claims it first, and again until it has succeeded.

Readers of cold threads, deliveries and checks of old threads enqueue jobs, and all of them run here. The table of a
job's states is in `app.ports.jobs`. A claim makes a thousand readers in four processes cost one refresh.
"""

import asyncio
import logging
from collections.abc import Sequence
from contextlib import suppress
from functools import partial

from app.domain.errors import AfterwordError, GitHubError, NotReady, StoreError
from app.domain.priority import Priority
from app.domain.records import REPOSITORY_NUMBER
from app.domain.sites import Repository
from app.domain.times import is_ahead, retry_after
from app.jobs.batch import DeliveryBatch
from app.jobs.handlers import JobHandlers
from app.jobs.periodic import heartbeat, run_periodically
from app.jobs.retry import Retry
from app.jobs.single_flight import SingleFlight
from app.jobs.throttle import Throttle
from app.ports.clock import Clock
from app.ports.jobs import Job, Jobs

_log = logging.getLogger(__name__)
_CLAIM_DURATION, _HEARTBEAT_EVERY = 15.0, 5.0
"""Seconds after which a run without a heartbeat counts as one of a dead process; a doubled run does no harm."""
_RECHECK = 0.1
"""Seconds after which a waiting reader checks whether another process has completed the job."""
_SWEEP = 1.0
"""Seconds between searches for due jobs that no process runs: deferred ones, and those of dead processes."""
_BETWEEN_SWEEPS = 0.05
"""Seconds between two searches at least, so that a flood of deliveries does not read all jobs for each."""
_AT_ONCE = 3
"""Runs at once, besides those that readers wait for; GitHub wants requests one after the other."""
_CHECKS_AT_ONCE = 2
"""Checks at once, with slots of their own: a thousand old threads that are read delay no delivery."""
_HOUR = 3600.0


class Worker:
    """Runs the jobs of one process: `run` in the background, `refresh` for a waiting reader."""

    def __init__(
        self,
        *,
        jobs: Jobs,
        handlers: JobHandlers,
        batch: DeliveryBatch,
        retry: Retry,
        throttle: Throttle,
        clock: Clock,
        worker_id: str,
    ) -> None:
        self._jobs = jobs
        self._handlers = handlers
        self._batch = batch
        self._retry = retry
        self._throttle = throttle
        self._clock = clock
        self._worker_id = worker_id
        self._flights: SingleFlight[bool] = SingleFlight()
        """Runs by their thread; behind a word, runs that wait for a slot, and batches."""
        self._slots = asyncio.Semaphore(_AT_ONCE)
        self._check_slots = asyncio.Semaphore(_CHECKS_AT_ONCE)
        self._wakeup = asyncio.Event()

    async def refresh(self, repo: Repository, number: int, priority: Priority) -> None:
        """Enqueue a job and return after its run, here or in another process, however many callers wait.

        Raises `GitHubError` if the run failed here, and `NotReady` if the job is deferred: it stays, and runs later.
        """
        await self._jobs.enqueue(repo, number, priority, at=self._clock.now())
        while not await asyncio.shield(self._start(repo, number, priority, is_reader=True)):
            now = self._clock.now()
            job = await self._jobs.find(repo, number)
            if job is None:
                return
            if is_ahead(job.due_at, now=now, at_most=_HOUR):
                raise NotReady(f"Post {number} of {repo}", retry_after=retry_after(job.due_at - now))
            await self._clock.sleep(_RECHECK)

    def count_refreshes(self, repo: Repository, numbers: frozenset[int]) -> None:
        """Count what another process has refreshed: together they ask for a thread as often as one of them would."""
        for number in numbers - {REPOSITORY_NUMBER}:
            self._throttle.record(repo, number)

    def wake(self) -> None:
        """Search for due jobs at once: there is a new one."""
        self._wakeup.set()

    async def run(self) -> None:
        """Run due jobs. Never returns."""
        message = "Due jobs could not be run; the next search is in a second"
        await run_periodically(self._start_due, self._pause, every=_SWEEP, error_message=message)

    async def run_due(self) -> None:
        """Run every due job once, and return after the last; a batch may leave jobs that then run too."""
        for _ in range(2):
            batches, runs = await self._start_due()
            await asyncio.gather(*batches, *runs, return_exceptions=True)
            if not batches:
                return

    async def close(self) -> None:
        """Cancel the runs; their jobs stay."""
        await self._flights.close()
        with suppress(StoreError):
            await self._jobs.release(self._worker_id)

    async def _pause(self, seconds: float) -> None:
        await self._clock.sleep(_BETWEEN_SWEEPS)
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._wakeup.wait()

    async def _start_due(self) -> tuple[Sequence[asyncio.Task[bool]], Sequence[asyncio.Task[bool]]]:
        """Start every due job that does not run yet; return the tasks of batches and of single runs."""
        self._wakeup.clear()
        jobs = await self._jobs.due(at=self._clock.now())
        batches = self._batch.select(jobs)
        batched_generations = {job.generation for batch in batches.values() for job in batch}
        batch_tasks = [
            self._flights.join(("batch", repo.key), partial(self._run_batch, repo, batch))
            for repo, batch in batches.items()
        ]
        runs = [
            self._start(job.repo, job.number, job.priority, is_reader=False)
            for job in jobs
            if job.generation not in batched_generations
            and self._throttle.next_at(job.repo, job.number) <= self._clock.now()
        ]
        return batch_tasks, runs

    def _start(self, repo: Repository, number: int, priority: Priority, *, is_reader: bool) -> asyncio.Task[bool]:
        """Start a job: at once for a reader of a cold thread, otherwise in a free slot."""
        is_check = priority is Priority.CHECK
        if is_reader and not is_check:
            return self._flights.join((repo.key, number), partial(self._claim_and_run, repo, number))
        kind, slots = ("check", self._check_slots) if is_check else ("refresh", self._slots)
        return self._flights.join((kind, repo.key, number), partial(self._run_in_slot, repo, number, slots))

    async def _run_in_slot(self, repo: Repository, number: int, slots: asyncio.Semaphore) -> bool:
        async with slots:
            run = self._flights.join((repo.key, number), partial(self._claim_and_run, repo, number))
            return await asyncio.shield(run)

    async def _run_batch(self, repo: Repository, jobs: Sequence[Job]) -> bool:
        try:
            has_run = await self._batch.run(repo, jobs)
        except GitHubError:
            raise  # each job was deferred, and that was logged
        except Exception as failure:
            _log_failure(f"The batch of deliveries of {repo}", failure)
            raise
        if has_run:  # the jobs that it left run now
            self._wakeup.set()
        return has_run

    async def _claim_and_run(self, repo: Repository, number: int) -> bool:
        """Return False if the job cannot be claimed: another process runs it, or it is not due."""
        now = self._clock.now()
        try:
            job = await self._jobs.claim(repo, number, worker_id=self._worker_id, at=now, until=now + _CLAIM_DURATION)
            if job is None:
                return False
            await self._run(job)
        except GitHubError:
            raise  # the job was deferred, and that was logged
        except Exception as failure:
            _log_failure(f"The refresh of post {number} of {repo}", failure)
            raise
        return True

    async def _run(self, job: Job) -> None:
        self._throttle.record(job.repo, job.number)
        try:
            async with heartbeat(partial(self._extend, job), every=_HEARTBEAT_EVERY):
                has_enqueued = await self._handlers.run(job)
        except Exception as failure:  # not if it is cancelled: `close` releases all claims
            with suppress(StoreError):  # then the claim expires
                await self._retry.defer(job, failure)
            raise
        is_complete = await self._jobs.complete(job, next_at=self._throttle.next_at(job.repo, job.number))
        if has_enqueued or not is_complete:
            self._wakeup.set()

    async def _extend(self, job: Job) -> None:
        await self._jobs.heartbeat(job, until=self._clock.now() + _CLAIM_DURATION)


def _log_failure(what: str, failure: Exception) -> None:
    if isinstance(failure, AfterwordError):
        _log.warning("%s failed; its job runs again later, unless it was a check: %s", what, failure)
    else:
        _log.error("%s failed: internal error; its job runs again later, unless it was a check", what, exc_info=failure)
