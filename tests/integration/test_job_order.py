"""The order of jobs: failing, foreign and less urgent ones delay no delivery."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from app.domain.errors import StoreUnusable, Unreachable
from app.domain.priority import Priority
from app.jobs import worker
from app.ports.jobs import Job
from app.simulator.http.faults import Status
from app.simulator.http.server import run_simulator
from tests.fakes import FakeClock
from tests.integration.local_service import (
    BLOG,
    complete_backfill,
    github_ids,
    run_service_with_webhook,
)
from tests.integration.webhooks import has_job, receive_delivery, run_due_jobs, wait_for_completion
from tests.integration.worlds import blog_world_at


async def test_internal_error_is_retried_with_growing_pauses(
    clock: FakeClock, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def fail(*_: Any) -> None:
        raise TypeError("unsupported operand")

    with run_simulator(blog_world_at(clock)) as simulator:
        async with run_service_with_webhook(simulator, clock) as service:
            await complete_backfill(service)
            new = simulator.world.comment("ada/blog", 2, body="First!", author="eve")
            await receive_delivery(service, 2)
            pauses: list[float] = []
            with monkeypatch.context() as patched:
                patched.setattr(service.application.refresher, "refresh", fail)
                for _ in range(10):
                    await service.application.worker.run_due()
                    job = await service.application.store.jobs.find(BLOG, 2)
                    assert job is not None
                    pauses.append(job.due_at - clock.now())
                    clock.advance(pauses[-1])
            assert pauses == sorted(pauses)
            assert 450 <= pauses[-1] <= 900
            errors = [record for record in caplog.records if record.levelno == logging.ERROR]
            assert len(errors) == 10
            assert "post 2 of ada/blog" in errors[0].getMessage()
            await run_due_jobs(service)
            assert await service.comment_ids(2) == [new.id]


async def test_job_with_1000_attempts_is_still_deferred(clock: FakeClock) -> None:
    with run_simulator(blog_world_at(clock)) as simulator:
        async with run_service_with_webhook(simulator, clock) as service:
            await complete_backfill(service)
            await receive_delivery(service, 2)
            jobs = service.application.store.jobs
            for _ in range(1100):
                job = await jobs.claim(BLOG, 2, worker_id="one", at=clock.now(), until=clock.now() + 15)
                assert job is not None
                await jobs.retry_at(job, clock.now())
            simulator.faults.add(Status(502), times=None)
            await service.application.worker.run_due()
            job = await jobs.find(BLOG, 2)
            assert job is not None
            assert 450 <= job.due_at - clock.now() <= 900


async def test_delivery_after_an_outage_runs_within_seconds(clock: FakeClock) -> None:
    with run_simulator(blog_world_at(clock)) as simulator:
        async with run_service_with_webhook(simulator, clock) as service:
            await complete_backfill(service)
            await receive_delivery(service, 2)
            simulator.faults.add(Status(502), times=None)
            for _ in range(9):
                await service.application.worker.run_due()
                clock.advance(900)
            await service.application.worker.run_due()
            simulator.faults.clear()
            service.take_requests()
            clock.advance(60)
            new = simulator.world.comment("ada/blog", 2, body="First!", author="eve")
            await receive_delivery(service, 2)
            clock.advance(5)
            await run_due_jobs(service)
            assert await service.comment_ids(2) == [new.id]


async def test_checks_delay_neither_deliveries_nor_readers(clock: FakeClock) -> None:
    with run_simulator(blog_world_at(clock, *[1] * 12)) as simulator:
        async with run_service_with_webhook(simulator, clock) as service:
            await complete_backfill(service)
            clock.advance(400)
            simulator.hold.start(r"/issues/\d/comments")
            checks = [
                asyncio.create_task(service.application.worker.refresh(BLOG, n, Priority.CHECK)) for n in range(1, 10)
            ]
            await asyncio.to_thread(simulator.hold.wait_for, 2)
            new = simulator.world.comment("ada/blog", 11, body="First!", author="eve")
            await receive_delivery(service, 11)
            running = asyncio.create_task(service.application.worker.run_due())
            await wait_for_completion(service, 11)
            await service.application.worker.refresh(BLOG, 12, Priority.READ)
            assert new.id in await service.comment_ids(11)
            assert simulator.hold.count == 2
            simulator.hold.release()
            await asyncio.gather(running, *checks)
            assert not any([await has_job(service, number) for number in range(1, 13)])


async def test_worker_does_not_wait_for_another_process(clock: FakeClock, monkeypatch: pytest.MonkeyPatch) -> None:
    with run_simulator(blog_world_at(clock, *[1] * 5)) as simulator:
        async with run_service_with_webhook(simulator, clock) as service:
            await complete_backfill(service)
            for number in (1, 2, 3, 4):
                await receive_delivery(service, number)
            queue, due = service.application.store.jobs, service.application.store.jobs.due

            async def due_before_claims(*, at: float) -> tuple[Job, ...]:
                due_jobs = await due(at=at)
                for number in (1, 2, 3):
                    await queue.claim(BLOG, number, worker_id="another", at=at, until=at + 15)
                return due_jobs

            monkeypatch.setattr(queue, "due", due_before_claims)
            now = clock.now()
            await service.application.worker.run_due()
            assert clock.now() == now
            assert [await has_job(service, number) for number in (1, 2, 3, 4)] == [True, True, True, False]


async def test_reader_takes_over_a_dead_process_job(
    clock: FakeClock,
) -> None:
    with run_simulator(blog_world_at(clock)) as simulator:
        async with run_service_with_webhook(simulator, clock) as service:
            await service.application.store.jobs.enqueue(BLOG, 1, Priority.READ, at=clock.now())
            now = clock.now()
            assert await service.application.store.jobs.claim(BLOG, 1, worker_id="dead", at=now, until=now + 15)
            await service.application.worker.refresh(BLOG, 1, Priority.READ)
            assert 15 <= clock.now() - now < 16
            assert await service.comment_ids(1) == github_ids(simulator, 1)


async def test_slow_run_keeps_its_claim(clock: FakeClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "_HEARTBEAT_EVERY", 0.01)
    store = f"sqlite:///{tmp_path}/afterword.db"
    with run_simulator(blog_world_at(clock)) as simulator:
        async with run_service_with_webhook(simulator, clock, store=store) as service:
            await complete_backfill(service)
            await receive_delivery(service, 2)
            was_extended, heartbeat = asyncio.Event(), service.application.store.jobs.heartbeat

            async def recorded_heartbeat(job: Job, *, until: float) -> bool:
                is_claimed = await heartbeat(job, until=until)
                if until == clock.now() + 15:
                    was_extended.set()
                return is_claimed

            monkeypatch.setattr(service.application.store.jobs, "heartbeat", recorded_heartbeat)
            simulator.hold.start("/issues/2")
            running = asyncio.create_task(service.application.worker.run_due())
            await asyncio.to_thread(simulator.hold.wait_for, 1)
            for _ in range(3):
                clock.advance(14)
                was_extended.clear()
                await was_extended.wait()
                assert await service.application.store.jobs.due(at=clock.now()) == ()
            simulator.hold.release()
            await running
            assert not await has_job(service, 2)


async def test_delivery_refreshes_a_thread_with_a_reader_job(
    clock: FakeClock,
) -> None:
    with run_simulator(blog_world_at(clock)) as simulator:
        async with run_service_with_webhook(simulator, clock) as service:
            await complete_backfill(service)
            await service.application.store.jobs.enqueue(BLOG, 2, Priority.READ, at=clock.now())
            new = simulator.world.comment("ada/blog", 2, body="First!", author="eve")
            await receive_delivery(service, 2)
            await run_due_jobs(service)
            assert await service.comment_ids(2) == [new.id]


async def test_job_of_reader_and_delivery_is_never_cancelled(clock: FakeClock) -> None:
    with run_simulator(blog_world_at(clock)) as simulator:
        async with run_service_with_webhook(simulator, clock) as service:
            simulator.faults.add(Status(502), match="/issues/1", times=None)
            await receive_delivery(service, 1)
            with pytest.raises(Unreachable):
                await service.application.worker.refresh(BLOG, 1, Priority.READ)
            for _ in range(8):
                clock.advance(900)
                await run_due_jobs(service)
            assert await has_job(service, 1)


async def test_check_recorded_before_clock_set_back_is_old(clock: FakeClock) -> None:
    with run_simulator(blog_world_at(clock)) as simulator:
        async with run_service_with_webhook(simulator, clock) as service:
            await complete_backfill(service)
            await service.application.worker.refresh(BLOG, 1, Priority.CHECK)
            assert service.take_requests() == []
            clock.advance(-1000)
            await service.application.worker.refresh(BLOG, 1, Priority.CHECK)
            assert len(service.take_requests()) == 1


@pytest.mark.parametrize("failure", [StoreUnusable("here", "it is full"), TypeError("unsupported operand")])
async def test_jobs_run_after_the_store_has_recovered(
    clock: FakeClock, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, failure: Exception
) -> None:
    with run_simulator(blog_world_at(clock)) as simulator:
        async with run_service_with_webhook(simulator, clock) as service:
            await complete_backfill(service)
            await receive_delivery(service, 2)
            failing, jobs = {"due", "claim"}, service.application.store.jobs

            def failing_once(name: str) -> Callable[..., Awaitable[Any]]:
                method = getattr(jobs, name)

                async def fail_once(*args: Any, **named: Any) -> Any:
                    if name in failing:
                        failing.discard(name)
                        service.application.worker.wake()
                        raise failure
                    return await method(*args, **named)

                return fail_once

            for name in ("due", "claim"):
                monkeypatch.setattr(jobs, name, failing_once(name))
            running = asyncio.create_task(service.application.worker.run())
            await wait_for_completion(service, 2)
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
            level = logging.WARNING if isinstance(failure, StoreUnusable) else logging.ERROR
            assert [record.levelno for record in caplog.records if record.levelno >= logging.WARNING] == [level] * 2
