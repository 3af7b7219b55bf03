"""Visibility: private, deleted and hidden repositories are withheld, and outages are told from them."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable

import pytest

from app.domain.errors import NotVisible, PrivateRepository
from app.simulator.http.faults import Status
from app.simulator.http.server import RunningSimulator, run_simulator
from app.simulator.world.world import World
from tests.fakes import FakeClock
from tests.integration.local_service import (
    BLOG,
    LocalService,
    complete_backfill,
    github_ids,
    run_service_with_webhook,
)
from tests.integration.webhooks import WebhookQueue
from tests.integration.worlds import TOKEN

HIDDEN = Status(404, b'{"message": "Not Found", "status": "404"}', "application/json")
"""GitHub's response for everything that it does not show."""


async def _status_code(service: LocalService) -> int:
    """Return the status code of the first post's comments."""
    return (await service.get("/api/v1/posts/1/comments")).status_code


async def test_private_repository_is_withheld_after_its_webhook(world: World, clock: FakeClock) -> None:
    with run_simulator(world) as simulator:
        async with run_service_with_webhook(simulator, clock) as service:
            await complete_backfill(service)
            webhook = WebhookQueue(world)
            assert await _status_code(service) == 200
            world.make_private("ada/blog")
            await webhook.deliver(service)
            assert await _status_code(service) == 404
            assert (await service.get("/api/v1/counts")).status_code == 404
            world.make_private("ada/blog", private=False)
            await webhook.deliver(service)
            assert await _status_code(service) == 200


async def test_cursors_tell_nothing_of_a_private_repository(world: World, clock: FakeClock) -> None:
    with run_simulator(world) as simulator:
        async with run_service_with_webhook(simulator, clock) as service:
            await complete_backfill(service)
            webhook = WebhookQueue(world)
            cursor = urlsafe_b64decode((await service.get("/api/v1/comments?limit=1")).json()["next"])
            world.make_private("ada/blog")
            await webhook.deliver(service)
            for comment_id in (github_ids(simulator, 1)[0], 7):
                made_up = urlsafe_b64encode(cursor[:16] + comment_id.to_bytes(8, "big")).decode()
                assert (await service.get(f"/api/v1/comments?cursor={made_up}")).status_code == 404


async def test_readiness_counts_only_what_is_served(world: World, clock: FakeClock) -> None:
    world.set_labels("ada/blog", 1, "post")
    with run_simulator(world) as simulator:
        async with run_service_with_webhook(simulator, clock, serve="label:post") as service:
            await complete_backfill(service)
            (site,) = (await service.get("/readyz")).json()["sites"]
            assert (site["threads"], site["threads_complete"]) == (1, 1)
            world.make_private("ada/blog")
            clock.advance(86_401)
            await service.poll_failure()
            (site,) = (await service.get("/readyz")).json()["sites"]
            assert (site["threads"], site["threads_complete"]) == (0, 0)


async def test_private_repository_is_withheld_within_a_day(world: World, clock: FakeClock) -> None:
    with run_simulator(world) as simulator:
        async with run_service_with_webhook(simulator, clock) as service:
            await complete_backfill(service)
            await service.application.schedule.poll_once(BLOG)
            world.make_private("ada/blog")
            clock.advance(86_401)
            assert isinstance(await service.poll_failure(), PrivateRepository)
            assert await _status_code(service) == 404
            world.make_private("ada/blog", private=False)
            assert await service.poll_failure() is None
            assert await _status_code(service) == 200


def _hide(simulator: RunningSimulator) -> Callable[[], object]:
    """Let GitHub hide everything; return what ends that."""
    return simulator.faults.add(HIDDEN, times=None)


@pytest.mark.parametrize("token", [None, TOKEN])
@pytest.mark.parametrize("change", ["private", "deleted"])
async def test_hidden_repository_is_withheld_after_its_webhook(
    world: World, clock: FakeClock, change: str, token: str | None
) -> None:
    with run_simulator(world) as simulator:
        async with run_service_with_webhook(simulator, clock, github_token=token) as service:
            await complete_backfill(service)
            assert await _status_code(service) == 200
            webhook = WebhookQueue(world)
            if change == "private":
                world.make_private("ada/blog")
            else:
                world.delete_repository("ada/blog")
            await webhook.deliver(service)
            assert await _status_code(service) == 404


@pytest.mark.parametrize("change", ["private", "deleted"])
async def test_hidden_repository_is_withheld_after_an_hour(world: World, clock: FakeClock, change: str) -> None:
    with run_simulator(world) as simulator:
        async with run_service_with_webhook(simulator, clock, github_token=None) as service:
            await complete_backfill(service)
            if change == "private":
                world.make_private("ada/blog")
            else:
                world.delete_repository("ada/blog")
            for _ in range(2):
                assert isinstance(await service.poll_failure(), NotVisible)
                assert await _status_code(service) == 200
                clock.advance(1900)
            assert isinstance(await service.poll_failure(), NotVisible)
            assert await _status_code(service) == 404
            if change == "private":
                world.make_private("ada/blog", private=False)
                assert await service.poll_failure() is None
                assert await _status_code(service) == 200


async def test_outage_that_hides_everything_changes_nothing(world: World, clock: FakeClock) -> None:
    with run_simulator(world) as simulator:
        async with run_service_with_webhook(simulator, clock, github_token=None) as service:
            await complete_backfill(service)
            before = [await service.texts(number) for number in (1, 2, 3)]
            for _ in range(3):
                show = _hide(simulator)
                for _ in range(2):
                    assert isinstance(await service.poll_failure(), NotVisible)
                    clock.advance(400)
                    assert [await service.texts(number) for number in (1, 2, 3)] == before
                    await service.finish_refreshes()
                show()
                assert await service.poll_failure() is None
                clock.advance(3600)
            assert [await service.texts(number) for number in (1, 2, 3)] == before


async def test_visible_repository_is_not_counted_as_hidden(world: World, clock: FakeClock) -> None:
    with run_simulator(world) as simulator:
        async with run_service_with_webhook(simulator, clock, github_token=None) as service:
            await complete_backfill(service)
            for _ in range(5):
                show = _hide(simulator)
                assert isinstance(await service.poll_failure(), NotVisible)
                show()
                assert await service.poll_failure() is None
                clock.advance(3600)
                assert await _status_code(service) == 200
