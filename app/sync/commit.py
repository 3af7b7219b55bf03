"""Commit a change, then notify. Cancelling the caller cancels neither.

A store's thread cannot be called back: the change of a cancelled caller is committed all the same. No other part would
report it here, because the change feed skips the changes of its own process.
"""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from app.ports.mirror import Change, Mirror, Notify

_T = TypeVar("_T")


async def commit(
    mirror: Mirror, change: Change, notify: Notify, *, besides: frozenset[int] = frozenset()
) -> frozenset[int]:
    """Apply a change, then notify of what it changed, and of `besides`; return the numbers that it changed.

    A caller that is cancelled in between is cancelled after both.
    """
    return await _run_to_end(_commit(mirror, change, notify, besides))


async def _commit(mirror: Mirror, change: Change, notify: Notify, besides: frozenset[int]) -> frozenset[int]:
    numbers = await mirror.apply(change)
    if numbers or besides:
        await notify(change.repo, numbers | besides)
    return numbers


async def _run_to_end(work: Coroutine[Any, Any, _T]) -> _T:
    """Run a coroutine in a task that is never cancelled, and wait for it however often the caller is."""
    task = asyncio.create_task(work)
    cancellation: asyncio.CancelledError | None = None
    while not task.done():
        try:
            await asyncio.wait({task})
        except asyncio.CancelledError as request:
            cancellation = request
    if cancellation is None:
        return task.result()
    if not task.cancelled():
        task.exception()  # read here, so that asyncio does not report it as never retrieved
    raise cancellation
