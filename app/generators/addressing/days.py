"""The day of a page, as its address has it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

from app.generators.inherited.scalars import text_of

_TIME = re.compile(
    r"(?P<year>\d{4})-(?P<month>\d{1,2})-(?P<day>\d{1,2})"
    r"(?:[Tt\s]\s*(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:\.\d+)?)?\s*"
    r"(?P<zone>[Zz]|UTC|GMT|[-+]\d{1,2}(?::?\d{2})?)?)?"
)

_PARTS = ("year", "month", "day", "hour", "minute", "second")


@dataclass(frozen=True, slots=True)
class Day:
    """A moment as it is written, in its own zone."""

    moment: datetime
    """Without a zone if none is written."""
    has_time: bool

    def as_utc(self) -> datetime:
        """Return the moment in UTC, which is its zone if none is written."""
        return (self.moment if self.moment.tzinfo else self.moment.replace(tzinfo=UTC)).astimezone(UTC)


def read_day(value: object) -> Day | None:
    """Return the day or moment that a field has; None if it is none, or does not exist."""
    if isinstance(value, datetime):
        return Day(value, has_time=True)
    if isinstance(value, date):
        return Day(datetime(value.year, value.month, value.day), has_time=False)  # noqa: DTZ001 # no zone is written
    match = _TIME.fullmatch((text_of(value) or "").strip())
    if match is None:
        return None
    year, month, day, hour, minute, second = (int(match[name] or 0) for name in _PARTS)
    try:
        moment = datetime(year, month, day, hour, minute, second, tzinfo=_zone(match["zone"]))
    except ValueError:
        return None
    return Day(moment, has_time=match["hour"] is not None)


def _zone(text: str | None) -> tzinfo | None:
    if text is None or text in {"Z", "z", "UTC", "GMT"}:
        return UTC if text else None
    digits = text[1:].replace(":", "")
    hours = digits[:-2] or digits
    minutes = digits.removeprefix(hours)
    offset = timedelta(hours=int(hours), minutes=int(minutes or 0))
    return timezone(-offset if text[0] == "-" else offset)


def zone_named(name: str | None) -> tzinfo | None:
    """Return a zone by its name in the IANA database, UTC for none; None if it is not known here."""
    if not name or name == "UTC":
        return UTC
    try:
        return ZoneInfo(name)
    except (OSError, ValueError, KeyError):
        return None


def date_parts(moment: datetime) -> Mapping[str, str]:
    """Return the parts of a day that several generators name alike."""
    return {
        "year": f"{moment.year:04}",
        "month": f"{moment.month:02}",
        "day": f"{moment.day:02}",
        "i_month": str(moment.month),
        "i_day": str(moment.day),
        "short_year": f"{moment.year % 100:02}",
        "hour": f"{moment.hour:02}",
        "minute": f"{moment.minute:02}",
        "second": f"{moment.second:02}",
    }
