"""What every pair of durable stores promises about copies."""

from collections.abc import Callable
from itertools import product
from pathlib import Path

import pytest

from app.bootstrap.stores.copies import open_source, open_target
from app.domain.errors import CopyRefused
from app.domain.priority import Priority
from app.ports.copies.tables import MOST_BYTES, MOST_ROWS, TABLES
from app.ports.mirror import Change
from app.store.copies.copy import copy_store
from tests.contracts.copies.killed_copies import kill_copies
from tests.contracts.copies.stores import (
    DELIVERY,
    DURABLE,
    NOW,
    SERVICE,
    DurableStore,
    FailingSource,
    copy,
    fill,
    read,
    read_store,
)
from tests.contracts.mirrors import LATER, REPO, comment, issue, put
from tests.contracts.stores import OTHER

Make = Callable[[str], DurableStore]


@pytest.fixture(params=product(DURABLE, DURABLE), ids=" to ".join)
def kinds(request: pytest.FixtureRequest) -> tuple[str, str]:
    kinds: tuple[str, str] = request.param
    return kinds


@pytest.fixture
async def source(kinds: tuple[str, str], tmp_path: Path) -> DurableStore:
    """Return a store with something in each table."""
    durable = DURABLE[kinds[0]](tmp_path, "source")
    async with durable.opened() as store:
        await fill(store)
    return durable


@pytest.fixture
def target(kinds: tuple[str, str], tmp_path: Path) -> DurableStore:
    return DURABLE[kinds[1]](tmp_path, "target")


async def test_copy_holds_all_that_the_store_holds(source: DurableStore, target: DurableStore) -> None:
    counts = copy(source.address, target.address)
    with open_source(source.address) as first, open_source(target.address) as second:
        rows = read(first)
        assert read(second) == rows
    assert counts == {table.name: len(rows[table]) for table in TABLES}
    assert all(counts.values())
    async with source.opened() as first_store, target.opened() as second_store:
        assert await read_store(first_store) == await read_store(second_store)


async def test_jobs_are_due_and_leases_free_in_the_copy(source: DurableStore, target: DurableStore) -> None:
    copy(source.address, target.address)
    async with target.opened() as store:
        assert {job.number for job in await store.jobs.due(at=NOW)} == {0, 1, 4}
        assert await store.leases.worker("posts") is None
        assert not await store.deliveries.accept(DELIVERY, replay_within=60.0)


async def test_numbers_of_the_copy_continue(source: DurableStore, target: DurableStore) -> None:
    async with source.opened() as store:
        latest = await store.mirror.latest_version()
        generations = [job.generation for job in await store.jobs.due(at=NOW)]
    copy(source.address, target.address)
    async with target.opened() as store:
        await put(store.mirror, issue(5), comment(1, text="Edited", updated_at=LATER))
        assert [change.number for change in await store.mirror.changes(after=latest)] == [1, 5]
        await store.jobs.enqueue(OTHER, 1, Priority.READ, at=NOW)
        job = await store.jobs.find(OTHER, 1)
        assert job is not None
        assert job.generation > max(generations)


async def test_failure_leaves_the_target_empty(source: DurableStore, target: DurableStore) -> None:
    with (
        pytest.raises(CopyRefused, match="gone"),
        open_source(source.address) as tables,
        open_target(target.address, replace=False) as written,
    ):
        copy_store(FailingSource(tables), written, now=lambda: NOW, is_live=False, on_progress=lambda _: None)
    async with target.opened() as store:
        assert await store.mirror.site(REPO) is None
        assert await store.key_values.get("cursor key") is None


async def test_target_that_holds_anything_is_refused(source: DurableStore, target: DurableStore) -> None:
    async with target.opened() as store:
        await store.key_values.put("a", "b")
    with pytest.raises(CopyRefused, match=r"is not empty.*--replace"):
        copy(source.address, target.address)
    async with target.opened() as store:
        assert await store.key_values.get("a") == "b"


async def test_replaced_target_has_the_copy_alone(source: DurableStore, target: DurableStore) -> None:
    async with target.opened() as store:
        await fill(store)
        await put(store.mirror, *(issue(number) for number in range(10, 40)))
        latest = await store.mirror.latest_version()
    copy(source.address, target.address, replace=True)
    with open_source(source.address) as first, open_source(target.address) as second:
        assert read(first) == read(second)
    async with target.opened() as store:
        await put(store.mirror, issue(50))
        assert [change.number for change in await store.mirror.changes(after=latest)] == [50]


async def test_empty_store_is_written(source: DurableStore, target: DurableStore) -> None:
    async with target.opened():
        pass
    assert copy(source.address, target.address)["comment"] == 2


async def test_store_that_a_service_works_on_is_refused(source: DurableStore, target: DurableStore) -> None:
    async with source.opened() as store:
        await store.leases.acquire("poll", worker_id=SERVICE, at=NOW, until=NOW + 5)
        with pytest.raises(CopyRefused, match=r"A service works on .* \(Afterword 1.0, process 7 on host\).*--live"):
            copy(source.address, target.address)
        assert copy(source.address, target.address, is_live=True)["comment"] == 2


async def test_copy_is_one_moment_of_the_store(source: DurableStore, target: DurableStore) -> None:
    async with source.opened() as store:
        with open_source(source.address) as tables, open_target(target.address, replace=False) as written:
            assert tables.count(TABLES[0]) == 2
            await put(store.mirror, comment(99, 4))
            counts = copy_store(tables, written, now=lambda: NOW, is_live=True, on_progress=lambda _: None)
    assert counts["comment"] == 2


async def test_batches_are_bounded(source: DurableStore) -> None:
    async with source.opened() as store:
        await put(store.mirror, *(comment(1000 + number, 4, "x" * 4000) for number in range(600)))
        await store.mirror.apply(Change(repo=REPO, at=5.0, etags={f"key {number}": "" for number in range(1100)}))
    with open_source(source.address) as tables:
        batches = [batch for table in TABLES for batch in tables.batches(table)]
    assert all(len(batch) <= MOST_ROWS for batch in batches)
    sizes = [[sum(len(v) for v in row if isinstance(v, str | bytes)) for row in batch] for batch in batches]
    assert all(sum(size) - size[-1] < MOST_BYTES for size in sizes)
    assert len(batches) > len(TABLES) + 2


@pytest.mark.untraced
@pytest.mark.parametrize("kinds", [("sqlite", kind) for kind in DURABLE], ids=" to ".join, indirect=True)
async def test_killed_copy_leaves_all_or_nothing(source: DurableStore, kinds: tuple[str, str], tmp_path: Path) -> None:
    other, target = DURABLE[kinds[0]](tmp_path, "other"), DURABLE[kinds[1]](tmp_path, "target")
    async with other.opened() as store:
        await fill(store)
        await put(store.mirror, *(comment(1000 + number, 4, "x" * 500) for number in range(300)))
    states = kill_copies(source.address, other.address, target.address, 12)
    assert set(states) == {"before", "complete"}
