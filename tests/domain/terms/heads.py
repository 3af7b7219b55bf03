"""Issues by what they are found by, for tests of terms."""

from collections.abc import Iterable
from hashlib import sha1

from app.domain.terms.heads import IssueHead
from app.domain.terms.index import SearchOutcome, TermIndex, TermOf, ThreadQuery


def head(
    number: int, title: str = "", *labels: str, is_open: bool = True, markers: Iterable[str] = (), pull: bool = False
) -> IssueHead:
    """Return an issue that is older than all with higher numbers."""
    digests = frozenset(sha1(marker.encode(), usedforsecurity=False).hexdigest() for marker in markers)
    return IssueHead(number, title, labels, is_open, f"2020-01-01T00:{number:02}:00Z", pull, digests)


def titles(*names: str) -> TermIndex:
    """Return an index of issues with these titles, the oldest first, from number 1 on."""
    return TermIndex(head(number, name) for number, name in enumerate(names, start=1))


def find(
    index: TermIndex, term: str | None, term_of: str | None = None, **fields: object
) -> tuple[SearchOutcome, int | None]:
    """Return how a search among issues that all are posts ends, and its number."""
    query = ThreadQuery(term, None if term_of is None else TermOf(term_of), **fields)  # type: ignore[arg-type]
    resolution = index.find(query, lambda _: True)
    return resolution.outcome, resolution.number
