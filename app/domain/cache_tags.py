"""Cache tags: the names by which a CDN purges the documents that a change concerns (Surrogate-Key, Cache-Tag).

With one repository, a document of the thread 41 has the tags `afterword` and `afterword-41`, and a list, a feed or
counts `afterword` and `afterword-site`. With several, `afterword-owner/name` is in place of `afterword`.
"""

from collections.abc import Iterable, Sequence

from app.domain.records import REPOSITORY_NUMBER
from app.domain.sites import Repository

_PREFIX = "afterword"
_SITE = "site"


class CacheTags:
    """The names of tags for the repositories that are served."""

    def __init__(self, sites: Sequence[Repository]) -> None:
        self._sites = tuple(sites)

    def repository(self, repo: Repository) -> str:
        """Return the tag of all documents of a repository."""
        return _PREFIX if len(self._sites) == 1 else f"{_PREFIX}-{repo.full_name.lower()}"

    def part(self, repo: Repository, number: int | None) -> str:
        """Return the tag of the documents of a thread, or, with None, of those that any thread may change."""
        return f"{self.repository(repo)}-{_SITE if number is None else number}"

    def all(self) -> tuple[str, ...]:
        """Return tags that all documents together have."""
        return tuple(map(self.repository, self._sites))

    def of_change(self, repo: Repository, numbers: Iterable[int]) -> tuple[str, ...]:
        """Return the tags of the documents that a change of threads concerns; of the repository itself: all of its."""
        threads = sorted(set(numbers))
        if REPOSITORY_NUMBER in threads:
            return (self.repository(repo),)
        return (*(self.part(repo, number) for number in threads), self.part(repo, None)) if threads else ()
