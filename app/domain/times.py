"""Times as people and GitHub write them, and comparisons that survive a clock set back."""

from datetime import UTC, datetime


def rfc3339(epoch: float) -> str:
    """Return epoch seconds as RFC 3339 in UTC with whole seconds: `2020-07-01T09:30:00Z`."""
    return datetime.fromtimestamp(epoch, tz=UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def epoch(text: str) -> float:
    """Return RFC 3339 text (any offset, `Z` allowed) as epoch seconds; raise ValueError for any other text."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"{text!r} has no time zone")
    return moment.timestamp()


def retry_after(wait: float) -> int:
    """Return a wait in seconds as a `Retry-After` (RFC 9110): whole seconds from 1 to 300."""
    return max(1, min(int(wait) + 1, 300))


def is_within(seconds: float, since: float | None, *, now: float) -> bool:
    """Return True if `now` is at most `seconds` after `since`.

    A `since` later than `now` was recorded before the clock was set back: it proves nothing, and neither does None.
    """
    return since is not None and 0 <= now - since <= seconds


def is_ahead(until: float | None, *, now: float, at_most: float) -> bool:
    """Return True if the deadline `until` still lies ahead.

    A deadline more than `at_most` seconds ahead was recorded before the clock was set back: it no longer holds.
    """
    return until is not None and 0 < until - now <= at_most
