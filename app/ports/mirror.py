"""What the engine needs of the world, as narrow ports; every implementation passes the suite in `tests/contracts/`."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from app.domain.sites import Repository
from app.domain.threads import Comment, Issue
from app.github.requests import Request
from app.github.responses import RateLimit, Response

Notify = Callable[[Repository, frozenset[int]], Awaitable[None]]
"""Tells that threads have changed, after the change was committed."""


Admission = Callable[[], Awaitable[None]]
"""Lets an exchange with GitHub leave, or raises `RateLimited`."""


class Clock(Protocol):
    """The time in epoch seconds, and a wait."""

    def now(self) -> float:
        """Epoch seconds."""

    async def sleep(self, seconds: float) -> None:
        """Waits for so long by this clock."""


class GitHub(Protocol):
    """Sends an ask and brings the answer; raises a `GitHubError` where there is none to believe."""

    @property
    def allowance(self) -> RateLimit | None:
        """What is left of the hour by the last answer, with `reset` by our clock; None where nothing is known."""

    @property
    def asked(self) -> int:
        """How many asks have left since the start, repeated and redirected ones among them, as GitHub counts them."""

    def validator_key(self, ask: Request) -> str:
        """What the ETag of an ask belongs to: URL, Accept and token, as one digest."""

    async def ask(self, ask: Request, *, etag: str | None = None, admit: Admission | None = None) -> Response:
        """The answer, `unchanged` where `etag` still holds.

        `admit` is called before every exchange that the ask takes, repeated and redirected ones among them; it raises
        `RateLimited` where none may leave now.
        """


@dataclass(frozen=True, slots=True)
class SiteRecord:
    """What the mirror knows of a repository as a whole, and how far its import has come."""

    repo: Repository
    id: int
    """GitHub's id of the repository: it survives renaming."""
    full_name: str
    """The name that GitHub has for it now."""
    list_next: str | None = None
    """Where the list of all issues goes on; None before its start and after its end (see `listed_at`)."""
    listed_at: float | None = None
    """When the list of all issues was last read to its end; None while it never was."""
    comments_next: str | None = None
    """Where the repository-wide list of comments goes on, while it is being read."""
    since: str | None = None
    """From which second on changes are asked for: GitHub's clock."""
    checked_at: float | None = None
    """When all threads were last known to be as on GitHub."""
    private: bool = False
    """Whether the repository was private when it was last looked at."""


@dataclass(frozen=True, slots=True)
class ThreadRecord:
    """An issue in the mirror, and what is known of its comments."""

    issue: Issue
    mirrored: int
    """How many of its comments the mirror holds."""
    complete: bool
    """True once all its comments have been seen; only then may they be served."""
    surplus: int
    """GitHub's count less the comments it listed when last read whole: the two may differ for good."""
    checked_at: float | None
    """When its comments were last known to be as on GitHub, epoch seconds; None before."""
    version: int = 0
    """The `seq` of its latest signal: it grows with everything that a reader can tell."""

    @property
    def in_doubt(self) -> bool:
        """True where GitHub's count says that comments are missing here, or are too many."""
        return self.issue.comment_count != self.mirrored + self.surplus


@dataclass(frozen=True, slots=True)
class IssueSummary:
    """A thread in short: what planning and counting need. Pull requests are among them."""

    number: int
    is_pull_request: bool
    comment_count: int
    mirrored: int
    complete: bool
    in_doubt: bool
    updated_at: str
    labels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Tombstone:
    """What GitHub said of a number under which there is no issue to show."""

    number: int
    gone: bool
    """True for 410 and for issues moved elsewhere; False for 404."""
    checked_at: float
    moved_to: str | None = None
    """The API address of a transferred issue."""


@dataclass(frozen=True, slots=True)
class MirrorChange:
    """That a thread has changed, for the other processes and for pages that listen."""

    seq: int
    """Grows with each change of the store; only the latest signal of a number is kept."""
    repo: Repository
    number: int
    """That of the thread; 0 where the repository's name, or whether it may be seen, has changed."""
    origin: str
    """Which process changed it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What one answer, or one whole reading of a thread, changes in the mirror: applied as one transaction.

    The rules, in this order:
    - an issue or comment replaces the one of the same number or id unless that one's `updated_at` is later;
    - an issue ends an absence of its number; one that turned out to be a pull request loses its comments, and no
      pull request is ever complete;
    - an absence removes the issue of its number and its comments;
    - comments on numbers that the mirror does not know, or knows as pull requests, are dropped;
    - for every number in `whole`, `comments` holds all of its comments: others of that number are removed, it becomes
      complete, checked at `at`, and its surplus is set anew; but where `began` names a version for it and the thread
      has a later one (before this change), the reading was overtaken: then its comments are only added;
    - `removed` comment ids are removed;
    - an incomplete thread of which as many comments are mirrored as GitHub counts becomes complete, checked at `at`;
      so is, each time its issue is said, one of which GitHub counts none and none is mirrored; neither has a surplus;
    - numbers in `checked` (already complete) are marked as checked at `at`;
    - `site` replaces the site's record; `noted` gives single fields of a record that is there new values;
    - `etags` (validator key -> ETag) replace those of the same key; those not replaced for a month are forgotten;
    - every number that the change changed gets a new signal; so does 0 where `full_name` or `private` of the site did.
    """

    repo: Repository
    at: float
    site: SiteRecord | None = None
    noted: Mapping[str, Any] = field(default_factory=dict)
    """Fields of `SiteRecord` by name: what other processes noted meanwhile stays."""
    issues: tuple[Issue, ...] = ()
    comments: tuple[Comment, ...] = ()
    whole: frozenset[int] = frozenset()
    began: Mapping[int, int] = field(default_factory=dict)
    checked: frozenset[int] = frozenset()
    removed: frozenset[int] = frozenset()
    absence: Tombstone | None = None
    etags: Mapping[str, str] = field(default_factory=dict)


class Mirror(Protocol):
    """The durable copy of the threads. Every method may raise `StoreError`; reads see whole transactions only."""

    async def site(self, repo: Repository) -> SiteRecord | None:
        """The record of a repository; None before its import began."""

    async def thread(self, repo: Repository, number: int) -> ThreadRecord | None:
        """The thread, or pull request, of a number."""

    async def absence(self, repo: Repository, number: int) -> Tombstone | None:
        """What is known of a number without an issue."""

    async def comments(self, repo: Repository, number: int) -> tuple[Comment, ...]:
        """All mirrored comments of a thread by ascending id."""

    async def comment(self, repo: Repository, comment_id: int) -> Comment | None:
        """One comment by its id."""

    async def avatar(self, repo: Repository, user_id: int, *, numbers: frozenset[int] | None = None) -> str | None:
        """Where GitHub has the picture of somebody who wrote a mirrored comment; `numbers` narrows the threads."""

    async def newest_comments(
        self, repo: Repository, *, limit: int, before: int | None, numbers: frozenset[int] | None
    ) -> tuple[Comment, ...]:
        """The comments of all complete threads by descending id, below the id `before`; `numbers` narrows them."""

    async def threads(self, repo: Repository) -> tuple[ThreadRecord, ...]:
        """All threads by descending number, without pull requests."""

    async def tallies(self, repo: Repository) -> tuple[IssueSummary, ...]:
        """All issues and pull requests in short, by descending number."""

    async def etag(self, key: str) -> str | None:
        """The ETag kept under a validator key."""

    async def version(self, repo: Repository, number: int) -> int:
        """The `seq` of the latest signal of a thread, present or not; 0 where there never was one."""

    async def signals(self, *, after: int) -> tuple[MirrorChange, ...]:
        """The signals of all repositories with a later `seq`, in order: one for each number that changed."""

    async def latest(self) -> int:
        """The `seq` of the latest signal of all; 0 before the first."""

    async def apply(self, change: Change) -> frozenset[int]:
        """Applies all of a change or nothing; the numbers whose issue, comments or completeness it changed."""

    async def close(self) -> None:
        """Ends all work in order; nothing may be asked of it afterwards."""
