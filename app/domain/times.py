"""Times as people and GitHub write them."""

from datetime import UTC, datetime


def rfc3339(epoch: float) -> str:
    """Epoch seconds as RFC 3339 in UTC with whole seconds: `2020-07-01T09:30:00Z`."""
    return datetime.fromtimestamp(epoch, tz=UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def epoch(text: str) -> float:
    """RFC 3339 (any offset, `Z` allowed) as epoch seconds; ValueError where it is no such time."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"{text!r} has no time zone")
    return moment.timestamp()
