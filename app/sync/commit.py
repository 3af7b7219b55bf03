"""Committing: what was written is announced, whatever becomes of whoever wanted it written.

A store's thread cannot be called back: a round that is cancelled while it writes has its change committed all the same.
Nobody else would tell of it here, because the follower passes over what this process has signalled itself.
"""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from app.ports.mirror import Change, Mirror, Notify

_T = TypeVar("_T")


async def commit(
    mirror: Mirror, change: Change, announce: Notify, *, besides: frozenset[int] = frozenset()
) -> frozenset[int]:
    """Applies a change, then announces what it changed, and `besides`; the numbers that it changed.

    A caller that is cancelled meanwhile is so when both have been done.
    """
    return await _to_its_end(_commit(mirror, change, announce, besides))


async def _commit(mirror: Mirror, change: Change, announce: Notify, besides: frozenset[int]) -> frozenset[int]:
    changed = await mirror.apply(change)
    if changed or besides:
        await announce(change.repo, changed | besides)
    return changed


async def _to_its_end(deed: Coroutine[Any, Any, _T]) -> _T:
    """Does it in a task that nobody cancels, and waits for it however often that is to be broken off."""
    doing = asyncio.create_task(deed)
    broken_off: asyncio.CancelledError | None = None
    while not doing.done():
        try:
            await asyncio.wait({doing})
        except asyncio.CancelledError as asked:
            broken_off = asked
    if broken_off is None:
        return doing.result()
    if not doing.cancelled():
        doing.exception()  # read here, so that it is not reported as forgotten
    raise broken_off
