"""Charts as data for inline SVG: bars with a title each, and a table that says the same."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from app.ports.owner.overviews import WEEK_SECONDS

WIDTH, HEIGHT = 728, 120
_LEAST_BAR = 2
"""Pixels of a bar that is not zero, however large the others are."""


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: its place and size in the chart, its value, and what it stands for."""

    x: float
    y: float
    width: float
    height: float
    value: int
    label: str
    note: str


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart of bars; `summary` says in a sentence what it shows."""

    bars: Sequence[Bar]
    most: int
    """The value of the highest bar."""
    summary: str
    first: str
    last: str
    note: str = ""
    """What the notes of the bars say; empty without notes."""


def bar_chart(values: Sequence[tuple[str, int, str]], summary: str, note: str = "") -> Chart:
    """Return a chart of values, each with its label and a note."""
    most = max((value for _, value, _ in values), default=0)
    step = WIDTH / max(1, len(values))
    bars = [_bar(index, step, item, most) for index, item in enumerate(values)]
    labels = [label for label, _, _ in values] or [""]
    return Chart(bars, most, summary, labels[0], labels[-1], note)


def week_chart(weeks: Sequence[tuple[float, int]]) -> Chart:
    """Return the comments by week; `weeks` are the beginning of each, epoch seconds, and its count."""
    total = sum(count for _, count in weeks)
    busiest = max(weeks, key=lambda week: week[1], default=(0.0, 0))
    summary = f"{total:,} comments in the last {len(weeks)} weeks."
    if busiest[1]:
        summary += f" The busiest week was {_span(busiest[0])}, with {busiest[1]:,}."
    return bar_chart([(_span(start), count, "") for start, count in weeks], summary)


def hour_chart(hours: Sequence[tuple[int, int, int | None]]) -> Chart:
    """Return the requests by hour."""
    total = sum(count for _, count, _ in hours)
    values = [
        (f"{datetime.fromtimestamp(hour, UTC):%d %b, %H:00}", count, "" if least is None else f"{least:,}")
        for hour, count, least in hours
    ]
    return bar_chart(values, f"{total:,} requests to GitHub in the last 24 hours, by hour (UTC).", "Fewest left")


def _span(start: float) -> str:
    first = datetime.fromtimestamp(start, UTC)
    last = first + timedelta(seconds=WEEK_SECONDS - 1)
    beginning = f"{first.day}" if first.month == last.month else f"{first.day} {first:%b}"
    return f"{beginning} to {last.day} {last:%b %Y}"


def _bar(index: int, step: float, item: tuple[str, int, str], most: int) -> Bar:
    label, value, note = item
    height = 0.0 if not value else max(_LEAST_BAR, round(HEIGHT * value / most, 1))
    gap = step / 5
    return Bar(round(index * step, 1), round(HEIGHT - height, 1), round(step - gap, 1), height, value, label, note)
