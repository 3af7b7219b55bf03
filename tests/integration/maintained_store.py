"""A store with its maintenance."""

from app.jobs.maintenance import Maintenance
from tests.fakes import FakeClock
from tests.integration.fake_stores import GuardedStore
from tests.integration.local_service import BLOG
from tests.integration.recorders import RecordedGauges


class MaintainedStore:
    """A store with its maintenance, and what that reports."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.store = GuardedStore()
        self.gauges = RecordedGauges()
        self.repair_count = 0
        self.maintenance = Maintenance(
            sites=(BLOG,), store=self.store, gauges=self.gauges, on_repair=self._count_repair, clock=self.clock
        )

    def _count_repair(self) -> None:
        self.repair_count += 1
