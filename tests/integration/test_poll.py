"""Polls: after one, the mirror has what changed on GitHub, at the cost of what changed."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from app.domain.errors import PrivateRepository
from app.domain.priority import Priority
from app.domain.records import SiteRecord
from app.domain.threads import Issue, Status
from app.simulator.http.request_log import IncomingRequest
from app.simulator.http.server import RunningSimulator, run_simulator
from app.simulator.world.sample import generate_world
from app.simulator.world.world import World
from app.sync.reconcile import Reconcile
from tests.fakes import FakeClock
from tests.integration.local_service import BLOG, complete_backfill, github_ids, mirrored_ids, new_clock, run_service
from tests.integration.worlds import NOW, TOKEN, blog_world_at

pytestmark = pytest.mark.untraced  # what others cover, at length


@pytest.fixture
def world() -> World:
    return blog_world_at(new_clock(), 3, 0, 120)


async def test_quiet_blog_costs_two_conditional_requests(world: World) -> None:
    with run_simulator(world) as simulator:
        async with run_service(simulator, github_token=TOKEN) as service:
            await complete_backfill(service)
            await service.application.poller.poll(BLOG)
            assert [request.status for request in simulator.requests] == [304, 304]


def _comment(world: World) -> None:
    world.comment("ada/blog", 2, body="First!", author="eve")


def _edit(world: World) -> None:
    world.edit_comment(world.comments[min(world.comments)], body="Better words.")


def _new_post(world: World) -> None:
    world.open_issue("ada/blog", title="Post 4", body="New.")
    world.comment("ada/blog", 4, body="Hello", author="eve")


def _close(world: World) -> None:
    world.close_issue("ada/blog", 1)


@pytest.mark.parametrize("change", [_comment, _edit, _new_post, _close])
async def test_poll_applies_what_people_do(world: World, change: Callable[[World], None]) -> None:
    with run_simulator(world) as simulator:
        async with run_service(simulator, github_token=TOKEN) as service:
            await complete_backfill(service)
            change(world)
            await service.application.poller.poll(BLOG)
            assert len(service.take_requests()) == 2
            for number in sorted(world.issue_ids[next(iter(world.repositories))]):
                assert await service.comment_ids(number) == github_ids(simulator, number)
            assert (await service.get("/api/v1/posts/1")).json()["status"] == world.issue("ada/blog", 1).state
            text = (await service.get("/api/v1/posts/1/comments")).json()["comments"][0]["text"]
            assert text == world.comments[min(world.comments)].body


async def test_change_between_both_requests_is_found_later(world: World) -> None:
    now = [NOW + 3600]
    world.clock = lambda: now[0]
    with run_simulator(world) as simulator:
        async with run_service(simulator, github_token=TOKEN) as service:
            await complete_backfill(service)

            def change_in_between(request: IncomingRequest) -> None:
                if request.path.endswith("/issues/comments"):
                    stop()
                    world.close_issue("ada/blog", 1)
                    now[0] += 30
                    world.comment("ada/blog", 2, body="A later comment elsewhere", author="eve")

            now[0] += 30
            stop = simulator.on_request(change_in_between)
            await service.application.poller.poll(BLOG)
            await service.application.poller.poll(BLOG)
            assert (await service.get("/api/v1/posts/1")).json()["status"] == "closed"


async def test_poll_finds_a_deleted_comment_by_count(world: World) -> None:
    with run_simulator(world) as simulator:
        async with run_service(simulator, github_token=TOKEN) as service:
            await complete_backfill(service)
            world.delete_comment(world.comments[github_ids(simulator, 3)[50]])
            await service.application.poller.poll(BLOG, reconcile=Reconcile.NOW)
            assert await mirrored_ids(service, 3) == github_ids(simulator, 3)
            assert len(github_ids(simulator, 3)) == 119


async def test_reconcile_finds_a_deleted_post(world: World) -> None:
    with run_simulator(world) as simulator:
        async with run_service(simulator, github_token=TOKEN) as service:
            await complete_backfill(service)
            world.delete_issue("ada/blog", 1)
            await service.application.poller.poll(BLOG, reconcile=Reconcile.NOW)
            post = (await service.get("/api/v1/posts/1")).json()
            assert post["status"] == Status.GONE
            assert await mirrored_ids(service, 1) == []


async def test_post_transferred_away_is_gone(world: World) -> None:
    world.add_repository("ada/else")
    with run_simulator(world) as simulator:
        async with run_service(simulator, github_token=TOKEN) as service:
            await complete_backfill(service)
            world.transfer_issue("ada/blog", 1, "ada/else")
            await service.application.poller.poll(BLOG, reconcile=Reconcile.NOW)
            assert (await service.get("/api/v1/posts/1")).json()["status"] == Status.GONE
            tombstone = (await service.application.mirror.snapshot(BLOG, 1)).tombstone
            assert tombstone is not None
            assert tombstone.transferred_to is not None
            assert tombstone.transferred_to.endswith("/repos/ada/else/issues/1")


async def test_renamed_repository_keeps_its_configured_name(world: World) -> None:
    with run_simulator(world) as simulator:
        async with run_service(simulator, github_token=TOKEN) as service:
            await complete_backfill(service)
            world.rename_repository("ada/blog", "ada/notes")
            world.comment("ada/notes", 2, body="After the move", author="eve")
            await service.application.poller.poll(BLOG)
            assert len(await service.comment_ids(2)) == 1
            await service.refresh_thread(1, Priority.READ)
            site = await service.application.mirror.site(BLOG)
            assert site is not None
            assert site.full_name == "ada/notes"
            assert len(await service.comment_ids(1)) == 3


async def test_name_taken_by_another_repository_is_not_followed(world: World) -> None:
    with run_simulator(world) as simulator:
        async with run_service(simulator, github_token=TOKEN, fresh_for=60) as service:
            await complete_backfill(service)
            world.rename_repository("ada/blog", "ada/journal")
            await service.application.poller.poll(BLOG)
            world.add_repository("ada/blog")
            world.open_issue("ada/blog", title="Foreign", body="")
            world.comment("ada/blog", 1, body="Foreign", author="mallory")
            service.clock.advance(100)
            await service.get("/api/v1/posts/1/comments")
            await service.finish_refreshes()
            await service.application.poller.poll(BLOG, reconcile=Reconcile.NOW)
            thread = (await service.get("/api/v1/posts/1/comments")).json()
            assert thread["post"]["title"] == "Post 1"
            assert len(thread["comments"]) == 3


async def test_private_repository_is_served_only_if_allowed(world: World, tmp_path: Path) -> None:
    store = f"sqlite:///{tmp_path}/afterword.db"
    with run_simulator(world) as simulator:
        async with run_service(simulator, github_token=TOKEN, store=store) as service:
            await complete_backfill(service)
            assert len(await service.comment_ids(1)) == 3
            world.make_private("ada/blog")
            with pytest.raises(PrivateRepository):
                await service.application.poller.poll(BLOG, reconcile=Reconcile.NOW)
            assert (await service.get("/api/v1/posts/1/comments")).status_code == 404
        async with run_service(simulator, github_token=TOKEN, store=store) as service:
            with pytest.raises(PrivateRepository):
                await service.application.check_github()
        (tmp_path / "post.md").write_text("---\nghissueid: 1\n---\n")
        published: dict[str, Any] = {"allow_private": True, "serve": "posts", "posts": str(tmp_path)}
        async with run_service(simulator, github_token=TOKEN, store=store, **published) as service:
            assert await service.application.check_github() is None
            assert len(await service.comment_ids(1)) == 3
        world.make_private("ada/blog", private=False)
        async with run_service(simulator, github_token=TOKEN, store=store) as service:
            assert await service.application.check_github() is None
            assert len(await service.comment_ids(1)) == 3


async def test_hidden_repository_removes_nothing_from_the_mirror(world: World) -> None:
    with run_simulator(world) as simulator:
        async with run_service(simulator, github_token=TOKEN) as service:
            await complete_backfill(service)
            before = [await service.comment_ids(number) for number in (1, 2, 3)]
            _hide(simulator)
            service.clock.advance(400)
            for number in (1, 2, 3):
                await service.get(f"/api/v1/posts/{number}/comments")
            await service.finish_refreshes()
            assert [await service.comment_ids(number) for number in (1, 2, 3)] == before
            assert (await service.get("/api/v1/posts/1")).json()["stale"] is True


def _hide(simulator: RunningSimulator) -> None:
    world = simulator.world
    world.add_token("other", "stranger")
    world.make_private("ada/blog")
    world.tokens[TOKEN] = world.tokens["other"]


async def test_empty_read_does_not_undo_a_later_one(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    with run_simulator(world) as simulator:
        async with run_service(simulator, github_token=TOKEN) as service:
            await complete_backfill(service)
            refresher = service.application.refresher
            request_issue, was_overtaken = refresher._issue, False

            async def request_issue_slowly(site: SiteRecord, number: int, priority: Priority) -> Issue | None:
                nonlocal was_overtaken
                issue = await request_issue(site, number, priority)
                if not was_overtaken:
                    was_overtaken = True
                    world.comment("ada/blog", 2, body="First!", author="eve")
                    await service.refresh_thread(2, Priority.DELIVERY)
                return issue

            monkeypatch.setattr(refresher, "_issue", request_issue_slowly)
            await service.refresh_thread(2, Priority.DELIVERY)
            assert await service.comment_ids(2) == github_ids(simulator, 2)
            assert len(github_ids(simulator, 2)) == 1


async def test_large_repository_does_not_starve_the_poll(clock: FakeClock) -> None:
    world = generate_world(2_600, 0, seed=1)
    world.clock = clock.now
    with run_simulator(world) as simulator:
        async with run_service(simulator, clock=clock) as service:
            for _ in range(10):
                await service.application.schedule.poll_once(BLOG)
                clock.advance(400)
            service.take_requests()
            counts = []
            for _ in range(40):
                await service.application.schedule.poll_once(BLOG)
                clock.advance(400)
                counts.append(len(service.take_requests()))
            assert sum(counts[-18:]) <= 50
            world.comment("ada/blog", 7, body="Hello", author="eve")
            await service.application.schedule.poll_once(BLOG)
            assert await service.comment_ids(7) == github_ids(simulator, 7)
            affordable = await service.application.budget.affordable(Priority.DELIVERY)
            assert affordable is not None
            assert affordable > 0
