"""Posts of the owner's page, and a history that counts its writes."""

from typing_extensions import override

from app.domain.errors import StoreUnusable
from app.domain.posts.findings import Finding, Severity
from app.domain.priority import Priority
from app.domain.records import ThreadRef
from app.domain.sites import repository
from app.jobs.poll_schedule import PollOutcome
from app.ports.metrics import DeliveryOutcome, Drift
from app.ports.owner.history import HistoryRecord
from app.ports.rate_state import RateLimitState
from app.serving.owner.checks import OwnerChecks
from app.serving.owner.history_recorder import HistoryRecorder
from app.serving.owner.model import PostRow, ThreadRow
from app.store.memory import MemoryJobs, MemoryKeyValues
from app.store.memory.owner.history import MemoryHistory
from tests.fakes import FakeClock

REPO = repository("Ada/Blog")


class CountedHistory(MemoryHistory):
    """A history that counts its writes; the next `failures` of them fail."""

    def __init__(self) -> None:
        super().__init__()
        self.writes = 0
        self.failures = 0

    @override
    async def add(self, record: HistoryRecord) -> None:
        self.writes += 1
        if self.failures:
            self.failures -= 1
            raise StoreUnusable("afterword.db", "the disk is full")
        await super().add(record)


def record_events(recorder: HistoryRecorder) -> None:
    """Record one event of each kind."""
    recorder.request(Priority.POLL)
    recorder.rate_limit(RateLimitState(5000, 4990, 0.0))
    recorder.request(Priority.CHECK)
    recorder.rate_limit(RateLimitState(5000, 4991, 0.0))
    recorder.poll(REPO, PollOutcome.OK, "")
    recorder.delivery("issue_comment", DeliveryOutcome.ACCEPTED)
    recorder.drift(REPO, Drift.COMMENT_MISSING, 3)
    recorder.missed_by_webhook(REPO, 2)


def make_post(
    title: str, count: int | None = None, last: str | None = None, *severities: Severity, **fields: str
) -> PostRow:
    """Return a post with a thread, unless `count` is None, and findings of these severities."""
    threads = []
    if count is not None:
        number = len(title)
        threads = [ThreadRow(ThreadRef(REPO, number), title, "", "open", count, 0, True, last, 5.0)]  # noqa: FBT003
    findings = [Finding("rule", severity, "message", "advice") for severity in severities]
    return PostRow(
        title, fields.get("source"), None, fields.get("date"), fields.get("unpublished_reason"), threads, findings
    )


class Process:
    """One of several processes on a store: what its checks called."""

    def __init__(self, jobs: MemoryJobs, key_values: MemoryKeyValues, clock: FakeClock, *, has_token: bool) -> None:
        self.calls: list[str] = []
        self.checks = OwnerChecks(
            jobs,
            key_values,
            clock,
            wake=lambda: self.calls.append("wake"),
            on_done=lambda: self.calls.append("done"),
            poll_now=lambda: self.calls.append("poll"),
            has_token=has_token,
        )
