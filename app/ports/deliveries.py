"""Verified webhook deliveries, stored with their jobs."""

from dataclasses import dataclass
from typing import Protocol

from app.domain.sites import Repository


@dataclass(frozen=True, slots=True)
class Delivery:
    """A verified webhook delivery."""

    id: str
    """GitHub's GUID, the same on redelivery."""
    event: str
    action: str
    repo: Repository
    number: int | None
    """The thread it concerns; `REPOSITORY_NUMBER` for the repository; None if nothing needs a refresh."""
    full: bool
    """Whether only the thread itself tells what happened."""
    received_at: float
    needs_refresh: bool = True
    """False if the mirror already has the change: then the delivery is stored without a job."""


class Deliveries(Protocol):
    """The received deliveries, common to all processes. Each method is one transaction and may raise `StoreError`."""

    async def accept(self, delivery: Delivery, *, replay_within: float) -> bool:
        """Store a delivery and its job with priority DELIVERY together.

        A delivery whose id was stored less than `replay_within` seconds before is a replay: store nothing and return
        False. Forget deliveries older than a week.
        """

    async def delivered_since(self, repo: Repository, *, since: float) -> frozenset[int]:
        """Return the thread numbers of the deliveries received at `since` or later."""

    async def last_delivery_at(self, repo: Repository) -> float | None:
        """Return when the last delivery of any event was received."""
