"""One transaction on the tables of a mirror, in whichever database.

Statements are standard SQL. They name their parameters `:name`, and lists of numbers `:name[]`, which stand in
`= ANY (:name[])`, `<> ALL (:name[])` or `:name[] IS NULL`. Each database writes these its own way.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Protocol

from app.domain.records import SiteRecord

LARGEST = 2**63 - 1
"""The largest number that a column can hold."""
Parameters = Mapping[str, Any]
IssueRow = tuple[int, bool, str, int, bytes, bytes]
"""The number of an issue, whether it is a pull request, its last change, its comments, its labels and its source."""
CommentRow = tuple[int, int, str, int, str, bytes]
"""The id of a comment, its issue's number, its last change, its author's id, its time and its source."""


def clamp(number: int) -> int:
    """Return the nearest number that a column can hold: readers send any number."""
    return max(-LARGEST, min(number, LARGEST))


class Cursor(Protocol):
    """The rows of a statement."""

    @property
    def rowcount(self) -> int:
        """How many rows a statement changed."""

    def fetchone(self) -> Any:
        """Return the next row; None if there is none."""

    def fetchmany(self, size: int = ...) -> list[Any]:
        """Return the next rows, at most so many."""

    def fetchall(self) -> list[Any]:
        """Return the remaining rows."""

    def __iter__(self) -> Iterator[Any]:
        """Yield the remaining rows."""


class Session(ABC):
    """A transaction."""

    @abstractmethod
    def execute(self, statement: str, parameters: Parameters) -> Cursor:
        """Run a statement."""

    @abstractmethod
    def keys(self, numbers: Iterable[int] | None) -> Any:
        """Return the value of a list parameter; None stays None."""

    def scalar(self, query: str, parameters: Parameters) -> Any:
        """Return the first column of the first row; None if there is no row."""
        row = self.execute(query, parameters).fetchone()
        return None if row is None else row[0]


class WriteSession(Session):
    """A transaction that changes the mirror of one repository, and that no other one can fall into."""

    site: int
    """The id of the repository's row."""
    record: SiteRecord | None
    """What is stored of the repository."""

    @abstractmethod
    def put_issues(self, rows: Sequence[IssueRow]) -> None:
        """Store issues."""

    @abstractmethod
    def put_comments(self, rows: Sequence[CommentRow], moved_ids: Sequence[int]) -> None:
        """Store comments; those with `moved_ids` are stored with another number, whose thread they leave."""

    @abstractmethod
    def delete_comments(self, condition: str, parameters: Parameters) -> list[int]:
        """Delete the comments for which a condition holds; return the number of each one's issue."""

    @abstractmethod
    def note_changes(self, ids: Iterable[int]) -> None:
        """Note that these comments have changed, for those who follow a thread from change to change."""

    @abstractmethod
    def add_to_counts(self, counts: Mapping[int, int]) -> None:
        """Add to the counts of mirrored comments, by number."""

    @abstractmethod
    def put_etags(self, etags: Mapping[str, str], *, at: float, oldest: float) -> None:
        """Store the ETags of responses; forget those from before `oldest`."""

    @abstractmethod
    def put_versions(self, numbers: Iterable[int]) -> None:
        """Give numbers the next versions, in their order. A negative number is a thread whose images became known."""
