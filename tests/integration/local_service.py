"""The whole application in this process, over a simulated GitHub, with a clock that only tests move."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import httpx

from app.bootstrap import Application, open_application
from app.domain.priority import Priority
from app.domain.sites import Repository, repository
from app.settings import Settings, load
from app.simulator.http.server import RunningSimulator
from app.sync.backfill import Progress
from tests.fakes import FakeClock
from tests.github.deliveries import SECRET
from tests.integration.worlds import NOW, TOKEN

BLOG: Repository = repository("ada/blog")
NOTES: Repository = repository("ada/notes")
BASE_URL = "http://comments.example.com"


class LocalService:
    """A running application, the simulator that it sends requests to, and the progress that it reported."""

    def __init__(
        self, application: Application, simulator: RunningSimulator, clock: FakeClock, progress: list[Progress]
    ) -> None:
        self.application = application
        self.simulator = simulator
        self.clock = clock
        self.progress = progress
        self._client = httpx.AsyncClient(transport=httpx.ASGITransport(application.web), base_url=BASE_URL)

    async def get(self, path: str, **headers: str) -> httpx.Response:
        """Return what a reader gets."""
        return await self._client.get(path, headers=headers)

    async def comment_ids(self, number: int) -> list[int]:
        """Return the ids of a post's comments from all pages of the API."""
        ids: list[int] = []
        params: dict[str, str | int] = {"limit": 100}
        while True:
            page = (await self._client.get(f"/api/v1/posts/{number}/comments", params=params)).json()
            ids += [comment["id"] for comment in page["comments"]]
            if page["next"] is None:
                return ids
            params["cursor"] = page["next"]

    async def status(self, number: int) -> str:
        """Return the status of a post from the API."""
        return str((await self.get(f"/api/v1/posts/{number}")).json()["status"])

    async def texts(self, number: int) -> list[str]:
        """Return the texts of the first hundred comments of a post from the API."""
        response = await self.get(f"/api/v1/posts/{number}/comments?limit=100")
        assert response.status_code == 200, response.text
        return [comment["text"] for comment in response.json()["comments"]]

    async def poll_failure(self) -> Exception | None:
        """Poll once by the schedule; return why that failed, or None."""
        await self.application.schedule.poll_once(BLOG)
        return self.application.schedule.failures.get(BLOG)

    def take_requests(self) -> list[str]:
        """Return the targets of the requests to GitHub since the last call."""
        targets = [request.target for request in self.simulator.requests]
        self.simulator.requests.clear()
        return targets

    async def refresh_thread(self, number: int, priority: Priority) -> None:
        """Read a thread from GitHub."""
        snapshot = await self.application.mirror.snapshot(BLOG, number)
        await self.application.refresher.read(snapshot, priority)

    async def finish_refreshes(self) -> None:
        """Wait for the refreshes that reads have started."""
        while flights := list(self.application.reader._refreshing._flights.values()):
            await asyncio.wait(flights)


def new_clock() -> FakeClock:
    """Return a clock that shows an hour after the last change of `blog_world`."""
    return FakeClock(NOW + 3600)


def settings_for(simulator: RunningSimulator, **settings: Any) -> Settings:
    """Return settings for a simulator; `settings` overrides the defaults by field name."""
    return load({"repo": "ada/blog", "github_api_url": simulator.url, "store": "memory:", **settings}, env_file=None)


@asynccontextmanager
async def run_service(
    simulator: RunningSimulator, clock: FakeClock | None = None, *, process_id: str = "first", **settings: Any
) -> AsyncGenerator[LocalService, None]:
    """Run an application over a simulator; `settings` are fields of `Settings`.

    Several applications on one store need a `process_id` each.
    """
    clock = clock or FakeClock(simulator.world.clock())
    progress: list[Progress] = []
    async with open_application(
        settings_for(simulator, **settings), progress.append, clock, lambda: 0.5, process_id=process_id
    ) as application:
        yield LocalService(application, simulator, clock, progress)


@asynccontextmanager
async def run_service_with_webhook(
    simulator: RunningSimulator, clock: FakeClock, *, process_id: str = "first", **settings: Any
) -> AsyncGenerator[LocalService, None]:
    """Run an application with a token and a webhook secret, as `run_service` does."""
    settings = {"github_token": TOKEN, "webhook_secret": SECRET.decode(), **settings}
    async with run_service(simulator, clock, process_id=process_id, **settings) as service:
        yield service


async def run_backfill(service: LocalService) -> None:
    """Run the backfill of the blog alone, without a poll."""
    site = await service.application.repositories.site(BLOG, Priority.BACKFILL)
    await service.application.backfill.run(site)


async def complete_backfill(service: LocalService, *repos: Repository) -> None:
    """Mirror all threads, and poll once more: nothing has changed since."""
    for repo in repos or (BLOG,):
        await service.application.poller.poll(repo)
        await service.application.poller.poll(repo)
    service.take_requests()


async def mirrored_ids(service: LocalService, number: int) -> list[int]:
    """Return the ids of a thread's comments in the mirror."""
    return [comment.id for comment in await service.application.mirror.comments(BLOG, number)]


def github_ids(simulator: RunningSimulator, number: int) -> list[int]:
    """Return the ids of a post's comments on the simulated GitHub, in order."""
    world = simulator.world
    return sorted(world.comment_ids.get(world.issue("ada/blog", number).id, []))


async def run_ready_tasks() -> None:
    """Run everything that can run before time passes."""
    for _ in range(20):
        await asyncio.sleep(0)
