"""What every store promises about deliveries."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from app.domain.sites import repository
from app.ports.jobs import Delivery, Job, Priority, Shared
from tests.contracts.stores import STORES

REPO = repository("jane/blog")
OTHER = repository("john/diary")
DELIVERY = Delivery("guid", "issue_comment", "created", REPO, 5, thorough=False, received_at=100.0)
WEEK = 7 * 24 * 3600.0


@pytest.fixture(params=STORES)
async def shared(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Shared]:
    store = await STORES[request.param](tmp_path)
    yield store.shared
    await store.close()


async def claimed(shared: Shared, *, at: float) -> Job:
    found = await shared.claim(REPO, 5, holder="me", at=at, until=at + 15.0)
    assert found is not None
    return found


async def due(shared: Shared, at: float) -> list[int]:
    return [mark.number for mark in await shared.due(at=at)]


# --- the delivery and its mark


async def test_a_delivery_marks_its_thread(shared: Shared) -> None:
    assert await shared.deliver(replace(DELIVERY, thorough=True), replay_within=60.0)
    said = Job(REPO, 5, Priority.DELIVERY, thorough=True, seq=1, marked_at=100.0, due_at=100.0)
    assert await shared.due(at=100.0) == (said,)
    assert await shared.heard_at(REPO) == 100.0
    assert await shared.told(REPO, since=100.0) == {5}


async def test_a_delivery_without_a_thread_is_stored_and_marks_nothing(shared: Shared) -> None:
    assert await shared.deliver(replace(DELIVERY, number=None), replay_within=60.0)
    assert (await shared.due(at=100.0), await shared.told(REPO, since=0.0)) == ((), frozenset())
    assert await shared.heard_at(REPO) == 100.0


@pytest.mark.parametrize("moment", [100.0, 159.9, 99.0])
async def test_a_replay_is_neither_stored_nor_marked(shared: Shared, moment: float) -> None:
    await shared.deliver(DELIVERY, replay_within=60.0)
    await shared.settle(await claimed(shared, at=100.0), again_at=0.0)
    assert not await shared.deliver(replace(DELIVERY, received_at=moment), replay_within=60.0)
    assert await shared.marked(REPO, 5) is None
    assert await shared.heard_at(REPO) == 100.0


@pytest.mark.parametrize("moment", [160.0, 10_000.0, 40.0])
async def test_a_redelivery_later_on_is_not_thrown_away(shared: Shared, moment: float) -> None:
    await shared.deliver(DELIVERY, replay_within=60.0)
    await shared.settle(await claimed(shared, at=100.0), again_at=0.0)
    assert await shared.deliver(replace(DELIVERY, received_at=moment), replay_within=60.0)
    assert await shared.marked(REPO, 5) is not None
    assert await shared.heard_at(REPO) == moment
    assert not await shared.deliver(replace(DELIVERY, received_at=moment + 1), replay_within=60.0)


async def test_deliveries_are_told_by_repository_and_time(shared: Shared) -> None:
    await shared.deliver(replace(DELIVERY, id="a", number=1, received_at=100.0), replay_within=60.0)
    await shared.deliver(replace(DELIVERY, id="b", number=0, received_at=200.0), replay_within=60.0)
    await shared.deliver(replace(DELIVERY, id="c", number=3, received_at=300.0), replay_within=60.0)
    await shared.deliver(replace(DELIVERY, id="d", number=4, received_at=300.0, repo=OTHER), replay_within=60.0)
    assert await shared.told(REPO, since=200.0) == {0, 3}
    assert await shared.told(OTHER, since=0.0) == {4}
    assert await shared.heard_at(repository("no/body")) is None


async def test_deliveries_are_forgotten_after_a_week(shared: Shared) -> None:
    await shared.deliver(DELIVERY, replay_within=60.0)
    await shared.deliver(replace(DELIVERY, id="b", number=6, received_at=100.0 + WEEK), replay_within=60.0)
    assert await shared.told(REPO, since=0.0) == {5, 6}
    await shared.deliver(replace(DELIVERY, id="c", number=7, received_at=101.0 + WEEK), replay_within=60.0)
    assert await shared.told(REPO, since=0.0) == {6, 7}


async def test_deliveries_of_other_sites_are_forgotten_too(shared: Shared) -> None:
    await shared.deliver(DELIVERY, replay_within=60.0)
    await shared.deliver(replace(DELIVERY, id="b", repo=OTHER, received_at=101.0 + WEEK), replay_within=60.0)
    assert await shared.told(REPO, since=0.0) == frozenset()
    assert await shared.heard_at(REPO) is None


# --- when the mark is due


async def test_a_delivery_does_not_wait_until_the_pause_after_an_outage_has_ended(shared: Shared) -> None:
    await shared.deliver(DELIVERY, replay_within=60.0)
    await shared.postpone(await claimed(shared, at=100.0), until=1000.0)
    await shared.deliver(replace(DELIVERY, id="b", received_at=200.0), replay_within=60.0)
    assert await due(shared, 204.9) == []
    assert await due(shared, 205.0) == [5]


async def test_many_deliveries_during_an_outage_have_a_thread_looked_at_once_in_five_seconds(shared: Shared) -> None:
    looks = 0
    for second in range(100, 160):
        await shared.deliver(replace(DELIVERY, id=str(second), received_at=float(second)), replay_within=60.0)
        mark = await shared.claim(REPO, 5, holder="me", at=float(second), until=second + 15.0)
        if mark is not None:
            looks += 1
            await shared.postpone(mark, until=second + 900.0)
    assert looks == 10


async def test_a_delivery_does_not_hasten_a_thread_that_is_only_not_to_be_asked_for_too_often(shared: Shared) -> None:
    await shared.deliver(DELIVERY, replay_within=60.0)
    mark = await claimed(shared, at=100.0)
    await shared.deliver(replace(DELIVERY, id="b", received_at=101.0), replay_within=60.0)
    await shared.settle(mark, again_at=130.0)
    await shared.deliver(replace(DELIVERY, id="c", received_at=102.0), replay_within=60.0)
    assert await due(shared, 129.0) == []
    assert await due(shared, 130.0) == [5]
