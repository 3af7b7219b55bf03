"""Changes of one issue, reported by webhook."""

from collections.abc import Callable

import pytest

from app.simulator.http.server import run_simulator
from app.simulator.world.world import World
from tests.fakes import FakeClock
from tests.integration.local_service import (
    complete_backfill,
    run_service_with_webhook,
)
from tests.integration.webhooks import WebhookQueue


def _delete(world: World) -> None:
    world.delete_issue("ada/blog", 1)


def _lock(world: World) -> None:
    world.lock_issue("ada/blog", 1)


def _close(world: World) -> None:
    world.close_issue("ada/blog", 1)


def _reopen(world: World) -> None:
    world.close_issue("ada/blog", 1)
    world.reopen_issue("ada/blog", 1)


def _unlock(world: World) -> None:
    world.lock_issue("ada/blog", 1)
    world.unlock_issue("ada/blog", 1)


@pytest.mark.parametrize(
    ("change", "expected", "comments"),
    [(_delete, "gone", 0), (_lock, "locked", 3), (_close, "closed", 3), (_reopen, "open", 3), (_unlock, "open", 3)],
)
async def test_webhook_updates_the_status_of_an_issue(
    world: World, clock: FakeClock, change: Callable[[World], None], expected: str, comments: int
) -> None:
    with run_simulator(world) as simulator:
        async with run_service_with_webhook(simulator, clock) as service:
            await complete_backfill(service)
            await service.texts(1)
            webhook = WebhookQueue(world)
            change(world)
            assert len(await webhook.deliver(service)) <= 3
            assert await service.status(1) == expected
            assert len(await service.texts(1)) == comments


async def test_label_decides_whether_an_issue_is_a_post(world: World, clock: FakeClock) -> None:
    with run_simulator(world) as simulator:
        async with run_service_with_webhook(simulator, clock, serve="label:comments") as service:
            await complete_backfill(service)
            webhook = WebhookQueue(world)
            assert await service.status(1) == "missing"
            assert (await service.get("/api/v1/counts")).json()["counts"] == {}
            world.set_labels("ada/blog", 1, "Comments")
            await webhook.deliver(service)
            assert await service.status(1) == "open"
            assert len(await service.texts(1)) == 3
            assert (await service.get("/api/v1/counts")).json()["counts"] == {"1": 3}
            world.set_labels("ada/blog", 1)
            await webhook.deliver(service)
            assert await service.status(1) == "missing"
            assert await service.texts(1) == []
            assert (await service.get("/api/v1/counts")).json()["counts"] == {}
