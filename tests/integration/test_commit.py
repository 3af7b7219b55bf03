"""Commits: a committed change is always reported, even if its caller is cancelled."""

import asyncio

import pytest

from app.domain.errors import StoreUnusable
from app.domain.records import REPOSITORY_NUMBER
from app.ports.mirror import Change
from app.simulator.http.server import run_simulator
from app.store.memory import MemoryMirror
from app.sync.commit import commit
from tests.contracts.mirrors import issue
from tests.fakes import FakeClock
from tests.integration.fake_stores import SlowMirror, cancel_during_commit
from tests.integration.local_service import (
    BLOG,
    complete_backfill,
    run_ready_tasks,
    run_service_with_webhook,
)
from tests.integration.recorders import Notifications
from tests.integration.worlds import blog_world_at

NEW = Change(repo=BLOG, at=1.0, issues=(issue(1, repo=BLOG),))


@pytest.mark.parametrize("times", [1, 2, 5])
async def test_cancelled_commit_ends_after_its_notification(times: int) -> None:
    mirror, notifications = SlowMirror(MemoryMirror("here")), Notifications()
    committing = asyncio.create_task(commit(mirror, NEW, notifications))
    await mirror.has_committed.wait()
    for _ in range(times):
        committing.cancel()
        await run_ready_tasks()
    assert not committing.done()
    mirror.gate.set()
    with pytest.raises(asyncio.CancelledError):
        await committing
    assert notifications.calls == [(BLOG, frozenset({1}))]


async def test_commit_notifies_only_of_changed_numbers() -> None:
    mirror, notifications = MemoryMirror("here"), Notifications()
    assert await commit(mirror, NEW, notifications) == {1}
    assert await commit(mirror, NEW, notifications) == frozenset()
    assert notifications.calls == [(BLOG, frozenset({1}))]
    assert await commit(mirror, NEW, notifications, besides=frozenset({REPOSITORY_NUMBER})) == frozenset()
    assert notifications.calls[1:] == [(BLOG, frozenset({REPOSITORY_NUMBER}))]


@pytest.mark.parametrize("cancelled", [False, True])
async def test_failed_commit_notifies_of_nothing(*, cancelled: bool) -> None:
    mirror, notifications = SlowMirror(MemoryMirror("here")), Notifications()
    mirror.failure = StoreUnusable("here", "the disk is full")
    committing = asyncio.create_task(commit(mirror, NEW, notifications))
    await mirror.has_committed.wait()
    if cancelled:
        committing.cancel()
    mirror.gate.set()
    with pytest.raises(asyncio.CancelledError if cancelled else StoreUnusable):
        await committing
    assert notifications.calls == []


async def test_cancellation_of_all_tasks_cancels_the_caller() -> None:
    mirror, notifications = SlowMirror(MemoryMirror("here")), Notifications()
    before = asyncio.all_tasks()
    committing = asyncio.create_task(commit(mirror, NEW, notifications))
    await mirror.has_committed.wait()
    for task in asyncio.all_tasks() - before:  # as when the loop ends
        task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await committing
    assert notifications.calls == []


@pytest.mark.parametrize(("work", "status", "comments"), [("thread", 200, 1), ("repository", 404, None)])
async def test_cancelled_poll_leaves_no_old_document(
    clock: FakeClock, work: str, status: int, comments: int | None
) -> None:
    with run_simulator(blog_world_at(clock)) as simulator:
        async with run_service_with_webhook(simulator, clock) as service:
            await complete_backfill(service)
            assert await service.comment_ids(2) == []
            simulator.world.comment("ada/blog", 2, body="First!", author="eve")
            if work == "repository":
                simulator.world.make_private("ada/blog")
            await cancel_during_commit(service, work, SlowMirror(service.application.mirror))
            response = await service.get("/api/v1/posts/2/comments?limit=100")
            assert response.status_code == status
            assert comments is None or len(response.json()["comments"]) == comments
