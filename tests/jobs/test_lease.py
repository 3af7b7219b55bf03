"""The lease: one process works, another takes over when it ends, and nothing works without it."""

import asyncio

from app.domain.errors import StoreUnusable
from app.jobs.lease import Lease
from app.store.memory.jobs import MemoryShared

START = 1_000_000.0


class HandClock:
    """A clock that only the test moves; who sleeps wakes when its hand has passed."""

    def __init__(self) -> None:
        self._now = START
        self._sleepers: list[tuple[float, asyncio.Event]] = []

    def now(self) -> float:
        return self._now

    async def sleep(self, seconds: float) -> None:
        woken = asyncio.Event()
        self._sleepers.append((self._now + seconds, woken))
        await woken.wait()

    async def pass_by(self, seconds: int) -> None:
        """Lets time pass second by second, and everybody do what is due."""
        await _settled()
        for _ in range(seconds):
            self._now += 1
            due = [sleeper for sleeper in self._sleepers if sleeper[0] <= self._now]
            self._sleepers = [sleeper for sleeper in self._sleepers if sleeper[0] > self._now]
            for _, woken in due:
                woken.set()
            await _settled()


async def _settled() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


class Shared(MemoryShared):
    """May fail."""

    def __init__(self) -> None:
        super().__init__()
        self.broken = False

    async def lease(self, name: str, *, holder: str, at: float, until: float) -> bool:
        if self.broken:
            raise StoreUnusable("here", "it is busy")
        return await super().lease(name, holder=holder, at=at, until=until)

    async def release(self, name: str, *, holder: str) -> None:
        if self.broken:
            raise StoreUnusable("here", "it is busy")
        await super().release(name, holder=holder)


class Worker:
    """A process that works as long as it has the lease."""

    def __init__(self, name: str, shared: Shared, clock: HandClock, *, ends: bool = False) -> None:
        self.lease = Lease("pulse", shared, clock, holder=name)
        self.began = 0
        self.working = False
        self._ends = ends
        self.task = asyncio.create_task(self.lease.while_held(self._work))

    async def _work(self) -> None:
        self.began += 1
        self.working = not self._ends
        try:
            if not self._ends:
                await asyncio.Event().wait()
        finally:
            self.working = False

    async def stop(self) -> None:
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)


async def test_of_several_processes_one_works() -> None:
    shared, clock = Shared(), HandClock()
    workers = [Worker(name, shared, clock) for name in ("one", "two", "three")]
    for _ in range(30):
        await clock.pass_by(1)
        assert [worker.working for worker in workers] == [True, False, False]
        assert [worker.lease.held for worker in workers] == [True, False, False]
    for worker in workers:
        await worker.stop()


async def test_a_lease_that_is_given_back_is_taken_over_within_a_second() -> None:
    shared, clock = Shared(), HandClock()
    one, two = Worker("one", shared, clock), Worker("two", shared, clock)
    await clock.pass_by(3)
    await one.stop()
    assert not one.working
    assert not one.lease.held
    await clock.pass_by(1)
    assert two.working
    await two.stop()


async def test_the_lease_of_a_process_that_was_killed_is_taken_over_within_five_seconds() -> None:
    shared, clock = Shared(), HandClock()
    assert await shared.lease("pulse", holder="killed", at=clock.now(), until=clock.now() + 5)
    two = Worker("two", shared, clock)
    await clock.pass_by(4)
    assert not two.working
    await clock.pass_by(2)
    assert two.working
    await two.stop()


async def test_work_ends_where_the_lease_is_lost_and_begins_again_with_it() -> None:
    shared, clock = Shared(), HandClock()
    one = Worker("one", shared, clock)
    await clock.pass_by(2)
    await shared.release("pulse", holder="one")
    assert await shared.lease("pulse", holder="other", at=clock.now(), until=clock.now() + 5)
    await clock.pass_by(1)
    assert not one.working
    assert not one.lease.held
    await clock.pass_by(6)
    assert one.working
    assert one.began == 2
    await one.stop()


async def test_a_store_that_fails_ends_the_work_and_not_the_process() -> None:
    shared, clock = Shared(), HandClock()
    one = Worker("one", shared, clock)
    await clock.pass_by(2)
    shared.broken = True
    await clock.pass_by(1)
    assert not one.working
    assert not one.task.done()
    shared.broken = False
    await clock.pass_by(1)
    assert one.working
    shared.broken = True
    await one.stop()
    assert not one.working


async def test_work_that_has_ended_is_begun_again() -> None:
    shared, clock = Shared(), HandClock()
    one = Worker("one", shared, clock, ends=True)
    await clock.pass_by(6)
    assert one.began >= 2
    await one.stop()


async def test_an_end_is_heard_while_the_lease_is_being_lost() -> None:
    """The work takes its time to end; a cancellation that comes meanwhile is not taken for that of the work."""
    clock, shared = HandClock(), Shared()
    ending = asyncio.Event()

    async def stubborn() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            await ending.wait()

    lease = Lease("pulse", shared, clock, holder="a")
    task = asyncio.create_task(lease.while_held(stubborn))
    await clock.pass_by(2)
    shared.broken = True
    await clock.pass_by(2)
    task.cancel()
    await _settled()
    ending.set()
    await _settled()
    assert task.cancelled()
