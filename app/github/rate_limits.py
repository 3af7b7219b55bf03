"""GitHub's rate limits: how many requests the hour still allows, and how long to wait after a limit.

All times are by our clock. GitHub's clock may differ from ours by minutes: its times are read as distances from the
response's `Date`, which the same clock wrote. A wait never exceeds GitHub's hour plus a margin.
Follows https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from app.github.headers import lowercase_names, parse_count, parse_date

SHORTEST_WAIT = 1.0
LONGEST_WAIT = 3600.0 + 120.0
"""Seconds. GitHub's window is an hour; the margin covers the inaccuracy of two clocks."""
_FIRST_WAIT = 60.0
_DOUBLINGS = 6
"""A minute doubled this often exceeds the longest wait."""
_FORBIDDEN = 403
_TOO_MANY = 429


@dataclass(frozen=True, slots=True)
class RateLimit:
    """How many requests GitHub allows an hour and still allows; `reset` in epoch seconds by our clock."""

    limit: int
    remaining: int
    reset: float


@dataclass(frozen=True, slots=True)
class ExceededLimit:
    """A limit that a request exceeded: no request may leave before `until`, epoch seconds by our clock."""

    until: float
    kind: Literal["primary", "secondary"]


def parse_rate_limit(headers: Mapping[str, str], *, now: float) -> RateLimit | None:
    """Return the rate limit of a response, or None if it has none (as on an Enterprise server without limits)."""
    fields = lowercase_names(headers)
    limit = parse_count(fields.get("x-ratelimit-limit"))
    remaining = parse_count(fields.get("x-ratelimit-remaining"))
    wait = _until_reset(fields, now)
    if limit is None or remaining is None or wait is None:
        return None
    return RateLimit(limit, remaining, now + max(0.0, min(wait, LONGEST_WAIT)))


def exceeded_limit(
    status: int, headers: Mapping[str, str], message: str, *, now: float, attempt: int = 0
) -> ExceededLimit | None:
    """Return the limit behind a 403 or 429, or None for a plain refusal.

    `message` is GitHub's own; `attempt` counts the limits in a row before this one, without a response between.
    """
    if status not in (_FORBIDDEN, _TOO_MANY):
        return None
    fields = lowercase_names(headers)
    exhausted = parse_count(fields.get("x-ratelimit-remaining")) == 0
    wait = _retry_after(fields, now)
    if wait is None and exhausted:
        wait = _until_reset(fields, now)
    if not (exhausted or "retry-after" in fields or status == _TOO_MANY or _names_a_limit(message)):
        return None
    if wait is None:
        wait = _FIRST_WAIT * 2 ** max(0, min(attempt, _DOUBLINGS))
    until = now + max(SHORTEST_WAIT, min(wait, LONGEST_WAIT))
    return ExceededLimit(until, "primary" if exhausted else "secondary")


def _names_a_limit(message: str) -> bool:
    lowercase = message.lower()
    return "rate limit" in lowercase or "abuse" in lowercase


def _until_reset(fields: Mapping[str, str], now: float) -> float | None:
    reset = parse_count(fields.get("x-ratelimit-reset"))
    return None if reset is None else reset - _github_now(fields, now)


def _retry_after(fields: Mapping[str, str], now: float) -> float | None:
    """Return the wait in seconds: GitHub sends seconds; RFC 9110 allows a date, which proxies send."""
    text = fields.get("retry-after")
    seconds = parse_count(text)
    if seconds is not None:
        return seconds
    date = parse_date(text)
    return None if date is None else date - _github_now(fields, now)


def _github_now(fields: Mapping[str, str], now: float) -> float:
    date = parse_date(fields.get("date"))
    return now if date is None else date
