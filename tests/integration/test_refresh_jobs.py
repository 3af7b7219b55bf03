"""Refresh jobs: each runs in one process, at a bearable pace, until it has succeeded."""

import asyncio
from pathlib import Path

import pytest

from app.domain.errors import GitHubError, NotReady, Unreachable
from app.domain.priority import Priority
from app.domain.records import REPOSITORY_NUMBER
from app.simulator.http.faults import Status
from app.simulator.http.request_log import IncomingRequest
from app.simulator.http.server import run_simulator
from tests.fakes import FakeClock
from tests.integration.local_service import (
    BLOG,
    complete_backfill,
    github_ids,
    run_service_with_webhook,
)
from tests.integration.webhooks import WebhookQueue, has_job, receive_delivery, run_due_jobs, wait_for_completion
from tests.integration.worlds import blog_world_at


@pytest.mark.parametrize("number", [1, 2, 3])
async def test_delivery_of_a_comment_costs_at_most_three_requests(clock: FakeClock, number: int) -> None:
    with run_simulator(blog_world_at(clock, 3, 0, 120)) as simulator:
        async with run_service_with_webhook(simulator, clock) as service:
            await complete_backfill(service)
            webhook = WebhookQueue(simulator.world)
            new = simulator.world.comment("ada/blog", number, body="First!", author="eve")
            requests = await webhook.deliver(service)
            assert 1 <= len(requests) <= 3
            assert new.id in await service.comment_ids(number)
            assert not await has_job(service, number)


async def test_job_outlives_the_process(clock: FakeClock, tmp_path: Path) -> None:
    store = f"sqlite:///{tmp_path}/afterword.db"
    with run_simulator(blog_world_at(clock)) as simulator:
        async with run_service_with_webhook(simulator, clock, store=store) as service:
            await complete_backfill(service)
            new = simulator.world.comment("ada/blog", 2, body="First!", author="eve")
            await receive_delivery(service, 2)
        async with run_service_with_webhook(simulator, clock, store=store, process_id="second") as service:
            assert await has_job(service, 2)
            assert await service.comment_ids(2) == []
            await run_due_jobs(service)
            assert await service.comment_ids(2) == [new.id]
            assert not await has_job(service, 2)


async def test_failing_job_is_retried_with_growing_pauses(clock: FakeClock) -> None:
    with run_simulator(blog_world_at(clock)) as simulator:
        async with run_service_with_webhook(simulator, clock) as service:
            await complete_backfill(service)
            new = simulator.world.comment("ada/blog", 2, body="First!", author="eve")
            await receive_delivery(service, 2)
            simulator.faults.add(Status(502), times=None)
            pauses: list[float] = []
            for _ in range(10):
                await service.application.worker.run_due()
                job = await service.application.store.jobs.find(BLOG, 2)
                assert job is not None
                pauses.append(job.due_at - clock.now())
                service.take_requests()
                assert await run_due_jobs(service) == []
                clock.advance(pauses[-1])
            assert pauses == sorted(pauses)
            assert pauses[0] < 10
            assert 450 <= pauses[-1] <= 900
            simulator.faults.clear()
            await run_due_jobs(service)
            assert await service.comment_ids(2) == [new.id]
            assert not await has_job(service, 2)


async def test_delivery_during_a_run_leads_to_another(clock: FakeClock) -> None:
    with run_simulator(blog_world_at(clock)) as simulator:
        async with run_service_with_webhook(simulator, clock) as service:
            await complete_backfill(service)
            simulator.world.comment("ada/blog", 2, body="First!", author="eve")
            await receive_delivery(service, 2)
            simulator.hold.start("/issues/2/comments")
            refresh_task = asyncio.create_task(service.application.worker.run_due())
            await asyncio.to_thread(simulator.hold.wait_for, 1)
            await receive_delivery(service, 2)
            simulator.hold.release()
            await refresh_task
            assert await has_job(service, 2)
            service.take_requests()
            assert len(await run_due_jobs(service)) == 2
            assert not await has_job(service, 2)


async def test_burst_of_deliveries_is_throttled(clock: FakeClock) -> None:
    with run_simulator(blog_world_at(clock)) as simulator:
        async with run_service_with_webhook(simulator, clock, github_token=None) as service:
            await complete_backfill(service)
            run_count = 0
            for second in range(58):
                simulator.world.comment("ada/blog", 2, body=f"And {second}", author="eve")
                await receive_delivery(service, 2)
                run_count += bool(await run_due_jobs(service))
                clock.advance(1)
            assert 3 <= run_count <= 8
            clock.advance(60)
            await run_due_jobs(service)
            assert await service.comment_ids(2) == github_ids(simulator, 2)
            assert not await has_job(service, 2)


async def test_refreshes_of_other_processes_count_too(clock: FakeClock) -> None:
    with run_simulator(blog_world_at(clock)) as simulator:
        async with run_service_with_webhook(simulator, clock) as service:
            await complete_backfill(service)
            for _ in range(40):
                await service.application.change_feed._reports[False](BLOG, frozenset({2}))
            simulator.world.comment("ada/blog", 2, body="One more", author="eve")
            await receive_delivery(service, 2)
            assert await run_due_jobs(service) == []
            clock.advance(61)
            assert len(await run_due_jobs(service)) == 2


async def test_many_deliveries_cost_one_poll(clock: FakeClock) -> None:
    with run_simulator(blog_world_at(clock, *[1] * 12)) as simulator:
        async with run_service_with_webhook(simulator, clock) as service:
            await complete_backfill(service)
            for number in range(1, 11):
                simulator.world.comment("ada/blog", number, body="First!", author="eve")
                await receive_delivery(service, number)
            assert len(await run_due_jobs(service)) == 2
            for number in range(1, 13):
                assert await service.comment_ids(number) == github_ids(simulator, number)
                assert not await has_job(service, number)


async def test_deletions_in_a_batch_are_refreshed_one_by_one(clock: FakeClock) -> None:
    with run_simulator(blog_world_at(clock, *[2] * 9)) as simulator:
        async with run_service_with_webhook(simulator, clock) as service:
            await complete_backfill(service)
            webhook = WebhookQueue(simulator.world)
            for number in (1, 2):
                simulator.world.delete_comment(simulator.world.comments[github_ids(simulator, number)[0]])
            for number in range(3, 10):
                simulator.world.comment("ada/blog", number, body="First!", author="eve")
            requests = await webhook.deliver(service)
            assert len(requests) == 2 + 2 * 2
            for number in range(1, 10):
                assert await service.comment_ids(number) == github_ids(simulator, number)


async def test_batch_during_an_outage_runs_later(clock: FakeClock) -> None:
    with run_simulator(blog_world_at(clock, *[0] * 8)) as simulator:
        async with run_service_with_webhook(simulator, clock) as service:
            await complete_backfill(service)
            for number in range(1, 9):
                simulator.world.comment("ada/blog", number, body="First!", author="eve")
                await receive_delivery(service, number)
            simulator.faults.add(Status(502), times=None)
            await service.application.worker.run_due()
            assert len(service.take_requests()) <= 3
            assert await run_due_jobs(service) == []
            simulator.faults.clear()
            clock.advance(60)
            await run_due_jobs(service)
            for number in range(1, 9):
                assert await service.comment_ids(number) == github_ids(simulator, number)


async def test_jobs_that_a_batch_leaves_run_once(clock: FakeClock) -> None:
    with run_simulator(blog_world_at(clock)) as simulator:
        async with run_service_with_webhook(simulator, clock) as service:
            await complete_backfill(service)
            for number in range(101, 111):
                await receive_delivery(service, number)
            requests = await run_due_jobs(service)
            assert len(requests) <= 2 + 10
            clock.advance(1)
            assert await run_due_jobs(service) == []
            assert not any([await has_job(service, number) for number in range(101, 111)])


async def test_job_of_a_reader_is_cancelled_after_five_attempts(clock: FakeClock) -> None:
    with run_simulator(blog_world_at(clock)) as simulator:
        async with run_service_with_webhook(simulator, clock) as service:
            simulator.faults.add(Status(502), match="/issues/1", times=None)
            with pytest.raises(Unreachable):
                await service.application.worker.refresh(BLOG, 1, Priority.READ)
            with pytest.raises(NotReady) as deferral:
                await service.application.worker.refresh(BLOG, 1, Priority.READ)
            assert 1 <= deferral.value.retry_after <= 10
            attempts = 1
            while await has_job(service, 1):
                clock.advance(900)
                await run_due_jobs(service)
                attempts += 1
            assert attempts == 5


async def test_failed_check_leaves_no_job(clock: FakeClock) -> None:
    with run_simulator(blog_world_at(clock)) as simulator:
        async with run_service_with_webhook(simulator, clock) as service:
            await complete_backfill(service)
            clock.advance(400)
            simulator.faults.add(Status(502), times=None)
            with pytest.raises(GitHubError):
                await service.application.worker.refresh(BLOG, 1, Priority.CHECK)
            assert not await has_job(service, 1)


async def test_delivery_during_a_failed_check_keeps_its_job(clock: FakeClock) -> None:
    with run_simulator(blog_world_at(clock)) as simulator:
        async with run_service_with_webhook(simulator, clock) as service:
            await complete_backfill(service)
            clock.advance(400)
            simulator.faults.add(Status(502), times=None)
            simulator.hold.start("/issues/1/comments")
            refresh_task = asyncio.create_task(service.application.worker.refresh(BLOG, 1, Priority.CHECK))
            await asyncio.to_thread(simulator.hold.wait_for, 1)
            await receive_delivery(service, 1)
            simulator.hold.release()
            with pytest.raises(GitHubError):
                await refresh_task
            assert await has_job(service, 1)


@pytest.mark.parametrize("readers", [1, 20])
async def test_two_processes_refresh_a_cold_thread_once(clock: FakeClock, tmp_path: Path, readers: int) -> None:
    store = f"sqlite:///{tmp_path}/afterword.db"
    with run_simulator(blog_world_at(clock)) as simulator:
        async with (
            run_service_with_webhook(simulator, clock, store=store) as first,
            run_service_with_webhook(simulator, clock, store=store, process_id="second") as second,
        ):
            await first.application.repositories.site(BLOG, Priority.READ)
            first.take_requests()
            responses = await asyncio.gather(
                *(service.get("/api/v1/posts/1/comments") for service in (first, second) for _ in range(readers))
            )
            assert {response.status_code for response in responses} == {200}
            assert {len(response.json()["comments"]) for response in responses} == {3}
            assert len(first.take_requests()) == 2


async def test_job_of_a_dead_process_is_taken_over(clock: FakeClock, tmp_path: Path) -> None:
    store = f"sqlite:///{tmp_path}/afterword.db"
    with run_simulator(blog_world_at(clock)) as simulator:
        async with run_service_with_webhook(simulator, clock, store=store) as service:
            await complete_backfill(service)
            new = simulator.world.comment("ada/blog", 2, body="First!", author="eve")
            await receive_delivery(service, 2)
            now = clock.now()
            assert await service.application.store.jobs.claim(BLOG, 2, worker_id="dead", at=now, until=now + 15)
            assert await run_due_jobs(service) == []
            clock.advance(16)
            await run_due_jobs(service)
            assert await service.comment_ids(2) == [new.id]


async def test_closing_process_releases_its_jobs(clock: FakeClock, tmp_path: Path) -> None:
    store = f"sqlite:///{tmp_path}/afterword.db"
    with run_simulator(blog_world_at(clock)) as simulator:
        async with run_service_with_webhook(simulator, clock, store=store) as service:
            await complete_backfill(service)
            await receive_delivery(service, 2)
            simulator.hold.start("/issues/2")
            refresh_task = asyncio.create_task(service.application.worker.run_due())
            await asyncio.to_thread(simulator.hold.wait_for, 1)
        simulator.hold.release()
        await asyncio.gather(refresh_task, return_exceptions=True)
        async with run_service_with_webhook(simulator, clock, store=store, process_id="second") as service:
            clock.advance(6)
            assert len(await run_due_jobs(service)) >= 1
            assert not await has_job(service, 2)


async def test_job_of_the_repository_refreshes_the_repository(clock: FakeClock) -> None:
    with run_simulator(blog_world_at(clock)) as simulator:
        async with run_service_with_webhook(simulator, clock) as service:
            await complete_backfill(service)
            simulator.world.rename_repository("ada/blog", "ada/journal")
            await receive_delivery(service, REPOSITORY_NUMBER, full=True)
            assert await run_due_jobs(service) == [
                "/repos/ada/blog",
                f"/repositories/{next(iter(simulator.world.repositories))}",
            ]
            site = await service.application.mirror.site(BLOG)
            assert site is not None
            assert site.full_name == "ada/journal"
            assert not await has_job(service, REPOSITORY_NUMBER)


async def test_jobs_run_as_long_as_the_process(clock: FakeClock) -> None:
    with run_simulator(blog_world_at(clock)) as simulator:
        async with run_service_with_webhook(simulator, clock) as service:
            await complete_backfill(service)
            for number in (1, 2):
                simulator.world.comment("ada/blog", number, body="First!", author="eve")
            await receive_delivery(service, 1)
            running = asyncio.create_task(service.application.worker.run())
            await wait_for_completion(service, 1)
            await receive_delivery(service, 2)
            service.application.worker.wake()
            await wait_for_completion(service, 2)
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
            for number in (1, 2):
                assert await service.comment_ids(number) == github_ids(service.simulator, number)


async def test_comment_written_during_a_run_is_not_lost(clock: FakeClock) -> None:
    with run_simulator(blog_world_at(clock)) as simulator:
        async with run_service_with_webhook(simulator, clock) as service:
            await complete_backfill(service)
            webhook = WebhookQueue(simulator.world)
            simulator.world.comment("ada/blog", 2, body="First!", author="eve")

            def interfere(request: IncomingRequest) -> None:
                if request.path.endswith("/issues/2/comments"):
                    stop()
                    simulator.world.comment("ada/blog", 2, body="Second!", author="bob")

            stop = simulator.on_request(interfere)
            await webhook.deliver(service)
            await webhook.deliver(service)
            assert await service.comment_ids(2) == github_ids(simulator, 2)


async def test_deletion_survives_a_poll_during_its_job(clock: FakeClock) -> None:
    world = blog_world_at(clock, 3, 0, 2)
    with run_simulator(world) as simulator:
        async with run_service_with_webhook(simulator, clock) as service:
            await complete_backfill(service)
            await service.get("/api/v1/posts/1/comments")
            clock.advance(2)
            first = world.comment_ids[world.issue("ada/blog", 1).id][0]
            world.delete_comment(world.comments[first])
            world.comment("ada/blog", 1, body="First!", author="eve")
            await receive_delivery(service, 1, full=True)
            simulator.hold.start("/issues/1$")
            job = asyncio.create_task(run_due_jobs(service))
            await asyncio.to_thread(simulator.hold.wait_for, 1)
            poll = asyncio.create_task(service.application.poller.poll(BLOG))
            await asyncio.to_thread(simulator.hold.wait_for, 2)  # the poll has applied the new comment
            simulator.hold.release()
            await asyncio.gather(job, poll)
            assert await service.comment_ids(1) == github_ids(simulator, 1)
            assert first not in await service.comment_ids(1)
