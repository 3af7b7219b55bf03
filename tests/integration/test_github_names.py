"""Names in the GitHub-compatible API: a renamed repository answers as on GitHub, its old names lead to the new one."""

from pathlib import Path

import pytest

from app.simulator.http.server import run_simulator
from app.simulator.world.world import World
from tests.fakes import FakeClock
from tests.integration.local_service import BASE_URL, complete_backfill, run_service_with_webhook
from tests.integration.webhooks import WebhookQueue

OLD, NEW = "/repos/ada/blog/issues/1", "/repos/ada/journal/issues/1"
DOCS = "https://docs.github.com/rest/guides/best-practices-for-using-the-rest-api#follow-redirects"


@pytest.mark.parametrize("prefix", ["", "/api/v3"])
async def test_old_name_redirects_to_the_new_one(world: World, clock: FakeClock, prefix: str) -> None:
    with run_simulator(world) as simulator:
        async with run_service_with_webhook(simulator, clock) as service:
            await complete_backfill(service)
            target = f"{prefix}{OLD}/comments?per_page=2&since="
            for _ in range(2):  # by the route, then from the cache
                assert (await service.get(target)).status_code == 200
            webhook = WebhookQueue(world)
            world.rename_repository("ada/blog", "ada/Journal")
            await webhook.deliver(service)
            address = f"{BASE_URL}{prefix}/repos/ada/Journal/issues/1/comments?per_page=2&since="
            comments = (await service.get(address)).json()
            assert len(comments) == 2
            assert comments[0]["url"].startswith(f"{BASE_URL}{prefix}/repos/ada/Journal/issues/comments/")
            for _ in range(2):
                response = await service.get(target)
                assert (response.status_code, response.headers["location"]) == (301, address)
                assert response.headers["cache-control"] == "no-store"
                assert response.json() == {"message": "Moved Permanently", "url": address, "documentation_url": DOCS}


async def test_old_name_redirects_where_both_names_share_a_document(world: World, clock: FakeClock) -> None:
    with run_simulator(world) as simulator:
        async with run_service_with_webhook(simulator, clock) as service:
            await complete_backfill(service)
            for _ in range(2):
                assert (await service.get(OLD, Host="no host")).status_code == 200
            webhook = WebhookQueue(world)
            world.rename_repository("ada/blog", "ada/journal")
            await webhook.deliver(service)
            assert (await service.get(NEW, Host="no host")).status_code == 200
            assert (await service.get(OLD, Host="no host")).status_code == 301


async def test_repository_may_get_its_old_name_back(world: World, clock: FakeClock) -> None:
    with run_simulator(world) as simulator:
        async with run_service_with_webhook(simulator, clock) as service:
            await complete_backfill(service)
            webhook = WebhookQueue(world)
            for old, new in (("ada/blog", "ada/journal"), ("ada/journal", "ada/blog")):
                world.rename_repository(old, new)
                await webhook.deliver(service)
                assert (await service.get(f"/repos/{new}")).json()["full_name"] == new
                assert (await service.get(f"/repos/{new}/issues/1/comments")).status_code == 200
            assert (await service.get(NEW)).headers["location"] == f"{BASE_URL}{OLD}"


async def test_settings_that_follow_the_new_name_keep_the_old(world: World, clock: FakeClock, tmp_path: Path) -> None:
    store = f"sqlite:///{tmp_path}/afterword.db"
    with run_simulator(world) as simulator:
        async with run_service_with_webhook(simulator, clock, store=store) as service:
            await complete_backfill(service)
        world.rename_repository("ada/blog", "ada/journal")
        async with run_service_with_webhook(simulator, clock, store=store, repo="ada/journal") as service:
            assert (await service.get(OLD)).status_code == 404
            await service.application.check_github()
            response = await service.get(OLD)
            assert (response.status_code, response.headers["location"]) == (301, f"{BASE_URL}{NEW}")
            assert (await service.get("/repos/ada/other/issues/1")).status_code == 404
            assert (await service.get("/repos/a%20b/c/issues/1")).status_code == 404


async def test_private_repository_tells_no_new_name(world: World, clock: FakeClock) -> None:
    with run_simulator(world) as simulator:
        async with run_service_with_webhook(simulator, clock) as service:
            await complete_backfill(service)
            webhook = WebhookQueue(world)
            world.rename_repository("ada/blog", "ada/secret")
            world.make_private("ada/secret")
            await webhook.deliver(service)
            for target in (OLD, "/repos/ada/secret", "/repos/ada/secret/issues/1"):
                response = await service.get(target)
                assert (response.status_code, response.json()["message"]) == (404, "Not Found")
                assert "location" not in response.headers
