"""The names of the served repositories: the current one of each, and those that it had before.

As on GitHub, a renamed repository answers under its new name, and its old names lead there. An old name is known while
the settings or the store have it.
"""

from collections.abc import Callable
from dataclasses import dataclass

from cachetools import LRUCache

from app.domain.records import SiteRecord
from app.domain.sites import Repository, repository
from app.ports.mirror import Mirror
from app.serving.access_policy import AccessPolicy

_MOST_UNKNOWN_NAMES = 1_000


@dataclass(frozen=True, slots=True)
class NamedRepository:
    """A served repository, and the name by which GitHub knows it now."""

    repo: Repository
    """As it is configured."""
    full_name: str
    """In GitHub's spelling."""


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
        self._unserved_ids: LRUCache[str, int | None] = LRUCache(_MOST_UNKNOWN_NAMES)
        """GitHub's id, or None, of names that no site has now: what the store has of former sites never changes."""

    async def find(self, name: str) -> NamedRepository | None:
        """Return the repository with this name, in any letter case, now or formerly; None if none is served.

        The current names win over former ones. Hidden repositories have no former names. May raise `StoreError`.
        """
        records = {repo: await self._record(repo) for repo in self._repos}
        for repo, record in records.items():
            current_name = repo.full_name if record is None else record.full_name
            if current_name.lower() == name.lower():
                return NamedRepository(repo, current_name)
        visible_records = {
            repo: record for repo, record in records.items() if record and not self._access.hides(record)
        }
        for repo, record in visible_records.items():
            if repo.key == name.lower():
                return NamedRepository(repo, record.full_name)
        former_id = await self._former_id(name)
        matches = ((repo, record) for repo, record in visible_records.items() if record.id == former_id)
        return next((NamedRepository(repo, record.full_name) for repo, record in matches), None)

    async def _record(self, repo: Repository) -> SiteRecord | None:
        generation = self._generation(repo)
        known_generation, record = self._records.get(repo, (None, None))
        if record is None or known_generation != generation:
            record = await self._mirror.site(repo)
            if record is not None:
                self._records[repo] = generation, record
        return record

    async def _former_id(self, name: str) -> int | None:
        """Return the id of a repository that was served under this name once; the store keeps its record."""
        key = name.lower()
        if key not in self._unserved_ids:
            try:
                record = await self._mirror.site(repository(name))
            except ValueError:
                return None
            self._unserved_ids[key] = None if record is None else record.id
        return self._unserved_ids[key]
