"""The store as a whole."""

from collections.abc import Awaitable, Callable
from typing import Protocol

from app.ports.deliveries import Deliveries
from app.ports.jobs import Jobs
from app.ports.key_values import KeyValues
from app.ports.leases import Leases
from app.ports.mirror import Mirror
from app.ports.owner.history import History
from app.ports.owner.overviews import Overviews
from app.ports.rate_state import RateState


class Store(Protocol):
    """All store ports on one durable place. Closing it is the last thing a process does."""

    mirror: Mirror
    jobs: Jobs
    deliveries: Deliveries
    leases: Leases
    rate_state: RateState
    key_values: KeyValues
    history: History
    overviews: Overviews
    kind: str
    """What keeps it: `memory`, `sqlite` or `postgresql`."""
    repair_report: str | None
    """What happened to a damaged file at the start, in one sentence for the owner; None if all was well."""

    wait_for_changes: Callable[[float], Awaitable[object]] | None
    """Waits until another process has changed the mirror, but at most so many seconds; None if the store cannot tell.

    It may end for no reason. A change may come without ending it: then the next look finds it.
    """

    @property
    def clock_offset(self) -> float:
        """Return the seconds that the clock of all machines on the store is ahead of this machine's."""
        return 0.0

    async def guard(self) -> str | None:
        """Check that the store is present and sound, and repair it; called about every second.

        Return one sentence for the owner if it repaired something, else None. Raises `StoreError` if it cannot be
        repaired now; the next call tries again.
        """

    async def close(self) -> None:
        """End all work in order; nothing may be called afterwards."""
