"""One piece of work however many wait for it."""

import asyncio
from collections.abc import Callable, Coroutine, Hashable
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class SingleFlight(Generic[T]):
    """Work under way, by key. It goes on when those who wait for it give up, and ends by itself."""

    def __init__(self) -> None:
        self._flights: dict[Hashable, asyncio.Task[T]] = {}

    def join(self, key: Hashable, start: Callable[[], Coroutine[Any, Any, T]]) -> asyncio.Task[T]:
        """The task that is under way for `key`, started where there is none; await it under `asyncio.shield`."""
        task = self._flights.get(key)
        if task is None:
            task = asyncio.create_task(start())
            self._flights[key] = task
            task.add_done_callback(lambda done: self._land(key, done))
        return task

    def _land(self, key: Hashable, done: asyncio.Task[T]) -> None:
        del self._flights[key]
        if not done.cancelled():
            done.exception()  # read here, so that a failure nobody waited for is not reported as forgotten

    def __contains__(self, key: Hashable) -> bool:
        return key in self._flights

    def __len__(self) -> int:
        return len(self._flights)

    async def close(self) -> None:
        """Cancels what is under way and waits until it has ended."""
        tasks = list(self._flights.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
