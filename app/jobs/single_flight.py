"""Single flight: all who need the same work share one task."""

import asyncio
from collections.abc import Callable, Coroutine, Hashable
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class SingleFlight(Generic[T]):
    """Running tasks by key. A task goes on to its end, even if nothing waits for it any more."""

    def __init__(self) -> None:
        self._flights: dict[Hashable, asyncio.Task[T]] = {}

    def join(self, key: Hashable, start: Callable[[], Coroutine[Any, Any, T]]) -> asyncio.Task[T]:
        """Return the running task of `key`; start one if there is none. Await it under `asyncio.shield`."""
        task = self._flights.get(key)
        if task is None:
            task = asyncio.create_task(start())
            self._flights[key] = task
            task.add_done_callback(lambda task: self._remove(key, task))
        return task

    def _remove(self, key: Hashable, task: asyncio.Task[T]) -> None:
        del self._flights[key]
        if not task.cancelled():
            task.exception()  # read here, so that asyncio does not report it as never retrieved

    def __contains__(self, key: Hashable) -> bool:
        return key in self._flights

    def __len__(self) -> int:
        return len(self._flights)

    async def close(self) -> None:
        """Cancel all tasks and wait for their end."""
        tasks = list(self._flights.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
