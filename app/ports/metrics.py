"""What the application reports about itself: events as they happen, with labels from bounded sets.

No event says who reads. `bootstrap` samples what can be looked up at any time: the size and age of the mirror, the due
jobs, the document cache, the subscribers.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from app.domain.sites import Repository
from app.ports.rate_state import RateLimitState


class DeliveryOutcome(StrEnum):
    """What the service did with a webhook delivery. The response to GitHub names it."""

    ACCEPTED = "accepted"
    """Stored with a job: the thread is refreshed."""
    KNOWN = "known"
    """Stored; the mirror already has the comment."""
    REPLAYED = "replayed"
    """Its id was received a moment ago."""
    IGNORED = "ignored"
    """Verified, of an event or action that changes nothing here."""
    PONG = "pong"
    """The answer to GitHub's ping."""
    FOREIGN = "foreign"
    """Of a repository that is not served."""
    UNSIGNED = "unsigned"
    """The signature is missing, wrong, or of a kind that proves nothing."""
    MALFORMED = "malformed"
    """Too large, or not what GitHub sends."""
    UNCONFIGURED = "unconfigured"
    """No secret is configured to verify it with."""
    FAILED = "failed"
    """The store could not save it; GitHub received an error."""

    @property
    def metric_label(self) -> str:
        """Return the label that counts it: metrics do not tell KNOWN from ACCEPTED, nor PONG from IGNORED."""
        label_of = {DeliveryOutcome.KNOWN: DeliveryOutcome.ACCEPTED, DeliveryOutcome.PONG: DeliveryOutcome.IGNORED}
        return label_of.get(self, self).value


class Drift(StrEnum):
    """How the mirror differed from GitHub without any report of a change."""

    THREAD_MISSING = "thread_missing"
    THREAD_SURPLUS = "thread_surplus"
    THREAD_DIFFERS = "thread_differs"
    COMMENT_MISSING = "comment_missing"
    COMMENT_SURPLUS = "comment_surplus"
    COMMENT_DIFFERS = "comment_differs"


class Wait(StrEnum):
    """Why no request leaves."""

    PRIMARY = "primary"
    """GitHub's hourly limit is used up."""
    SECONDARY = "secondary"
    """GitHub asked for a pause."""
    BUDGET = "budget"
    """Our own share of the hour is used up, or reserved for more urgent requests."""
    BACKOFF = "backoff"
    """Earlier attempts failed."""


@dataclass(frozen=True, slots=True)
class Counts:
    """What is counted without a call, since the metrics last looked."""

    responses: defaultdict[tuple[str, int], int] = field(default_factory=lambda: defaultdict(int))
    """The responses by (kind of document, status)."""
    renderings: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))
    """The rendered documents by kind."""


class Metrics(Protocol):
    """Counts events. Its methods return at once and raise nothing."""

    def delivery(self, event: str, outcome: DeliveryOutcome) -> None:
        """Count a webhook delivery; `event` is a label from the bounded set of `github.webhooks`."""

    def missed_by_webhook(self, repo: Repository, count: int) -> None:
        """Count changed threads that a poll found and no webhook reported, although one works."""

    def drift(self, repo: Repository, kind: Drift, count: int) -> None:
        """Count differences of a kind that a reconcile found."""

    def rate_limit(self, state: RateLimitState) -> None:
        """Show GitHub's rate limit; its `blocked_until` replaces an earlier one."""

    def waiting(self, reason: Wait, until: float | None) -> None:
        """Show until when requests wait, epoch seconds; None ends it. `rate_limit` shows GitHub's own limits."""


class Gauges(Protocol):
    """Shows what maintenance samples now and then."""

    def mirror_size(self, repo: Repository, *, threads: int, comments: int, checked_at: float | None) -> None:
        """Show what the mirror holds of a repository, and when it last agreed with GitHub."""

    def comments_held(self, repo: Repository, count: int) -> None:
        """Show how many comments the owner's rules hold back."""

    def due_jobs(self, count: int) -> None:
        """Show how many jobs are due."""

    def flush(self) -> None:
        """Write the sampled values."""
