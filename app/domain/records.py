"""What the mirror stores about a repository, its issues and the numbers without an issue."""

from dataclasses import dataclass
from typing import NamedTuple

from app.domain.sites import FeedIdentity, Repository
from app.domain.threads import Issue

REPOSITORY_NUMBER = 0
"""The number of a job or mirror change that concerns the repository itself: no issue has it."""


def repository_object_key(repo: Repository) -> str:
    """Return the key under which the store has GitHub's object of a repository, as JSON: `{"at": …, "object": {…}}`.

    `at` is when GitHub sent it, in epoch seconds. It has only what GitHub tells everyone.
    """
    return f"repository {repo.key}"


class ThreadRef(NamedTuple):
    """The identity of a thread: its repository and issue number."""

    repo: Repository
    number: int


@dataclass(frozen=True, slots=True)
class SiteRecord:
    """What the mirror knows of a repository, and the progress of its backfill."""

    repo: Repository
    id: int
    """GitHub's id of the repository: it survives a rename."""
    full_name: str
    """GitHub's current name for it."""
    issues_next_url: str | None = None
    """The next page of the list of all issues; None before the first page and after the last."""
    issues_listed_at: float | None = None
    """When the list of all issues was last read to its end; None before the first time."""
    comments_next_url: str | None = None
    """The next page of the repository-wide list of comments, while a backfill reads it."""
    since: str | None = None
    """The `since` of the next poll, by GitHub's clock."""
    checked_at: float | None = None
    """When all threads last agreed with GitHub."""
    private: bool = False
    """Whether the repository was private at the last request for it."""
    reconciled_at: float | None = None
    """When the site was last compared with GitHub as a whole."""
    missed_by_webhook_at: float | None = None
    """When a poll last found a change that no webhook had reported, although one works."""
    not_visible_since: float | None = None
    """Since when GitHub has not shown the repository; None while it shows it."""
    not_visible_count: int = 0
    """How many requests in a row GitHub answered as if there was no such repository."""
    feed_name: str | None = None
    """This and the next two are as in `FeedIdentity`; None stands for the configured name."""
    entry_name: str | None = None
    """None stands for the current name, also in the next one."""
    link_name: str | None = None
    former_names: tuple[str, ...] = ()
    """Other names that the repository had here or on GitHub: addresses that name them still work."""
    created_at: str | None = None
    """When the repository was created; None until GitHub has said so."""

    @property
    def public_state(self) -> tuple[str, str, tuple[str, ...], bool]:
        """Return what readers can tell of the repository itself: its names, and whether it is private."""
        return self.full_name, self.feed_identity.link_name, self.former_names, self.private

    @property
    def feed_identity(self) -> FeedIdentity:
        """Return what the repository's feeds are known by."""
        return FeedIdentity(
            feed_name=self.feed_name or self.repo.full_name,
            entry_name=self.entry_name or self.full_name,
            link_name=self.link_name or self.full_name,
            current_name=self.full_name,
            created_at=self.created_at,
        )


@dataclass(frozen=True, slots=True)
class ThreadRecord:
    """An issue in the mirror and the state of its comments."""

    issue: Issue
    mirrored_count: int
    """The number of its comments in the mirror."""
    complete: bool
    """True once all its comments were listed; only then are they served."""
    count_mismatch: bool
    """True if GitHub's count says that the mirror lacks comments or has too many.

    Its count and what it lists may differ permanently: the difference at the last complete read is no mismatch."""
    checked_at: float | None
    """When its comments last agreed with GitHub, epoch seconds; None before."""
    version: int = 0
    """The version of its latest mirror change: it grows with every visible change."""


@dataclass(frozen=True, slots=True)
class IssueSummary:
    """What plans and counts need of an issue or pull request."""

    number: int
    is_pull_request: bool
    comment_count: int
    mirrored_count: int
    complete: bool
    count_mismatch: bool
    updated_at: str
    labels: tuple[str, ...]

    @property
    def is_settled(self) -> bool:
        """Return True if the counts agree that the mirror lacks nothing of the thread."""
        return self.complete and not self.count_mismatch


@dataclass(frozen=True, slots=True)
class Tombstone:
    """What GitHub answered for a number without an issue."""

    number: int
    gone: bool
    """True for 410 and for transferred issues; False for 404."""
    checked_at: float
    transferred_to: str | None = None
    """The API address of a transferred issue."""
