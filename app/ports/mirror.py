"""The mirror: the durable copy of the threads, and the changes that are applied to it."""

from abc import abstractmethod
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from app.domain.outlines.outline_source import CommentChanges
from app.domain.records import IssueSummary, SiteRecord, ThreadRecord, ThreadRef, Tombstone
from app.domain.sites import Repository
from app.domain.terms.heads import IssueHead
from app.domain.thread_state import Snapshot
from app.domain.threads import Approval, Comment, ImageSize, Issue, ThreadOutline

Notify = Callable[[Repository, frozenset[int]], Awaitable[None]]
"""Reports changed thread numbers after the commit of their change."""
Select = Callable[[ThreadRef, int, Iterable[Comment]], tuple[ThreadOutline, Collection[int]]]
"""Chooses which comments of a complete thread a snapshot contains.

It is called with the thread's number, its version, and all of its comments by ascending id, which are read from the
mirror only if it iterates over them. They are `ThreadComments` if the mirror knows when each one changed. It returns
the outline of that version, and the ids of the chosen comments.
"""


class ThreadComments(Iterable[Comment]):
    """All comments of a thread by ascending id, each read from the mirror as it comes."""

    @abstractmethod
    def changes(self, *, after: int) -> CommentChanges | None:
        """Return what of them changed after a version of the thread; None if that is too much, or not known."""


@dataclass(frozen=True, slots=True)
class MirrorChange:
    """That a thread has changed, for other processes and open pages."""

    version: int
    """Grows with each change of the store; only the latest change of a number is kept."""
    repo: Repository
    number: int
    """The thread's number; `REPOSITORY_NUMBER` if the repository's name or visibility changed."""
    process_id: str
    """The process that changed it."""
    images_only: bool = False
    """True if only sizes of its images became known: then nothing of GitHub's has changed, and no open page is told.
    The latest of these changes of a number is kept beside its latest other change."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What one response, or one complete read of a thread, changes in the mirror: applied as one transaction.

    The rules, in this order:
    - an issue or comment replaces the one of the same number or id unless that has a later `updated_at`;
    - an issue ends a tombstone of its number; if it turns out to be a pull request it loses its comments, and no pull
      request is ever complete;
    - a tombstone removes the issue of its number and its comments;
    - comments on numbers that the mirror does not know, or knows as pull requests, are dropped;
    - for every number in `complete_threads`, `comments` holds all of its comments: others of that number are removed,
      it becomes complete, checked at `at`, and its count offset is computed. If `base_versions` names a version for it
      and the thread has a later one (before this change), the read was overtaken: then its comments are only added;
    - `removed_comments` ids are removed;
    - an incomplete thread with as many mirrored comments as GitHub counts becomes complete, checked at `at`; so does,
      with each response about its issue, a thread for which GitHub counts none and none is mirrored. Neither has an
      offset;
    - numbers in `checked_threads` (already complete) are marked as checked at `at`;
    - `site` is the record of a site that has none yet; `site_update` sets single fields of an existing record;
    - `etags` (validator key -> ETag) replace those of the same key; those not replaced for a month are forgotten;
    - every number that the change changed gets a new version; so does 0 if `full_name`, `link_name` or `private` of
      the site changed.
    """

    repo: Repository
    at: float
    site: SiteRecord | None = None
    site_update: Mapping[str, Any] = field(default_factory=dict)
    """Fields of `SiteRecord` by name: what other processes stored in the others stays."""
    issues: tuple[Issue, ...] = ()
    comments: tuple[Comment, ...] = ()
    complete_threads: frozenset[int] = frozenset()
    base_versions: Mapping[int, int] = field(default_factory=dict)
    checked_threads: frozenset[int] = frozenset()
    removed_comments: frozenset[int] = frozenset()
    tombstone: Tombstone | None = None
    etags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SiteSnapshot:
    """One consistent read of a site: its record and all its issues in short."""

    site: SiteRecord | None
    """None before its backfill began."""
    summaries: tuple[IssueSummary, ...] = ()
    """All issues and pull requests, by descending number."""

    @property
    def threads(self) -> list[IssueSummary]:
        """Return the issues without pull requests."""
        return [summary for summary in self.summaries if not summary.is_pull_request]

    @property
    def is_listed(self) -> bool:
        """Return True once the list of all issues was read to its end."""
        return self.site is not None and self.site.issues_listed_at is not None

    @property
    def is_complete(self) -> bool:
        """Return True if the mirror has all comments that GitHub has; False while it cannot rule out others."""
        return self.is_listed and all(thread.complete for thread in self.threads)

    @property
    def needs_backfill(self) -> bool:
        """Return True if the mirror still lacks part of the site, or a backfill has not read its list to the end."""
        return self.site is None or self.site.comments_next_url is not None or not self.is_complete


@dataclass(frozen=True, slots=True)
class IssueHeads:
    """One consistent read of what a site's issues are found by."""

    site: SiteRecord | None
    heads: tuple[IssueHead, ...]
    """In no order; with pull requests."""


@dataclass(frozen=True, slots=True)
class NewestComments:
    """One consistent read of a site's newest comments, with the threads they belong to."""

    site: SiteRecord | None
    comments: tuple[Comment, ...]
    """By descending id."""
    snapshots: Mapping[int, Snapshot]
    """The complete threads of the comments by number, with what was selected of each."""
    is_complete: bool
    """False while the mirror cannot rule out that GitHub has further comments: a backfill is under way."""


@dataclass(frozen=True, slots=True)
class Exclusion:
    """Comments that a read leaves out."""

    applies_to: Callable[[Comment], bool]
    ids: frozenset[int] = frozenset()
    """Ids of some that it applies to: those need not be parsed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CommentSelection:
    """Which of a repository's comments are read, and in which order."""

    by_update: bool = False
    """Whether the last change decides the order, otherwise the id. Equal times are sorted by id."""
    descending: bool = False
    since: str | None = None
    """Only what was updated then or later, as `2020-07-01T09:30:00Z`."""
    numbers: frozenset[int] | None = None
    """Only those of these threads."""
    excluded_ids: frozenset[int] = frozenset()
    offset: int = 0
    limit: int


@dataclass(frozen=True, slots=True)
class SelectedComments:
    """One consistent read of a site's comments."""

    site: SiteRecord | None
    comments: tuple[Comment, ...]
    total: int
    """How many there are before offset and limit."""
    is_complete: bool
    """False while the mirror cannot rule out that GitHub has further comments."""


class MirrorReads(Protocol):
    """The reads of the mirror that readers' documents and images are made from.

    Every method is one transaction and may raise `StoreError`.
    """

    async def snapshot(
        self, repo: Repository, number: int, *, with_comments: bool = True, select: Select | None = None
    ) -> Snapshot:
        """Return all that the mirror has of a thread; transfers to served sites are followed.

        With `select` the snapshot has the outline of a complete thread and the selected comments, instead of all; an
        incomplete thread then has none. `select` may be called in another thread.

        The way ends at the first number with an issue, without a transfer to a served site, or after `MAX_TRANSFERS`.
        """

    async def site(self, repo: Repository) -> SiteRecord | None:
        """Return the record of a repository; None before its backfill began."""

    async def site_snapshot(self, repo: Repository, *, urgent: bool = False) -> SiteSnapshot:
        """Return the site's record and its issues in short; an urgent read does not wait behind those of readers."""

    async def part_snapshot(self, repo: Repository, numbers: Collection[int]) -> SiteSnapshot:
        """Return what `site_snapshot` does, with the issues of these numbers only.

        A mirror may read less for it than this does.
        """
        snapshot = await self.site_snapshot(repo)
        return replace(snapshot, summaries=tuple(item for item in snapshot.summaries if item.number in numbers))

    async def unsettled_snapshot(self, repo: Repository) -> SiteSnapshot:
        """Return what `site_snapshot` does, with only the issues that are not settled: the mirror may lack comments.

        So `is_complete` and `needs_backfill` are those of the whole site. A mirror may read less for it than this does.
        """
        snapshot = await self.site_snapshot(repo)
        doubtful = (item for item in snapshot.threads if not item.is_settled)
        return replace(snapshot, summaries=tuple(doubtful))

    async def thread(self, repo: Repository, number: int) -> ThreadRecord | None:
        """Return the issue or pull request of a number, without following transfers."""

    async def threads(self, repo: Repository) -> tuple[ThreadRecord, ...]:
        """Return all threads by descending number, without pull requests."""

    async def comment(self, repo: Repository, comment_id: int) -> Comment | None:
        """Return one comment."""

    async def comments_by_id(self, repo: Repository, ids: Iterable[int]) -> Mapping[int, Comment]:
        """Return those of the comments that the mirror has, by id."""

    async def transferred(self, repo: Repository, numbers: Iterable[int]) -> frozenset[int]:
        """Return those of the numbers whose issue was transferred, whatever the target."""

    async def avatar(
        self,
        repo: Repository,
        user_id: int,
        *,
        numbers: frozenset[int] | None = None,
        excluded_ids: frozenset[int] = frozenset(),
    ) -> str | None:
        """Return GitHub's address of an avatar, if the user wrote a mirrored comment that is not excluded.

        `numbers` narrows the threads.
        """

    async def newest_comments(
        self,
        repo: Repository,
        *,
        limit: int,
        before: int | None,
        numbers: frozenset[int] | None,
        select: Select,
        exclusion: Exclusion | None = None,
    ) -> NewestComments:
        """Return the newest comments of complete threads below the id `before`; `numbers` narrows the threads.

        In place of excluded comments there are as many others.
        `select` chooses what the snapshots of their threads contain, as for `snapshot`.
        """

    async def selected_comments(self, repo: Repository, selection: CommentSelection) -> SelectedComments:
        """Return comments of complete threads."""


class Mirror(MirrorReads, Protocol):
    """The durable copy of the threads. Every method is one transaction and may raise `StoreError`."""

    async def records(self, repository_id: int) -> tuple[SiteRecord, ...]:
        """Return the records of the repository with this id, one for each configured name, the latest first."""

    async def comments(self, repo: Repository, number: int) -> tuple[Comment, ...]:
        """Return all mirrored comments of a thread by ascending id."""

    async def latest_update(self, repo: Repository, number: int) -> str | None:
        """Return when a mirrored comment of a thread last changed; None if there is none.

        A mirror may read less for it than this does.
        """
        return max((comment.updated_at for comment in await self.comments(repo, number)), default=None)

    async def lookup(
        self, repos: Iterable[Repository], comment_id: int | None
    ) -> Mapping[Repository, tuple[SiteRecord | None, Comment | None]]:
        """Return each repository's record, and its comment of that id: all that a webhook delivery needs.

        It does not wait behind the reads of readers.
        """

    async def issue_ids(self, repo: Repository, numbers: Iterable[int]) -> Mapping[int, int]:
        """Return GitHub's ids of those of the numbers that are issues or pull requests here."""

    async def issue_heads(self, repo: Repository, numbers: Iterable[int] | None = None) -> IssueHeads:
        """Return what all issues and pull requests are found by, or those of the numbers that are any."""

    async def etags(self, keys: Iterable[str]) -> Mapping[str, str]:
        """Return the ETags stored under those of the validator keys that have one."""

    async def changes(self, *, after: int) -> tuple[MirrorChange, ...]:
        """Return the changes of all repositories with a later version, in order: one for each changed number."""

    async def latest_version(self) -> int:
        """Return the version of the latest change; 0 before the first."""

    async def learn_image_sizes(self, repo: Repository, sizes: Mapping[int, Mapping[str, ImageSize]]) -> frozenset[int]:
        """Add sizes of images to those of their comments, by comment id and image name; return the changed numbers.

        A comment keeps its latest 500 sizes as long as it is mirrored. Comments that are not mirrored are ignored. A
        thread's version stays; the change is reported as one of `images_only`.
        """

    async def record_approvals(self, repo: Repository, approvals: Mapping[int, Approval]) -> frozenset[int]:
        """Replace what is stored of the approval of comments, by their ids; those that are not mirrored are ignored.

        A comment keeps it while it is mirrored. Return the numbers whose threads have another approved text, or one by
        another rule: they get a new version.
        """

    async def renew_versions(self, repo: Repository) -> frozenset[int]:
        """Give each thread a new version, because readers are shown something else of it; return the numbers."""

    async def apply(self, change: Change) -> frozenset[int]:
        """Apply all of a change or nothing; return the numbers whose issue, comments or completeness it changed.

        Cancelling the caller stops a change only before it begins.
        """
