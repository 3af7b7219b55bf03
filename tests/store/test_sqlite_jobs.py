"""What only several processes on one file can show: each sees the others, and of many one has its way."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest

from app.ports.jobs import Delivery, Priority, RecordedRequest
from app.ports.mirror import Change, MirrorChange
from app.store.sqlite import SqliteStore
from tests.contracts.mirrors import REPO, issue

NAMES = ("a", "b", "c", "d")


@pytest.fixture
async def stores(tmp_path: Path) -> AsyncIterator[list[SqliteStore]]:
    made = [await SqliteStore.open(str(tmp_path / "afterword.db"), origin=name) for name in NAMES]
    yield made
    await asyncio.gather(*(store.close() for store in made))


async def test_a_signal_tells_every_process_which_one_changed_the_thread(stores: list[SqliteStore]) -> None:
    await stores[1].mirror.apply(Change(repo=REPO, at=1.0, issues=(issue(5),)))
    said = (MirrorChange(1, REPO, 5, "b"),)
    assert [await store.mirror.signals(after=0) for store in stores] == [said] * 4


async def test_of_many_that_claim_a_mark_one_has_it(stores: list[SqliteStore]) -> None:
    for number in range(1, 9):
        await stores[0].shared.mark(REPO, number, Priority.CHECK, at=0.0)
        claims = (store.shared.claim(REPO, number, holder=name, at=1.0, until=9.0) for store, name in named(stores))
        assert sorted(mark is not None for mark in await asyncio.gather(*claims)) == [False, False, False, True]


async def test_of_many_that_want_a_lease_one_has_it(stores: list[SqliteStore]) -> None:
    leases = (store.shared.lease("pulse", holder=name, at=1.0, until=9.0) for store, name in named(stores))
    assert sorted(await asyncio.gather(*leases)) == [False, False, False, True]


async def test_many_spend_no_more_than_there_is(stores: list[SqliteStore]) -> None:
    def decide(spent: Sequence[RecordedRequest]) -> float | None:
        return None if len(spent) < 10 else 99.0

    asks = (store.shared.spend("token", Priority.READ, at=1.0, decide=decide) for store in stores for _ in range(8))
    assert (await asyncio.gather(*asks)).count(None) == 10
    assert len(await stores[3].shared.spent("token", at=1.0)) == 10


async def test_a_delivery_that_two_processes_receive_is_stored_once(stores: list[SqliteStore]) -> None:
    delivery = Delivery("guid", "issues", "edited", REPO, 5, thorough=False, received_at=1.0)
    told = await asyncio.gather(*(store.shared.deliver(delivery, replay_within=60.0) for store in stores))
    assert told.count(True) == 1


async def test_what_is_shared_outlives_its_process(stores: list[SqliteStore], tmp_path: Path) -> None:
    await stores[0].shared.mark(REPO, 5, Priority.CHECK, at=0.0)
    await asyncio.gather(*(store.close() for store in stores))
    again = await SqliteStore.open(str(tmp_path / "afterword.db"), origin="e")
    assert [mark.number for mark in await again.shared.due(at=0.0)] == [5]
    await again.close()


def named(stores: list[SqliteStore]) -> list[tuple[SqliteStore, str]]:
    return list(zip(stores, NAMES, strict=True))
