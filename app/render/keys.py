"""What names a document: one frozen value per kind, so that two requests for the same content meet in one document."""

from dataclasses import dataclass
from enum import StrEnum

from app.domain.sites import Repository


class Order(StrEnum):
    """In which order a thread's comments are shown."""

    OLDEST = "oldest"
    NEWEST = "newest"
    REACTIONS = "reactions"


class Media(StrEnum):
    """Which of a body's forms a GitHub-compatible answer carries."""

    RAW = "raw"
    TEXT = "text"
    HTML = "html"
    FULL = "full"
    DEFAULT = "json"
    """As RAW, but named as GitHub names an answer to `application/json`."""


@dataclass(frozen=True, slots=True)
class PostKey:
    """A thread without its comments."""

    repo: Repository
    number: int


@dataclass(frozen=True, slots=True)
class CommentsKey:
    """A page of a thread's comments; `cursor` is the `next` of an earlier page."""

    repo: Repository
    number: int
    order: Order
    limit: int
    cursor: str | None


@dataclass(frozen=True, slots=True)
class CountsKey:
    """Comment counts of the named posts, sorted and without repeats, or of all (None)."""

    repo: Repository
    ids: tuple[int, ...] | None


@dataclass(frozen=True, slots=True)
class NewestKey:
    """The newest comments of the whole blog."""

    repo: Repository
    limit: int
    cursor: str | None


@dataclass(frozen=True, slots=True)
class CompatIssueKey:
    """GitHub's `GET /repos/{owner}/{repo}/issues/{n}`."""

    repo: Repository
    number: int
    media: Media


@dataclass(frozen=True, slots=True)
class CompatCommentsKey:
    """GitHub's `GET /repos/{owner}/{repo}/issues/{n}/comments`."""

    repo: Repository
    number: int
    media: Media
    page: int
    per_page: int
    since: str | None


@dataclass(frozen=True, slots=True)
class CompatCommentKey:
    """GitHub's `GET /repos/{owner}/{repo}/issues/comments/{id}`."""

    repo: Repository
    comment_id: int
    media: Media


@dataclass(frozen=True, slots=True)
class CompatIssuesKey:
    """GitHub's `GET /repos/{owner}/{repo}/issues`; `state`: open, closed or all; an issue has all of `labels`."""

    repo: Repository
    media: Media
    page: int
    per_page: int
    state: str
    labels: tuple[str, ...]
    sort: str
    direction: str
    since: str | None
    creator: str | None


ThreadKey = PostKey | CommentsKey | CompatIssueKey | CompatCommentsKey
"""Documents of one thread, known by its `number`."""
SiteKey = CountsKey | NewestKey | CompatIssuesKey | CompatCommentKey
"""Documents that any thread of the site may change."""
Key = ThreadKey | SiteKey
