"""The whole application over the simulator, in one process, with a clock that only tests move."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import httpx

from app.bootstrap import Afterword, assembled
from app.domain.sites import Repository, repository
from app.settings import Settings, load
from app.simulator.http.server import RunningSimulator
from app.sync.backfill import Progress
from tests.fakes import FakeClock

BLOG: Repository = repository("ada/blog")


class Stage:
    """One application, the simulator it asks, and what its import said."""

    def __init__(
        self, afterword: Afterword, simulator: RunningSimulator, clock: FakeClock, said: list[Progress]
    ) -> None:
        self.afterword = afterword
        self.simulator = simulator
        self.clock = clock
        self.said = said
        self._client = httpx.AsyncClient(
            transport=httpx.ASGITransport(afterword.web), base_url="http://comments.example.com"
        )

    async def get(self, path: str, **headers: str) -> httpx.Response:
        """What a reader gets."""
        return await self._client.get(path, headers=headers)

    async def ids(self, number: int) -> list[int]:
        """The ids of a post's comments as the native API gives them, all pages."""
        found: list[int] = []
        cursor: str | None = None
        while True:
            answer = (
                await self._client.get(
                    f"/api/v1/posts/{number}/comments", params={"limit": 100, **({"cursor": cursor} if cursor else {})}
                )
            ).json()
            found += [comment["id"] for comment in answer["comments"]]
            cursor = answer["next"]
            if cursor is None:
                return found

    def asked(self) -> list[str]:
        """The paths that GitHub was asked for since last time."""
        targets = [ask.target for ask in self.simulator.requests]
        self.simulator.requests.clear()
        return targets

    async def settle(self) -> None:
        """Waits for what goes on behind readers' backs."""
        while flights := list(self.afterword.reader._asking._flights.values()):
            await asyncio.wait(flights)


def settings(simulator: RunningSimulator, **given: Any) -> Settings:
    return load({"repo": "ada/blog", "github_api_url": simulator.url, "store": "memory:", **given}, env_file=None)


@asynccontextmanager
async def stage(
    simulator: RunningSimulator, *, clock: FakeClock | None = None, **given: Any
) -> AsyncGenerator[Stage, None]:
    """An application over a running simulator; `given` are settings by their names in lower case."""
    clock = clock or FakeClock(simulator.world.clock())
    said: list[Progress] = []
    async with assembled(settings(simulator, **given), said.append, clock, lambda: 0.5) as afterword:
        yield Stage(afterword, simulator, clock, said)


def comments_of(simulator: RunningSimulator, number: int) -> list[int]:
    """The ids that the simulator holds for a post, in order."""
    world = simulator.world
    return sorted(world.comment_ids.get(world.issue("ada/blog", number).id, []))
