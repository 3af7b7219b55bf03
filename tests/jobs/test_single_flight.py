"""Single flight: all who need the same work share one run of it."""

import asyncio

import pytest

from app.jobs.single_flight import SingleFlight


async def test_thousand_callers_share_one_run() -> None:
    flights: SingleFlight[int] = SingleFlight()
    start_count = 0
    gate = asyncio.Event()

    async def work() -> int:
        nonlocal start_count
        start_count += 1
        await gate.wait()
        return start_count

    results = [asyncio.shield(flights.join("thread", work)) for _ in range(1000)]
    await asyncio.sleep(0)
    gate.set()
    assert set(await asyncio.gather(*results)) == {1}
    assert await flights.join("thread", work) == 2


async def test_work_goes_on_after_its_caller_timed_out() -> None:
    flights: SingleFlight[str] = SingleFlight()
    gate = asyncio.Event()

    async def work() -> str:
        await gate.wait()
        return "result"

    task = flights.join(1, work)
    caller = asyncio.create_task(asyncio.wait_for(asyncio.shield(task), 0.001))
    with pytest.raises(TimeoutError):
        await caller
    gate.set()
    assert await task == "result"


async def test_failure_reaches_all_callers_and_is_forgotten() -> None:
    flights: SingleFlight[None] = SingleFlight()

    async def work() -> None:
        raise LookupError("no answer")

    results = await asyncio.gather(*(asyncio.shield(flights.join(1, work)) for _ in range(3)), return_exceptions=True)
    assert [type(result) for result in results] == [LookupError] * 3
    with pytest.raises(LookupError):
        await flights.join(1, work)


async def test_closing_cancels_the_work() -> None:
    flights: SingleFlight[bool] = SingleFlight()
    task = flights.join(1, asyncio.Event().wait)
    await asyncio.sleep(0)
    await flights.close()
    assert task.cancelled()
