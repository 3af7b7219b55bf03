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


class Form(StrEnum):
    """In which form a feed is."""

    ATOM = "atom"
    JSON = "json"


@dataclass(frozen=True, slots=True)
class CommentsKey:
    """A page of a thread's comments; `cursor` is the `next` of an earlier page.

    With `pinned_first` a pinned comment is the first of the first page and on no other. `home` is the address of the
    service, where a browser finds the pictures; None: they stay where GitHub has them.
    """

    repo: Repository
    number: int
    order: Order
    limit: int
    cursor: str | None
    pinned_first: bool = False
    home: str | None = None


@dataclass(frozen=True, slots=True)
class FragmentKey:
    """A page of a thread's comments as HTML in a language: what the widget would make of it, or `whole`, a document."""

    repo: Repository
    number: int
    order: Order
    limit: int
    cursor: str | None
    lang: str
    whole: bool
    home: str
    """The address of the service, without a trailing slash."""
    pictures: bool
    """Whether pictures are found there too."""


@dataclass(frozen=True, slots=True)
class ThreadFeedKey:
    """The newest comments of a thread as a feed; `home` and `pictures` as for a fragment."""

    repo: Repository
    number: int
    form: Form
    lang: str
    home: str
    pictures: bool


@dataclass(frozen=True, slots=True)
class SiteFeedKey:
    """The newest comments of the whole blog as a feed; `home` and `pictures` as for a fragment."""

    repo: Repository
    form: Form
    lang: str
    home: str
    pictures: bool


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
    home: str | None = None


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


BareKey = PostKey | CompatIssueKey
"""Documents of one thread that show none of its comments."""
ThreadKey = BareKey | CommentsKey | FragmentKey | ThreadFeedKey | CompatCommentsKey
"""Documents of one thread, known by its `number`."""
SiteKey = CountsKey | NewestKey | SiteFeedKey | CompatIssuesKey | CompatCommentKey
"""Documents that any thread of the site may change."""
Key = ThreadKey | SiteKey
