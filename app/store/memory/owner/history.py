"""The last day in memory."""

from app.ports.owner.history import (
    DAY,
    HOUR,
    History,
    HistoryEvent,
    HistoryRecord,
    HourCount,
    latest_events,
    merge_counts,
)


class MemoryHistory(History):
    """The counts and events of one process."""

    def __init__(self) -> None:
        self._counts: tuple[HourCount, ...] = ()
        self._events: tuple[HistoryEvent, ...] = ()

    async def add(self, record: HistoryRecord) -> None:
        counts = merge_counts((*self._counts, *record.counts))
        oldest = max((count.hour for count in counts), default=0) - DAY
        self._counts = tuple(count for count in counts if count.hour >= oldest)
        self._events = latest_events((*record.events, *self._events))

    async def since(self, at: float) -> HistoryRecord:
        counts = tuple(count for count in self._counts if count.hour > at - HOUR)
        return HistoryRecord(counts, tuple(event for event in self._events if event.at >= at))
