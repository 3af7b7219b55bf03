"""Which issues are the threads of pages already, by the markers in their texts.

| issues in the repository | requests |
|---|---|
| at most a hundred | the list of the newest issues, which has all of them |
| more | the list of the newest, and a search for the older ones: its index lags by minutes, the list does not |
| more, and the search has over a hundred results, ends early, or is refused | the list to its end |
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from app.domain.errors import GitHubError, RateLimited
from app.domain.posts.markers import MARKER_WORD, find_marker
from app.domain.sites import Repository
from app.github.new_issues import OpenedIssue, listed_issues, newest_issues_request, search_request, search_results
from app.github.requests import next_page
from app.ports.github import GitHub

MarkedIssues = Mapping[str, tuple[OpenedIssue, ...]]
"""The issues with each marker by its digest, the oldest first."""


@dataclass(frozen=True, slots=True)
class MarkerLookup:
    """Finds the issues of a repository that carry markers; `api` is the base URL of GitHub's API."""

    github: GitHub
    api: str
    repo: Repository

    async def find_all(self) -> MarkedIssues:
        """Return all issues with markers. Raises a `GitHubError`."""
        request = newest_issues_request(self.api, self.repo.full_name)
        response = await self.github.send(request)
        issues = list(listed_issues(response))
        if response.next_url is None:
            return _by_marker(issues)
        results = await self._search()
        if results is not None:
            return _by_marker([*issues, *results])
        while response.next_url is not None:
            response = await self.github.send(next_page(request, response.next_url))
            issues += listed_issues(response)
        return _by_marker(issues)

    async def find_newest(self) -> MarkedIssues:
        """Return the issues with markers among the newest hundred. Raises a `GitHubError`."""
        request = newest_issues_request(self.api, self.repo.full_name)
        return _by_marker(listed_issues(await self.github.send(request)))

    async def _search(self) -> tuple[OpenedIssue, ...] | None:
        """Return what the search finds; None if that may not be everything."""
        request = search_request(self.api, self.repo.full_name, MARKER_WORD)
        try:
            return search_results(await self.github.send(request))
        except RateLimited:
            raise
        except GitHubError:  # such as for a token that may not search
            return None


def _by_marker(issues: Iterable[OpenedIssue]) -> MarkedIssues:
    unique = {issue.number: issue for issue in issues}
    issues_by_digest: dict[str, tuple[OpenedIssue, ...]] = {}
    for number in sorted(unique):
        digest = find_marker(unique[number].body)
        if digest is not None:
            issues_by_digest[digest] = (*issues_by_digest.get(digest, ()), unique[number])
    return issues_by_digest
