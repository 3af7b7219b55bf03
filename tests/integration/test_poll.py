"""The pulse: what changed on GitHub is in the mirror after one round, at the cost of what changed."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from app.domain.errors import PrivateRepository
from app.domain.threads import Issue, Status
from app.ports.jobs import Priority
from app.ports.mirror import SiteRecord
from app.simulator.http.request_log import IncomingRequest
from app.simulator.http.server import RunningSimulator, run_simulator
from app.simulator.world.sample import generate_world
from app.simulator.world.world import World
from tests.fakes import FakeClock
from tests.integration.application import BLOG, Stage, comments_of, stage
from tests.integration.test_backfill import NOW, mirrored, world_of

TOKEN = "t0ken"


@pytest.fixture
def world() -> World:
    made = world_of(3, 0, 120)
    made.clock = lambda: NOW + 3600
    made.add_token(TOKEN, "ada")
    return made


async def imported(on: Stage) -> None:
    await on.afterword.pulse.bring_up(BLOG)
    await on.afterword.pulse.bring_up(BLOG)
    on.asked()


async def test_a_quiet_blog_costs_two_asks_that_both_say_unchanged(world: World) -> None:
    with run_simulator(world) as simulator:
        async with stage(simulator, github_token=TOKEN) as on:
            await imported(on)
            await on.afterword.pulse.bring_up(BLOG)
            assert [ask.status for ask in simulator.requests] == [304, 304]


def _comment(world: World) -> None:
    world.comment("ada/blog", 2, body="First!", author="eve")


def _edit(world: World) -> None:
    world.edit_comment(world.comments[min(world.comments)], body="Better words.")


def _new_post(world: World) -> None:
    world.open_issue("ada/blog", title="Post 4", body="New.")
    world.comment("ada/blog", 4, body="Hello", author="eve")


def _close(world: World) -> None:
    world.close_issue("ada/blog", 1)


@pytest.mark.parametrize("act", [_comment, _edit, _new_post, _close])
async def test_what_people_do_on_github_is_seen_by_the_next_round(world: World, act: Callable[[World], None]) -> None:
    with run_simulator(world) as simulator:
        async with stage(simulator, github_token=TOKEN) as on:
            await imported(on)
            act(world)
            await on.afterword.pulse.bring_up(BLOG)
            assert len(on.asked()) == 2
            for number in sorted(world.issue_ids[next(iter(world.repositories))]):
                assert await on.ids(number) == comments_of(simulator, number)
            assert (await on.get("/api/v1/posts/1")).json()["status"] == world.issue("ada/blog", 1).state
            text = (await on.get("/api/v1/posts/1/comments")).json()["comments"][0]["text"]
            assert text == world.comments[min(world.comments)].body


async def test_what_happens_between_the_two_asks_of_a_round_is_found_by_the_next(world: World) -> None:
    now = [NOW + 3600]
    world.clock = lambda: now[0]
    with run_simulator(world) as simulator:
        async with stage(simulator, github_token=TOKEN) as on:
            await imported(on)

            def between(question: IncomingRequest) -> None:
                if question.path.endswith("/issues/comments"):
                    stop()
                    world.close_issue("ada/blog", 1)
                    now[0] += 30
                    world.comment("ada/blog", 2, body="A later comment elsewhere", author="eve")

            now[0] += 30
            stop = simulator.on_request(between)
            await on.afterword.pulse.bring_up(BLOG)
            await on.afterword.pulse.bring_up(BLOG)
            assert (await on.get("/api/v1/posts/1")).json()["status"] == "closed"


async def test_a_deleted_comment_is_found_by_counting(world: World) -> None:
    with run_simulator(world) as simulator:
        async with stage(simulator, github_token=TOKEN) as on:
            await imported(on)
            world.delete_comment(world.comments[comments_of(simulator, 3)[50]])
            await on.afterword.pulse.bring_up(BLOG, reconcile=True)
            assert await mirrored(on, 3) == comments_of(simulator, 3)
            assert len(comments_of(simulator, 3)) == 119


async def test_a_deleted_post_is_found_by_recounting_and_told_as_gone(world: World) -> None:
    with run_simulator(world) as simulator:
        async with stage(simulator, github_token=TOKEN) as on:
            await imported(on)
            world.delete_issue("ada/blog", 1)
            await on.afterword.pulse.bring_up(BLOG, reconcile=True)
            post = (await on.get("/api/v1/posts/1")).json()
            assert post["status"] == Status.GONE
            assert await mirrored(on, 1) == []


async def test_a_post_moved_to_another_repository_is_gone_and_never_another_thread(world: World) -> None:
    world.add_repository("ada/else")
    with run_simulator(world) as simulator:
        async with stage(simulator, github_token=TOKEN) as on:
            await imported(on)
            world.transfer_issue("ada/blog", 1, "ada/else")
            await on.afterword.pulse.bring_up(BLOG, reconcile=True)
            assert (await on.get("/api/v1/posts/1")).json()["status"] == Status.GONE
            absence = await on.afterword.mirror.absence(BLOG, 1)
            assert absence is not None
            assert absence.moved_to is not None
            assert absence.moved_to.endswith("/repos/ada/else/issues/1")


async def test_a_renamed_repository_is_followed_under_its_configured_name(world: World) -> None:
    with run_simulator(world) as simulator:
        async with stage(simulator, github_token=TOKEN) as on:
            await imported(on)
            world.rename_repository("ada/blog", "ada/notes")
            world.comment("ada/notes", 2, body="After the move", author="eve")
            await on.afterword.pulse.bring_up(BLOG)
            assert len(await on.ids(2)) == 1
            await on.afterword.refresher.read(BLOG, 1, Priority.READ)
            site = await on.afterword.mirror.site(BLOG)
            assert site is not None
            assert site.full_name == "ada/notes"
            assert len(await on.ids(1)) == 3


async def test_a_name_that_another_repository_takes_over_is_not_followed(world: World) -> None:
    with run_simulator(world) as simulator:
        async with stage(simulator, github_token=TOKEN, fresh_for=60) as on:
            await imported(on)
            world.rename_repository("ada/blog", "ada/journal")
            await on.afterword.pulse.bring_up(BLOG)
            world.add_repository("ada/blog")
            world.open_issue("ada/blog", title="Foreign", body="")
            world.comment("ada/blog", 1, body="Foreign", author="mallory")
            on.clock.advance(100)
            await on.get("/api/v1/posts/1/comments")
            await on.settle()
            await on.afterword.pulse.bring_up(BLOG, reconcile=True)
            told = (await on.get("/api/v1/posts/1/comments")).json()
            assert told["post"]["title"] == "Post 1"
            assert len(told["comments"]) == 3


async def test_a_repository_made_private_is_not_served_until_the_owner_says_so(world: World, tmp_path: Path) -> None:
    store = f"sqlite:///{tmp_path}/afterword.db"
    with run_simulator(world) as simulator:
        async with stage(simulator, github_token=TOKEN, store=store) as on:
            await imported(on)
            assert len(await on.ids(1)) == 3
            world.make_private("ada/blog")
            with pytest.raises(PrivateRepository):
                await on.afterword.pulse.bring_up(BLOG, reconcile=True)
            assert (await on.get("/api/v1/posts/1/comments")).status_code == 404
        async with stage(simulator, github_token=TOKEN, store=store) as on:
            with pytest.raises(PrivateRepository):
                await on.afterword.meet_github()
        (tmp_path / "post.md").write_text("---\nghissueid: 1\n---\n")
        published: dict[str, Any] = {"allow_private": True, "serve": "posts", "posts": str(tmp_path)}
        async with stage(simulator, github_token=TOKEN, store=store, **published) as on:
            assert await on.afterword.meet_github() is None
            assert len(await on.ids(1)) == 3
        world.make_private("ada/blog", private=False)
        async with stage(simulator, github_token=TOKEN, store=store) as on:
            assert await on.afterword.meet_github() is None
            assert len(await on.ids(1)) == 3


async def test_a_mirror_keeps_everything_when_the_repository_is_hidden(world: World) -> None:
    with run_simulator(world) as simulator:
        async with stage(simulator, github_token=TOKEN) as on:
            await imported(on)
            before = [await on.ids(number) for number in (1, 2, 3)]
            _hide(simulator)
            on.clock.advance(400)
            for number in (1, 2, 3):
                await on.get(f"/api/v1/posts/{number}/comments")
            await on.settle()
            assert [await on.ids(number) for number in (1, 2, 3)] == before
            assert (await on.get("/api/v1/posts/1")).json()["stale"] is True


def _hide(simulator: RunningSimulator) -> None:
    world = simulator.world
    world.add_token("other", "stranger")
    world.make_private("ada/blog")
    world.tokens[TOKEN] = world.tokens["other"]


async def test_a_reading_of_no_comments_does_not_undo_one_that_overtook_it(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    with run_simulator(world) as simulator:
        async with stage(simulator, github_token=TOKEN) as on:
            await imported(on)
            refresher = on.afterword.refresher
            ask, overtaken = refresher._issue, False

            async def slowly(site: SiteRecord, number: int, purpose: Priority) -> Issue | None:
                nonlocal overtaken
                issue = await ask(site, number, purpose)
                if not overtaken:
                    overtaken = True
                    world.comment("ada/blog", 2, body="First!", author="eve")
                    await refresher.read(BLOG, 2, Priority.DELIVERY)
                return issue

            monkeypatch.setattr(refresher, "_issue", slowly)
            await refresher.read(BLOG, 2, Priority.DELIVERY)
            assert await on.ids(2) == comments_of(simulator, 2)
            assert len(comments_of(simulator, 2)) == 1


@pytest.mark.no_cover
async def test_more_issues_than_the_hour_can_list_do_not_starve_the_pulse() -> None:
    clock = FakeClock(NOW + 3600)
    made = generate_world(2_600, 0, seed=1)
    made.clock = clock.now
    with run_simulator(made) as simulator:
        async with stage(simulator, clock=clock) as on:
            for _ in range(10):
                await on.afterword.schedule.round(BLOG)
                clock.advance(400)
            on.asked()
            asks = []
            for _ in range(40):
                await on.afterword.schedule.round(BLOG)
                clock.advance(400)
                asks.append(len(on.asked()))
            assert sum(asks[-18:]) <= 50
            made.comment("ada/blog", 7, body="Hello", author="eve")
            await on.afterword.schedule.round(BLOG)
            assert await on.ids(7) == comments_of(simulator, 7)
            affordable = await on.afterword.budget.affordable(Priority.DELIVERY)
            assert affordable is not None
            assert affordable > 0
