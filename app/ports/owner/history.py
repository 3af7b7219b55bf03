"""What happened within the last day, for the owner: counts by hour, and the latest events one by one.

Both are bounded, whatever happens: a day has few outcomes, and of each kind only the latest events stay.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

HOUR = 3600
DAY = 24 * HOUR
MOST_EVENTS = 50
"""How many events of a kind are kept."""


class HistoryKind(StrEnum):
    """What is counted."""

    POLL = "poll"
    DELIVERY = "delivery"
    DRIFT = "drift"
    REQUEST = "request"
    """A request to GitHub; its outcome is its priority."""


@dataclass(frozen=True, slots=True)
class HourCount:
    """How often something happened within an hour."""

    hour: int
    """The beginning of the hour, epoch seconds."""
    kind: HistoryKind
    repo_key: str
    """The repository in lower case, or an empty text."""
    outcome: str
    count: int
    last_at: float
    """When it last happened, epoch seconds."""
    least: int | None = None
    """For requests: the fewest that GitHub said were left."""


@dataclass(frozen=True, slots=True)
class HistoryEvent:
    """One poll, delivery or difference."""

    at: float
    kind: HistoryKind
    repo_key: str
    outcome: str
    detail: str = ""
    """What failed, or what was reported, in one line."""


@dataclass(frozen=True, slots=True)
class HistoryRecord:
    """Counts and events, as they are added or read."""

    counts: tuple[HourCount, ...] = ()
    """By ascending hour."""
    events: tuple[HistoryEvent, ...] = field(default=())
    """The latest first."""


class History(Protocol):
    """The last day, common to all processes. Each method is one transaction and may raise `StoreError`."""

    async def add(self, record: HistoryRecord) -> None:
        """Add counts to those of the same hour, kind, repo_key and outcome, and store the events.

        The later `last_at` and the smaller `least` stay. Counts more than a day before the latest hour are forgotten,
        and so are all but the latest `MOST_EVENTS` events of a kind.
        """

    async def since(self, at: float) -> HistoryRecord:
        """Return the counts of the hours that end after `at`, and all events since then."""


def hour_of(at: float) -> int:
    """Return the beginning of the hour of a time, epoch seconds."""
    return int(at // HOUR) * HOUR


def merge_counts(counts: Iterable[HourCount]) -> tuple[HourCount, ...]:
    """Return counts with those of the same hour, kind, repo_key and outcome added up, by ascending hour."""
    totals: dict[tuple[int, str, str, str], HourCount] = {}
    for count in counts:
        key = (count.hour, count.kind, count.repo_key, count.outcome)
        totals[key] = _add(totals[key], count) if key in totals else count
    return tuple(sorted(totals.values(), key=lambda count: (count.hour, count.kind, count.repo_key, count.outcome)))


def latest_events(events: Iterable[HistoryEvent]) -> tuple[HistoryEvent, ...]:
    """Return the latest events of each kind, the latest first."""
    latest: list[HistoryEvent] = []
    counts = dict.fromkeys(HistoryKind, 0)
    for event in sorted(events, key=lambda event: -event.at):
        counts[event.kind] += 1
        if counts[event.kind] <= MOST_EVENTS:
            latest.append(event)
    return tuple(latest)


def _add(first: HourCount, second: HourCount) -> HourCount:
    least = [value for value in (first.least, second.least) if value is not None]
    return HourCount(
        first.hour,
        first.kind,
        first.repo_key,
        first.outcome,
        first.count + second.count,
        max(first.last_at, second.last_at),
        min(least, default=None),
    )
