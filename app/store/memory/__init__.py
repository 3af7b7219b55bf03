"""The store in memory: it behaves as the one in SQLite, but nothing is durable. For tests, demos and `memory:`."""

from collections.abc import Sequence

from app.domain.sites import Repository
from app.ports.store import Store
from app.store.memory.deliveries import MemoryDeliveries
from app.store.memory.jobs import MemoryJobs
from app.store.memory.key_values import MemoryKeyValues
from app.store.memory.leases import MemoryLeases
from app.store.memory.mirror import MemoryMirror
from app.store.memory.owner.history import MemoryHistory
from app.store.memory.owner.overviews import MemoryOverviews
from app.store.memory.rate_state import MemoryRateState

__all__ = ["MemoryDeliveries", "MemoryJobs", "MemoryKeyValues", "MemoryMirror", "MemoryRateState", "MemoryStore"]


class MemoryStore(Store):
    """All store ports of one process; `sites` are the served repositories."""

    def __init__(self, process_id: str, sites: Sequence[Repository] = ()) -> None:
        self.mirror = MemoryMirror(process_id, sites)
        self.jobs = MemoryJobs()
        self.deliveries = MemoryDeliveries(self.jobs)
        self.leases = MemoryLeases()
        self.rate_state = MemoryRateState()
        self.key_values = MemoryKeyValues()
        self.history = MemoryHistory()
        self.overviews = MemoryOverviews(self.mirror)
        self.kind = "memory"
        self.wait_for_changes = None
        self.repair_report: str | None = None

    async def guard(self) -> str | None:
        return None

    async def close(self) -> None:
        pass
