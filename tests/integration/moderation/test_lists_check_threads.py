"""Reads of lists of comments check the threads that they show, with a token."""

import pytest

from app.simulator.http.server import run_simulator
from app.simulator.world.world import World
from tests.fakes import FakeClock
from tests.integration.local_service import LocalService, complete_backfill, run_service, run_service_with_webhook
from tests.integration.worlds import blog_world_at

FRESH_FOR = 300.0
COMMENTS = "/repos/ada/blog/issues/comments"
LISTS = ("/api/v1/comments", "/comments.atom", "/comments.json", "/feed", COMMENTS, f"{COMMENTS}?page=1&per_page=5")


async def _read(service: LocalService, target: str) -> list[str]:
    """Read a list and wait for its checks; return the threads of the requests to GitHub."""
    service.take_requests()
    await service.get(target)
    await service.finish_refreshes()
    paths = (request.partition("?")[0] for request in service.take_requests())
    return sorted({path.partition("/issues/")[2].partition("/")[0] for path in paths})


@pytest.mark.parametrize("target", [*LISTS, "{comment}"])
async def test_comment_hidden_on_github_leaves_a_list(target: str, world: World, clock: FakeClock) -> None:
    with run_simulator(world) as simulator:
        async with run_service_with_webhook(simulator, clock, fresh_for=FRESH_FOR) as service:
            await complete_backfill(service)
            comment = next(item for item in world.comments.values() if item.body == "Comment 1")
            address = target.format(comment=f"{COMMENTS}/{comment.id}")
            await _read(service, address)
            before = (await service.get(address)).content
            world.hide_comment(comment, "spam")
            clock.advance(FRESH_FOR + 1)
            await _read(service, address)
            after = (await service.get(address)).content
            assert after != before


async def test_each_thread_is_checked_once_in_a_while(world: World, clock: FakeClock) -> None:
    with run_simulator(world) as simulator:
        async with run_service_with_webhook(simulator, clock, fresh_for=FRESH_FOR) as service:
            await complete_backfill(service)
            assert await _read(service, "/api/v1/comments") == []
            clock.advance(FRESH_FOR + 1)
            assert await _read(service, "/api/v1/comments") == ["1", "3"]
            for target in (*LISTS, *LISTS):
                assert await _read(service, target) == []
            clock.advance(FRESH_FOR / 2)
            assert await _read(service, "/feed") == []
            clock.advance(FRESH_FOR / 2 + 1)
            assert await _read(service, "/feed") == ["1", "3"]


async def test_checks_of_one_read_are_bounded(clock: FakeClock) -> None:
    with run_simulator(blog_world_at(clock, *[1] * 15)) as simulator:
        async with run_service_with_webhook(simulator, clock, fresh_for=FRESH_FOR) as service:
            await complete_backfill(service)
            clock.advance(FRESH_FOR + 1)
            assert await _read(service, "/api/v1/comments") == sorted(map(str, range(6, 16)))


async def test_lists_cost_no_request_without_a_token(world: World, clock: FakeClock) -> None:
    with run_simulator(world) as simulator:
        async with run_service(simulator, clock, fresh_for=FRESH_FOR) as service:
            await complete_backfill(service)
            clock.advance(FRESH_FOR + 1)
            assert [await _read(service, target) for target in LISTS] == [[]] * len(LISTS)
