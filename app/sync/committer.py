"""Refuse what GitHub says about another repository's issues.

Another repository may have taken a name that was given up, and its issues have the same numbers. Neither addresses nor
numbers show that, but GitHub's ids do.
"""

from collections.abc import Mapping
from urllib.parse import urlsplit

from app.domain.errors import InvalidResponse
from app.domain.priority import Priority
from app.domain.records import SiteRecord
from app.domain.threads import Issue
from app.ports.mirror import Change, Mirror, Notify
from app.sync.commit import commit
from app.sync.repositories import Repositories


class Committer:
    """Commits what GitHub said about a site's threads."""

    def __init__(self, mirror: Mirror, repositories: Repositories, notify: Notify) -> None:
        self._mirror = mirror
        self._repositories = repositories
        self._notify = notify

    async def commit(
        self, change: Change, site: SiteRecord | None, *, mirrored_ids: Mapping[int, int] | None = None
    ) -> frozenset[int]:
        """Apply a change, then notify; return the numbers that it changed.

        `site` is the record before the change. `mirrored_ids` are GitHub's ids of the change's issues as the mirror
        has them; they are looked up if None. Raises `InvalidResponse` if the change tells of another repository's
        issues.
        """
        await self._refuse_foreign(change, site, mirrored_ids)
        return await commit(self._mirror, change, self._notify)

    async def _refuse_foreign(
        self, change: Change, site: SiteRecord | None, mirrored_ids: Mapping[int, int] | None
    ) -> None:
        """Request the repository if an issue has another id than before, or is new.

        Another repository may have taken a name that was given up, and its issues have the same numbers. Neither
        addresses nor numbers show that, but GitHub's ids do.
        """
        if site is None or site.issues_listed_at is None or not change.issues:  # during the backfill all is new
            return
        if mirrored_ids is None:
            mirrored_ids = await self._mirror.issue_ids(change.repo, {issue.number for issue in change.issues})
        new = [issue for issue in change.issues if issue.number not in mirrored_ids]
        replaced = [issue for issue in change.issues if mirrored_ids.get(issue.number, issue.id) != issue.id]
        if not new and not replaced:
            return
        name = await self._repositories.confirmed_name(site, Priority.POLL, force=bool(replaced))
        for issue in (*new, *replaced):
            if not belongs_to(issue, name, site.id):
                path = urlsplit(issue.repository_url).path
                raise InvalidResponse(path, f"issue {issue.number} is another repository's, which has taken the name")


def belongs_to(issue: Issue, full_name: str, repository_id: int) -> bool:
    """Return True if the issue's own address names the repository, by name or id."""
    path = urlsplit(issue.repository_url).path.lower()
    return path.endswith((f"/repos/{full_name.lower()}", f"/repositories/{repository_id}"))
