"""A whole site in short, for its owner."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from app.domain.records import SiteRecord, Tombstone
from app.domain.sites import Repository
from app.domain.threads import Comment

WEEK_SECONDS = 604_800
FIRST_MONDAY = 345_600
"""5 January 1970, epoch seconds: weeks begin on Mondays, in UTC."""


@dataclass(frozen=True, slots=True)
class ThreadOverview:
    """What the owner sees of an issue or pull request."""

    number: int
    title: str
    url: str
    """GitHub's page of it."""
    state: str
    """`open` or `closed`."""
    locked: bool
    labels: tuple[str, ...]
    is_pull_request: bool
    comment_count: int
    """GitHub's own count."""
    mirrored_count: int
    complete: bool
    count_mismatch: bool
    checked_at: float | None
    """When its comments last agreed with GitHub, epoch seconds, without the site's polls."""
    last_comment_at: str | None
    """When the latest of its mirrored comments that are not left out was written, RFC 3339."""

    @property
    def shown_count(self) -> int:
        """Return the count that readers are shown."""
        return self.mirrored_count if self.complete else self.comment_count


Includes = Callable[[ThreadOverview], bool]
"""Tells which threads are posts of the blog."""


@dataclass(frozen=True, slots=True)
class SiteOverview:
    """One consistent read of a site."""

    site: SiteRecord | None
    """None before its backfill began."""
    threads: tuple[ThreadOverview, ...] = ()
    """All issues and pull requests, by descending number."""
    tombstones: tuple[Tombstone, ...] = ()
    """By ascending number."""
    weeks: Mapping[int, int] | None = None
    """How many comments of the included threads were written in a week; `week_of` numbers the weeks."""
    newest: tuple[Comment, ...] = ()
    """The newest comments of the included threads, by descending id."""


@dataclass(frozen=True, slots=True)
class Scope:
    """What an overview of a site is to tell of."""

    includes: Includes
    """Whether the comments of a thread count. It is called in another thread of the process."""
    since: str
    """From when on weeks are counted, RFC 3339."""
    newest: int
    """How many of the newest comments are wanted."""
    excluded_ids: frozenset[int] = frozenset()
    """The comments that are left out of the weeks and of each thread's last comment, but not of the newest ones."""


class Overviews(Protocol):
    """Reads sites for their owner. Each method is one transaction and may raise `StoreError`."""

    async def site(self, repo: Repository, scope: Scope) -> SiteOverview:
        """Return a site, as far as `scope` says."""

    async def bytes(self) -> int | None:
        """Return the size of the store on the disk; None for a store in memory."""


def week_of(epoch: float) -> int:
    """Return the number of the week of a time in epoch seconds: 0 begins on 5 January 1970."""
    return int((epoch - FIRST_MONDAY) // WEEK_SECONDS)


def week_start(week: int) -> float:
    """Return the beginning of a week in epoch seconds."""
    return float(FIRST_MONDAY + week * WEEK_SECONDS)
