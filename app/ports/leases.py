"""Leases: work that one process at a time does."""

from typing import Protocol


class Leases(Protocol):
    """Named leases, common to all processes. Each method is one transaction and may raise `StoreError`."""

    async def acquire(self, name: str, *, worker_id: str, at: float, until: float) -> bool:
        """Take or extend a lease until `until`; return False if another worker holds it.

        A lease that lasts more than twice as long as this one was recorded before the clock was set back: it counts as
        expired.
        """

    async def worker(self, name: str) -> str | None:
        """Return the worker that took a lease last; None if it was released."""

    async def release(self, name: str, *, worker_id: str) -> None:
        """End a lease early if the worker holds it."""
