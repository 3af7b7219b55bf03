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


@dataclass(frozen=True, slots=True)
class NamedRepository:
    """A served repository, and the name by which GitHub knows it now."""

    repo: Repository
    """As it is configured."""
    full_name: str
    """In GitHub's spelling."""
    spelling: str
    """The name that was found, in its usual spelling."""


class RepositoryNames:
    """Finds repositories by name. `generation` returns what grows when a repository's name or visibility changes."""

    def __init__(
        self,
        mirror: Mirror,
        access: AccessPolicy,
        repos: tuple[Repository, ...],
        generation: Callable[[Repository], int],
    ) -> None:
        self._mirror = mirror
        self._access = access
        self._repos = repos
        self._generation = generation
        self._records: dict[Repository, tuple[int, SiteRecord]] = {}
        """The record of each site with the generation in which it was read."""

    async def find(self, name: str) -> NamedRepository | None:
        """Return the repository with this name, in any letter case, now or formerly; None if none is served.

        The current names win over former ones. Hidden repositories have no names. May raise `StoreError`.
        """
        all_records = {repo: await self._record(repo) for repo in self._repos}
        records = {repo: record for repo, record in all_records.items() if not self._access.hides(record)}
        for repo, record in records.items():
            current_name = repo.full_name if record is None else record.full_name
            if current_name.lower() == name.lower():
                return NamedRepository(repo, current_name, current_name)
        for repo, record in records.items():
            if record is not None:
                former_names = {former.lower(): former for former in (*record.former_names, repo.full_name)}
                if name.lower() in former_names:
                    return NamedRepository(repo, record.full_name, former_names[name.lower()])
        return None

    async def _record(self, repo: Repository) -> SiteRecord | None:
        generation = self._generation(repo)
        known_generation, record = self._records.get(repo, (None, None))
        if record is None or known_generation != generation:
            record = await self._mirror.site(repo)
            if record is not None:
                self._records[repo] = generation, record
        return record
