"""GitHub, as what opens issues needs it."""

from dataclasses import dataclass
from typing import Protocol

from app.domain.sites import Repository
from app.github.new_issues import NewIssue, OpenedIssue


@dataclass(eq=False)
class OutcomeUnknown(Exception):
    """A request left, and no response says whether the issue was opened; `reason` is a clause."""

    reason: str

    def __str__(self) -> str:
        return f"GitHub may have opened an issue or not ({self.reason})"


class IssueWriter(Protocol):
    """Opens issues, one at a time."""

    async def create(self, repo: Repository, issue: NewIssue) -> OpenedIssue:
        """Open an issue and return it as GitHub has it.

        Raises `OutcomeUnknown` if it may have been opened nevertheless, and a `GitHubError` if it was not.
        """
