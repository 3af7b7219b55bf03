"""Renames: a repository is followed by its id, and a repository that took its name never is."""

import re

import pytest

from app.domain.errors import GitHubError
from app.domain.priority import Priority
from app.simulator.http.server import run_simulator
from app.simulator.world.world import World
from tests.fakes import FakeClock
from tests.integration.local_service import (
    BLOG,
    complete_backfill,
    github_ids,
    run_service_with_webhook,
)
from tests.integration.taken_names import assert_nothing_foreign, let_another_take_the_name
from tests.integration.webhooks import WebhookQueue, run_due_jobs


async def test_webhook_of_a_rename_updates_the_name(world: World, clock: FakeClock) -> None:
    with run_simulator(world) as simulator:
        async with run_service_with_webhook(simulator, clock) as service:
            await complete_backfill(service)
            webhook = WebhookQueue(world)
            world.rename_repository("ada/blog", "ada/journal")
            world.comment("ada/journal", 2, body="Under the new name", author="eve")
            await webhook.deliver(service)
            assert await service.texts(2) == ["Under the new name"]
            await service.application.poller.poll(BLOG)
            assert all("/repos/ada/journal/" in target for target in service.take_requests())


async def test_feed_refers_to_replies_by_their_entries(world: World, clock: FakeClock) -> None:
    with run_simulator(world) as simulator:
        async with run_service_with_webhook(simulator, clock) as service:
            await complete_backfill(service)
            quoted = world.comment("ada/blog", 2, body="Databases need backups.", author="eve")
            await service.application.poller.poll(BLOG)
            world.rename_repository("ada/blog", "ada/journal")
            world.comment("ada/journal", 2, body="> Databases need backups.\n\nYes.", author="bob")
            clock.advance(600)
            await service.application.poller.poll(BLOG)
            for path in ("/posts/2.atom", "/comments.atom"):
                feed = (await service.get(path)).text
                (ref,) = re.findall(r'in-reply-to ref="([^"]+)"', feed)
                assert ref.endswith(f"-{quoted.id}")
                assert f"<id>{ref}</id>" in feed


@pytest.mark.parametrize("issues", [0, 1, 4])
async def test_poll_refuses_issues_of_another_repository(world: World, clock: FakeClock, issues: int) -> None:
    with run_simulator(world) as simulator:
        async with run_service_with_webhook(simulator, clock) as service:
            await complete_backfill(service)
            clock.advance(600)
            let_another_take_the_name(world, issues=issues)
            for _ in range(3):
                await service.poll_failure()
                await assert_nothing_foreign(service)
            world.comment("ada/journal", 2, body="Ours", author="eve")
            await service.application.poller.poll(BLOG)
            assert await service.texts(2) == ["Ours"]


async def test_poll_notices_a_name_taken_by_empty_repository(world: World, clock: FakeClock) -> None:
    with run_simulator(world) as simulator:
        async with run_service_with_webhook(simulator, clock) as service:
            await complete_backfill(service)
            clock.advance(600)
            world.comment("ada/blog", 1, body="The latest", author="eve")
            await service.application.poller.poll(BLOG)
            let_another_take_the_name(world, issues=0)
            clock.advance(600)
            world.comment("ada/journal", 2, body="Ours", author="eve")
            await service.application.poller.poll(BLOG)
            await service.application.poller.poll(BLOG)
            assert await service.texts(2) == ["Ours"]


async def test_poll_refuses_new_numbers_of_another_repository(world: World, clock: FakeClock) -> None:
    with run_simulator(world) as simulator:
        async with run_service_with_webhook(simulator, clock) as service:
            await complete_backfill(service)
            world.rename_repository("ada/blog", "ada/journal")
            world.add_repository("ada/blog")
            world.open_issue("ada/blog", title="Foreign", body="", number=4)
            clock.advance(600)
            for _ in range(2):
                await service.poll_failure()
                await assert_nothing_foreign(service)


@pytest.mark.parametrize("issues", [0, 1, 4])
async def test_check_refuses_threads_of_another_repository(world: World, clock: FakeClock, issues: int) -> None:
    with run_simulator(world) as simulator:
        async with run_service_with_webhook(simulator, clock) as service:
            await complete_backfill(service)
            for number in (1, 2, 3):
                await service.get(f"/api/v1/posts/{number}/comments?limit=100")
            let_another_take_the_name(world, issues=issues)
            for _ in range(3):
                clock.advance(400)
                await assert_nothing_foreign(service)
                await service.finish_refreshes()
                await run_due_jobs(service)
            await assert_nothing_foreign(service)


@pytest.mark.parametrize("issues", [0, 1, 4])
async def test_deliveries_after_a_rename_bring_nothing_foreign(world: World, clock: FakeClock, issues: int) -> None:
    with run_simulator(world) as simulator:
        async with run_service_with_webhook(simulator, clock) as service:
            await complete_backfill(service)
            webhook = WebhookQueue(world)
            world.comment("ada/blog", 2, body="Ours", author="eve")
            world.delete_comment(world.comments[github_ids(simulator, 2)[0]])
            let_another_take_the_name(world, issues=issues)
            ours = {event.repository_id for event in webhook.events[:1]}
            webhook.events = [event for event in webhook.events if event.repository_id in ours]
            for _ in range(4):
                await webhook.deliver(service)
                await assert_nothing_foreign(service)
                clock.advance(60)
            assert not await service.application.store.jobs.due(at=clock.now() + 1000)


async def test_transfer_in_another_repository_removes_no_post(world: World, clock: FakeClock) -> None:
    world.add_repository("mallory/else")
    with run_simulator(world) as simulator:
        async with run_service_with_webhook(simulator, clock) as service:
            await complete_backfill(service)
            let_another_take_the_name(world, issues=1)
            world.transfer_issue("ada/blog", 1, "mallory/else")
            with pytest.raises(GitHubError):
                await service.refresh_thread(1, Priority.CHECK)
            await assert_nothing_foreign(service)
            await service.refresh_thread(1, Priority.CHECK)
            await assert_nothing_foreign(service)
