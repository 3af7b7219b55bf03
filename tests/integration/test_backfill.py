"""The import over the protocol: how much it asks, in which order, and how it goes on after it was stopped."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import pytest

from app.domain.errors import (
    Gone,
    InvalidResponse,
    NotVisible,
    PrivateRepository,
    RateLimited,
    TokenRejected,
    Unreachable,
)
from app.ports.jobs import Priority
from app.ports.mirror import Change
from app.simulator.http.faults import EmptyList, Header, HtmlPage, Status, TruncatedJson, WrongJsonType
from app.simulator.http.request_log import IncomingRequest
from app.simulator.http.server import RunningSimulator, run_simulator
from app.simulator.world.sample import generate_world, sample_world
from app.simulator.world.world import World
from tests.integration.application import BLOG, Stage, comments_of, stage

NOW = 1_750_000_000.0


def world_of(*counts: int) -> World:
    """A blog whose post n has so many comments, the later posts commented later."""
    world = World(lambda: NOW)
    world.add_repository("ada/blog", created_at=NOW - 9e6)
    for number, count in enumerate(counts, 1):
        begun = NOW - 8e6 + number * 60_000
        world.open_issue("ada/blog", title=f"Post {number}", body="Words.", created_at=begun)
        for order in range(count):
            world.comment("ada/blog", number, body=f"Comment {order}", author="bob", created_at=begun + order + 1)
    return world


async def mirrored(on: Stage, number: int) -> list[int]:
    return [comment.id for comment in await on.afterword.mirror.comments(BLOG, number)]


@pytest.mark.no_cover
async def test_a_thousand_posts_with_ten_thousand_comments_cost_at_most_113_asks() -> None:
    with run_simulator(generate_world(1000, 10_000, seed=1)) as simulator:
        simulator.world.add_token("t0ken", "ada")
        async with stage(simulator, github_token="t0ken") as on:
            await on.afterword.importer.bring_in(BLOG)
            asked = on.asked()
            assert len(asked) <= 113
            assert on.said[-1].done
            assert on.said[-1].comments_mirrored == 10_000
            for number in (1, 500, 1000):
                assert await mirrored(on, number) == comments_of(simulator, number)


async def test_comments_on_pull_requests_are_not_fetched_page_by_page() -> None:
    with run_simulator(generate_world(50, 300, seed=2, pull_request_comments=5000)) as simulator:
        simulator.world.add_token("t0ken", "ada")
        async with stage(simulator, github_token="t0ken") as on:
            await on.afterword.importer.bring_in(BLOG)
            asked = on.asked()
            assert len(asked) <= 2 + 50 + 1
            assert not any("/issues/comments" in target for target in asked)
            assert on.said[-1].done


@pytest.mark.parametrize("count", [0, 1, 30, 31, 100, 101, 1234])
async def test_a_thread_of_any_length_arrives_whole(count: int) -> None:
    with run_simulator(world_of(count, 2)) as simulator:
        simulator.world.add_token("t0ken", "ada")
        async with stage(simulator, github_token="t0ken") as on:
            await on.afterword.importer.bring_in(BLOG)
            assert await mirrored(on, 1) == comments_of(simulator, 1)
            assert len(await mirrored(on, 1)) == count


async def test_without_a_token_the_hour_brings_the_most_recently_commented_posts_first() -> None:
    with run_simulator(world_of(*[1] * 30, *[150] * 40)) as simulator:
        async with stage(simulator) as on:
            with pytest.raises(RateLimited) as limit:
                await on.afterword.importer.bring_in(BLOG)
            asked = on.asked()
            assert len(asked) == 40
            assert limit.value.kind == "budget"
            assert limit.value.until > on.clock.now()
            assert on.said[-1].waiting_until == limit.value.until
            threads = [t for t in await on.afterword.mirror.tallies(BLOG) if t.complete]
            assert {70, 69, 68, 67} <= {t.number for t in threads}
            first = next(target for target in asked if "/comments?" in target)
            assert first.startswith("/repos/ada/blog/issues/70/comments")
            on.clock.advance(limit.value.until - on.clock.now())


async def test_without_a_token_the_rest_is_served_on_demand_from_the_reserve() -> None:
    with run_simulator(world_of(*[1] * 30, *[150] * 40)) as simulator:
        async with stage(simulator) as on:
            with pytest.raises(RateLimited):
                await on.afterword.importer.bring_in(BLOG)
            incomplete = min(t.number for t in await on.afterword.mirror.tallies(BLOG) if not t.complete)
            assert await on.ids(incomplete) == comments_of(simulator, incomplete)


async def test_the_import_goes_on_in_the_next_hour_where_it_stopped() -> None:
    world = world_of(*[60] * 100)
    now = [NOW]
    world.clock = lambda: now[0]
    with run_simulator(world) as simulator:
        async with stage(simulator) as on:
            hours = 0
            while True:
                hours += 1
                try:
                    await on.afterword.importer.bring_in(BLOG)
                    break
                except RateLimited as limit:
                    on.clock.advance(limit.until - on.clock.now())
                    now[0] = on.clock.now()
            asked = on.asked()
            assert hours == 3
            assert len(asked) == len(set(asked))
            assert len(asked) <= 2 + 60 + 20
            for number in (1, 50, 100):
                assert await mirrored(on, number) == comments_of(simulator, number)


async def test_an_import_that_fails_on_a_page_asks_no_page_twice_when_it_goes_on() -> None:
    with run_simulator(generate_world(250, 2500, seed=3)) as simulator:
        simulator.world.add_token("t0ken", "ada")
        simulator.faults.add(Status(500), match=r"/issues/comments\?.*page=7", times=3)
        async with stage(simulator, github_token="t0ken") as on:
            with pytest.raises(Unreachable):
                await on.afterword.importer.bring_in(BLOG)
            first = on.asked()
            await on.afterword.importer.bring_in(BLOG)
            assert not set(first[:-3]) & set(on.asked())
            assert on.said[-1].done


@pytest.mark.parametrize("address", ["/repositories/1/issues?page=2", "http://127.0.0.1:9/issues?page=2"])
async def test_a_list_whose_kept_address_holds_no_longer_begins_anew(address: str) -> None:
    with run_simulator(world_of(1, 2, 3)) as simulator:
        async with stage(simulator) as on:
            site = await on.afterword.repositories.site(BLOG, Priority.BACKFILL)
            kept = replace(site, list_next=urljoin(simulator.url, address))
            await on.afterword.mirror.apply(Change(repo=BLOG, at=NOW, site=kept))
            await on.afterword.importer.bring_in(BLOG)
            assert on.said[-1].done


async def test_a_second_page_that_is_refused_ends_the_round_and_is_not_asked_for_ever() -> None:
    with run_simulator(generate_world(250, 0, seed=8)) as simulator:
        body = b'{"message": "Not Found", "status": "404"}'
        simulator.faults.add(Status(404, body, "application/json"), match="page=2", times=None)
        async with stage(simulator) as on:
            with pytest.raises(NotVisible):
                await on.afterword.importer.bring_in(BLOG)
            assert len(on.asked()) == 3


async def test_a_list_of_comments_whose_kept_address_holds_no_longer_is_made_up_by_thread() -> None:
    with run_simulator(world_of(2, 3)) as simulator:
        async with stage(simulator) as on:
            site = await on.afterword.repositories.site(BLOG, Priority.BACKFILL)
            kept = replace(site, comments_next=f"{simulator.url}/repositories/1/issues/comments?page=3")
            await on.afterword.mirror.apply(Change(repo=BLOG, at=NOW, site=kept))
            await on.afterword.importer.bring_in(BLOG)
            assert on.said[-1].done
            assert await mirrored(on, 2) == comments_of(simulator, 2)


async def test_a_comment_deleted_while_pages_are_read_loses_none_of_the_others() -> None:
    with run_simulator(world_of(*[50] * 8)) as simulator:
        world = simulator.world
        world.add_token("t0ken", "ada")

        def delete_one(question: object) -> None:
            if "page=2" in str(question) and len(comments_of(simulator, 8)) == 50:
                world.delete_comment(world.comments[comments_of(simulator, 8)[10]])

        simulator.on_request(delete_one)
        async with stage(simulator, github_token="t0ken") as on:
            assert not (await on.afterword.pulse.bring_up(BLOG, reconcile=True)).reconciled
            for number in range(1, 9):
                assert set(await mirrored(on, number)) >= set(comments_of(simulator, number))
            assert (await on.afterword.pulse.bring_up(BLOG, reconcile=True)).reconciled
            for number in range(1, 9):
                assert await mirrored(on, number) == comments_of(simulator, number)


@pytest.mark.no_cover
async def test_more_comments_than_github_pages_are_all_reached() -> None:
    with run_simulator(generate_world(300, 10_450, seed=4)) as simulator:
        simulator.world.add_token("t0ken", "ada")
        async with stage(simulator, github_token="t0ken") as on:
            await on.afterword.pulse.bring_up(BLOG)
            assert on.said[-1].done
            assert on.said[-1].comments_mirrored == 10_450
            assert len(on.asked()) <= 1 + 3 + 105 + 3 + 2


@pytest.mark.parametrize("fault", [TruncatedJson(), HtmlPage(), WrongJsonType()])
async def test_a_broken_page_changes_nothing_and_ends_the_round(
    fault: TruncatedJson | HtmlPage | WrongJsonType,
) -> None:
    with run_simulator(world_of(3, 3, 3)) as simulator:
        simulator.faults.add(fault, match="/issues/comments", times=3)
        async with stage(simulator) as on:
            with pytest.raises(InvalidResponse):
                await on.afterword.importer.bring_in(BLOG)
            assert [t.mirrored for t in await on.afterword.mirror.tallies(BLOG)] == [0, 0, 0]
            await on.afterword.importer.bring_in(BLOG)
            assert on.said[-1].done


async def test_an_empty_list_where_comments_are_counted_is_not_believed_and_stops_no_other_thread() -> None:
    with run_simulator(world_of(3, 150, 2)) as simulator:
        simulator.world.open_pull_request("ada/blog", title="Noise", body="")
        for order in range(400):
            simulator.world.comment("ada/blog", 4, body=f"Noise {order}", author="eve")
        simulator.faults.add(EmptyList(), match="/issues/2/comments", times=None)
        async with stage(simulator) as on:
            await on.afterword.pulse.bring_up(BLOG)
            assert await on.ids(1) == comments_of(simulator, 1)
            assert await on.ids(3) == comments_of(simulator, 3)
            assert (await on.get("/api/v1/posts/2/comments")).status_code == 503
            site = await on.afterword.mirror.site(BLOG)
            assert site is not None
            assert site.checked_at is not None, "the round went on to what changed"
            simulator.faults.clear()
            on.clock.advance(4000)
            await on.afterword.pulse.bring_up(BLOG)
            assert await on.ids(2) == comments_of(simulator, 2)


async def test_many_threads_that_cannot_be_read_stop_no_round() -> None:
    with run_simulator(world_of(2, 2, 2, 2, 2, 0)) as simulator:
        world = simulator.world
        world.add_token("t0ken", "ada")
        world.open_pull_request("ada/blog", title="Noise", body="")
        for order in range(700):
            world.comment("ada/blog", 7, body=f"Noise {order}", author="eve", created_at=NOW - 1e6 + order)
        simulator.faults.add(EmptyList(), match=r"/issues/[1-5]/comments", times=None)
        async with stage(simulator, github_token="t0ken") as on:
            await on.afterword.pulse.bring_up(BLOG)
            new = world.comment("ada/blog", 6, body="First!", author="eve")
            await on.afterword.pulse.bring_up(BLOG)
            assert await on.ids(6) == [new.id]
            assert (await on.get("/api/v1/posts/1/comments")).status_code == 503


@pytest.mark.parametrize("page", ["per_page=100$", "page=2"])
async def test_an_empty_page_of_the_list_of_issues_is_asked_for_again(page: str) -> None:
    with run_simulator(generate_world(150, 300, seed=9)) as simulator:
        simulator.faults.add(EmptyList(), match=rf"/issues\?.*{page}")
        async with stage(simulator) as on:
            await on.afterword.pulse.bring_up(BLOG)
            assert on.said[-1].threads == 150


async def test_pages_that_lead_in_a_circle_are_broken() -> None:
    with run_simulator(generate_world(250, 0, seed=9)) as simulator:
        first = f"{simulator.url}/repositories/{simulator.world.repository('ada/blog').id}/issues?per_page=100&page=2"
        simulator.faults.add(Header("link", f'<{first}>; rel="next"'), match=r"page=[23]$", times=None)
        async with stage(simulator) as on:
            with pytest.raises(InvalidResponse):
                await on.afterword.importer.bring_in(BLOG)
            assert len(on.asked()) < 15


def _absent(simulator: RunningSimulator) -> None:
    simulator.world.rename_repository("ada/blog", "ada/other")
    simulator.world.former_names.clear()


def _hidden(simulator: RunningSimulator) -> None:
    simulator.world.make_private("ada/blog")


def _without_issues(simulator: RunningSimulator) -> None:
    simulator.world.disable_issues("ada/blog")


@pytest.mark.parametrize(
    ("trouble", "failure"), [(_absent, NotVisible), (_hidden, NotVisible), (_without_issues, Gone)]
)
async def test_a_repository_that_cannot_be_read_is_told_by_its_reason(
    trouble: Callable[[RunningSimulator], None], failure: type[Exception]
) -> None:
    with run_simulator(sample_world(lambda: NOW)) as simulator:
        trouble(simulator)
        async with stage(simulator) as on:
            with pytest.raises(failure):
                await on.afterword.importer.bring_in(BLOG)


async def test_a_wrong_token_is_told() -> None:
    with run_simulator(sample_world(lambda: NOW)) as simulator:
        async with stage(simulator, github_token="wrong") as on:
            with pytest.raises(TokenRejected):
                await on.afterword.importer.bring_in(BLOG)


async def test_a_private_repository_is_not_published_unless_the_owner_says_so(tmp_path: Path) -> None:
    (tmp_path / "post.md").write_text("---\nghissueid: 41\n---\n")
    with run_simulator(sample_world(lambda: NOW)) as simulator:
        simulator.world.make_private("ada/blog")
        simulator.world.add_token("t0ken", "ada")
        async with stage(simulator, github_token="t0ken") as on:
            with pytest.raises(PrivateRepository):
                await on.afterword.importer.bring_in(BLOG)
            assert (await on.get("/api/v1/posts/41")).status_code == 503
        published: dict[str, Any] = {"allow_private": True, "serve": "posts", "posts": str(tmp_path)}
        async with stage(simulator, github_token="t0ken", **published) as on:
            await on.afterword.importer.bring_in(BLOG)
            assert await on.ids(41) == comments_of(simulator, 41)


@pytest.mark.parametrize("act", ["delete", "transfer"])
async def test_an_issue_that_vanishes_while_others_are_imported_stops_no_other(act: str) -> None:
    with run_simulator(world_of(3, 2, 4)) as simulator:
        world = simulator.world
        world.add_token("t0ken", "ada")
        world.add_repository("ada/elsewhere")
        for _ in range(40):  # so that reading thread by thread is the cheaper way
            noise = world.open_pull_request("ada/blog", title="Noise", body="")
            for _ in range(10):
                world.comment("ada/blog", noise.number, body="Noise", author="eve")

        def vanish(question: IncomingRequest) -> None:
            if question.path.endswith("/2/comments") and world.issue_ids[world.repository("ada/blog").id].get(2):
                if act == "delete":
                    world.delete_issue("ada/blog", 2)
                else:
                    world.transfer_issue("ada/blog", 2, "ada/elsewhere")

        simulator.on_request(vanish)
        async with stage(simulator, github_token="t0ken") as on:
            await on.afterword.pulse.bring_up(BLOG)
            assert on.said[-1].done
            assert await on.ids(1) == comments_of(simulator, 1)
            assert await on.ids(3) == comments_of(simulator, 3)
            assert (await on.get("/api/v1/posts/2")).json()["status"] == "gone"
