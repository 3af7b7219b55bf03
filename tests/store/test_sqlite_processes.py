"""What only several processes on one file can show: each sees the others' changes, and only one of them wins."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from app.domain.priority import Priority
from app.ports.deliveries import Delivery
from app.ports.mirror import Change, MirrorChange
from app.ports.rate_state import Denial, Usage
from app.store.sqlite import SqliteStore
from tests.contracts.mirrors import REPO, issue

NAMES = ("a", "b", "c", "d")


@pytest.fixture
async def stores(tmp_path: Path) -> AsyncIterator[list[SqliteStore]]:
    opened = [await SqliteStore.open(str(tmp_path / "afterword.db"), process_id=name) for name in NAMES]
    yield opened
    await asyncio.gather(*(store.close() for store in opened))


async def test_every_process_learns_which_process_changed_a_thread(stores: list[SqliteStore]) -> None:
    await stores[1].mirror.apply(Change(repo=REPO, at=1.0, issues=(issue(5),)))
    changes = (MirrorChange(1, REPO, 5, "b"),)
    assert [await store.mirror.changes(after=0) for store in stores] == [changes] * 4


async def test_only_one_worker_claims_a_job(stores: list[SqliteStore]) -> None:
    for number in range(1, 9):
        await stores[0].jobs.enqueue(REPO, number, Priority.CHECK, at=0.0)
        claims = (store.jobs.claim(REPO, number, worker_id=name, at=1.0, until=9.0) for store, name in _by_name(stores))
        assert sorted(job is not None for job in await asyncio.gather(*claims)) == [False, False, False, True]


async def test_only_one_process_acquires_a_lease(stores: list[SqliteStore]) -> None:
    leases = (store.leases.acquire("poll", worker_id=name, at=1.0, until=9.0) for store, name in _by_name(stores))
    assert sorted(await asyncio.gather(*leases)) == [False, False, False, True]


async def test_processes_together_keep_one_budget(stores: list[SqliteStore]) -> None:
    def decide(usage: Usage) -> Denial | None:
        return None if len(usage.requests) < 10 else Denial(99.0, "budget")

    reservations = (
        store.rate_state.reserve("token", Priority.READ, at=1.0, decide=decide, keep=True)
        for store in stores
        for _ in range(8)
    )
    assert (await asyncio.gather(*reservations)).count(None) == 10
    assert len((await stores[3].rate_state.usage("token", at=1.0)).requests) == 10


async def test_delivery_to_two_processes_is_stored_once(stores: list[SqliteStore]) -> None:
    delivery = Delivery("guid", "issues", "edited", REPO, 5, full=False, received_at=1.0)
    results = await asyncio.gather(*(store.deliveries.accept(delivery, replay_within=60.0) for store in stores))
    assert results.count(True) == 1


async def test_job_outlives_its_process(stores: list[SqliteStore], tmp_path: Path) -> None:
    await stores[0].jobs.enqueue(REPO, 5, Priority.CHECK, at=0.0)
    await asyncio.gather(*(store.close() for store in stores))
    reopened = await SqliteStore.open(str(tmp_path / "afterword.db"), process_id="e")
    assert [job.number for job in await reopened.jobs.due(at=0.0)] == [5]
    await reopened.close()


def _by_name(stores: list[SqliteStore]) -> list[tuple[SqliteStore, str]]:
    return list(zip(stores, NAMES, strict=True))
