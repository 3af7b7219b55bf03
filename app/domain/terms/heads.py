"""What a thread is found by: title, labels, and the markers in the text of its issue."""

from dataclasses import dataclass

from app.domain.posts.markers import read_markers
from app.domain.threads import Issue


@dataclass(frozen=True, slots=True)
class IssueHead:
    """What a thread is found by, without its comments."""

    number: int
    title: str
    labels: tuple[str, ...]
    is_open: bool
    created_at: str
    is_pull_request: bool
    markers: frozenset[str] = frozenset()
    """The digests in its markers, in small letters."""


def head_of(issue: Issue) -> IssueHead:
    """Return what an issue is found by."""
    body = issue.source.get("body")
    markers = read_markers(body) if isinstance(body, str) else frozenset()
    is_open = issue.state != "closed"
    return IssueHead(issue.number, issue.title, issue.labels, is_open, issue.created_at, issue.is_pull_request, markers)
