"""What people do on the simulated GitHub, told to the application by signed webhook deliveries or not at all."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

import httpx

from app.bootstrap import assembled
from app.domain.sites import Repository, repository
from app.ports.jobs import Delivery
from app.simulator.http.server import RunningSimulator
from app.simulator.world.webhook_events import WebhookEvent
from app.simulator.world.world import World
from app.sync.backfill import Progress
from tests.fakes import FakeClock
from tests.github.deliveries import SECRET, delivery
from tests.integration.application import BLOG, Stage, settings
from tests.integration.test_backfill import NOW, world_of

TOKEN = "t0ken"
NOTES: Repository = repository("ada/notes")


def world_at(clock: FakeClock, *counts: int) -> World:
    """A blog whose post n has so many comments, at the time of the clock, with a token of its owner's."""
    made = world_of(*(counts or (3, 0, 2)))
    made.clock = clock.now
    made.add_token(TOKEN, "ada")
    return made


def clock_of_tests() -> FakeClock:
    return FakeClock(NOW + 3600)


@asynccontextmanager
async def act(
    simulator: RunningSimulator, clock: FakeClock, *, holder: str = "one", **given: Any
) -> AsyncGenerator[Stage, None]:
    """An application with a token and a webhook's secret; several on one store have different holders."""
    said: list[Progress] = []
    given = {"github_token": TOKEN, "webhook_secret": SECRET.decode(), **given}
    async with assembled(settings(simulator, **given), said.append, clock, lambda: 0.5, holder=holder) as afterword:
        yield Stage(afterword, simulator, clock, said)


async def imported(on: Stage, *repos: Repository) -> None:
    """Everything is mirrored, and nothing has changed since."""
    for repo in repos or (BLOG,):
        await on.afterword.pulse.bring_up(repo)
        await on.afterword.pulse.bring_up(repo)
    on.asked()


async def swept(on: Stage) -> list[str]:
    """Has every mark that is due looked at, those that looks leave behind too; what GitHub was asked for."""
    for _ in range(5):
        if not await on.afterword.shared.due(at=on.clock.now()):
            break
        await on.afterword.looks.sweep()
    return on.asked()


async def told(on: Stage, number: int, *, thorough: bool = False, repo: Repository = BLOG) -> None:
    """A delivery about a thread was received."""
    made = Delivery(str(uuid4()), "issue_comment", "created", repo, number, thorough, on.clock.now())
    assert await on.afterword.shared.deliver(made, replay_within=60)


class Webhook:
    """Keeps what the world tells, until it is delivered or lost."""

    def __init__(self, world: World) -> None:
        self._events: list[WebhookEvent] = []
        world.on_event(self._events.append)

    def lose(self) -> None:
        self._events.clear()

    async def deliver(self, on: Stage) -> list[str]:
        """Posts what was told, and has it looked at; what GitHub was asked for."""
        transport = httpx.ASGITransport(on.afterword.web)
        async with httpx.AsyncClient(transport=transport, base_url="http://comments.example.com") as client:
            while self._events:
                event = self._events.pop(0)
                headers, body = delivery(event.name, event.payload, guid=str(uuid4()))
                answer = await client.post("/webhooks/github", headers=headers, content=body)
                assert answer.status_code == 202, answer.text
        return await swept(on)
