"""Records what happens for the owner: counted in memory, and stored once a minute at most.

It stands before the metrics, which hear everything that it hears. An event that any client can cause, such as a
delivery without a signature, costs a counter and at most `MOST_EVENTS` lines between two writes.
"""

from collections import Counter, defaultdict, deque
from collections.abc import Callable
from contextlib import suppress

from typing_extensions import override

from app.domain.errors import StoreError
from app.domain.priority import Priority
from app.domain.sites import Repository
from app.domain.texts.excerpts import excerpt
from app.jobs.periodic import run_periodically
from app.jobs.poll_schedule import PollOutcome
from app.ports.clock import Clock
from app.ports.metrics import DeliveryOutcome, Drift, Metrics, Wait
from app.ports.owner.history import (
    DAY,
    MOST_EVENTS,
    History,
    HistoryEvent,
    HistoryKind,
    HistoryRecord,
    HourCount,
    hour_of,
    latest_events,
    merge_counts,
)
from app.ports.rate_state import RateLimitState

_EVERY = 60.0
_MAX_DETAIL = 300
_CountKey = tuple[int, HistoryKind, str, str]


class HistoryRecorder(Metrics):
    """Metrics that also keep the history of a day. `on_news` is called after each event."""

    def __init__(self, metrics: Metrics, history: History, clock: Clock) -> None:
        self.on_news: Callable[[], None] = lambda: None
        self._metrics = metrics
        self._history = history
        self._clock = clock
        self._counts: Counter[_CountKey] = Counter()
        self._last_at: dict[_CountKey, float] = {}
        self._least: dict[_CountKey, int] = {}
        self._last_request: _CountKey | None = None
        self._events: defaultdict[HistoryKind, deque[HistoryEvent]] = defaultdict(lambda: deque(maxlen=MOST_EVENTS))

    def request(self, priority: Priority | None) -> None:
        """Count a request to GitHub."""
        outcome = "other" if priority is None else priority.value
        self._last_request = self._count(HistoryKind.REQUEST, "", outcome, 1)

    def poll(self, repo: Repository, outcome: PollOutcome, detail: str) -> None:
        """Record a poll."""
        self._record(HistoryKind.POLL, repo.key, outcome.value, detail)

    @override
    def delivery(self, event: str, outcome: DeliveryOutcome) -> None:
        self._record(HistoryKind.DELIVERY, "", outcome.value, event)
        self._metrics.delivery(event, outcome)

    @override
    def missed_by_webhook(self, repo: Repository, count: int) -> None:
        self._record(HistoryKind.DELIVERY, repo.key, "missed", f"{count} changed threads", count)
        self._metrics.missed_by_webhook(repo, count)

    @override
    def drift(self, repo: Repository, kind: Drift, count: int) -> None:
        self._record(HistoryKind.DRIFT, repo.key, kind.value, str(count), count)
        self._metrics.drift(repo, kind, count)

    @override
    def rate_limit(self, state: RateLimitState) -> None:
        key = self._last_request
        if key is not None and state.remaining is not None:
            self._least[key] = min(state.remaining, self._least.get(key, state.remaining))
        self._metrics.rate_limit(state)

    @override
    def waiting(self, reason: Wait, until: float | None) -> None:
        self._metrics.waiting(reason, until)

    async def run(self) -> None:
        """Store what happened, once a minute. Never returns."""
        message = "The history for the owner's page could not be stored; it is stored with the next one"
        await self._clock.sleep(_EVERY)
        await run_periodically(self.flush, self._clock.sleep, every=_EVERY, error_message=message)

    async def flush(self) -> None:
        """Store what happened since the last time, if anything did. Raises `StoreError`; then nothing is lost."""
        record = self._pending()
        if not record.counts and not record.events:
            return
        counts, last_at, least = self._counts, self._last_at, self._least
        self._counts, self._last_at, self._least, self._last_request = Counter(), {}, {}, None
        events = dict(self._events)
        self._events.clear()
        try:
            await self._history.add(record)
        except StoreError:
            self._counts.update(counts)
            self._last_at = last_at | self._last_at
            self._least = least | self._least
            for kind, earlier in events.items():
                self._events[kind] = deque((*earlier, *self._events[kind]), maxlen=MOST_EVENTS)
            raise

    async def close(self) -> None:
        """Store the rest."""
        with suppress(StoreError):
            await self.flush()

    async def last_day(self) -> HistoryRecord:
        """Return the last 24 hours, with what is not stored yet. Raises `StoreError`."""
        since = self._clock.now() - DAY
        history, pending = await self._history.since(since), self._pending()
        return HistoryRecord(
            merge_counts((*history.counts, *pending.counts)), latest_events((*pending.events, *history.events))
        )

    def _pending(self) -> HistoryRecord:
        counts = tuple(
            HourCount(*key, count, self._last_at[key], self._least.get(key)) for key, count in self._counts.items()
        )
        events = (event for queue in self._events.values() for event in reversed(queue))
        return HistoryRecord(merge_counts(counts), latest_events(events))

    def _record(self, kind: HistoryKind, repo_key: str, outcome: str, detail: str, count: int = 1) -> None:
        self._count(kind, repo_key, outcome, count)
        line = excerpt(detail, _MAX_DETAIL)
        self._events[kind].append(HistoryEvent(self._clock.now(), kind, repo_key, outcome, line))
        self.on_news()

    def _count(self, kind: HistoryKind, repo_key: str, outcome: str, count: int) -> _CountKey:
        now = self._clock.now()
        key = (hour_of(now), kind, repo_key, outcome)
        self._counts[key] += count
        self._last_at[key] = now
        return key
