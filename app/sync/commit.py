"""Commit a change, then notify. Cancelling the caller cancels neither.

A store's thread cannot be called back: the change of a cancelled caller is committed all the same. No other part would
report it here, because the change feed skips the changes of its own process.

What GitHub says about another repository's issues is refused. Another repository may have taken a name that was given
up, and its issues have the same numbers. Neither addresses nor numbers show that, but GitHub's ids do.
"""

import asyncio
from collections.abc import Mapping
from typing import Protocol
from urllib.parse import urlsplit

from app.domain.errors import InvalidResponse
from app.domain.priority import Priority
from app.domain.records import SiteRecord
from app.domain.threads import Issue
from app.ports.mirror import Change, Mirror, Notify


class RepositoryNames(Protocol):
    """What a commit needs of `Repositories`."""

    async def confirmed_name(self, site: SiteRecord, priority: Priority, *, force: bool) -> str:
        """Return the repository's current name; raises a `GitHubError`."""

    def with_new_record(self, change: Change) -> Change:
        """Return the change, with the site's record if that is not stored yet."""


class Committer:
    """Commits what GitHub said about a site's threads."""

    def __init__(self, mirror: Mirror, repositories: RepositoryNames, notify: Notify) -> None:
        self._mirror = mirror
        self._repositories = repositories
        self._notify = notify

    async def commit(
        self, change: Change, site: SiteRecord, *, mirrored_ids: Mapping[int, int] | None = None
    ) -> frozenset[int]:
        """Apply a change, then notify; return the numbers that it changed.

        `site` is the record before the change. `mirrored_ids` are GitHub's ids of the change's issues as the mirror
        has them; they are looked up if None. Raises `InvalidResponse` if the change tells of another repository's
        issues.
        """
        await self._refuse_foreign(change, site, mirrored_ids)
        return await commit(self._mirror, self._repositories.with_new_record(change), self._notify)

    async def _refuse_foreign(self, change: Change, site: SiteRecord, mirrored_ids: Mapping[int, int] | None) -> None:
        """Request the repository if an issue has another id than before, or is new."""
        if site.issues_listed_at is None or not change.issues:  # during the backfill all is new
            return
        if mirrored_ids is None:
            mirrored_ids = await self._mirror.issue_ids(change.repo, {issue.number for issue in change.issues})
        new = [issue for issue in change.issues if issue.number not in mirrored_ids]
        replaced_issues = [issue for issue in change.issues if mirrored_ids.get(issue.number, issue.id) != issue.id]
        if not new and not replaced_issues:
            return
        name = await self._repositories.confirmed_name(site, Priority.POLL, force=bool(replaced_issues))
        for issue in (*new, *replaced_issues):
            if not belongs_to(issue, name, site.id):
                path = urlsplit(issue.repository_url).path
                raise InvalidResponse(path, f"issue {issue.number} is another repository's, which has taken the name")


def belongs_to(issue: Issue, full_name: str, repository_id: int) -> bool:
    """Return True if the issue's own address names the repository, by name or id."""
    path = urlsplit(issue.repository_url).path.lower()
    return path.endswith((f"/repos/{full_name.lower()}", f"/repositories/{repository_id}"))


async def commit(
    mirror: Mirror, change: Change, notify: Notify, *, besides: frozenset[int] = frozenset()
) -> frozenset[int]:
    """Apply a change, then notify of what it changed, and of `besides`; return the numbers that it changed.

    Both run in a task that is never cancelled. A caller that is cancelled in between, once or often, is cancelled after
    both.
    """
    task = asyncio.create_task(_commit(mirror, change, notify, besides))
    cancellation: asyncio.CancelledError | None = None
    while not task.done():
        try:
            await asyncio.wait({task})
        except asyncio.CancelledError as request:
            cancellation = request
    if cancellation is None:
        return task.result()
    if not task.cancelled():
        task.exception()  # read here, so that asyncio does not report it as never retrieved
    raise cancellation


async def _commit(mirror: Mirror, change: Change, notify: Notify, besides: frozenset[int]) -> frozenset[int]:
    numbers = await mirror.apply(change)
    if numbers or besides:
        await notify(change.repo, numbers | besides)
    return numbers
