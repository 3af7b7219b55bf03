import asyncio
import os
import tempfile
from pathlib import Path

from app.outbound.clock import SystemClock, random


def test_time_is_the_machines_time() -> None:
    clock = SystemClock()
    with tempfile.TemporaryDirectory() as folder:
        before = clock.now()
        (Path(folder) / "stamp").touch()
        modified = os.stat(folder).st_mtime  # noqa: PTH116 - by the file system's own clock
    assert abs(modified - before) < 60


async def test_non_positive_sleep_ends_at_once() -> None:
    async with asyncio.timeout(10):
        await SystemClock().sleep(-3600)
        await SystemClock().sleep(0)


def test_random_numbers_differ_and_lie_below_1() -> None:
    numbers = [random() for _ in range(100)]

    assert all(0 <= number < 1 for number in numbers)
    assert len(set(numbers)) > 90
