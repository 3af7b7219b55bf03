"""The GitHub-compatible API over the whole application: what it serves is what GitHub serves."""

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.records import repository_object_key
from app.simulator.http.server import run_simulator
from app.simulator.world.world import World
from tests.fakes import FakeClock
from tests.integration.github_objects import (
    CHANGES,
    WAYS,
    assert_issue_is_githubs,
    get_from_github,
    linked_pages,
    linked_pages_of_github,
    without_addresses,
)
from tests.integration.local_service import (
    BASE_URL,
    BLOG,
    NOTES,
    complete_backfill,
    new_clock,
    run_service,
    run_service_with_webhook,
)
from tests.integration.webhooks import WebhookQueue
from tests.integration.worlds import add_notes, blog_world_at

ISSUE = "/repos/ada/blog/issues/1"
COMMENTS = "/repos/ada/blog/issues/comments"

STEPS = st.lists(st.tuples(st.sampled_from(sorted(CHANGES)), st.sampled_from(sorted(WAYS))), min_size=1, max_size=5)


@given(steps=STEPS)
@settings(max_examples=6)
def test_issue_is_the_same_however_it_was_learned(steps: list[tuple[str, str]]) -> None:
    async def run() -> None:
        clock = new_clock()
        world = blog_world_at(clock)
        with run_simulator(world) as simulator:
            async with run_service_with_webhook(simulator, clock) as service:
                await complete_backfill(service)
                await assert_issue_is_githubs(service, ISSUE)
                for change, way in steps:
                    clock.advance(60)
                    webhook = WebhookQueue(world)
                    CHANGES[change](world)
                    await WAYS[way](service, webhook)
                    await assert_issue_is_githubs(service, ISSUE)

    asyncio.run(run())


async def test_closer_and_etag_stay_over_later_rounds(world: World, clock: FakeClock) -> None:
    with run_simulator(world) as simulator:
        async with run_service_with_webhook(simulator, clock) as service:
            await complete_backfill(service)
            webhook = WebhookQueue(world)
            world.close_issue("ada/blog", 1, by="eve")
            await webhook.deliver(service)
            before = await service.get(ISSUE)
            assert before.json()["closed_by"]["login"] == "eve"
            for way in WAYS.values():
                clock.advance(600)
                await way(service, webhook)
                after = await service.get(ISSUE)
                assert (after.json(), after.headers["etag"]) == (before.json(), before.headers["etag"])


@pytest.mark.parametrize("prefix", ["", "/api/v3"])
async def test_addresses_in_objects_lead_to_the_service(world: World, clock: FakeClock, prefix: str) -> None:
    with run_simulator(world) as simulator:
        async with run_service(simulator, clock) as service:
            await complete_backfill(service)
            repository = (await service.get(f"{prefix}/repos/ada/blog")).json()
            issue = (await service.get(repository["issues_url"].replace("{/number}", "/1"))).json()
            comments = (await service.get(issue["comments_url"])).json()
            assert [comment["issue_url"] for comment in comments] == [issue["url"]] * 3
            for item in (repository, issue, *comments):
                assert item["url"].startswith(f"{BASE_URL}{prefix}/repos/ada/blog")
                response = await service.get(item["url"])
                assert response.json() == item
                assert response.headers["cache-control"].startswith("private, ")
            assert (await service.get(issue["repository_url"])).json() == repository
            address = repository["issue_comment_url"].replace("{/number}", f"/{comments[0]['id']}")
            assert (await service.get(address)).json() == comments[0]


async def test_transferred_issue_names_its_new_place(world: World, clock: FakeClock) -> None:
    with run_simulator(add_notes(world)) as simulator:
        async with run_service_with_webhook(simulator, clock, repo="ada/blog,ada/notes") as service:
            await complete_backfill(service, BLOG, NOTES)
            webhook = WebhookQueue(world)
            number = world.transfer_issue("ada/blog", 1, "ada/notes").number
            await webhook.deliver(service)
            issue = (await service.get(ISSUE)).json()
            assert issue["url"] == f"{BASE_URL}/repos/ada/notes/issues/{number}"
            assert (await service.get(issue["url"])).json() == issue
            comments = (await service.get(f"{ISSUE}/comments")).json()
            assert {comment["issue_url"] for comment in comments} == {issue["url"]}
            assert (await service.get(comments[0]["url"])).json() == comments[0]


async def test_repository_is_what_github_said(world: World, clock: FakeClock) -> None:
    with run_simulator(world) as simulator:
        async with run_service(simulator, clock) as service:
            await complete_backfill(service)
            response = await service.get("/repos/ada/blog")
            assert without_addresses(response.json()) == without_addresses(
                get_from_github(simulator, "/repos/ada/blog")
            )
            assert response.headers["last-modified"]
            same = {"if-modified-since": response.headers["last-modified"]}
            assert (await service.get("/repos/ada/blog", **same)).status_code == 304


async def test_store_of_an_earlier_version_gets_the_repository(world: World, clock: FakeClock) -> None:
    with run_simulator(world) as simulator:
        async with run_service(simulator, clock) as service:
            await complete_backfill(service)
            repositories, key = service.application.repositories, repository_object_key(BLOG)
            await service.application.store.key_values.put(key, None)
            repositories._with_object.clear()
            assert (await service.get("/repos/ada/blog")).status_code == 503
            for _ in range(2):
                await service.application.poller.poll(BLOG)
            assert service.take_requests().count("/repos/ada/blog") == 1
            assert (await service.get("/repos/ada/blog")).json()["full_name"] == "ada/blog"


@pytest.mark.parametrize(
    "query",
    [
        "",
        "direction=desc",
        "sort=created",
        "sort=created&direction=asc",
        "sort=updated",
        "sort=updated&direction=asc&per_page=2",
        "sort=other&per_page=1&page=2",
        "since=2025-06-15T16:08:40Z",
        "per_page=2&page=9",
    ],
)
async def test_comments_of_all_issues_are_listed_as_on_github(query: str) -> None:
    clock = new_clock()
    world = blog_world_at(clock)
    for order, comment in enumerate(world.comments.values()):
        if order % 2 == 0:
            clock.advance(60)
            world.edit_comment(comment, body="Edited")
    with run_simulator(world) as simulator:
        async with run_service(simulator, clock) as service:
            await complete_backfill(service)
            target = f"{COMMENTS}?{query}"
            assert await linked_pages(service, target) == linked_pages_of_github(simulator, target)


async def test_unfinished_import_does_not_look_empty(world: World, clock: FakeClock) -> None:
    with run_simulator(world) as simulator:
        async with run_service(simulator, clock) as service:
            for target in (COMMENTS, "/repos/ada/blog"):
                response = await service.get(target)
                assert (response.status_code, bool(response.json()["message"])) == (503, True)
