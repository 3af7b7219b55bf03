"""The reconcile: each difference from GitHub is repaired and counted once."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from app.ports.metrics import Drift
from app.simulator.http.server import run_simulator
from app.simulator.world.world import World
from app.sync.reconcile import Reconcile
from tests.fakes import FakeClock
from tests.integration.drift import (
    assert_mirror_equals_github,
    change_title_in_mirror,
    delete_all_comments,
    delete_comment,
    delete_thread,
    hide_comment,
    react_to_comment,
    react_to_issue,
    reconcile,
    remove_comments_from_mirror,
    remove_thread_from_mirror,
    run_reconciled_service,
)
from tests.integration.local_service import BLOG, LocalService, github_ids
from tests.integration.webhooks import receive_delivery, run_due_jobs
from tests.integration.worlds import blog_world_at

pytestmark = pytest.mark.untraced  # what others cover, at length


@pytest.mark.parametrize("counts", [(3, 0, 2), (3, 0, 320)])
@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (remove_thread_from_mirror, {Drift.THREAD_MISSING: 1}),
        (delete_thread, {Drift.THREAD_SURPLUS: 1}),
        (change_title_in_mirror, {Drift.THREAD_DIFFERS: 1}),
        (react_to_issue, {Drift.THREAD_DIFFERS: 1}),
        (remove_comments_from_mirror, {Drift.COMMENT_MISSING: 2}),
        (delete_comment, {Drift.COMMENT_SURPLUS: 1}),
        (delete_all_comments, {Drift.COMMENT_SURPLUS: 3}),
        (react_to_comment, {Drift.COMMENT_DIFFERS: 1}),
        (hide_comment, {Drift.COMMENT_DIFFERS: 1}),
    ],
)
async def test_drift_is_repaired_and_counted_once(
    clock: FakeClock,
    counts: tuple[int, ...],
    change: Callable[[LocalService], Awaitable[None]],
    expected: dict[Drift, int],
) -> None:
    with run_simulator(blog_world_at(clock, *counts)) as simulator:
        async with run_reconciled_service(simulator, clock) as (service, drift):
            await change(service)
            await reconcile(service)
            assert drift == expected
            await reconcile(service)
            assert drift == expected


async def test_new_content_is_no_drift(world: World, clock: FakeClock) -> None:
    with run_simulator(world) as simulator:
        async with run_reconciled_service(simulator, clock) as (service, drift):
            world.comment("ada/blog", 2, body="First!", author="eve")
            world.open_issue("ada/blog", title="Post 4", body="")
            world.close_issue("ada/blog", 1)
            await reconcile(service)
            assert drift == {}


@pytest.mark.parametrize("target", ["direction=desc", "/issues/comments?sort=created"])
async def test_change_during_a_reconcile_is_no_drift(world: World, clock: FakeClock, target: str) -> None:
    with run_simulator(world) as simulator:
        async with run_reconciled_service(simulator, clock) as (service, drift):

            def interfere(request: object) -> None:
                if target in str(getattr(request, "target", "")):
                    stop()
                    clock.advance(5)
                    world.comment("ada/blog", 2, body="First!", author="eve")
                    world.open_issue("ada/blog", title="Post 4", body="")

            stop = simulator.on_request(interfere)
            await service.application.poller.poll(BLOG, reconcile=Reconcile.NOW)
            assert drift == {}
            await service.application.poller.poll(BLOG)
            await assert_mirror_equals_github(service)


@pytest.mark.parametrize("pause", [0, 30, 4000])
async def test_change_with_a_waiting_job_is_no_drift(world: World, clock: FakeClock, pause: int) -> None:
    with run_simulator(world) as simulator:
        async with run_reconciled_service(simulator, clock) as (service, drift):
            await delete_comment(service)
            await receive_delivery(service, 1, full=True)
            world.delete_issue("ada/blog", 3)
            await receive_delivery(service, 3, full=True)
            clock.advance(pause)
            await reconcile(service)
            assert drift == {}


async def test_job_that_runs_during_reconcile_is_no_drift(world: World, clock: FakeClock) -> None:
    with run_simulator(world) as simulator:
        async with run_reconciled_service(simulator, clock) as (service, drift):
            await delete_comment(service)
            await receive_delivery(service, 1, full=True)
            clock.advance(10)
            simulator.hold.start("sort=created&direction=desc")
            reconciling = asyncio.create_task(service.application.poller.poll(BLOG, reconcile=Reconcile.NOW))
            await asyncio.to_thread(simulator.hold.wait_for, 1)
            await run_due_jobs(service)
            simulator.hold.release()
            await reconciling
            await assert_mirror_equals_github(service)
            assert drift == {}


async def test_reconcile_of_a_quiet_blog_costs_five_requests(world: World, clock: FakeClock) -> None:
    with run_simulator(world) as simulator:
        async with run_reconciled_service(simulator, clock) as (service, drift):
            await reconcile(service)
            assert len(service.take_requests()) == 2 + 1 + 1 + 1
            assert drift == {}
            site = await service.application.mirror.site(BLOG)
            assert site is not None
            assert site.reconciled_at == clock.now()


async def test_reconcile_without_a_token_stays_within_the_hour(clock: FakeClock) -> None:
    with run_simulator(blog_world_at(clock, 2, *[1] * 30, 1500)) as simulator:
        async with run_reconciled_service(simulator, clock, token=None) as (service, drift):
            clock.advance(3600)
            await service.application.poller.poll(BLOG)
            await delete_comment(service)
            service.simulator.world.react(service.simulator.world.comments[github_ids(simulator, 5)[0]], "heart")
            service.take_requests()
            await service.application.poller.poll(BLOG, reconcile=Reconcile.NOW)
            assert len(service.take_requests()) <= 24
            assert drift[Drift.COMMENT_SURPLUS] == 1
            assert await service.comment_ids(1) == github_ids(simulator, 1)


async def test_change_of_a_pull_request_is_no_drift(world: World, clock: FakeClock) -> None:
    number = world.open_pull_request("ada/blog", title="Fix a typo").number
    with run_simulator(world) as simulator:
        async with run_reconciled_service(simulator, clock) as (service, drift):
            world.react(world.issue("ada/blog", number), "heart")
            await service.application.poller.poll(BLOG, reconcile=Reconcile.NOW)
            assert drift == {}
