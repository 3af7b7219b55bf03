"""Transfers of issues: the thread is served under its old number while a site of ours has it."""

from pathlib import Path

from app.simulator.http.faults import Status
from app.simulator.http.server import run_simulator
from app.simulator.world.world import World
from tests.fakes import FakeClock
from tests.integration.local_service import (
    BLOG,
    NOTES,
    complete_backfill,
    run_service_with_webhook,
)
from tests.integration.webhooks import WebhookQueue, run_due_jobs
from tests.integration.worlds import add_notes

BOTH = "ada/blog,ada/notes"


async def test_transferred_issue_is_served_under_its_old_number(world: World, clock: FakeClock) -> None:
    with run_simulator(add_notes(world)) as simulator:
        async with run_service_with_webhook(simulator, clock, repo=BOTH) as service:
            await complete_backfill(service, BLOG, NOTES)
            webhook = WebhookQueue(world)
            before = await service.texts(1)
            paths = ("/api/v1/posts/1/comments", "/api/v1/counts?ids=1", "/repos/ada/blog/issues/1/comments")
            for path in paths:
                await service.get(path)
            transferred = world.transfer_issue("ada/blog", 1, "ada/notes")
            await webhook.deliver(service)
            assert await service.status(1) == "open"
            assert await service.texts(1) == before
            world.comment("ada/notes", transferred.number, body="After the transfer", author="eve")
            await webhook.deliver(service)
            assert await service.texts(1) == [*before, "After the transfer"]
            assert (await service.get("/api/v1/counts?ids=1")).json()["counts"] == {"1": 4}
            github_comments = (await service.get("/repos/ada/blog/issues/1/comments")).json()
            assert [comment["body"] for comment in github_comments] == [*before, "After the transfer"]
            assert (await service.get("/repos/ada/blog/issues/1")).json()["comments"] == 4
            path = f"/api/v1/posts/{transferred.number}/comments?repo=ada/notes"
            assert len((await service.get(path)).json()["comments"]) == 4


async def test_check_finds_a_transfer_without_a_webhook(world: World, clock: FakeClock) -> None:
    with run_simulator(add_notes(world)) as simulator:
        async with run_service_with_webhook(simulator, clock, repo=BOTH) as service:
            await complete_backfill(service, BLOG, NOTES)
            before = await service.texts(1)
            transferred = world.transfer_issue("ada/blog", 1, "ada/notes")
            world.comment("ada/notes", transferred.number, body="After the transfer", author="eve")
            clock.advance(400)
            await service.texts(1)
            await service.finish_refreshes()
            await run_due_jobs(service)
            assert await service.texts(1) == [*before, "After the transfer"]


async def test_old_number_shows_reactions_at_the_target(world: World, clock: FakeClock) -> None:
    with run_simulator(add_notes(world)) as simulator:
        async with run_service_with_webhook(simulator, clock, repo=BOTH) as service:
            await complete_backfill(service, BLOG, NOTES)
            webhook = WebhookQueue(world)
            world.transfer_issue("ada/blog", 1, "ada/notes")
            await webhook.deliver(service)
            first = world.comments[(await service.comment_ids(1))[0]]
            world.react(first, "heart", 2)
            clock.advance(700)
            await service.texts(1)
            await service.finish_refreshes()
            assert len(await run_due_jobs(service)) == 1
            thread = (await service.get("/api/v1/posts/1/comments")).json()
            assert thread["comments"][0]["reactions"]["heart"] == 2


async def test_old_number_is_stale_while_its_target_fails(world: World, clock: FakeClock) -> None:
    with run_simulator(add_notes(world)) as simulator:
        async with run_service_with_webhook(simulator, clock, repo=BOTH) as service:
            await complete_backfill(service, BLOG, NOTES)
            webhook = WebhookQueue(world)
            world.transfer_issue("ada/blog", 1, "ada/notes")
            await webhook.deliver(service)
            await service.texts(1)
            simulator.faults.add(Status(502), times=None)
            for is_stale in (False, True):
                clock.advance(700)
                assert (await service.get("/api/v1/posts/1/comments")).json()["post"]["stale"] is is_stale
                await service.finish_refreshes()
            simulator.faults.clear()
            clock.advance(700)
            await service.get("/api/v1/posts/1/comments")
            await service.finish_refreshes()
            assert (await service.get("/api/v1/posts/1/comments")).json()["post"]["stale"] is False


async def test_stale_ends_with_any_later_refresh(world: World, clock: FakeClock) -> None:
    with run_simulator(world) as simulator:
        async with run_service_with_webhook(simulator, clock) as service:
            await complete_backfill(service)
            webhook = WebhookQueue(world)
            simulator.faults.add(Status(502), times=None)
            clock.advance(700)
            await service.get("/api/v1/posts/1/comments")
            await service.finish_refreshes()
            assert (await service.get("/api/v1/posts/1/comments")).json()["post"]["stale"] is True
            simulator.faults.clear()
            clock.advance(60)
            world.comment("ada/blog", 1, body="GitHub is back", author="eve")
            await webhook.deliver(service)
            thread = (await service.get("/api/v1/posts/1/comments?order=newest")).json()
            assert (thread["comments"][0]["text"], thread["post"]["stale"]) == ("GitHub is back", False)


async def test_second_transfer_is_followed(world: World, clock: FakeClock) -> None:
    add_notes(world).add_repository("ada/third")
    with run_simulator(world) as simulator:
        async with run_service_with_webhook(simulator, clock, repo=f"{BOTH},ada/third") as service:
            third = service.application.settings.repo[2]
            await complete_backfill(service, BLOG, NOTES, third)
            webhook = WebhookQueue(world)
            transferred = world.transfer_issue("ada/blog", 1, "ada/notes")
            await webhook.deliver(service)
            transferred_twice = world.transfer_issue("ada/notes", transferred.number, "ada/third")
            await webhook.deliver(service)
            for path in ("/api/v1/posts/1/comments", "/api/v1/counts?ids=1"):
                await service.get(path)
            world.comment("ada/third", transferred_twice.number, body="After both transfers", author="eve")
            await webhook.deliver(service)
            assert (await service.texts(1))[-1] == "After both transfers"
            assert (await service.get("/api/v1/counts?ids=1")).json()["counts"] == {"1": 4}


async def test_issue_transferred_away_is_gone(world: World, clock: FakeClock) -> None:
    world.add_repository("ada/else")
    with run_simulator(world) as simulator:
        async with run_service_with_webhook(simulator, clock) as service:
            await complete_backfill(service)
            webhook = WebhookQueue(world)
            assert len(await service.texts(1)) == 3
            world.transfer_issue("ada/blog", 1, "ada/else")
            events = webhook.events
            webhook.events = [event for event in events if event.repository_id != events[-1].repository_id]
            await webhook.deliver(service)
            assert await service.status(1) == "gone"
            assert await service.texts(1) == []
            assert (await service.get("/repos/ada/blog/issues/1")).status_code in {301, 410}
            assert "1" not in (await service.get("/api/v1/counts")).json()["counts"]


async def test_transferred_issue_that_is_no_post_is_missing(world: World, clock: FakeClock, tmp_path: Path) -> None:
    (tmp_path / "post.md").write_text("---\nghissueid: 1\n---\n")
    with run_simulator(add_notes(world)) as simulator:
        async with run_service_with_webhook(simulator, clock, repo=BOTH, serve="posts", posts=str(tmp_path)) as service:
            await complete_backfill(service, BLOG, NOTES)
            webhook = WebhookQueue(world)
            for number in (1, 3):
                world.transfer_issue("ada/blog", number, "ada/notes")
            await webhook.deliver(service)
            assert len(await service.texts(1)) == 3
            assert await service.texts(3) == []
            assert (await service.get("/api/v1/counts?ids=1,3")).json()["counts"] == {"1": 3, "3": None}


async def test_transferred_thread_is_withheld_if_its_target_is_private(world: World, clock: FakeClock) -> None:
    with run_simulator(add_notes(world)) as simulator:
        async with run_service_with_webhook(simulator, clock, repo=BOTH) as service:
            await complete_backfill(service, BLOG, NOTES)
            webhook = WebhookQueue(world)
            world.transfer_issue("ada/blog", 1, "ada/notes")
            await webhook.deliver(service)
            assert len(await service.texts(1)) == 3
            world.make_private("ada/notes")
            await webhook.deliver(service)
            assert (await service.get("/api/v1/posts/1/comments?limit=100")).status_code == 404
            assert len(await service.texts(3)) == 2


async def test_other_process_withholds_a_transferred_private_thread(
    world: World, clock: FakeClock, tmp_path: Path
) -> None:
    store = f"sqlite:///{tmp_path}/afterword.db"
    with run_simulator(add_notes(world)) as simulator:
        async with run_service_with_webhook(simulator, clock, repo=BOTH, store=store) as first:
            await complete_backfill(first, BLOG, NOTES)
            webhook = WebhookQueue(world)
            world.transfer_issue("ada/blog", 1, "ada/notes")
            await webhook.deliver(first)
            async with run_service_with_webhook(
                simulator, clock, repo=BOTH, store=store, process_id="second"
            ) as second:
                await second.application.change_feed.catch_up()
                assert len(await second.texts(1)) == 3
                world.make_private("ada/notes")
                await webhook.deliver(first)
                await second.application.change_feed.catch_up()
                assert (await second.get("/api/v1/posts/1/comments?limit=100")).status_code == 404
