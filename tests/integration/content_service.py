"""A service whose posts are in a repository on the simulated GitHub."""

import re
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

import httpx

from app.simulator.http.server import RunningSimulator, run_simulator
from tests.fakes import FakeClock
from tests.github.deliveries import SECRET, delivery
from tests.integration.local_service import BASE_URL, BLOG, LocalService, run_service
from tests.integration.worlds import TOKEN, blog_world_at

CONTENT = "ada/website"
TARGETS = re.compile(r"/(commits|tarball|legacy\.tar\.gz)/(\S*)")


def page(number: int) -> str:
    """Return a post with a number."""
    return f"---\ntitle: Post {number}\nghissueid: {number}\ndate: 2020-07-01\n---\n"


@asynccontextmanager
async def content_service(
    simulator: RunningSimulator, clock: FakeClock, **settings: Any
) -> AsyncGenerator[LocalService, None]:
    """Run a service whose posts are in the content repository."""
    base = {"webhook_secret": SECRET.decode(), "serve": "posts", "posts": f"github:{CONTENT}/content"}
    async with run_service(simulator, clock, **{"github_token": TOKEN, **base, **settings}) as service:
        yield service


@asynccontextmanager
async def first_post(clock: FakeClock) -> AsyncGenerator[RunningSimulator, None]:
    """Run a simulator whose content repository has one post."""
    world = blog_world_at(clock)
    world.add_repository(CONTENT)
    world.push(CONTENT, {"content/one.md": page(1), "README.md": page(9)})
    with run_simulator(world) as simulator:
        yield simulator


async def read(service: LocalService) -> set[int]:
    """Let the source decide whether to read; return the numbers that are served."""
    await service.application.post_lists[0].read()
    return numbers(service)


def numbers(service: LocalService) -> set[int]:
    """Return the numbers that are served."""
    posts = service.application.access.posts.posts
    return set() if posts is None else set(posts[BLOG])


def requests(service: LocalService) -> list[str]:
    """Return the kinds of the requests about content since the last call."""
    matches = [TARGETS.search(target) for target in service.take_requests()]
    return [match[1] for match in matches if match]


async def push(service: LocalService, files: dict[str, str | bytes | None], **options: Any) -> str:
    """Push files and deliver the event; return the outcome."""
    events: list[Any] = []
    remove = service.simulator.world.on_event(events.append)
    service.simulator.world.push(CONTENT, files, **options)
    remove()
    return await deliver(service, events[0].payload)


async def deliver(service: LocalService, payload: Any, guid: str | None = None) -> str:
    """Deliver a push; return the outcome."""
    headers, body = delivery("push", payload, guid=guid or str(uuid4()))
    transport = httpx.ASGITransport(service.application.web)
    async with httpx.AsyncClient(transport=transport, base_url=BASE_URL) as client:
        response = await client.post("/webhooks/github", headers=headers, content=body)
    return str(response.json().get("outcome", response.status_code))
