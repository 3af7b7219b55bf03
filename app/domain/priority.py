"""How urgent a request to GitHub is."""

from enum import Enum


class Priority(Enum):
    """What a request or job is for, the most urgent first. Stores keep the value."""

    READ = "read"
    """A reader waits for a thread that is not mirrored yet."""
    DELIVERY = "delivery"
    """GitHub reported a change by webhook."""
    POLL = "poll"
    """The poll requests what changed."""
    CHECK = "check"
    """A reader read a thread whose last check is old, or a number that the list of issues lacks."""
    BACKFILL = "backfill"
    """A backfill requests what the mirror lacks; no reader waits for it."""
    APPROVAL = "approval"
    """A comment is held back until it is known who reacted to it."""


PRIORITY_ORDER = {priority: position for position, priority in enumerate(Priority)}
"""The position of each priority; 0 is the most urgent."""
