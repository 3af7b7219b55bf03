"""A lane where clients take turns: what one client may take of it, and what others get."""

import asyncio

from app.domain.errors import Overloaded
from tests.serving.clients.workers import Workers


async def test_clients_get_their_turns_in_rotation() -> None:
    workers = Workers()
    tasks = await workers.start(["a0", "a1", "a2", "a3", "b1", "b2", "c1"])
    workers.gate.set()
    await asyncio.gather(*tasks)
    assert workers.order == ["a0", "a1", "b1", "c1", "a2", "b2", "a3"]


async def test_one_client_cannot_fill_the_lane() -> None:
    workers = Workers()
    tasks = await workers.start(["a0", *(f"a{number}" for number in range(1, 9)), "b1", "b2", "b3", "b4"])
    workers.gate.set()
    results = await asyncio.gather(*tasks, return_exceptions=True)
    assert workers.order == ["a0", "a1", "b1", "a2", "b2", "a3", "b3"]
    assert sum(isinstance(result, Overloaded) for result in results) == 6


async def test_reader_who_joins_waits_no_longer_than_alone() -> None:
    workers = Workers()
    tasks = await workers.start(["a0", "a1", "a2", "a3", "a4"])
    workers.lane.join("a4", "b")
    workers.gate.set()
    await asyncio.gather(*tasks)
    assert workers.order == ["a0", "a1", "a4", "a2", "a3"]


async def test_cancelled_work_leaves_its_place() -> None:
    workers = Workers()
    tasks = await workers.start(["a0", "a1", "b1", "a2"])
    tasks[1].cancel()
    workers.gate.set()
    while not workers.order:  # noqa: ASYNC110 - the lane offers nothing else to wait for
        await asyncio.sleep(0)
    tasks[2].cancel()  # its turn came just now
    await asyncio.gather(*tasks, return_exceptions=True)
    await asyncio.wait_for(workers.work("c1"), 1)
    assert workers.order == ["a0", "a2", "c1"]
