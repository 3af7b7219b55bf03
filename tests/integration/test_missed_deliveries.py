"""Missed deliveries: polls report comments that a working webhook should have reported."""

from pathlib import Path

import pytest

from app.simulator.http.server import run_simulator
from app.simulator.world.world import World
from tests.fakes import FakeClock
from tests.integration.local_service import (
    BLOG,
    LocalService,
    complete_backfill,
    github_ids,
    run_service,
    run_service_with_webhook,
)
from tests.integration.webhooks import WebhookQueue, receive_delivery
from tests.outbound.metrics_reader import parse


async def _missed_numbers(service: LocalService) -> frozenset[int]:
    """Poll; return the threads whose comments no webhook reported."""
    return (await service.application.poller.poll(BLOG)).missed_threads


async def _begin_with_a_delivery(service: LocalService, clock: FakeClock) -> None:
    """Backfill, receive a delivery, and poll ten minutes later."""
    await complete_backfill(service)
    await receive_delivery(service, 1)
    clock.advance(600)
    assert await _missed_numbers(service) == frozenset()


async def test_poll_reports_comments_missed_by_the_webhook(world: World, clock: FakeClock) -> None:
    with run_simulator(world) as simulator:
        async with run_service_with_webhook(simulator, clock) as service:
            await complete_backfill(service)
            webhook = WebhookQueue(world)
            world.comment("ada/blog", 1, body="Reported", author="eve")
            await webhook.deliver(service)
            clock.advance(600)
            assert await _missed_numbers(service) == frozenset()
            world.comment("ada/blog", 2, body="Lost", author="eve")
            world.edit_comment(world.comments[github_ids(simulator, 3)[0]], body="Lost, too")
            webhook.discard()
            clock.advance(600)
            assert await _missed_numbers(service) == {2, 3}
            clock.advance(600)
            assert await _missed_numbers(service) == frozenset()


async def test_nothing_is_missed_without_a_webhook(world: World, clock: FakeClock) -> None:
    with run_simulator(world) as simulator:
        async with run_service_with_webhook(simulator, clock) as service:
            await complete_backfill(service)
            world.comment("ada/blog", 2, body="First!", author="eve")
            clock.advance(600)
            assert await _missed_numbers(service) == frozenset()


async def test_delivery_may_take_a_minute(world: World, clock: FakeClock) -> None:
    with run_simulator(world) as simulator:
        async with run_service_with_webhook(simulator, clock) as service:
            await _begin_with_a_delivery(service, clock)
            clock.advance(600)
            world.comment("ada/blog", 2, body="On its way", author="eve")
            clock.advance(30)
            assert await _missed_numbers(service) == frozenset()


async def test_delivery_with_a_waiting_job_is_not_missed(world: World, clock: FakeClock) -> None:
    with run_simulator(world) as simulator:
        async with run_service_with_webhook(simulator, clock) as service:
            await _begin_with_a_delivery(service, clock)
            clock.advance(300)
            world.comment("ada/blog", 2, body="Reported", author="eve")
            await receive_delivery(service, 2)
            clock.advance(300)
            assert await _missed_numbers(service) == frozenset()


async def test_comments_on_pull_requests_are_not_missed(world: World, clock: FakeClock) -> None:
    number = world.open_pull_request("ada/blog", title="Fix a typo").number
    with run_simulator(world) as simulator:
        async with run_service_with_webhook(simulator, clock) as service:
            await _begin_with_a_delivery(service, clock)
            world.comment("ada/blog", number, body="Thanks", author="eve")
            clock.advance(600)
            assert await _missed_numbers(service) == frozenset()


async def test_every_poll_counts_and_logs_missed_deliveries(
    world: World, clock: FakeClock, caplog: pytest.LogCaptureFixture
) -> None:
    with run_simulator(world) as simulator:
        async with run_service_with_webhook(simulator, clock) as service:
            await _begin_with_a_delivery(service, clock)
            world.comment("ada/blog", 2, body="Lost", author="eve")
            clock.advance(600)
            # a poll that the schedule did not start, such as that of `afterword sync`
            await service.application.poller.poll(BLOG)
            metrics = parse(service.application.metrics.exposition())
            assert metrics["afterword_missed_by_webhook_total", "repo=ada/blog"] == 1
            assert "no delivery reported the new comments of 2." in caplog.text
            assert await service.application.schedule.poll_once(BLOG) == 60
            clock.advance(3700)
            assert await service.application.schedule.poll_once(BLOG) == 60, "no delivery has arrived since"
            await receive_delivery(service, 2)
            assert await service.application.schedule.poll_once(BLOG) == 600


async def test_earlier_deliveries_count_only_with_a_secret(tmp_path: Path, world: World, clock: FakeClock) -> None:
    store = f"sqlite:///{tmp_path}/afterword.db"
    with run_simulator(world) as simulator:
        async with run_service_with_webhook(simulator, clock, store=store) as service:
            await _begin_with_a_delivery(service, clock)
            assert await service.application.schedule.poll_once(BLOG) == 600
        world.comment("ada/blog", 2, body="No webhook", author="eve")
        clock.advance(600)
        async with run_service(simulator, clock, store=store) as service:
            assert await _missed_numbers(service) == frozenset()
            assert await service.application.schedule.poll_once(BLOG) == service.application.settings.poll_seconds
