"""Webhook deliveries from the simulated GitHub to a local service, and the jobs that they enqueue."""

import asyncio
from uuid import uuid4

import httpx

from app.domain.sites import Repository
from app.ports.deliveries import Delivery
from app.simulator.world.webhook_events import WebhookEvent
from app.simulator.world.world import World
from tests.github.deliveries import delivery
from tests.integration.local_service import BASE_URL, BLOG, LocalService


class WebhookQueue:
    """The events of a world, until they are delivered or lost."""

    def __init__(self, world: World) -> None:
        self.events: list[WebhookEvent] = []
        world.on_event(self.events.append)

    def discard(self) -> None:
        """Lose all events."""
        self.events.clear()

    async def deliver(self, service: LocalService) -> list[str]:
        """Deliver all events and run their jobs; return the targets of the requests to GitHub."""
        transport = httpx.ASGITransport(service.application.web)
        async with httpx.AsyncClient(transport=transport, base_url=BASE_URL) as client:
            while self.events:
                event = self.events.pop(0)
                headers, body = delivery(event.name, event.payload, guid=str(uuid4()))
                response = await client.post("/webhooks/github", headers=headers, content=body)
                assert response.status_code == 202, response.text
        return await run_due_jobs(service)


async def run_due_jobs(service: LocalService) -> list[str]:
    """Run all due jobs, and those that they enqueue; return the targets of the requests to GitHub."""
    for _ in range(5):
        if not await service.application.store.jobs.due(at=service.clock.now()):
            break
        await service.application.worker.run_due()
    return service.take_requests()


async def receive_delivery(service: LocalService, number: int, *, full: bool = False, repo: Repository = BLOG) -> None:
    """Store a delivery about a thread, with its job."""
    received = Delivery(str(uuid4()), "issue_comment", "created", repo, number, full, service.clock.now())
    assert await service.application.store.deliveries.accept(received, replay_within=60)


async def has_job(service: LocalService, number: int) -> bool:
    """Return True if a thread has a job, claimed or not."""
    return await service.application.store.jobs.find(BLOG, number) is not None


async def wait_for_completion(service: LocalService, *numbers: int) -> None:
    """Wait until none of these threads has a job."""
    async with asyncio.timeout(20):
        while any([await has_job(service, number) for number in numbers]):  # noqa: ASYNC110 - no event
            await asyncio.sleep(0.01)
