"""Document keys: one frozen value per kind of document. Requests for the same content have equal keys."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from app.domain.sites import Repository


class Order(StrEnum):
    """In which order a thread's comments are shown."""  # published in OpenAPI

    OLDEST = "oldest"
    NEWEST = "newest"
    REACTIONS = "reactions"


class MediaType(StrEnum):
    """GitHub's media type parameter: the formats in which a response carries a body."""

    RAW = "raw"
    TEXT = "text"
    HTML = "html"
    FULL = "full"
    DEFAULT = "json"
    """The same fields as RAW. GitHub names it differently in the response to `application/json`."""


class FeedFormat(StrEnum):
    """The format of a feed."""

    ATOM = "atom"
    JSON = "json"


@dataclass(frozen=True, slots=True)
class _RepositoryKey:
    """What every key begins with."""

    repo: Repository


@dataclass(frozen=True, slots=True)
class _ThreadKey(_RepositoryKey):
    """What every key of a thread begins with."""

    number: int


@dataclass(frozen=True, slots=True)
class PostKey(_ThreadKey):
    """A thread without its comments."""


@dataclass(frozen=True, slots=True)
class CommentsKey(_ThreadKey):
    """A page of a thread's comments as JSON.

    `base_url` is the address of the service, which proxies images; None leaves image addresses as GitHub has them.
    """

    order: Order
    limit: int
    cursor: str | None
    """The `next` of an earlier page; None for the first page."""
    pinned_first: bool = False
    """Whether a pinned comment begins the first page. It is then on no other page."""
    base_url: str | None = None


@dataclass(frozen=True, slots=True)
class FragmentKey(_ThreadKey):
    """A page of a thread's comments as HTML in one language, with the widget's markup."""

    order: Order
    limit: int
    cursor: str | None
    lang: str
    full_page: bool
    """Whether it is an HTML document; otherwise it is a fragment for inclusion."""
    base_url: str
    """The address of the service, without a trailing slash."""
    proxy_images: bool
    """Whether image addresses lead to the service."""


@dataclass(frozen=True, slots=True)
class ThreadFeedKey(_ThreadKey):
    """The newest comments of a thread as a feed; `base_url` and `proxy_images` as in `FragmentKey`."""

    format: FeedFormat
    lang: str
    base_url: str
    proxy_images: bool
    query: str = ""
    """The query of the feed's own address, without the question mark: as requested, in one of a few spellings."""


@dataclass(frozen=True, slots=True)
class SiteFeedKey(_RepositoryKey):
    """The newest comments of the whole blog as a feed; the fields are as in `ThreadFeedKey`."""

    format: FeedFormat
    lang: str
    base_url: str
    proxy_images: bool
    query: str = ""


@dataclass(frozen=True, slots=True)
class CountsKey(_RepositoryKey):
    """Comment counts of some posts (`ids` sorted, without duplicates) or of all posts (None)."""

    ids: tuple[int, ...] | None


@dataclass(frozen=True, slots=True)
class TermCountsKey(_RepositoryKey):
    """Comment counts by term: the threads that `terms` mean now have these `numbers`, or None."""

    terms: tuple[str, ...]
    numbers: tuple[int | None, ...]


@dataclass(frozen=True, slots=True)
class NoThreadKey(_RepositoryKey):
    """The comments of a post that has no thread yet: the same for all of a site's."""


@dataclass(frozen=True, slots=True)
class NewestKey(_RepositoryKey):
    """The newest comments of the whole blog as JSON; `base_url` as in `CommentsKey`."""

    limit: int
    cursor: str | None
    base_url: str | None = None
    with_hidden: bool = True
    """Whether hidden comments are listed, without their texts."""


@dataclass(frozen=True, slots=True)
class GitHubRepositoryKey(_RepositoryKey):
    """GitHub's `GET /repos/{owner}/{repo}`.

    `repository_url` is the repository's address at this service, which the addresses in the document begin with. None
    leaves those of GitHub. The keys below have it too.
    """

    media_type: MediaType
    repository_url: str | None = None


@dataclass(frozen=True, slots=True)
class GitHubIssueKey(_ThreadKey):
    """GitHub's `GET /repos/{owner}/{repo}/issues/{n}`."""

    media_type: MediaType
    repository_url: str | None = None


@dataclass(frozen=True, slots=True)
class GitHubCommentsKey(_ThreadKey):
    """GitHub's `GET /repos/{owner}/{repo}/issues/{n}/comments`."""

    media_type: MediaType
    page: int
    per_page: int
    since: str | None
    repository_url: str | None = None


@dataclass(frozen=True, slots=True)
class GitHubCommentKey(_RepositoryKey):
    """GitHub's `GET /repos/{owner}/{repo}/issues/comments/{id}`."""

    comment_id: int
    media_type: MediaType
    repository_url: str | None = None


@dataclass(frozen=True, slots=True)
class GitHubAllCommentsKey(_RepositoryKey):
    """GitHub's `GET /repos/{owner}/{repo}/issues/comments`.

    `by_update` sorts by the last change, otherwise the order is that of creation.
    """

    media_type: MediaType
    page: int
    per_page: int
    since: str | None
    by_update: bool = False
    descending: bool = False
    repository_url: str | None = None


@dataclass(frozen=True, slots=True)
class GitHubIssuesKey(_RepositoryKey):
    """GitHub's `GET /repos/{owner}/{repo}/issues`.

    `state` is open, closed or all. A listed issue has every label of `labels`.
    """

    media_type: MediaType
    page: int
    per_page: int
    state: str
    labels: tuple[str, ...]
    sort: str
    direction: str
    since: str | None
    creator: str | None
    repository_url: str | None = None


IssueOnlyKey = PostKey | GitHubIssueKey
"""Documents of one thread that contain no comments."""
ThreadKey = IssueOnlyKey | CommentsKey | FragmentKey | ThreadFeedKey | GitHubCommentsKey
"""Documents of one thread; each key has its `number`."""
GitHubListKey = GitHubCommentsKey | GitHubAllCommentsKey | GitHubIssuesKey
"""Lists with numbered pages."""
SiteKey = (
    CountsKey
    | TermCountsKey
    | NoThreadKey
    | NewestKey
    | SiteFeedKey
    | GitHubRepositoryKey
    | GitHubIssuesKey
    | GitHubAllCommentsKey
    | GitHubCommentKey
)
"""Documents that a change of any thread of the site may change."""
Key = ThreadKey | SiteKey

DOCUMENT_KINDS: Mapping[type[Key], str] = {
    PostKey: "post",
    CommentsKey: "comments",
    CountsKey: "counts",
    TermCountsKey: "term_counts",
    NoThreadKey: "no_thread",
    NewestKey: "newest",
    FragmentKey: "fragment",
    ThreadFeedKey: "feed",
    SiteFeedKey: "site_feed",
    GitHubRepositoryKey: "github_repository",
    GitHubIssueKey: "github_issue",
    GitHubCommentsKey: "github_comments",
    GitHubCommentKey: "github_comment",
    GitHubAllCommentsKey: "github_all_comments",
    GitHubIssuesKey: "github_issues",
}
"""The label of each kind of document."""
