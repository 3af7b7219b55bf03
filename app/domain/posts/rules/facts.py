"""What the mirror, or GitHub, knows of the issues of a repository."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self

from app.domain.records import SiteRecord, Tombstone
from app.domain.sites import Repository
from app.domain.threads import Issue


@dataclass(frozen=True, slots=True)
class IssueFacts:
    """What the rules need of an issue or pull request."""

    title: str
    is_pull_request: bool = False
    is_closed: bool = False
    is_locked: bool = False
    labels: tuple[str, ...] = ()
    comment_count: int = 0

    @classmethod
    def of(cls, issue: Issue) -> Self:
        """Return the facts of an issue."""
        is_closed = issue.state == "closed"
        return cls(issue.title, issue.is_pull_request, is_closed, issue.locked, issue.labels, issue.comment_count)


@dataclass(frozen=True, slots=True)
class SiteFacts:
    """The issues of one repository at one moment."""

    repo: Repository
    issues: Mapping[int, IssueFacts]
    """All issues and pull requests that are known, by number."""
    tombstones: Mapping[int, Tombstone] = field(default_factory=dict)
    """What GitHub answered for numbers without an issue, as far as it was asked."""
    is_listed: bool = True
    """Whether `issues` has all of the repository: then a number that it lacks has no issue."""
    record: SiteRecord | None = None
    """The repository's current name and id, which the addresses of transferred issues contain."""
