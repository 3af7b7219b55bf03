"""The records of the simulated GitHub, as frozen values: a change replaces a record by a new value.

Times are whole seconds since the epoch, UTC. `version` grows with every change of the record, so that a rendered
object can be cached until the next change.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeVar

REACTIONS = ("+1", "-1", "laugh", "hooray", "confused", "heart", "rocket", "eyes")
"""GitHub's eight reactions, in the order of its objects."""

LOCK_REASONS = ("off-topic", "too heated", "resolved", "spam")
"""https://docs.github.com/rest/issues/issues#lock-an-issue."""

HIDE_REASONS = ("abuse", "off-topic", "outdated", "resolved", "duplicate", "spam")
"""GraphQL's ReportedContentClassifiers, in the spelling of the REST objects."""

When = datetime | str | float | None
"""A time as a test writes it: a datetime, RFC 3339 text, seconds since the epoch, or None for now."""


@dataclass(frozen=True, slots=True)
class User:
    """An account; a deleted account keeps its id and is null in every object."""

    id: int
    login: str
    kind: str = "User"
    deleted: bool = False


@dataclass(frozen=True, slots=True)
class Label:
    """A label of a repository."""

    id: int
    name: str
    color: str
    description: str | None = None


@dataclass(frozen=True, slots=True)
class Repository:
    """A repository; its id is permanent, its name can change."""

    id: int
    owner: str
    name: str
    created_at: int
    private: bool = False
    has_issues: bool = True
    archived: bool = False

    @property
    def full_name(self) -> str:
        """`owner/name`."""
        return f"{self.owner}/{self.name}"


@dataclass(frozen=True, slots=True, eq=False)
class Commit:
    """A state of a repository's files: contents by path, and symbolic links with their targets."""

    id: str
    repository_id: int
    created_at: int
    files: Mapping[str, bytes]
    links: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Pin:
    """The time at which a comment was pinned, and the id of the user who did it."""

    pinned_at: int
    pinned_by: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Contribution:
    """What a person writes; `author` is the user's id, `body_html` is None unless a test dictates the HTML."""

    id: int
    author: int
    body: str | None
    created_at: int
    updated_at: int
    version: int = 0
    body_html: str | None = None
    reactions: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Comment(Contribution):
    """A comment on an issue or on a pull request."""

    issue_id: int
    minimized: str | None = None
    pin: Pin | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Issue(Contribution):
    """An issue or a pull request; both share the numbers of a repository."""

    repository_id: int
    number: int
    title: str
    labels: tuple[str, ...] = ()
    state: str = "open"
    state_reason: str | None = None
    closed_at: int | None = None
    closed_by: int | None = None
    locked: bool = False
    lock_reason: str | None = None
    is_pull_request: bool = False
    pinned_comment: int | None = None


IssueOrComment = TypeVar("IssueOrComment", Comment, Issue)


def to_timestamp(when: datetime | str | float) -> int:
    """Return a time as whole seconds since the epoch; text and datetimes without a time zone are UTC.

    Raise ValueError for text that is not an RFC 3339 time.
    """
    if isinstance(when, str):
        when = datetime.fromisoformat(when)
    if isinstance(when, datetime):
        when = (when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp()
    return int(when)


def rfc3339(timestamp: int) -> str:
    """Return a time in the format of GitHub's objects: `2020-07-01T09:30:00Z`."""
    return datetime.fromtimestamp(timestamp, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
