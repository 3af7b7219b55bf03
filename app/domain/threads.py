"""A thread: the issue behind a post, with its comments, as GitHub returned them.

Times are GitHub's own text, RFC 3339 in UTC with seconds (`2020-07-01T09:30:00Z`): later times compare greater. Each
value keeps GitHub's whole object in `source`, so that a new view never needs another backfill.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from app.domain.sites import Repository

GHOST = "ghost"
"""The login that GitHub shows in place of a deleted account."""

GHOST_ID = 10137
"""That account's id; it leads to the avatar."""

REACTIONS = ("+1", "-1", "laugh", "hooray", "confused", "heart", "rocket", "eyes")
"""The kinds of reaction, in GitHub's order."""


class Status(StrEnum):
    """What a post's page is told about its thread."""  # published in OpenAPI

    OPEN = "open"
    CLOSED = "closed"
    LOCKED = "locked"
    MISSING = "missing"
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class Author:
    """The author of an issue or comment; a deleted account is `ghost`."""

    login: str
    url: str
    avatar_url: str
    is_bot: bool = False
    id: int = GHOST_ID


@dataclass(frozen=True, slots=True)
class Reactions:
    """The number of reactions by kind, without kinds that have none."""

    total: int = 0
    counts: Mapping[str, int] | None = None


@dataclass(frozen=True, slots=True)
class Comment:
    """One comment of a thread; `number` is its issue's."""

    id: int
    number: int
    author: Author
    association: str
    created_at: str
    updated_at: str
    body: str
    body_text: str
    body_html: str
    url: str
    reactions: Reactions
    pinned: bool
    hidden: str | None
    """GitHub's reason (`spam`, `abuse`, `off-topic`, `outdated`, `resolved`, `duplicate`), in lower case, or None."""
    source: Mapping[str, Any]

    @property
    def edited_at(self) -> str | None:
        """Return when its text last changed, or None if it never did."""
        return self.updated_at if self.updated_at != self.created_at else None


@dataclass(frozen=True, slots=True)
class Issue:
    """The issue of a thread, or a pull request, which is never a post."""

    id: int
    number: int
    repository_url: str
    title: str
    author: Author
    is_pull_request: bool
    state: str
    locked: bool
    comment_count: int
    """GitHub's own count of the comments."""
    labels: tuple[str, ...]
    created_at: str
    updated_at: str
    url: str
    reactions: Reactions
    source: Mapping[str, Any]
    pinned_comment: Comment | None = None


@dataclass(frozen=True, slots=True)
class Thread:
    """What readers see of a number: the issue and its comments, or that there is none."""

    repo: Repository
    number: int
    issue: Issue | None
    """None if the status is missing or gone."""
    comments: tuple[Comment, ...]
    """By ascending id; empty, and `comment_count` 0, only if GitHub said so or there is no issue."""
    comment_count: int
    status: Status
    checked_at: float | None
    """When this last agreed with GitHub, epoch seconds."""
    stale: bool = False
    """True if the last check that was due failed."""
    refreshed_at: float | None = None
    """When GitHub last responded for this thread itself: what lists of changes do not show is as old as that."""
    version: int = 0
    """The version of its latest change in the mirror."""
