"""Leases: work that one process at a time does."""

import re
from dataclasses import dataclass
from typing import Protocol

_WORKER = re.compile(r"(?P<kind>\w+): (?P<text>Afterword [^()]+) \([^()]*\)")


@dataclass(frozen=True, slots=True)
class WorkerName:
    """A process, of Afterword's version and settings."""

    kind: str
    """Equal for processes that do the same: a digest of their version and settings."""
    version: str
    process: str
    """`process 4711 on host`."""
    id: str
    """Different for each process."""

    def __str__(self) -> str:
        return f"{self.kind}: Afterword {self.version}, {self.process} ({self.id})"

    def describe_foreign(self, worker_id: str | None) -> str | None:
        """Return what another worker is, in sentences, and what to do; None for one that does the same as this."""
        if worker_id is None or worker_id.startswith(f"{self.kind}: "):
            return None
        match = _WORKER.fullmatch(worker_id)
        worker = match["text"] if match else "an earlier version of Afterword"
        return (
            f"Another process, with other settings or of another version, works on this store in place of this one "
            f"({worker}; this is Afterword {self.version}, {self.process}). If it is left over, end it."
        )


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
