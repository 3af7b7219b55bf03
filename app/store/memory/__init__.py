"""The store in memory: nothing is durable, everything else is as in SQLite. For tests, demos and `memory:`."""

from app.store.memory.jobs import MemoryShared
from app.store.memory.mirror import MemoryMirror

__all__ = ["MemoryMirror", "MemoryShared", "MemoryStore"]


class MemoryStore:
    """The mirror and what is shared, of one process that calls itself `origin`."""

    def __init__(self, origin: str) -> None:
        self.mirror = MemoryMirror(origin)
        self.shared = MemoryShared()
        self.mended: str | None = None
        """Nothing was ever found damaged: there is no file."""

    async def guard(self) -> str | None:
        """Mends nothing: there is no file that could be damaged."""
        return None

    async def close(self) -> None:
        """Ends nothing: there is nothing to end."""
