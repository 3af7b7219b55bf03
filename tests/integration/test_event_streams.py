"""Event streams of the whole application."""

import asyncio

from app.simulator.http.server import run_simulator
from tests.fakes import FakeClock
from tests.integration.local_service import BLOG, NOTES, complete_backfill, run_service_with_webhook
from tests.integration.webhooks import WebhookQueue
from tests.integration.worlds import blog_world_at
from tests.serving.event_stream_setup import FakePage


async def test_pages_of_a_transferred_post_receive_its_changes(clock: FakeClock) -> None:
    world = blog_world_at(clock)
    world.add_repository("ada/notes")
    with run_simulator(world) as simulator:
        async with run_service_with_webhook(simulator, clock, repo="ada/blog,ada/notes") as service:
            await complete_backfill(service, BLOG, NOTES)
            webhook, subscribers, page = WebhookQueue(world), service.application.subscribers, FakePage()
            task = asyncio.create_task(subscribers._send_events())
            subscription = subscribers.subscribe(BLOG, 1, page)
            assert subscription is not None
            await subscribers.current_event(subscription)
            subscribers.finish_welcome(subscription)
            issue = world.transfer_issue("ada/blog", 1, "ada/notes")
            for comment_count in (3, 4, 5):
                await webhook.deliver(service)
                await page.wait_for(comment_count)
                world.comment("ada/notes", issue.number, body="After the transfer", author="eve")
            versions = [event.version for event in page.events]
            assert versions == sorted(set(versions))
            assert {event.number for event in page.events} == {1}
            task.cancel()
