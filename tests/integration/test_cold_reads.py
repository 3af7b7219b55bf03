"""Cold reads: what crawlers cost, and what readers get before a thread is mirrored."""

import asyncio

import pytest

from app.domain.errors import NotVisible
from app.domain.priority import Priority
from app.domain.records import Tombstone
from app.ports.mirror import Change
from app.simulator.http.faults import Status
from app.simulator.http.server import run_simulator
from tests.contracts.mirrors import issue
from tests.fakes import FakeClock
from tests.integration.local_service import BLOG, complete_backfill, github_ids, run_service_with_webhook
from tests.integration.webhooks import has_job, receive_delivery
from tests.integration.worlds import blog_world_at


@pytest.mark.parametrize("age", [0, 400, 4000])
async def test_crawler_costs_at_most_one_request_a_minute(clock: FakeClock, age: int) -> None:
    world = blog_world_at(clock)
    for _ in range(20):
        world.delete_issue("ada/blog", world.open_issue("ada/blog", title="Spam", body="Buy!").number)
    world.open_issue("ada/blog", title="The newest", body="")
    with run_simulator(world) as simulator:
        async with run_service_with_webhook(simulator, clock) as service:
            await complete_backfill(service)
            clock.advance(age)
            for _ in range(3):
                for number in range(4, 100):
                    if number != 24:
                        response = await service.get(f"/api/v1/posts/{number}")
                        assert response.json()["status"] in {"missing", "gone"}
                await service.finish_refreshes()
                assert len(service.take_requests()) <= 1
                clock.advance(61)


async def test_numbers_above_the_newest_are_never_requested(clock: FakeClock) -> None:
    with run_simulator(blog_world_at(clock)) as simulator:
        async with run_service_with_webhook(simulator, clock) as service:
            await complete_backfill(service)
            for _ in range(3):
                clock.advance(2000)
                for number in range(4, 100):
                    assert (await service.get(f"/api/v1/posts/{number}/comments")).json()["post"]["status"] == "missing"
                await service.finish_refreshes()
                assert service.take_requests() == []


async def test_issue_wrongly_reported_missing_comes_back(clock: FakeClock) -> None:
    with run_simulator(blog_world_at(clock)) as simulator:
        async with run_service_with_webhook(simulator, clock) as service:
            await complete_backfill(service)
            await service.application.mirror.apply(_wrong_tombstone(clock))
            clock.advance(700)
            await service.get("/api/v1/posts/1/comments")
            await service.finish_refreshes()
            assert await service.comment_ids(1) == github_ids(simulator, 1)


async def test_failed_read_removes_no_thread_committed_meanwhile(clock: FakeClock) -> None:
    with run_simulator(blog_world_at(clock)) as simulator:
        async with run_service_with_webhook(simulator, clock) as service:
            await complete_backfill(service)
            simulator.faults.add(Status(404, b'{"message": "Not Found"}', "application/json"), times=None)
            simulator.hold.start("/issues/9$")
            reading = asyncio.create_task(service.refresh_thread(9, Priority.READ))
            await asyncio.to_thread(simulator.hold.wait_for, 1)
            await service.application.mirror.apply(Change(repo=BLOG, at=clock.now(), issues=(issue(9, repo=BLOG),)))
            simulator.hold.release()
            with pytest.raises(NotVisible):  # the whole repository may be hidden
                await reading
            assert await service.application.mirror.thread(BLOG, 9) is not None


def _wrong_tombstone(clock: FakeClock) -> Change:
    return Change(repo=BLOG, at=clock.now(), tombstone=Tombstone(1, gone=False, checked_at=clock.now()))


async def test_cold_reader_is_served_on_the_next_read(clock: FakeClock) -> None:
    with run_simulator(blog_world_at(clock)) as simulator:
        async with run_service_with_webhook(simulator, clock, cold_wait=0.1) as service:
            simulator.hold.start("/issues/1")
            responses = await asyncio.gather(*(service.get("/api/v1/posts/1/comments") for _ in range(20)))
            assert {response.status_code for response in responses} == {503}
            assert all(int(response.headers["retry-after"]) > 0 for response in responses)
            assert await has_job(service, 1)
            simulator.hold.release()
            await service.finish_refreshes()
            assert await service.comment_ids(1) == github_ids(simulator, 1)
            assert len(service.take_requests()) == 3
            assert not await has_job(service, 1)


async def test_thread_with_a_deferred_job_is_served(clock: FakeClock) -> None:
    with run_simulator(blog_world_at(clock)) as simulator:
        async with run_service_with_webhook(simulator, clock) as service:
            await complete_backfill(service)
            await receive_delivery(service, 1)
            job = (await service.application.store.jobs.due(at=clock.now()))[0]
            await service.application.store.jobs.retry_at(job, clock.now() + 100)
            response = await service.get("/api/v1/posts/1/comments")
            assert response.status_code == 200
            assert len(response.json()["comments"]) == 3
