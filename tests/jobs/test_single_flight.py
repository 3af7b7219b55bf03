"""One piece of work however many wait."""

import asyncio

import pytest

from app.jobs.single_flight import SingleFlight


async def test_a_thousand_who_ask_at_once_share_one_piece_of_work() -> None:
    flights: SingleFlight[int] = SingleFlight()
    started = 0
    gate = asyncio.Event()

    async def work() -> int:
        nonlocal started
        started += 1
        await gate.wait()
        return started

    waiting = [asyncio.shield(flights.join("thread", work)) for _ in range(1000)]
    await asyncio.sleep(0)
    gate.set()
    assert set(await asyncio.gather(*waiting)) == {1}
    assert await flights.join("thread", work) == 2


async def test_work_goes_on_when_the_one_who_waited_gives_up() -> None:
    flights: SingleFlight[str] = SingleFlight()
    gate = asyncio.Event()

    async def work() -> str:
        await gate.wait()
        return "done"

    task = flights.join(1, work)
    waiter = asyncio.create_task(asyncio.wait_for(asyncio.shield(task), 0.001))
    with pytest.raises(TimeoutError):
        await waiter
    gate.set()
    assert await task == "done"


async def test_a_failure_reaches_all_who_wait_and_is_forgotten_by_the_next() -> None:
    flights: SingleFlight[None] = SingleFlight()

    async def work() -> None:
        raise LookupError("no answer")

    results = await asyncio.gather(*(asyncio.shield(flights.join(1, work)) for _ in range(3)), return_exceptions=True)
    assert [type(result) for result in results] == [LookupError] * 3
    with pytest.raises(LookupError):
        await flights.join(1, work)


async def test_closing_ends_what_is_under_way() -> None:
    flights: SingleFlight[bool] = SingleFlight()
    task = flights.join(1, asyncio.Event().wait)
    await asyncio.sleep(0)
    await flights.close()
    assert task.cancelled()
