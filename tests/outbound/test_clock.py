import asyncio
import os
import tempfile
from pathlib import Path

from app.outbound.clock import SystemClock, chance


def test_the_time_is_that_of_the_machine() -> None:
    clock = SystemClock()
    with tempfile.TemporaryDirectory() as folder:
        before = clock.now()
        (Path(folder) / "stamp").touch()
        written = os.stat(folder).st_mtime  # noqa: PTH116 - the file system's own clock is the witness
    assert abs(written - before) < 60


async def test_a_wait_that_is_not_positive_ends_at_once() -> None:
    async with asyncio.timeout(10):
        await SystemClock().sleep(-3600)
        await SystemClock().sleep(0)


def test_chance_is_a_number_from_0_up_to_1_and_never_the_same() -> None:
    thrown = [chance() for _ in range(100)]

    assert all(0 <= number < 1 for number in thrown)
    assert len(set(thrown)) > 90
