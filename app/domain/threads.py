"""A thread: the issue behind a post, with its comments, as GitHub said them.

Times are GitHub's own text, RFC 3339 in UTC with seconds (`2020-07-01T09:30:00Z`): they compare as they sort. Each
value keeps the whole object that GitHub sent in `source`, so that a better view never needs a new import.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from app.domain.sites import Repository

GHOST = "ghost"
"""Whom GitHub shows in place of a deleted account."""

GHOST_ID = 10137
"""That account's id, by which its picture is found."""

REACTIONS = ("+1", "-1", "laugh", "hooray", "confused", "heart", "rocket", "eyes")
"""The kinds of reaction, in GitHub's order."""


class Status(StrEnum):
    """What a post's page is told about its thread."""

    OPEN = "open"
    CLOSED = "closed"
    LOCKED = "locked"
    MISSING = "missing"
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class Author:
    """Who wrote; a deleted account is `ghost`."""

    login: str
    url: str
    avatar_url: str
    is_bot: bool = False
    id: int = GHOST_ID


@dataclass(frozen=True, slots=True)
class Reactions:
    """How many of each kind; kinds that nobody used are left out."""

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
        """When its text last changed, or None where it stands as first written."""
        return self.updated_at if self.updated_at != self.created_at else None


@dataclass(frozen=True, slots=True)
class Issue:
    """The issue itself: what a thread hangs on. A pull request is told by `is_pull_request` and is never a post."""

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

    @property
    def status(self) -> Status:
        """Locked says more than closed: nobody new may write."""
        if self.locked:
            return Status.LOCKED
        return Status.CLOSED if self.state == "closed" else Status.OPEN


@dataclass(frozen=True, slots=True)
class Thread:
    """What is to be shown of a number: the issue and its comments, or that there is none."""

    repo: Repository
    number: int
    issue: Issue | None
    """None where the status is missing or gone."""
    comments: tuple[Comment, ...]
    """By ascending id; empty, and `comment_count` with it, only where GitHub said "none" or there is no issue."""
    comment_count: int
    status: Status
    checked_at: float | None
    """When this was last known to be as on GitHub, epoch seconds."""
    stale: bool = False
    """True where the last check that was due did not succeed."""
    looked_at: float | None = None
    """When GitHub was last asked for this very thread: what lists of changes do not tell is as old as that."""
