"""Days and times in front matter, as the generators' readers of dates accept them."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo

_ISO = re.compile(
    r"(?P<year>\d{4})-(?P<month>\d{1,2})-(?P<day>\d{1,2})"
    r"(?:(?:[Tt]|[ \t]+)(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,](?P<fraction>\d{1,9}))?)?)?"
    r"[ \t]*(?P<zone>[Zz]|UTC|GMT|[-+]\d{1,2}(?::?\d{2})?)?(?:[ \t]+[A-Z]{3,4})?"
)
_STRICT = re.compile(
    r"\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:Z|[-+]\d{2}:?\d{2})?"
    r"| \d{2}:\d{2}:\d{2}(?:\.\d+)?(?: ?(?:Z|[-+]\d{2}:?\d{2})(?: [A-Z]{3,4})?)?)?"
)
"""Of the dates with numbers only, those that Hugo reads."""
_WORDS = (
    *("%d %b %Y", "%a, %d %b %Y %H:%M:%S %z", "%a, %d %b %Y %H:%M:%S GMT", "%a, %d %b %Y %H:%M:%S UTC"),
    *("%d %b %y %H:%M %z", "%a %b %d %H:%M:%S %Y", "%a %b %d %H:%M:%S UTC %Y", "%a %b %d %H:%M:%S %z %Y"),
    *("%A, %d-%b-%y %H:%M:%S UTC", "%A, %d-%b-%y %H:%M:%S GMT"),
)
"""Those with words that Hugo reads."""
_FREE = (
    *("%d %B %Y", "%B %d, %Y", "%b %d, %Y", "%B %d %Y", "%b %d %Y", "%a %d %b %Y", "%Y/%m/%d", "%Y.%m.%d", "%Y%m%d"),
    *("%Y/%m/%d %H:%M", "%Y/%m/%d %H:%M:%S", "%m/%d/%Y", "%B %d, %Y %H:%M", "%B %d, %Y %I:%M %p"),
)
"""More of those that lenient readers read."""
_ZONE_WORDS = frozenset({"Z", "z", "UTC", "GMT", ""})
_MAX_LENGTH = 60
_DAY_LENGTH = 10


@dataclass(frozen=True, slots=True)
class Moment:
    """A day or time of front matter."""

    seconds: float
    """Since the epoch; without a time zone in that of the site."""
    text: str
    """RFC 3339, or a day alone."""


def zone_of(name: object) -> tzinfo:
    """Return a site's time zone; UTC for an unknown name."""
    if isinstance(name, str) and re.fullmatch(r"[A-Za-z][A-Za-z0-9_+/-]{0,60}", name):
        try:
            return ZoneInfo(name)
        except (OSError, ValueError):
            pass
    return UTC


def hugo_moment(value: object, zone: tzinfo) -> Moment | None:
    """Return a date as Hugo reads it; None for one that it does not."""
    if value is None or isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return _from_epoch(float(value))
    text = value.strip() if isinstance(value, str) else ""
    if _STRICT.fullmatch(text):
        return _iso(text, zone)
    return _by_formats(text, _WORDS, zone) if re.match(r"\d\d |[A-Z]", text) else None


def free_moment(value: object, zone: tzinfo) -> Moment | None:
    """Return a date as the lenient readers of Ruby, JavaScript and Python have it; None for no date."""
    if isinstance(value, bool) or value is None:
        return None
    text = str(value).strip()
    if len(text) > _MAX_LENGTH:
        return None
    return _iso(text, zone) or _by_formats(text, (*_WORDS, *_FREE), zone)


def _from_epoch(seconds: float) -> Moment | None:
    try:
        return Moment(seconds, _text(datetime.fromtimestamp(seconds, UTC)))
    except (ValueError, OverflowError, OSError):
        return None


@lru_cache(maxsize=4096)
def _iso(text: str, zone: tzinfo) -> Moment | None:
    match = _ISO.fullmatch(text)
    if match is None:
        return None
    parts = (int(match[name] or 0) for name in ("year", "month", "day", "hour", "minute", "second"))
    try:
        year, month, day, hour, minute, second = parts
        moment = datetime(year, month, day, hour, minute, min(second, 59), tzinfo=_offset(match["zone"], zone))
    except ValueError:
        return None
    return _moment(moment, is_day=match["hour"] is None)


def _offset(text: str | None, zone: tzinfo) -> tzinfo:
    if text is None:
        return zone
    if text in _ZONE_WORDS:
        return UTC
    hours, minutes = int(re.sub(r"\D", "", text)[:2] or 0), re.sub(r"\D", "", text)[2:4]
    offset = timedelta(hours=hours, minutes=int(minutes or 0))
    return timezone(-offset if text.startswith("-") else offset)


def _by_formats(text: str, formats: tuple[str, ...], zone: tzinfo) -> Moment | None:
    for form in formats:
        try:
            moment = datetime.strptime(text, form)  # noqa: DTZ007 - the zone follows
        except ValueError:
            continue
        has_utc = form.rstrip("%Y ").endswith(("GMT", "UTC")) or moment.tzinfo is not None
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC if has_utc else zone)
        return _moment(moment, is_day="%H" not in form and "%I" not in form)
    return None


def _moment(moment: datetime, *, is_day: bool) -> Moment | None:
    try:
        return Moment(moment.timestamp(), _text(moment)[:_DAY_LENGTH] if is_day else _text(moment))
    except (OverflowError, ValueError):
        return None


def _text(moment: datetime) -> str:
    text = moment.isoformat(timespec="seconds")
    return text.replace("+00:00", "Z")
