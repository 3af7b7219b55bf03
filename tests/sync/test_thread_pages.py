"""The comments of a long thread are freed some at a time."""

import asyncio

from app.sync.thread_pages import release
from tests.domain.builders import comment


async def test_other_tasks_run_between_pages() -> None:
    comments = [comment(number) for number in range(1, 251)]
    lengths: list[int] = []

    async def watch() -> None:
        while comments:
            lengths.append(len(comments))
            await asyncio.sleep(0)

    await asyncio.gather(release(comments), watch())
    assert lengths == [150, 50]
