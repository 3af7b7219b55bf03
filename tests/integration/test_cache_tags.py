"""The tags that documents carry for caches, and the purges after changes of a whole application."""

from app.simulator.http.server import run_simulator
from app.simulator.world.world import World
from tests.fakes import FakeClock
from tests.integration.local_service import BLOG, NOTES, complete_backfill, run_service, run_service_with_webhook
from tests.integration.webhooks import WebhookQueue
from tests.integration.worlds import add_notes
from tests.jobs.purging.recording_cdn import run_cdn

_THREAD = ("/api/v1/posts/1/comments", "/api/v1/posts/1", "/posts/1.html", "/posts/1.atom", "/repos/ada/blog/issues/1")
_SITE = ("/api/v1/counts", "/api/v1/comments", "/comments.json", "/repos/ada/blog/issues")


async def test_documents_name_their_thread_or_site(world: World, clock: FakeClock) -> None:
    with run_simulator(world) as simulator:
        async with run_service(simulator, clock, cache_tags=True) as service:
            await complete_backfill(service)
            for paths, tag in ((_THREAD, "afterword-1"), (_SITE, "afterword-site")):
                for path in paths:
                    response = await service.get(path)
                    assert response.headers["surrogate-key"] == f"afterword {tag}", path
                    assert response.headers["cache-tag"] == f"afterword,{tag}"
                    unchanged = await service.get(path, **{"If-None-Match": response.headers["etag"]})
                    assert (unchanged.status_code, unchanged.headers["cache-tag"]) == (304, f"afterword,{tag}")


async def test_documents_have_no_tags_by_default(world: World, clock: FakeClock) -> None:
    with run_simulator(world) as simulator:
        async with run_service(simulator, clock) as service:
            await complete_backfill(service)
            response = await service.get(_THREAD[0])
            assert not {"surrogate-key", "cache-tag"} & set(response.headers)


async def test_change_purges_what_shows_the_thread_elsewhere(world: World, clock: FakeClock) -> None:
    with run_simulator(add_notes(world)) as simulator, run_cdn() as cdn:
        async with run_service_with_webhook(simulator, clock, repo="ada/blog,ada/notes", purge_url=cdn.url) as service:
            await complete_backfill(service, BLOG, NOTES)
            webhook = WebhookQueue(world)
            await service.get(_THREAD[0])
            number = world.transfer_issue("ada/blog", 1, "ada/notes").number
            await webhook.deliver(service)
            purges = service.application.purges
            assert purges is not None
            await purges.run_once()
            cdn.take()
            tags = [(await service.get(path)).headers["surrogate-key"].split() for path in (_THREAD[0], _SITE[0])]
            world.comment("ada/notes", number, body="After the transfer", author="eve")
            await webhook.deliver(service)
            await purges.run_once()
            (call,) = cdn.take()
            assert all(set(call["tags"]) & set(own_tags) for own_tags in tags)
            assert tags[0] == ["afterword-ada/blog", "afterword-ada/blog-1", f"afterword-ada/notes-{number}"]
