"""The leases in memory."""

from app.ports.leases import Leases
from app.store.rules import Lease


class MemoryLeases(Leases):
    """The leases by their name."""

    def __init__(self) -> None:
        self._leases: dict[str, Lease] = {}

    async def acquire(self, name: str, *, worker_id: str, at: float, until: float) -> bool:
        lease = self._leases.get(name)
        if lease is not None and not lease.is_available_to(worker_id, at=at, until=until):
            return False
        self._leases[name] = Lease(worker_id, until)
        return True

    async def worker(self, name: str) -> str | None:
        lease = self._leases.get(name)
        return None if lease is None else lease.worker_id

    async def release(self, name: str, *, worker_id: str) -> None:
        lease = self._leases.get(name)
        if lease is not None and lease.worker_id == worker_id:
            del self._leases[name]
