"""The received webhook deliveries in memory."""

from itertools import takewhile

from app.domain.priority import Priority
from app.domain.sites import Repository
from app.ports.deliveries import Deliveries, Delivery
from app.ports.jobs import Jobs
from app.store import rules


class MemoryDeliveries(Deliveries):
    """The deliveries by their id, the latest at the end; their jobs go to `jobs`."""

    def __init__(self, jobs: Jobs) -> None:
        self._jobs = jobs
        self._deliveries: dict[str, Delivery] = {}

    async def accept(self, delivery: Delivery, *, replay_within: float) -> bool:
        stored_delivery = self._deliveries.get(delivery.id)
        if rules.is_replay(delivery, stored_delivery.received_at if stored_delivery else None, within=replay_within):
            return False
        week_ago = delivery.received_at - rules.WEEK
        for key in list(takewhile(lambda key: self._deliveries[key].received_at < week_ago, self._deliveries)):
            del self._deliveries[key]
        self._deliveries.pop(delivery.id, None)
        self._deliveries[delivery.id] = delivery
        if delivery.number is not None and delivery.needs_refresh:
            at, full = delivery.received_at, delivery.full
            await self._jobs.enqueue(delivery.repo, delivery.number, Priority.DELIVERY, at=at, full=full)
        return True

    async def delivered_since(self, repo: Repository, *, since: float) -> frozenset[int]:
        return frozenset(
            delivery.number
            for delivery in self._deliveries.values()
            if delivery.repo == repo and delivery.number is not None and delivery.received_at >= since
        )

    async def last_delivery_at(self, repo: Repository) -> float | None:
        return max((d.received_at for d in self._deliveries.values() if d.repo == repo), default=None)
