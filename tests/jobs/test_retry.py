"""Retries: when a failed job runs again, and when it is cancelled."""

from dataclasses import replace

import pytest

from app.domain.errors import RateLimited, Unreachable
from app.domain.priority import Priority
from app.domain.sites import repository
from app.jobs.retry import Retry
from app.ports.jobs import Job
from app.store.memory import MemoryJobs
from tests.fakes import FakeClock

BLOG = repository("ada/blog")
NO_ANSWER = Unreachable("/repos/ada/blog/issues/1", "no answer")


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def jobs() -> MemoryJobs:
    return MemoryJobs()


async def _claim(
    jobs: MemoryJobs, clock: FakeClock, priority: Priority = Priority.DELIVERY, *, full: bool = False
) -> Job:
    """Enqueue a job and claim it."""
    await jobs.enqueue(BLOG, 1, priority, at=clock.now(), full=full)
    job = await jobs.claim(BLOG, 1, worker_id="first", at=clock.now(), until=clock.now() + 15)
    assert job is not None
    return job


async def _delay(jobs: MemoryJobs, clock: FakeClock, retry: Retry, failure: Exception, *, attempts: int = 0) -> float:
    """Return the seconds until a delivery's job is due again after a failure."""
    await retry.defer(replace(await _claim(jobs, clock), attempts=attempts), failure)
    job = await jobs.find(BLOG, 1)
    assert job is not None
    return job.due_at - clock.now()


@pytest.mark.parametrize("failure", [NO_ANSWER, ZeroDivisionError()])
@pytest.mark.parametrize(("attempts", "seconds"), [(0, 2.5), (1, 5), (2, 10), (7, 320), (8, 450), (1000, 450)])
async def test_each_attempt_doubles_the_delay(
    jobs: MemoryJobs, clock: FakeClock, failure: Exception, attempts: int, seconds: float
) -> None:
    retry = Retry(jobs, clock, lambda: 0.0)
    assert await _delay(jobs, clock, retry, failure, attempts=attempts) == seconds


@pytest.mark.parametrize(("random", "seconds"), [(0.0, 2.5), (0.5, 3.75), (1.0, 5.0)])
async def test_delays_are_spread(jobs: MemoryJobs, clock: FakeClock, random: float, seconds: float) -> None:
    assert await _delay(jobs, clock, Retry(jobs, clock, lambda: random), NO_ANSWER) == seconds


async def test_failed_run_counts_as_an_attempt(jobs: MemoryJobs, clock: FakeClock) -> None:
    retry = Retry(jobs, clock, lambda: 0.0)
    for attempts in range(1, 4):
        await retry.defer(await _claim(jobs, clock), NO_ANSWER)
        job = await jobs.find(BLOG, 1)
        assert job is not None
        assert job.attempts == attempts
        clock.advance(900)


@pytest.mark.parametrize(("seconds", "delay"), [(1234, 1234.25), (3600, 3599.25), (7200, 3599.25)])
async def test_rate_limit_delays_to_its_end(jobs: MemoryJobs, clock: FakeClock, seconds: float, delay: float) -> None:
    limit = RateLimited("/repos/ada/blog", until=clock.now() + seconds, kind="primary")
    assert await _delay(jobs, clock, Retry(jobs, clock, lambda: 0.25), limit, attempts=5) == delay


@pytest.mark.parametrize(
    ("priority", "full", "attempts", "is_cancelled"),
    [
        (Priority.CHECK, False, 0, True),
        (Priority.READ, False, 3, False),
        (Priority.READ, False, 4, True),
        (Priority.READ, True, 4, False),
        (Priority.DELIVERY, False, 1000, False),
    ],
)
async def test_checks_and_hopeless_reads_are_cancelled(
    jobs: MemoryJobs, clock: FakeClock, priority: Priority, *, full: bool, attempts: int, is_cancelled: bool
) -> None:
    job = replace(await _claim(jobs, clock, priority, full=full), attempts=attempts)
    await Retry(jobs, clock, lambda: 0.0).defer(job, NO_ANSWER)
    assert (await jobs.find(BLOG, 1) is None) is is_cancelled


async def test_deferred_job_is_logged(jobs: MemoryJobs, clock: FakeClock, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    await _delay(jobs, clock, Retry(jobs, clock, lambda: 0.0), NO_ANSWER)
    assert "Post 1 of ada/blog is refreshed again at 2020-09-13T12:26:42Z" in caplog.text
