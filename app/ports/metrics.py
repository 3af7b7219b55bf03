"""What the engine tells of itself to whoever counts: events as they happen, in words of a bounded number.

Nothing here says who reads. What can be looked up at any time (the mirror's size and age, the marks that are due, the
catalogue, the listeners) is not told but sampled, by `bootstrap`.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Protocol

from app.domain.sites import Repository
from app.ports.jobs import RateLimitState
from app.render import keys
from app.render.keys import Key

KINDS: Mapping[type[Key], str] = {
    keys.PostKey: "post",
    keys.CommentsKey: "comments",
    keys.CountsKey: "counts",
    keys.NewestKey: "newest",
    keys.FragmentKey: "fragment",
    keys.ThreadFeedKey: "feed",
    keys.SiteFeedKey: "site_feed",
    keys.CompatIssueKey: "github_issue",
    keys.CompatCommentsKey: "github_comments",
    keys.CompatCommentKey: "github_comment",
    keys.CompatIssuesKey: "github_issues",
}
"""A short name for each kind of document."""


class Received(StrEnum):
    """What became of a webhook delivery."""

    ACCEPTED = "accepted"
    """Stored, with a mark where there is something to look at."""
    IGNORED = "ignored"
    """Verified, of an event or action that changes nothing here."""
    REPLAYED = "replayed"
    """Its id was received a moment ago."""
    UNSIGNED = "unsigned"
    """The signature is missing, wrong, or of a kind that proves nothing."""
    FOREIGN = "foreign"
    """Of a repository that is not served."""
    MALFORMED = "malformed"
    """Too large, or not what GitHub sends."""
    UNCONFIGURED = "unconfigured"
    """No secret is configured to verify it with."""
    FAILED = "failed"
    """The store could not keep it: GitHub was told so."""


class Drift(StrEnum):
    """In what the mirror differed from GitHub without anyone having told."""

    THREAD_MISSING = "thread_missing"
    THREAD_SURPLUS = "thread_surplus"
    THREAD_DIFFERS = "thread_differs"
    COMMENT_MISSING = "comment_missing"
    COMMENT_SURPLUS = "comment_surplus"
    COMMENT_DIFFERS = "comment_differs"


class Wait(StrEnum):
    """Why no ask leaves."""

    PRIMARY = "primary"
    """GitHub's hour is used up."""
    SECONDARY = "secondary"
    """GitHub asked for a pause."""
    BUDGET = "budget"
    """Our own share of the hour is used up, or kept for what is more urgent."""
    BACKOFF = "backoff"
    """Earlier tries failed."""


class Observer(Protocol):
    """Counts. Its methods return at once and raise nothing."""

    def delivered(self, event: str, outcome: Received) -> None:
        """A webhook delivery was answered; `event` is what `X-GitHub-Event` said, whoever sent it."""

    def untold(self, repo: Repository, count: int) -> None:
        """A round found so many changed threads that no webhook had told of, though one works."""

    def drifted(self, repo: Repository, kind: Drift, count: int) -> None:
        """A reconcile found so many differences of a kind."""

    def rendered(self, key: Key) -> None:
        """A document was made."""

    def stands(self, standing: RateLimitState) -> None:
        """How things are with GitHub has become known anew; its `waits_until` holds in place of an earlier one."""

    def waits(self, reason: Wait, until: float | None) -> None:
        """Asks wait until then, epoch seconds; None: no longer. `stands` tells of GitHub's own limits by itself."""
