"""An open core serves readers before the rest of the application is there, and what needs the rest waits for it."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from app.bootstrap import core as cores
from app.bootstrap import open_rest
from app.bootstrap.core import Core, open_core
from app.cli.http.server import run_in_background
from app.domain.errors import ImageNotFound
from app.domain.priority import Priority
from app.ports.mirror import Change
from app.settings import Settings
from app.simulator.http.server import RunningSimulator, run_simulator
from app.simulator.world.world import World
from app.store.sqlite import SqliteStore
from tests.fakes import FakeClock
from tests.integration.local_service import BLOG, complete_backfill, run_service, settings_for


def _client(core: Core) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(core.reads), base_url="http://comments.example.com")


def _process(clock: FakeClock) -> cores.World:
    return cores.World(clock, lambda: 0.5, "early")


@pytest.fixture
def simulator(world: World) -> Iterator[RunningSimulator]:
    with run_simulator(world) as running:
        yield running


@pytest.fixture
async def settings(simulator: RunningSimulator, clock: FakeClock, tmp_path: Path) -> Settings:
    """Return settings whose store has the blog."""
    store = f"sqlite:///{tmp_path}/afterword.db"
    async with run_service(simulator, clock, store=store) as service:
        await complete_backfill(service)
    return settings_for(simulator, store=store)


async def test_core_serves_and_everything_else_waits(
    simulator: RunningSimulator, settings: Settings, clock: FakeClock
) -> None:
    async with open_core(settings, _process(clock)) as core, _client(core) as client:
        before = len(simulator.requests)
        assert await core.can_serve()
        comments = await client.get("/api/v1/posts/1/comments")
        assert (comments.status_code, len(simulator.requests)) == (200, before)
        paths = ("/healthz", "/readyz", "/api/v1/posts/1/comments?limit=0", "/repos/ada/blog/issues/1")
        waiting = [asyncio.create_task(client.get(path)) for path in paths]
        await asyncio.sleep(0)
        assert not any(task.done() for task in waiting)
        async with open_rest(core, lambda _: None) as application:
            await application.prepare_web()
            responses = await asyncio.gather(*waiting)
            assert [response.status_code for response in responses] == [200, 200, 422, 200]
            assert responses[1].json()["ready"] is True
            again = await client.get("/api/v1/posts/1/comments")
            assert (again.content, again.headers["etag"]) == (comments.content, comments.headers["etag"])


async def test_requests_to_github_wait(settings: Settings, clock: FakeClock) -> None:
    async with open_core(settings, _process(clock)) as core:
        waiting = asyncio.create_task(core.refresher.refresh(BLOG, 1, Priority.READ))
        image = asyncio.create_task(core.images.avatar(4711))
        await asyncio.sleep(0)
        assert not waiting.done()
        async with open_rest(core, lambda _: None) as application, run_in_background(application.worker.run()):
            await waiting
            with pytest.raises(ImageNotFound):
                await image


async def test_change_before_the_rest_is_noticed(settings: Settings, clock: FakeClock) -> None:
    path = settings.store_path
    assert path is not None
    async with open_core(settings, _process(clock)) as core, _client(core) as client:
        before = (await client.get("/api/v1/posts/1/comments")).json()
        other = await SqliteStore.open(path, process_id="other", sites=(BLOG,))
        comments = await other.mirror.comments(BLOG, 1)
        await other.mirror.apply(Change(repo=BLOG, at=1.0, removed_comments=frozenset([comments[0].id])))
        await other.close()
        async with open_rest(core, lambda _: None):
            after = (await client.get("/api/v1/posts/1/comments")).json()
    assert len(after["comments"]) == len(before["comments"]) - 1


async def test_core_of_a_new_store_cannot_serve(simulator: RunningSimulator, clock: FakeClock) -> None:
    async with open_core(settings_for(simulator), _process(clock)) as core:
        assert not await core.can_serve()


async def test_what_waits_ends_with_the_core(settings: Settings, clock: FakeClock) -> None:
    async with open_core(settings, _process(clock)) as core:
        waiting = asyncio.create_task(core.application.get())
        await asyncio.sleep(0)
    with pytest.raises(asyncio.CancelledError):
        await waiting


async def test_posts_of_the_last_start_are_served(
    simulator: RunningSimulator, clock: FakeClock, tmp_path: Path
) -> None:
    folder = tmp_path / "posts"
    folder.mkdir()
    (folder / "one.md").write_text("---\ntitle: One\nghissueid: 1\n---\n")
    values = {"store": f"sqlite:///{tmp_path}/afterword.db", "serve": "posts", "posts": str(folder)}
    async with run_service(simulator, clock, **values) as service:
        await complete_backfill(service)
    async with open_core(settings_for(simulator, **values), _process(clock)) as core, _client(core) as client:
        assert await core.can_serve()
        statuses = [(await client.get(f"/api/v1/posts/{number}")).json()["status"] for number in (1, 2)]
    assert statuses[1] == "missing" != statuses[0]
