"""What every store promises about jobs and the claims on them."""

import pytest

from app.domain.priority import Priority
from app.domain.records import REPOSITORY_NUMBER
from app.ports.jobs import Job, Jobs
from app.ports.store import Store
from tests.contracts.stores import OTHER, REPO


async def _claim(jobs: Jobs, number: int = 5, *, worker_id: str = "me", at: float = 20.0, until: float = 60.0) -> Job:
    job = await jobs.claim(REPO, number, worker_id=worker_id, at=at, until=until)
    assert job is not None
    return job


async def _due(jobs: Jobs, at: float) -> list[int]:
    return [job.number for job in await jobs.due(at=at)]


# --- enqueueing


async def test_new_job_is_due_at_once(jobs: Jobs) -> None:
    await jobs.enqueue(REPO, 5, Priority.CHECK, at=10.0)
    job = Job(REPO, 5, Priority.CHECK, full=False, generation=1, enqueued_at=10.0, due_at=10.0)
    assert await jobs.find(REPO, 5) == job
    assert await jobs.due(at=10.0) == (job,)
    assert await jobs.due(at=9.9) == ()


async def test_other_threads_have_no_job(jobs: Jobs) -> None:
    await jobs.enqueue(REPO, 5, Priority.CHECK, at=10.0)
    assert [await jobs.find(*key) for key in ((REPO, 6), (OTHER, 5), (REPO, 10**30))] == [None] * 3
    assert await jobs.claim(OTHER, 5, worker_id="me", at=20.0, until=60.0) is None


async def test_repository_has_a_job_like_a_thread(jobs: Jobs) -> None:
    await jobs.enqueue(REPO, REPOSITORY_NUMBER, Priority.POLL, at=10.0)
    assert await _due(jobs, 10.0) == [REPOSITORY_NUMBER]


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        (Priority.CHECK, Priority.READ, Priority.READ),
        (Priority.READ, Priority.CHECK, Priority.READ),
        (Priority.POLL, Priority.DELIVERY, Priority.DELIVERY),
    ],
)
async def test_more_urgent_priority_stays(jobs: Jobs, first: Priority, second: Priority, expected: Priority) -> None:
    await jobs.enqueue(REPO, 5, first, at=10.0)
    await jobs.enqueue(REPO, 5, second, at=12.0)
    job = await jobs.find(REPO, 5)
    assert job == Job(REPO, 5, expected, full=False, generation=2, enqueued_at=10.0, due_at=10.0)


@pytest.mark.parametrize("order", [(True, False), (False, True)])
async def test_full_job_stays_full(jobs: Jobs, order: tuple[bool, bool]) -> None:
    await jobs.enqueue(REPO, 5, Priority.CHECK, at=10.0, full=order[0])
    await jobs.enqueue(REPO, 5, Priority.CHECK, at=10.0, full=order[1])
    job = await jobs.find(REPO, 5)
    assert job is not None
    assert job.full


async def test_only_more_urgent_priority_ends_a_wait(jobs: Jobs) -> None:
    await jobs.enqueue(REPO, 5, Priority.CHECK, at=10.0)
    await jobs.retry_at(await _claim(jobs), 500.0)
    await jobs.enqueue(REPO, 5, Priority.CHECK, at=30.0)
    assert await _due(jobs, 499.0) == []
    await jobs.enqueue(REPO, 5, Priority.READ, at=31.0)
    assert await _due(jobs, 31.0) == [5]


@pytest.mark.parametrize("order", [(Priority.READ, Priority.DELIVERY), (Priority.DELIVERY, Priority.READ)])
async def test_job_for_reader_and_delivery_is_full(jobs: Jobs, order: tuple[Priority, Priority]) -> None:
    for priority in order:
        await jobs.enqueue(REPO, 5, priority, at=10.0)
    job = await jobs.find(REPO, 5)
    assert job is not None
    assert (job.priority, job.full) == (Priority.READ, True)


# --- a clock that is set back


async def test_job_is_due_if_the_clock_is_far_back(jobs: Jobs) -> None:
    await jobs.enqueue(REPO, 5, Priority.READ, at=90_000.0)
    await jobs.enqueue(REPO, 6, Priority.READ, at=3700.0)
    assert await _due(jobs, 99.0) == [6, 5]
    assert await _due(jobs, 100.0) == [5]
    assert await _claim(jobs, at=100.0, until=115.0)


async def test_slightly_late_job_is_due_within_a_minute(jobs: Jobs) -> None:
    await jobs.enqueue(REPO, 5, Priority.READ, at=2000.0)
    await jobs.enqueue(REPO, 5, Priority.READ, at=100.0)
    assert await _due(jobs, 159.0) == []
    assert await _due(jobs, 160.0) == [5]


async def test_claim_expires_if_the_clock_is_set_back(jobs: Jobs) -> None:
    await jobs.enqueue(REPO, 5, Priority.READ, at=10.0)
    await _claim(jobs, at=90_000.0, until=90_015.0)
    assert await _due(jobs, 20.0) == [5]
    assert await _claim(jobs, worker_id="you", at=20.0, until=35.0)


async def test_jobs_are_due_by_priority_then_age(jobs: Jobs) -> None:
    await jobs.enqueue(REPO, 1, Priority.BACKFILL, at=1.0)
    await jobs.enqueue(REPO, 2, Priority.DELIVERY, at=4.0)
    await jobs.enqueue(OTHER, 3, Priority.DELIVERY, at=3.0)
    await jobs.enqueue(REPO, 4, Priority.READ, at=5.0)
    await jobs.enqueue(REPO, 3, Priority.DELIVERY, at=2.0)
    assert await _due(jobs, 5.0) == [4, 3, 3, 2, 1]


async def test_new_store_reports_no_repair(store: Store) -> None:
    assert (store.repair_report, await store.guard()) == (None, None)


# --- claims


async def test_claimed_job_belongs_to_one_worker(jobs: Jobs) -> None:
    await jobs.enqueue(REPO, 5, Priority.CHECK, at=10.0)
    first = await _claim(jobs, at=20.0, until=60.0)
    assert first == await jobs.find(REPO, 5)
    assert await _due(jobs, 59.0) == []
    assert await jobs.claim(REPO, 5, worker_id="you", at=59.0, until=99.0) is None
    assert await jobs.claim(REPO, 5, worker_id="me", at=59.0, until=99.0) is None
    assert await _due(jobs, 60.0) == [5]
    assert await jobs.claim(REPO, 5, worker_id="you", at=60.0, until=99.0) == first


async def test_job_cannot_be_claimed_before_it_is_due(jobs: Jobs) -> None:
    await jobs.enqueue(REPO, 5, Priority.CHECK, at=10.0)
    assert await jobs.claim(REPO, 5, worker_id="me", at=9.0, until=99.0) is None


async def test_worker_releases_only_its_own_claims(jobs: Jobs) -> None:
    for number in (1, 2, 3):
        await jobs.enqueue(REPO, number, Priority.CHECK, at=10.0)
        await _claim(jobs, number, worker_id="you" if number == 2 else "me")
    await jobs.release("me")
    assert await _due(jobs, 20.0) == [1, 3]


async def test_successful_run_removes_the_job(jobs: Jobs) -> None:
    await jobs.enqueue(REPO, 5, Priority.CHECK, at=10.0)
    job = await _claim(jobs)
    assert await jobs.complete(job, next_at=90.0)
    assert await jobs.find(REPO, 5) is None
    assert await jobs.complete(job, next_at=90.0)


async def test_job_enqueued_during_a_run_stays(jobs: Jobs) -> None:
    await jobs.enqueue(REPO, 5, Priority.READ, at=10.0)
    await jobs.retry_at(await _claim(jobs), 30.0)
    job = await _claim(jobs, at=30.0)
    await jobs.enqueue(REPO, 5, Priority.READ, at=31.0)
    assert await _due(jobs, 31.0) == []
    assert not await jobs.complete(job, next_at=90.0)
    assert await _due(jobs, 89.0) == []
    [remaining] = await jobs.due(at=90.0)
    assert (remaining.generation, remaining.due_at, remaining.attempts) == (2, 90.0, 0)
    assert remaining.priority == Priority.READ


async def test_completing_twice_spares_a_new_job(jobs: Jobs) -> None:
    await jobs.enqueue(REPO, 5, Priority.CHECK, at=10.0)
    first = await _claim(jobs)
    await jobs.complete(first, next_at=0.0)
    await jobs.enqueue(REPO, 5, Priority.CHECK, at=30.0)
    assert not await jobs.complete(first, next_at=0.0)
    assert await _due(jobs, 30.0) == [5]


async def test_failed_run_is_retried_later(jobs: Jobs) -> None:
    await jobs.enqueue(REPO, 5, Priority.CHECK, at=10.0)
    await jobs.retry_at(await _claim(jobs), 50.0)
    assert await _due(jobs, 49.0) == []
    [job] = await jobs.due(at=50.0)
    assert (job.attempts, job.due_at, job.enqueued_at) == (1, 50.0, 10.0)
    await jobs.retry_at(await _claim(jobs, at=50.0), 70.0)
    assert [job.attempts for job in await jobs.due(at=70.0)] == [2]


async def test_job_can_be_cancelled(jobs: Jobs) -> None:
    await jobs.enqueue(REPO, 5, Priority.CHECK, at=10.0)
    await jobs.cancel(await _claim(jobs))
    assert await jobs.find(REPO, 5) is None


async def test_cancelling_only_releases_a_job_enqueued_again(jobs: Jobs) -> None:
    await jobs.enqueue(REPO, 5, Priority.CHECK, at=10.0)
    job = await _claim(jobs)
    await jobs.enqueue(REPO, 5, Priority.CHECK, at=21.0)
    await jobs.cancel(job)
    assert await _due(jobs, 21.0) == [5]


async def test_ended_run_does_not_bring_a_job_back(jobs: Jobs) -> None:
    await jobs.enqueue(REPO, 5, Priority.CHECK, at=10.0)
    job = await _claim(jobs)
    await jobs.complete(job, next_at=0.0)
    await jobs.retry_at(job, 30.0)
    await jobs.cancel(job)
    assert await jobs.find(REPO, 5) is None


@pytest.mark.parametrize("end", ["complete", "retry_at", "cancel"])
async def test_late_run_leaves_a_later_claim(jobs: Jobs, end: str) -> None:
    await jobs.enqueue(REPO, 5, Priority.CHECK, at=10.0)
    slow = await _claim(jobs, worker_id="slow", until=60.0)
    await jobs.enqueue(REPO, 5, Priority.CHECK, at=61.0)
    quick = await _claim(jobs, worker_id="quick", at=62.0, until=100.0)
    if end == "complete":
        assert not await jobs.complete(slow, next_at=500.0)
    elif end == "retry_at":
        await jobs.retry_at(slow, 500.0)
    else:
        await jobs.cancel(slow)
    assert await _due(jobs, 99.0) == []
    assert await jobs.find(REPO, 5) == quick
    assert await jobs.complete(quick, next_at=500.0)


@pytest.mark.parametrize("end", ["retry_at", "cancel"])
async def test_late_failure_leaves_another_claim_of_its_generation(jobs: Jobs, end: str) -> None:
    await jobs.enqueue(REPO, 5, Priority.CHECK, at=10.0)
    slow = await _claim(jobs, worker_id="slow", until=60.0)
    quick = await _claim(jobs, worker_id="quick", at=60.0, until=75.0)
    await jobs.enqueue(REPO, 5, Priority.CHECK, at=61.0)
    if end == "retry_at":
        await jobs.retry_at(slow, 500.0)
    else:
        await jobs.cancel(slow)
    assert await _due(jobs, 74.0) == []
    job = await jobs.find(REPO, 5)
    assert job is not None
    assert (job.due_at, job.attempts) == (10.0, 0)
    assert not await jobs.complete(quick, next_at=62.0)
    assert await _due(jobs, 62.0) == [5]


async def test_heartbeat_extends_only_the_own_claim(jobs: Jobs) -> None:
    await jobs.enqueue(REPO, 5, Priority.CHECK, at=10.0)
    job = await _claim(jobs, at=20.0, until=35.0)
    await jobs.enqueue(REPO, 5, Priority.CHECK, at=21.0)
    assert await jobs.heartbeat(job, until=45.0)
    assert await _due(jobs, 44.0) == []
    assert await _claim(jobs, worker_id="you", at=45.0, until=60.0)
    assert not await jobs.heartbeat(job, until=100.0)
    assert await _due(jobs, 60.0) == [5]


async def test_heartbeat_fails_without_a_claim(jobs: Jobs) -> None:
    await jobs.enqueue(REPO, 5, Priority.CHECK, at=10.0)
    job = await _claim(jobs)
    await jobs.release("me")
    assert not await jobs.heartbeat(job, until=100.0)
    assert await _due(jobs, 20.0) == [5]
    await jobs.complete(job, next_at=0.0)
    assert not await jobs.heartbeat(job, until=100.0)
