"""GitHub's own moderation: what is hidden, deleted, locked or blocked there, and how soon readers see it."""

from app.simulator.http.server import run_simulator
from tests.fakes import FakeClock
from tests.integration.local_service import LocalService, complete_backfill, github_ids, run_service_with_webhook
from tests.integration.webhooks import WebhookQueue
from tests.integration.worlds import blog_world_at

FRESH_FOR = 60


async def _hidden_ids(service: LocalService) -> list[int]:
    """Return the ids of the hidden comments on the first page of post 1."""
    comments = (await service.get("/api/v1/posts/1/comments?limit=100")).json()["comments"]
    return [comment["id"] for comment in comments if comment["hidden"] and comment["text"] is None]


async def _read(service: LocalService) -> list[tuple[str, int]]:
    """Read post 1, and finish what that starts; return the paths and statuses of the requests to GitHub."""
    service.simulator.requests.clear()
    await service.get("/api/v1/posts/1/comments?limit=100")
    await service.finish_refreshes()
    requests = [(request.target.partition("?")[0], request.status) for request in service.simulator.requests]
    return [(path.rpartition("/blog")[2], status) for path, status in requests]


async def test_hidden_comment_of_a_very_long_thread_disappears(clock: FakeClock) -> None:
    world = blog_world_at(clock, 1_200, 0)
    with run_simulator(world) as simulator:
        async with run_service_with_webhook(simulator, clock, fresh_for=FRESH_FOR) as service:
            await complete_backfill(service)
            clock.advance(FRESH_FOR + 1)
            await _read(service)  # the first check stores the validators of all pages
            clock.advance(FRESH_FOR + 1)
            requests = await _read(service)
            assert [status for _, status in requests] == [200] + [304] * 12
            first = world.comments[github_ids(simulator, 1)[0]]
            world.hide_comment(first, "spam")
            assert (await _read(service), await _hidden_ids(service)) == ([], [])
            clock.advance(FRESH_FOR + 1)
            requests = await _read(service)
            assert [path for path, status in requests if status != 304] == [
                "/issues/1",
                "/issues/1/comments",
                "/issues/1",
            ]
            assert len(requests) == 14
            assert await _hidden_ids(service) == [first.id]


async def test_deliveries_do_not_delay_what_they_cannot_show(clock: FakeClock) -> None:
    world = blog_world_at(clock, 150, 0)
    with run_simulator(world) as simulator:
        async with run_service_with_webhook(simulator, clock, fresh_for=FRESH_FOR) as service:
            await complete_backfill(service)
            webhook = WebhookQueue(world)
            clock.advance(FRESH_FOR + 1)
            await _read(service)
            hidden = world.hide_comment(world.comments[github_ids(simulator, 1)[0]], "off-topic")
            for _ in range(3):
                clock.advance(FRESH_FOR / 2)
                world.comment("ada/blog", 1, body="One more", author="eve")
                await webhook.deliver(service)
                await _read(service)
            assert await _hidden_ids(service) == [hidden.id]


async def test_blocked_users_comments_are_as_github_has_them(clock: FakeClock) -> None:
    world = blog_world_at(clock, 2, 0)
    with run_simulator(world) as simulator:
        async with run_service_with_webhook(simulator, clock, fresh_for=FRESH_FOR) as service:
            await complete_backfill(service)
            webhook = WebhookQueue(world)
            ids = github_ids(simulator, 1)
            world.block_user("ada", "bob")
            clock.advance(FRESH_FOR + 1)
            await _read(service)
            assert await _hidden_ids(service) == []
            world.block_user("ada", "bob", hide_comments="abuse")
            clock.advance(FRESH_FOR + 1)
            await _read(service)
            assert await _hidden_ids(service) == ids
            world.lock_issue("ada/blog", 1, "too heated")
            world.delete_comment(world.comments[ids[0]])
            await webhook.deliver(service)
            assert await service.status(1) == "locked"
            assert await _hidden_ids(service) == ids[1:]
