"""Batches: many deliveries at once cost one poll, by one process, which delays no other job."""

import asyncio
import logging
from pathlib import Path

import pytest

from app.domain.sites import Repository
from app.jobs import batch
from app.ports.jobs import Job
from app.simulator.http.faults import Status
from app.simulator.http.server import run_simulator
from tests.fakes import FakeClock
from tests.integration.local_service import (
    BLOG,
    LocalService,
    complete_backfill,
    github_ids,
    run_service_with_webhook,
)
from tests.integration.webhooks import has_job, receive_delivery, run_due_jobs, wait_for_completion
from tests.integration.worlds import blog_world_at

CHANGED_ISSUES = r"/issues\?.*since="
LEASE = f"delivery batch {BLOG.key}"


async def _receive_many(service: LocalService, *numbers: int) -> None:
    """Write a comment in each thread (by default in ten), and receive its delivery."""
    for number in numbers or range(1, 11):
        service.simulator.world.comment("ada/blog", number, body="First!", author="eve")
        await receive_delivery(service, number)


async def _job_numbers(service: LocalService) -> list[int]:
    """Return the threads that have a job."""
    return [number for number in range(1, 13) if await has_job(service, number)]


async def _wait_for_heartbeat(service: LocalService, until: float) -> None:
    """Wait until the batch under way has extended its lease."""
    leases = service.application.store.leases
    async with asyncio.timeout(20):
        while await leases.acquire(LEASE, worker_id="prober", at=until - 0.1, until=until + 15):
            await leases.release(LEASE, worker_id="prober")
            await asyncio.sleep(0.01)


async def test_batch_delays_no_other_job(clock: FakeClock) -> None:
    with run_simulator(blog_world_at(clock, *[1] * 12)) as simulator:
        async with run_service_with_webhook(simulator, clock) as service:
            await complete_backfill(service)
            await _receive_many(service)
            simulator.hold.start(CHANGED_ISSUES)
            running = asyncio.create_task(service.application.worker.run())
            await asyncio.to_thread(simulator.hold.wait_for, 1)
            await receive_delivery(service, 11, full=True)
            service.application.worker.wake()
            await wait_for_completion(service, 11)
            assert await _job_numbers(service) == [*range(1, 11)]
            refreshes = [target for target in service.take_requests() if "/issues/" in target]
            assert all("/issues/11" in target for target in refreshes)
            simulator.hold.release()
            await wait_for_completion(service, *range(1, 11))
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
            for number in range(1, 11):
                assert await service.comment_ids(number) == github_ids(simulator, number)


async def test_second_process_leaves_the_batch_alone(
    clock: FakeClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batch, "_HEARTBEAT_EVERY", 0.01)
    store = f"sqlite:///{tmp_path}/afterword.db"
    with run_simulator(blog_world_at(clock, *[1] * 12)) as simulator:
        async with (
            run_service_with_webhook(simulator, clock, store=store) as first,
            run_service_with_webhook(simulator, clock, store=store, process_id="second") as second,
        ):
            await complete_backfill(first)
            await _receive_many(first)
            simulator.hold.start(CHANGED_ISSUES)
            running = asyncio.create_task(first.application.worker.run_due())
            await asyncio.to_thread(simulator.hold.wait_for, 1)
            for _ in range(3):
                clock.advance(14)
                await _wait_for_heartbeat(first, clock.now() + 15)
                await second.application.worker.run_due()
            assert simulator.hold.count == 1
            simulator.hold.release()
            await running
            assert len(first.take_requests()) == 2
            assert await _job_numbers(first) == []


async def test_batch_of_dead_process_runs_within_15_seconds(clock: FakeClock, tmp_path: Path) -> None:
    store = f"sqlite:///{tmp_path}/afterword.db"
    with run_simulator(blog_world_at(clock, *[1] * 12)) as simulator:
        async with run_service_with_webhook(simulator, clock, store=store) as service:
            await complete_backfill(service)
            await _receive_many(service)
            at = clock.now()
            assert await service.application.store.leases.acquire(LEASE, worker_id="dead", at=at, until=at + 15)
            assert await run_due_jobs(service) == []
            clock.advance(15)
            assert len(await run_due_jobs(service)) == 2
            assert await _job_numbers(service) == []


async def test_batches_are_two_seconds_apart(clock: FakeClock) -> None:
    with run_simulator(blog_world_at(clock, *[1] * 12)) as simulator:
        async with run_service_with_webhook(simulator, clock) as service:
            await complete_backfill(service)
            await _receive_many(service)
            assert len(await run_due_jobs(service)) == 2
            await _receive_many(service)
            assert await run_due_jobs(service) == []
            clock.advance(2)
            assert len(await run_due_jobs(service)) == 2
            assert await _job_numbers(service) == []


async def test_batch_waits_for_the_backfill(clock: FakeClock) -> None:
    with run_simulator(blog_world_at(clock, *[1] * 12)) as simulator:
        async with run_service_with_webhook(simulator, clock) as service:
            await _receive_many(service)
            assert await run_due_jobs(service) == []
            assert await _job_numbers(service) == [*range(1, 11)]
            await complete_backfill(service)
            await run_due_jobs(service)
            assert await _job_numbers(service) == []
            for number in range(1, 11):
                assert await service.comment_ids(number) == github_ids(simulator, number)


@pytest.mark.parametrize("failing", [[3], [3, 4, 5]])
async def test_partly_failed_batch_completes_the_other_jobs(clock: FakeClock, failing: list[int]) -> None:
    with run_simulator(blog_world_at(clock, *[1] * 12)) as simulator:
        async with run_service_with_webhook(simulator, clock) as service:
            await complete_backfill(service)
            await _receive_many(service)
            for number in failing:
                simulator.world.delete_comment(simulator.world.comments[github_ids(simulator, number)[0]])
            simulator.faults.add(Status(502), match=r"/issues/[345]", times=None)
            clock.advance(1)
            await service.application.worker.run_due()
            assert await _job_numbers(service) == failing


async def test_internal_error_in_a_batch_defers_its_jobs(
    clock: FakeClock, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def broken(repo: Repository) -> None:
        raise TypeError("unsupported operand")

    with run_simulator(blog_world_at(clock, *[1] * 12)) as simulator:
        async with run_service_with_webhook(simulator, clock) as service:
            await complete_backfill(service)
            await _receive_many(service)
            with monkeypatch.context() as patched:
                patched.setattr(service.application.poller, "poll", broken)
                await service.application.worker.run_due()
            jobs: list[Job | None] = [
                await service.application.store.jobs.find(BLOG, number) for number in range(1, 11)
            ]
            assert [job and job.attempts for job in jobs] == [1] * 10
            errors = [record for record in caplog.records if record.levelno == logging.ERROR]
            assert [record.exc_info is not None for record in errors] == [True]
            clock.advance(10)
            await run_due_jobs(service)
            assert await _job_numbers(service) == []
