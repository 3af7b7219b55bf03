"""The lease: one process works, another takes over after its end, and no process works without it."""

import asyncio

import pytest

from app.domain.worker_names import WorkerName
from app.jobs.lease import Lease
from tests.fakes import ManualClock, run_ready_tasks
from tests.jobs.lease_holders import NAME, BreakableLeases, LeaseHolder


@pytest.fixture
def leases() -> BreakableLeases:
    return BreakableLeases()


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


async def test_one_of_several_processes_works(leases: BreakableLeases, clock: ManualClock) -> None:
    holders = [LeaseHolder(worker_id, leases, clock) for worker_id in ("first", "second", "third")]
    for _ in range(30):
        await clock.advance(1)
        assert [holder.is_working for holder in holders] == [True, False, False]
        assert [holder.lease.is_held for holder in holders] == [True, False, False]
    for holder in holders:
        await holder.stop()


async def test_foreign_process_is_named_once(
    leases: BreakableLeases, clock: ManualClock, caplog: pytest.LogCaptureFixture
) -> None:
    new, sibling = (WorkerName("new", "2.0", f"process {n} on host", str(n)) for n in (2, 3))
    old = LeaseHolder(WorkerName("old", "1.0", "process 1 on host", "1"), leases, clock)
    waiting = LeaseHolder(new, leases, clock)
    await clock.advance(50)
    assert not caplog.records
    for _ in range(20):
        await clock.advance(1)
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert "(Afterword 1.0, process 1 on host; this is Afterword 2.0, process 2 on host)" in caplog.text
    await old.stop()
    await clock.advance(1)
    assert waiting.is_working
    assert sibling.describe_foreign(await leases.worker(NAME)) is None
    assert "an earlier version of Afterword" in str(new.describe_foreign("0.12345"))
    await waiting.stop()


async def test_released_lease_is_acquired_within_a_second(leases: BreakableLeases, clock: ManualClock) -> None:
    first, second = LeaseHolder("first", leases, clock), LeaseHolder("second", leases, clock)
    await clock.advance(3)
    await first.stop()
    assert not first.is_working
    assert not first.lease.is_held
    await clock.advance(1)
    assert second.is_working
    await second.stop()


async def test_lease_of_a_killed_process_ends_within_six_seconds(leases: BreakableLeases, clock: ManualClock) -> None:
    assert await leases.acquire(NAME, worker_id="killed", at=clock.now(), until=clock.now() + 5)
    holder = LeaseHolder("second", leases, clock)
    await clock.advance(4)
    assert not holder.is_working
    await clock.advance(2)
    assert holder.is_working
    await holder.stop()


async def test_work_stops_and_starts_with_the_lease(leases: BreakableLeases, clock: ManualClock) -> None:
    holder = LeaseHolder("first", leases, clock)
    await clock.advance(2)
    await leases.release(NAME, worker_id="first")
    assert await leases.acquire(NAME, worker_id="other", at=clock.now(), until=clock.now() + 5)
    await clock.advance(1)
    assert not holder.is_working
    assert not holder.lease.is_held
    await clock.advance(6)
    assert holder.is_working
    assert holder.start_count == 2
    await holder.stop()


async def test_failing_store_stops_the_work_only(leases: BreakableLeases, clock: ManualClock) -> None:
    holder = LeaseHolder("first", leases, clock)
    await clock.advance(2)
    leases.is_broken = True
    await clock.advance(1)
    assert not holder.is_working
    assert not holder.task.done()
    leases.is_broken = False
    await clock.advance(1)
    assert holder.is_working
    leases.is_broken = True
    await holder.stop()
    assert not holder.is_working


async def test_work_that_ended_starts_again(leases: BreakableLeases, clock: ManualClock) -> None:
    holder = LeaseHolder("first", leases, clock, ends=True)
    await clock.advance(6)
    assert holder.start_count >= 2
    await holder.stop()


async def test_cancellation_works_while_the_lease_is_lost(leases: BreakableLeases, clock: ManualClock) -> None:
    """A cancellation of the holder is not taken for that of its work, which takes its time to end."""
    may_end = asyncio.Event()

    async def work() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            await may_end.wait()

    task = asyncio.create_task(Lease(NAME, leases, clock, worker_id="first").while_held(work))
    await clock.advance(2)
    leases.is_broken = True
    await clock.advance(2)
    task.cancel()
    await run_ready_tasks()
    may_end.set()
    await run_ready_tasks()
    assert task.cancelled()
