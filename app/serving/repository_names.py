"""The names of the served repositories: the current one of each, and those that it had before.

As on GitHub, a renamed repository answers under its new name, and its old names lead there. Its record has them, also
those that were configured once: `app.sync.repositories` says which names there are.
"""

from collections.abc import Callable
from dataclasses import dataclass

from app.domain.records import SiteRecord
from app.domain.sites import Repository
from app.ports.mirror import Mirror
from app.serving.access_policy import AccessPolicy
from app.serving.terms.edition import PERMANENT, Edition


@dataclass(frozen=True, slots=True)
class NamedRepository:
    """A served repository, and the name by which GitHub knows it now."""

    repo: Repository
    """As it is configured."""
    full_name: str
    """In GitHub's spelling."""
    spelling: str
    """The name that was found, in its usual spelling."""
    edition: Edition = PERMANENT
    """How long the repository has these names."""


class RepositoryNames:
    """Finds repositories by name. `edition` returns what ends when a repository's name or visibility changes."""

    def __init__(
        self,
        mirror: Mirror,
        access: AccessPolicy,
        repos: tuple[Repository, ...],
        edition: Callable[[Repository], Edition],
    ) -> None:
        self._mirror = mirror
        self._access = access
        self._repos = repos
        self._edition = edition
        self._records: dict[Repository, tuple[Edition, SiteRecord]] = {}
        """The record of each site with the edition in which it was read."""

    async def find(self, name: str) -> NamedRepository | None:
        """Return the repository with this name, in any letter case, now or formerly; None if none is served.

        The current names win over former ones. Hidden repositories have no names. May raise `StoreError`.
        """
        editions = {repo: self._edition(repo) for repo in self._repos}
        all_records = {repo: await self._record(repo) for repo in self._repos}
        records = {repo: record for repo, record in all_records.items() if not self._access.hides(record)}
        for repo, record in records.items():
            current_name = repo.full_name if record is None else record.full_name
            if current_name.lower() == name.lower():
                return NamedRepository(repo, current_name, current_name, editions[repo])
        for repo, record in records.items():
            if record is not None:
                former_names = {former.lower(): former for former in (*record.former_names, repo.full_name)}
                if name.lower() in former_names:
                    return NamedRepository(repo, record.full_name, former_names[name.lower()], editions[repo])
        return None

    async def _record(self, repo: Repository) -> SiteRecord | None:
        edition = self._edition(repo)
        known_edition, record = self._records.get(repo, (None, None))
        if record is None or known_edition is not edition:
            record = await self._mirror.site(repo)
            if record is not None:
                self._records[repo] = edition, record
        return record
