"""Feeds across renames and transfers, as the whole application serves them."""

import re
from pathlib import Path

import feedparser
import pytest

from app.domain.sites import repository
from app.domain.times import rfc3339
from app.simulator.http.server import run_simulator
from app.simulator.world.world import World
from tests.fakes import FakeClock
from tests.integration.feed_entries import entry_ids, linked_names
from tests.integration.local_service import (
    BASE_URL,
    BLOG,
    NOTES,
    LocalService,
    complete_backfill,
    run_service_with_webhook,
)
from tests.integration.taken_names import let_another_take_the_name
from tests.integration.webhooks import WebhookQueue
from tests.integration.worlds import TOKEN, add_notes

JOURNAL = repository("ada/journal")


async def _poll_a_day_later(service: LocalService) -> None:
    service.clock.advance(86_400)
    await service.application.poller.poll(BLOG)


async def test_ids_outlive_a_lost_store_if_the_setting_stays(world: World, clock: FakeClock) -> None:
    with run_simulator(world) as simulator:
        async with run_service_with_webhook(simulator, clock) as service:
            await complete_backfill(service)
            ids = await entry_ids(service)
        world.rename_repository("ada/blog", "ada/journal")
        async with run_service_with_webhook(simulator, clock) as service:
            await complete_backfill(service)
            assert await entry_ids(service) == ids
            assert await linked_names(service) == {"ada/blog"}


async def test_links_follow_once_another_repository_has_the_name(world: World, clock: FakeClock) -> None:
    with run_simulator(world) as simulator:
        async with run_service_with_webhook(simulator, clock) as service:
            await complete_backfill(service)
            ids = await entry_ids(service)
            world.rename_repository("ada/blog", "ada/journal")
            await _poll_a_day_later(service)
            assert await linked_names(service) == {"ada/blog"}
            world.add_repository("ada/blog")
            await _poll_a_day_later(service)
            assert await linked_names(service) == {"ada/journal"}
            assert await entry_ids(service) == ids
            await _poll_a_day_later(service)
            assert await linked_names(service) == {"ada/journal"}


async def test_no_link_leads_to_a_foreign_repository(world: World, clock: FakeClock) -> None:
    with run_simulator(world) as simulator:
        async with run_service_with_webhook(simulator, clock) as service:
            await complete_backfill(service)
            ids = await entry_ids(service)
            let_another_take_the_name(world, issues=4)
            assert await service.poll_failure() is not None
            assert await linked_names(service) == {"ada/journal"}
            assert await entry_ids(service) == ids


async def test_ids_outlive_several_renames(world: World, clock: FakeClock, tmp_path: Path) -> None:
    settings = {"store": f"sqlite:///{tmp_path}/afterword.db"}
    with run_simulator(world) as simulator:
        async with run_service_with_webhook(simulator, clock, **settings) as service:
            await complete_backfill(service)
            ids = await entry_ids(service)
            world.rename_repository("ada/blog", "ada/diary")
            await _poll_a_day_later(service)
            world.rename_repository("ada/diary", "ada/journal")
            await _poll_a_day_later(service)
            assert await entry_ids(service, "/comments.atom?repo=ada/journal") == ids
        async with run_service_with_webhook(simulator, clock, repo="ada/journal", **settings) as service:
            await complete_backfill(service, JOURNAL)
            for name in ("ada/blog", "ada/diary", "ADA/Journal", "ada/Blog"):
                assert await entry_ids(service, f"/comments.atom?repo={name}") == ids
                assert (await service.get(f"/api/v1/posts/1?repo={name}")).status_code == 200
            assert (await service.get("/comments.atom?repo=ada/other")).status_code == 404


async def test_name_between_is_known_after_a_return(world: World, clock: FakeClock, tmp_path: Path) -> None:
    settings = {"store": f"sqlite:///{tmp_path}/afterword.db"}
    with run_simulator(world) as simulator:
        async with run_service_with_webhook(simulator, clock, **settings) as service:
            await complete_backfill(service)
            ids = await entry_ids(service)
        world.rename_repository("ada/blog", "ada/journal")
        async with run_service_with_webhook(simulator, clock, repo="ada/journal", **settings) as service:
            await complete_backfill(service, JOURNAL)
        world.rename_repository("ada/journal", "ada/blog")
        async with run_service_with_webhook(simulator, clock, **settings) as service:
            assert (await service.get("/comments.atom?repo=ada/journal")).status_code == 404
            await complete_backfill(service)
            assert await entry_ids(service, "/comments.atom?repo=ada/journal") == ids
            assert (await service.get("/repos/ada/journal")).headers["location"] == f"{BASE_URL}/repos/ada/blog"


async def test_transferred_post_keeps_its_ids(world: World, clock: FakeClock) -> None:
    with run_simulator(add_notes(world)) as simulator:
        async with run_service_with_webhook(simulator, clock, repo="ada/blog,ada/notes") as service:
            await complete_backfill(service, BLOG, NOTES)
            webhook = WebhookQueue(world)
            ids = await entry_ids(service, "/posts/1.atom")
            transferred = world.transfer_issue("ada/blog", 1, "ada/notes")
            await webhook.deliver(service)
            assert (await service.application.mirror.snapshot(BLOG, 1)).ref == (NOTES, transferred.number)
            assert await entry_ids(service, "/posts/1.atom") == ids


@pytest.mark.parametrize("path", ["/comments.atom", "/posts/9.atom"])
async def test_empty_feed_has_a_true_and_fixed_date(clock: FakeClock, path: str) -> None:
    world = World(clock.now)
    world.add_token(TOKEN, "ada")
    world.add_repository("ada/blog", created_at=clock.now() - 9e6)
    created_at = rfc3339(clock.now() - 9e6).replace("Z", "+00:00")
    with run_simulator(world) as simulator:
        async with run_service_with_webhook(simulator, clock) as service:
            await complete_backfill(service)
            first = await service.get(path)
            assert feedparser.parse(first.content).feed.updated == created_at
            await _poll_a_day_later(service)
            assert (await service.get(path)).content == first.content


async def test_address_of_a_feed_is_that_of_its_reader(world: World, clock: FakeClock) -> None:
    with run_simulator(world) as simulator:
        async with run_service_with_webhook(simulator, clock) as service:
            await complete_backfill(service)
            world.rename_repository("ada/blog", "ada/journal")
            await _poll_a_day_later(service)
            for path in ("/posts/1.atom", "/comments.atom?repo=ada/journal", "/posts/1.atom?lang=de&repo=ada/blog"):
                text = (await service.get(path)).text.replace("&amp;", "&")
                assert re.findall(r'href="([^"]+)" rel="self"', text) == [f"{BASE_URL}{path}"]
