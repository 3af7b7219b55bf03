"""Decide from one snapshot of the mirror what a number has to show. Pure.

| state       | the snapshot                                           | a reader gets                 | GitHub asked  |
|-------------|--------------------------------------------------------|-------------------------------|---------------|
| COMPLETE    | a post's issue with all its comments                   | the thread                    | if it is old  |
| INCOMPLETE  | a post's issue, comments missing                       | the post; comments after that | now           |
| NOT_A_POST  | a pull request, or an issue that is not served         | status `missing`              | no            |
| DELETED     | a tombstone that leads to no served site               | status `missing` or `gone`    | if it is old  |
| TRANSFERRED | a transfer to a served site that lacks the issue       | 503 until the mirror has it   | now           |
| UNLISTED    | nothing, and the list of issues lacks the number       | status `missing`              | once a minute |
| UNKNOWN     | nothing, and the list of issues is not mirrored yet    | 503 until GitHub has answered | now           |
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum

from app.domain.records import SiteRecord, ThreadRecord, ThreadRef, Tombstone
from app.domain.sites import FeedIdentity, PostFilter
from app.domain.threads import NO_COMMENTS, Comment, Issue, Status, Thread, ThreadOutline


class ThreadState(Enum):
    """What a snapshot has to show of a number; see the table above."""

    COMPLETE = "complete"
    INCOMPLETE = "incomplete"
    NOT_A_POST = "not a post"
    DELETED = "deleted"
    TRANSFERRED = "transferred"
    UNLISTED = "unlisted"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Hop:
    """One number on the way of a thread, and what the mirror has of it."""

    ref: ThreadRef
    site: SiteRecord | None
    tombstone: Tombstone | None
    version: int
    """The version of its latest mirror change; 0 before the first."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One consistent read of a thread, through all its transfers within the served sites."""

    hops: tuple[Hop, ...]
    """The requested number first, the thread's current number last; never empty."""
    record: ThreadRecord | None
    """The issue at the last hop."""
    comments: tuple[Comment, ...] = ()
    """Its comments by ascending id: all of them, the selected ones, or none, as was requested."""
    pinned: Comment | None = None
    """The mirrored comment that the issue pins; it may have been hidden or edited since the issue was read."""
    outline: ThreadOutline | None = None
    """The outline of the complete thread, if comments were selected by it."""

    @property
    def requested_ref(self) -> ThreadRef:
        """Return the number that the reader asked for."""
        return self.hops[0].ref

    @property
    def ref(self) -> ThreadRef:
        """Return where the thread is now."""
        return self.hops[-1].ref

    @property
    def site(self) -> SiteRecord | None:
        """Return the record of the site where the thread is now."""
        return self.hops[-1].site

    @property
    def tombstone(self) -> Tombstone | None:
        """Return the tombstone of the last hop."""
        return self.hops[-1].tombstone

    @property
    def version(self) -> int:
        """Return the latest version on the whole way; it grows with each visible change."""
        return max(hop.version for hop in self.hops)

    @property
    def was_transferred(self) -> bool:
        """Return True if the thread is at another number of a served site now."""
        return len(self.hops) > 1


def thread_state(snapshot: Snapshot, posts: PostFilter) -> ThreadState:
    """Return the state of a snapshot; `posts` decides by the number that the reader asked for."""
    requested_ref, record = snapshot.requested_ref, snapshot.record
    if record is not None:
        if record.issue.is_pull_request or not posts.includes(*requested_ref, record.issue.labels):
            return ThreadState.NOT_A_POST
        return ThreadState.COMPLETE if record.complete else ThreadState.INCOMPLETE
    if snapshot.tombstone is not None:
        return ThreadState.DELETED
    if snapshot.was_transferred:
        return ThreadState.TRANSFERRED
    if posts.listed_only and not posts.includes(*requested_ref, ()):
        return ThreadState.NOT_A_POST
    return ThreadState.UNKNOWN if not _is_listed(snapshot.site) else ThreadState.UNLISTED


def thread_of(snapshot: Snapshot, state: ThreadState, *, failed_at: float | None) -> Thread:
    """Return what readers see of a snapshot: the thread of a post, or the status `missing` or `gone`.

    It is stale if a check has failed, at `failed_at`, since it last agreed with GitHub.

    An incomplete thread has a count and no comments: the caller refuses it before if a reader wants comments.
    """
    record = snapshot.record
    repo, number = snapshot.requested_ref
    if record is None or state not in {ThreadState.COMPLETE, ThreadState.INCOMPLETE}:
        return _missing(snapshot, failed_at)
    last_check = checked_at(record, snapshot.site)
    return Thread(
        repo=repo,
        number=number,
        issue=with_current_pin(record, snapshot.pinned),
        comments=snapshot.comments if record.complete else (),
        outline=snapshot.outline if record.complete and snapshot.outline is not None else NO_COMMENTS,
        comment_count=record.mirrored_count if record.complete else record.issue.comment_count,
        status=issue_status(record.issue),
        checked_at=last_check,
        stale=_is_stale(last_check, failed_at),
        refreshed_at=record.checked_at,
        version=snapshot.version,
        feeds=_feed_identity(snapshot),
    )


def issue_status(issue: Issue) -> Status:
    """Return the status of a post; locked wins over closed: only a locked issue restricts who may write."""
    if issue.locked:
        return Status.LOCKED
    return Status.CLOSED if issue.state == "closed" else Status.OPEN


def with_current_pin(record: ThreadRecord, pinned: Comment | None) -> Issue:
    """Return the issue with its pinned comment as the mirror has it: hiding or deletion may have changed it since."""
    pin = record.issue.pinned_comment
    if pin is None:
        return record.issue
    return replace(record.issue, pinned_comment=pinned if record.complete else pinned or pin)


def checked_at(record: ThreadRecord, site: SiteRecord | None) -> float | None:
    """Return when a thread last agreed with GitHub: a poll covers a thread too, unless its counts differ."""
    poll_time = site.checked_at if site is not None and record.complete and not record.count_mismatch else None
    return latest((record.checked_at, poll_time))


def site_checked_at(site: SiteRecord) -> float | None:
    """Return when a site as a whole last agreed with GitHub."""
    return latest((site.checked_at, site.issues_listed_at))


def latest(times: Sequence[float | None]) -> float | None:
    """Return the latest of some times, or None if none is set."""
    return max((time for time in times if time is not None), default=None)


def _is_stale(last_check: float | None, failed_at: float | None) -> bool:
    return failed_at is not None and (last_check is None or failed_at > last_check)


def _missing(snapshot: Snapshot, failed_at: float | None) -> Thread:
    tombstone, site = snapshot.tombstone, snapshot.site
    by_site = site_checked_at(site) if site else None
    last_check = latest((tombstone.checked_at if tombstone else None, by_site))
    status = Status.GONE if tombstone is not None and tombstone.gone else Status.MISSING
    refreshed_at = tombstone.checked_at if tombstone else last_check
    requested_ref, version, stale = snapshot.requested_ref, snapshot.version, _is_stale(last_check, failed_at)
    thread = Thread(*requested_ref, None, (), 0, status, last_check, stale, refreshed_at, version)
    return replace(thread, feeds=_feed_identity(snapshot))


def _feed_identity(snapshot: Snapshot) -> FeedIdentity | None:
    """Return that of the repository that the reader named, not of one to which the thread was transferred."""
    site = snapshot.hops[0].site
    return None if site is None else site.feed_identity


def _is_listed(site: SiteRecord | None) -> bool:
    return site is not None and site.issues_listed_at is not None
