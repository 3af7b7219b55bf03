"""Deeds that are done again and again, whatever they fail with."""

import asyncio

import pytest

from app.domain.errors import StoreUnusable
from app.jobs.periodic import run_periodically
from tests.fakes import FakeClock

FULL, BUSY = StoreUnusable("here", "the disk is full"), StoreUnusable("here", "it is busy")


async def done(*fates: Exception | None, every: float = 0.1) -> FakeClock:
    """Each time the deed is done it meets the next of its fates."""
    clock = FakeClock()
    left, over = list(fates), asyncio.Event()

    async def deed() -> None:
        if not left:
            over.set()
            await asyncio.Event().wait()
        fate = left.pop(0)
        if fate is not None:
            raise fate

    doing = asyncio.create_task(run_periodically(deed, clock, every=every, failing="It cannot be done"))
    async with asyncio.timeout(20):
        await over.wait()
    doing.cancel()
    return clock


@pytest.mark.parametrize(
    ("fates", "said"),
    [
        ((FULL,) * 50, 1),
        ((FULL, FULL, BUSY, BUSY, FULL), 3),
        ((FULL, None, FULL), 2),
        ((ZeroDivisionError("x"), ZeroDivisionError("x"), ZeroDivisionError("y")), 2),
        ((None, None), 0),
    ],
)
async def test_what_it_fails_with_is_said_once(
    fates: tuple[Exception | None, ...], said: int, caplog: pytest.LogCaptureFixture
) -> None:
    await done(*fates)
    assert len(caplog.records) == said
    assert all(record.getMessage().startswith("It cannot be done") for record in caplog.records)


async def test_a_fault_of_ours_is_said_with_where_it_happened(caplog: pytest.LogCaptureFixture) -> None:
    await done(ZeroDivisionError("x"))
    assert caplog.records[0].exc_info is not None


@pytest.mark.parametrize(("every", "after_failure"), [(0.1, 1.0), (60.0, 60.0)])
async def test_after_a_failure_it_waits_a_second_at_least(every: float, after_failure: float) -> None:
    clock = await done(None, FULL, ZeroDivisionError(), None, every=every)
    assert clock.slept == [every, after_failure, after_failure, every]
