"""What is left of the hour, and how long to wait after a limit, by our own clock.

GitHub's clock may differ from ours by minutes. Its times are therefore read as distances from the answer's `Date`,
which was written by the same clock, and a wait is never longer than the hour that GitHub counts in, plus a margin.
Follows https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from app.github.headers import count, date, folded

SHORTEST_WAIT = 1.0
LONGEST_WAIT = 3600.0 + 120.0
"""Seconds. GitHub's window is an hour; the margin is for the roughness of two clocks."""
_FIRST_WAIT = 60.0
_DOUBLINGS = 6
"""A minute doubled this often is more than the longest wait."""
_FORBIDDEN = 403
_TOO_MANY = 429


@dataclass(frozen=True, slots=True)
class RateLimit:
    """What GitHub says is left of the hour; `reset` in epoch seconds, already by our clock."""

    limit: int
    remaining: int
    reset: float


@dataclass(frozen=True, slots=True)
class Limit:
    """Over a limit: until when not to ask, epoch seconds by our clock, and which limit it is."""

    until: float
    kind: Literal["primary", "secondary"]


def parse_rate_limit(headers: Mapping[str, str], *, now: float) -> RateLimit | None:
    """What is left, or None where GitHub does not say (as on an Enterprise server without limits)."""
    fields = folded(headers)
    limit = count(fields.get("x-ratelimit-limit"))
    remaining = count(fields.get("x-ratelimit-remaining"))
    wait = _until_reset(fields, now)
    if limit is None or remaining is None or wait is None:
        return None
    return RateLimit(limit, remaining, now + max(0.0, min(wait, LONGEST_WAIT)))


def exceeded_limit(status: int, headers: Mapping[str, str], message: str, *, now: float, attempt: int = 0) -> Limit | None:
    """The limit behind a 403 or 429, or None where it is a plain refusal.

    `message` is GitHub's own; `attempt` counts the limits that were met before this one without an answer between.
    """
    if status not in (_FORBIDDEN, _TOO_MANY):
        return None
    fields = folded(headers)
    used_up = count(fields.get("x-ratelimit-remaining")) == 0
    wait = _retry_after(fields, now)
    if wait is None and used_up:
        wait = _until_reset(fields, now)
    told = used_up or "retry-after" in fields or status == _TOO_MANY or _names_a_limit(message)
    if not told:
        return None
    if wait is None:
        wait = _FIRST_WAIT * 2 ** max(0, min(attempt, _DOUBLINGS))
    return Limit(now + max(SHORTEST_WAIT, min(wait, LONGEST_WAIT)), "primary" if used_up else "secondary")


def _names_a_limit(message: str) -> bool:
    lowered = message.lower()
    return "rate limit" in lowered or "abuse" in lowered


def _until_reset(fields: Mapping[str, str], now: float) -> float | None:
    reset = count(fields.get("x-ratelimit-reset"))
    return None if reset is None else reset - _their_now(fields, now)


def _retry_after(fields: Mapping[str, str], now: float) -> float | None:
    """Seconds, which GitHub sends, or an HTTP date, which RFC 9110 allows and proxies send."""
    given = fields.get("retry-after")
    seconds = count(given)
    if seconds is not None:
        return seconds
    moment = date(given)
    return None if moment is None else moment - _their_now(fields, now)


def _their_now(fields: Mapping[str, str], now: float) -> float:
    sent = date(fields.get("date"))
    return now if sent is None else sent
