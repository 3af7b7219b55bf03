"""What does the jobs of a running application."""

from collections.abc import Callable

from app.jobs.batch import DeliveryBatch
from app.jobs.handlers import JobHandlers
from app.jobs.retry import Retry
from app.jobs.throttle import Throttle
from app.jobs.worker import Worker
from app.ports.clock import Clock
from app.ports.store import Store
from app.settings import Settings
from app.sync.poll import Poller

_BURST, _BURST_WITH_TOKEN = 3, 20
"""Refreshes of one thread within a minute that deliveries may cause before they come at growing pauses."""


def make_worker(
    settings: Settings,
    store: Store,
    clock: Clock,
    *,
    handlers: JobHandlers,
    poller: Poller,
    random: Callable[[], float],
    worker_id: str,
) -> Worker:
    """Return what does the jobs in the store; `worker_id` names this process."""
    retry = Retry(store.jobs, clock, random)
    batch = DeliveryBatch(
        mirror=store.mirror,
        jobs=store.jobs,
        leases=store.leases,
        poller=poller,
        retry=retry,
        clock=clock,
        worker_id=worker_id,
    )
    return Worker(
        jobs=store.jobs,
        handlers=handlers,
        batch=batch,
        retry=retry,
        throttle=Throttle(clock, burst=_BURST_WITH_TOKEN if settings.token else _BURST),
        clock=clock,
        worker_id=worker_id,
    )
