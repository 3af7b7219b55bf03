"""“Check now”: a job for one thread, an early poll for all, in whichever process polls."""

import pytest

from app.domain.priority import Priority
from app.domain.records import ThreadRef
from app.ports.jobs import Job
from app.serving.owner.checks import CheckOutcome
from app.store.memory import MemoryJobs, MemoryKeyValues
from tests.fakes import FakeClock
from tests.serving.owner.owner_setup import REPO, Process


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def jobs() -> MemoryJobs:
    return MemoryJobs()


@pytest.fixture
def processes(jobs: MemoryJobs, clock: FakeClock) -> list[Process]:
    key_values = MemoryKeyValues()
    return [Process(jobs, key_values, clock, has_token=has_token) for has_token in (False, True)]


async def test_check_enqueues_a_full_job(processes: list[Process], jobs: MemoryJobs, clock: FakeClock) -> None:
    begin = clock.now()
    assert await processes[0].checks.check(ThreadRef(REPO, 41)) is CheckOutcome.WAITING
    assert 3.0 <= clock.now() - begin < 3.5
    job = await jobs.find(REPO, 41)
    assert job is not None
    assert (job.priority, job.full) == (Priority.CHECK, True)
    assert processes[0].calls == ["wake"]


async def test_check_returns_when_the_job_is_done(processes: list[Process], jobs: MemoryJobs, clock: FakeClock) -> None:
    checks = processes[0].checks

    async def complete() -> None:
        job = await jobs.claim(REPO, 41, worker_id="other", at=clock.now(), until=clock.now() + 15)
        assert isinstance(job, Job)
        await jobs.complete(job, next_at=0.0)

    sleep = clock.sleep

    async def sleep_and_complete(seconds: float) -> None:
        await sleep(seconds)
        await complete()

    clock.sleep = sleep_and_complete  # type: ignore[method-assign]  # another process runs the job
    assert await checks.check(ThreadRef(REPO, 41)) is CheckOutcome.DONE
    assert processes[0].calls == ["wake", "done"]


async def test_other_processes_hear_of_a_wish_once(processes: list[Process]) -> None:
    first, second = processes
    assert await first.checks.check_all() is CheckOutcome.POLLING
    for _ in range(3):
        await second.checks.grant_wish()
        await first.checks.grant_wish()
    assert (first.calls, second.calls) == (["poll"], ["poll"])


async def test_polls_without_a_token_are_rarer(processes: list[Process], clock: FakeClock) -> None:
    without, with_token = processes
    assert await without.checks.check_all() is CheckOutcome.POLLING
    clock.advance(11)
    assert await without.checks.check_all() is CheckOutcome.RECENT
    assert await with_token.checks.check_all() is CheckOutcome.POLLING
    clock.advance(-5000)
    assert await without.checks.check_all() is CheckOutcome.POLLING  # the clock was set back
