"""What the owner is shown, as values: the page, the API and the command line show the same."""

from collections.abc import Sequence
from dataclasses import dataclass

from app.domain.posts.findings import Finding, Severity
from app.domain.records import ThreadRef
from app.ports.owner.history import HistoryRecord


@dataclass(frozen=True, slots=True)
class ThreadRow:
    """A thread that a post names."""

    ref: ThreadRef
    title: str | None
    url: str
    """Its page on GitHub."""
    status: str
    """`open`, `closed`, `locked`, `missing`, `gone`, `transferred`, `pull request`, or `unknown` before the import."""
    comment_count: int | None
    """None if it has no issue here."""
    held_count: int
    """How many further comments the settings hold back."""
    is_complete: bool
    last_comment_at: str | None
    """RFC 3339."""
    checked_at: float | None
    """When it last agreed with GitHub, epoch seconds."""


@dataclass(frozen=True, slots=True)
class PostRow:
    """A post of the blog; without a list of posts, a thread."""

    title: str
    source: str | None
    """The page in the content folder, or the entry of a list."""
    url: str | None
    date: str | None
    unpublished_reason: str | None
    """Why readers do not see it."""
    threads: Sequence[ThreadRow] = ()
    findings: Sequence[Finding] = ()

    @property
    def comment_count(self) -> int | None:
        """Return the comments of all its threads; None if none of them has an issue."""
        counts = [thread.comment_count for thread in self.threads if thread.comment_count is not None]
        return sum(counts) if counts else None

    @property
    def held_count(self) -> int:
        """Return how many comments of its threads are held back."""
        return sum(thread.held_count for thread in self.threads)

    @property
    def last_comment_at(self) -> str | None:
        """Return when the latest comment was written."""
        return max((thread.last_comment_at for thread in self.threads if thread.last_comment_at), default=None)

    @property
    def checked_at(self) -> float | None:
        """Return since when everything shown of it is known to be right."""
        return min((thread.checked_at for thread in self.threads if thread.checked_at is not None), default=None)

    @property
    def severity(self) -> Severity | None:
        """Return that of its worst finding."""
        return min((finding.severity for finding in self.findings), key=list(Severity).index, default=None)


@dataclass(frozen=True, slots=True)
class SiteRow:
    """A repository."""

    repo: str
    is_listed: bool
    """Whether its list of issues is mirrored."""
    is_private: bool
    thread_count: int
    complete_count: int
    comment_count: int
    held_count: int
    checked_at: float | None
    reconciled_at: float | None
    """When it was last compared with GitHub as a whole."""
    last_delivery_at: float | None
    failure: str | None
    """Why the last poll failed; None if it did not, or another process polls."""


@dataclass(frozen=True, slots=True)
class CommentRow:
    """One of the newest comments."""

    ref: ThreadRef
    post_title: str
    author: str
    author_url: str
    created_at: str
    url: str
    """The comment on GitHub, where it can be hidden, edited or deleted."""
    text: str
    """Its first words."""
    hidden: str | None
    """GitHub's reason."""
    hold_reason: str | None = None
    """Why the settings hold it back from readers, as a sentence."""


@dataclass(frozen=True, slots=True)
class Budget:
    """The requests to GitHub."""

    has_token: bool
    limit: int | None
    """Requests an hour; None if GitHub has not said, and so is the next."""
    remaining: int | None
    reset: float | None
    blocked_until: float | None
    hours: Sequence[tuple[int, int, int | None]] = ()
    """For each hour of the last day: its beginning, the requests, and the fewest that were left."""


@dataclass(frozen=True, slots=True)
class Storage:
    """How much is kept where."""

    store_kind: str
    """`memory`, `sqlite` or `postgresql`."""
    store_bytes: int | None
    """None for a store in memory."""
    cache_bytes: int | None
    """The finished documents of this process; None if the service does not run."""
    cached_documents: int | None
    subscriber_count: int | None


@dataclass(frozen=True, slots=True)
class Overview:
    """Everything at one moment."""

    at: float
    version: str
    sites: Sequence[SiteRow]
    posts: Sequence[PostRow]
    findings: Sequence[Finding]
    """All findings, also those of no post."""
    weeks: Sequence[tuple[float, int]]
    """The beginning of each of the last 52 weeks, and how many comments were written in it."""
    newest: Sequence[CommentRow]
    held_comments: Sequence[CommentRow]
    """The newest comments that the settings hold back."""
    budget: Budget
    history: HistoryRecord
    storage: Storage
    has_post_list: bool
    """Whether `posts` come from the blog; otherwise they are the threads."""
    generator: str | None
    post_list_failure: str | None = None
    """Why the posts of the blog could not be read the last time, in sentences; None if they could."""
    foreign_worker: str | None = None
    """Which process with other settings, or of another version, polls GitHub, in sentences; None if none does."""
    is_post_list_missing: bool = False
    """Whether only listed posts are served, and their list could not be read yet."""

    @property
    def comment_count(self) -> int:
        """Return the comments of all repositories."""
        return sum(site.comment_count for site in self.sites)
