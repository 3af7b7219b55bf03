"""Refresh one thread: read it completely, or check it with as few requests as possible.

A thread is replaced only by a read of all its pages that agrees with GitHub's own count and that no other change
overtook. Everything else is added to what is there.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence

from app.domain.errors import GitHubError, Gone, InvalidResponse, NotVisible
from app.domain.priority import Priority
from app.domain.reading import MAX_READINGS, Reading, digest, is_steady
from app.domain.records import SiteRecord, ThreadRef, Tombstone
from app.domain.sites import Repository
from app.domain.thread_state import Snapshot
from app.domain.threads import Comment, Issue
from app.domain.times import is_within
from app.github import responses
from app.github.requests import PER_PAGE
from app.ports.clock import Clock
from app.ports.mirror import Change, Mirror
from app.sync.commit import Committer, belongs_to
from app.sync.failure_backoff import FailureBackoff
from app.sync.rate_budget import RateBudget
from app.sync.repositories import Repositories
from app.sync.thread_pages import ThreadPages, differ, release

_COMPLETE_READ_AFTER = 21_600.0
"""Seconds after which a check without a token reads a long thread completely: `since` shows neither reactions nor
hiding."""


class Refresher:
    """Refreshes single threads of the mirror."""

    def __init__(
        self,
        repositories: Repositories,
        budget: RateBudget,
        mirror: Mirror,
        committer: Committer,
        backoff: FailureBackoff,
        clock: Clock,
    ) -> None:
        self._repositories = repositories
        self._budget = budget
        self._pages = ThreadPages(budget, mirror)
        self._mirror = mirror
        self._committer = committer
        self._backoff = backoff
        self._clock = clock
        self._read_completely_at: dict[ThreadRef, float] = {}
        """When a check last read a long thread completely."""

    async def read(self, snapshot: Snapshot, priority: Priority) -> bool:
        """Request the issue, then all its comments: two requests for a thread of up to 100 comments.

        The thread is the one that the snapshot was requested for. Return False if the number has no issue any more.
        Raises `GitHubError` and leaves the mirror as it is, but for what GitHub says plainly: that the issue is
        missing, deleted, transferred, or a pull request.
        """
        site = await self._site(snapshot, priority)
        issue = await self._issue(site, snapshot.requested_ref.number, priority)
        if issue is None:
            return False
        if issue.is_pull_request or issue.comment_count == 0:
            return await self._commit_thread(site, issue, (), snapshot, {})
        return await self._replace_comments(site, issue, await self._latest(snapshot), priority)

    async def refresh(self, snapshot: Snapshot, priority: Priority) -> bool:
        """Bring all of a thread up to date, mirrored or not: two requests if it has one page or changed little.

        The snapshot needs no comments. Returns and raises what `read` does.
        """
        record = None if snapshot.was_transferred else snapshot.record
        if record is None or not record.complete or record.mirrored_count <= PER_PAGE:
            return await self.read(snapshot, priority)
        site = await self._site(snapshot, priority)
        return await self._refresh_long(site, snapshot, (), priority)

    async def check(self, snapshot: Snapshot) -> bool:
        """Check whether a complete thread still agrees with GitHub.

        A thread of one page costs one conditional request if nothing was removed. A longer one costs one for its
        issue's count, and with a token a conditional one for each page; without, one for the changes, and now and then
        one for each page. Returns and raises what `read` does.
        """
        site = await self._site(snapshot, Priority.CHECK)
        comments = _complete_comments(snapshot)
        if len(comments) <= PER_PAGE:
            return await self._check_page(site, snapshot, comments)
        return await self._refresh_long(site, snapshot, comments, Priority.CHECK)

    async def read_each(self, repo: Repository, numbers: Iterable[int], priority: Priority) -> None:
        """Read threads one at a time; skip failing ones. Raises what concerns more than one thread."""

        async def read(number: int) -> None:
            await self.read(await self._mirror.snapshot(repo, number, with_comments=False), priority)

        await self._backoff.for_each(repo, numbers, read)

    async def complete_each(
        self, repo: Repository, numbers: Iterable[int], *, after_each: Callable[[Repository], Awaitable[object]]
    ) -> None:
        """Complete threads of a backfill one at a time, one request for each page; skip failing ones."""

        async def complete(number: int) -> None:
            await self._complete(repo, number)
            await after_each(repo)

        await self._backoff.for_each(repo, numbers, complete)

    async def check_each(self, repo: Repository, numbers: Iterable[int]) -> frozenset[int]:
        """Check complete threads one at a time; return those whose comments differed from GitHub's."""
        differing: set[int] = set()

        async def compare(number: int) -> None:
            before = await self._mirror.snapshot(repo, number)
            if before.record is None or before.was_transferred or not before.record.complete:
                return
            await self.check(before)
            after = await self._mirror.comments(repo, number)
            if await asyncio.to_thread(differ, before.comments, after):
                differing.add(number)
            comments = [*before.comments, *after]
            del before, after
            await release(comments)

        await self._backoff.for_each(repo, numbers, compare)
        return frozenset(differing)

    async def _complete(self, repo: Repository, number: int) -> None:
        snapshot = await self._mirror.snapshot(repo, number, with_comments=False)
        record = snapshot.record
        if record is None or snapshot.was_transferred or record.complete:
            return
        site = await self._site(snapshot, Priority.BACKFILL)
        try:
            await self._replace_comments(site, record.issue, snapshot, Priority.BACKFILL)
        except (NotVisible, Gone):  # it was listed before: the issue itself tells what happened
            await self.read(snapshot, Priority.BACKFILL)

    async def _site(self, snapshot: Snapshot, priority: Priority) -> SiteRecord:
        repo, record = snapshot.requested_ref.repo, snapshot.hops[0].site
        if record is None:
            return await self._repositories.request_record(repo, priority)
        return await self._repositories.site(repo, priority, record=record)

    async def _latest(self, snapshot: Snapshot) -> Snapshot:
        """Read a mirrored thread again before its comments are requested.

        Only a change that is committed after this overtakes the comments; one during the issue's request does not.
        """
        if snapshot.record is None:
            return snapshot
        return await self._mirror.snapshot(*snapshot.requested_ref, with_comments=False)

    async def _replace_comments(self, site: SiteRecord, issue: Issue, snapshot: Snapshot, priority: Priority) -> bool:
        """Replace the mirrored comments by all of GitHub's; return False if there is no issue any more.

        The snapshot was read before the requests.
        """
        reading = await self._pages.read(site, issue.number, priority)
        has_issue = await self._commit_steady(site, issue, reading, snapshot, priority)
        comments = list(reading.comments)
        del reading
        await release(comments)
        return has_issue

    async def _commit_steady(
        self, site: SiteRecord, issue: Issue, reading: Reading, snapshot: Snapshot, priority: Priority
    ) -> bool:
        """Commit a reading once its count is that of the issue, which is requested again otherwise, as are the pages.

        The snapshot was read before the requests of the reading. Return False if there is no issue any more.
        """
        previous: Reading | None = None
        for readings_left in reversed(range(MAX_READINGS)):
            steady = reading.page_count == 1 and len(reading.comments) == issue.comment_count
            if not steady:
                current = await self._issue(site, issue.number, priority)
                if current is None:
                    return False
                # what came or went between the pages may have moved another comment out of sight
                steady = is_steady(reading, previous, issue, current)
                issue = current
            if steady or not readings_left:
                break
            previous, reading = reading, await self._pages.read(site, issue.number, priority)
        path = self._budget.requests(site.full_name).comments(issue.number).path
        if not reading.comments and issue.comment_count:
            raise InvalidResponse(path, f"an empty list, although GitHub counts {issue.comment_count} comments")
        if not steady:
            raise InvalidResponse(path, f"its count and its pages disagreed in {MAX_READINGS} readings")
        return await self._commit_thread(site, issue, reading.comments, snapshot, reading.etags)

    async def _commit_thread(
        self,
        site: SiteRecord,
        issue: Issue,
        comments: tuple[Comment, ...],
        snapshot: Snapshot,
        etags: Mapping[str, str],
    ) -> bool:
        """Commit an issue with all its comments; the snapshot was read before the requests for them."""
        change = Change(
            repo=site.repo,
            at=self._clock.now(),
            issues=(issue,),
            comments=comments,
            complete_threads=frozenset() if issue.is_pull_request else frozenset([issue.number]),
            base_versions={issue.number: snapshot.hops[0].version},
            etags=etags,
        )
        await self._committer.commit(change, site, mirrored_ids=_mirrored_ids(snapshot))
        return True

    async def _check_page(self, site: SiteRecord, snapshot: Snapshot, mirrored_comments: Sequence[Comment]) -> bool:
        number = snapshot.requested_ref.number
        request = self._budget.requests(site.full_name).comments(number)
        key = self._budget.validator_key(request)
        # the ETag is that of a list; it says nothing about a mirror that holds another list by now
        list_digest, _, etag = (await self._mirror.etags([key])).get(key, "").partition(" ")
        try:
            sent_etag = etag if list_digest == digest(mirrored_comments) else None
            response = await self._budget.send(request, Priority.CHECK, etag=sent_etag)
        except (NotVisible, Gone):
            return await self.read(snapshot, Priority.CHECK)
        comments = mirrored_comments if response.unchanged else responses.comments(response)
        missing = {comment.id for comment in mirrored_comments} - {comment.id for comment in comments}
        first = bool(comments) and not mirrored_comments  # nothing yet that tells the thread from another repository's
        if response.next_url is not None or missing or first:
            return await self.read(snapshot, Priority.CHECK)
        change = Change(
            repo=site.repo,
            at=self._clock.now(),
            comments=() if response.unchanged else tuple(comments),
            checked_threads=frozenset([number]),
            etags={key: f"{digest(comments)} {response.etag}"} if response.etag else {},
        )
        await self._committer.commit(change, site)
        return True

    async def _refresh_long(
        self, site: SiteRecord, snapshot: Snapshot, mirrored_comments: Sequence[Comment], priority: Priority
    ) -> bool:
        ref = snapshot.requested_ref
        issue = await self._issue(site, snapshot.requested_ref.number, priority)
        if issue is None:
            return False
        if priority is Priority.CHECK and self._needs_complete_read(ref):
            return await self._check_pages(site, issue, snapshot, mirrored_comments)
        since = await self._mirror.latest_update(*ref)
        first = self._budget.requests(site.full_name).comments(ref.number, since=since)
        pages = self._budget.pages(first, priority)
        comments = tuple([comment async for page in pages for comment in responses.comments(page)])
        return await self._add_comments(site, issue, comments, snapshot, priority)

    def _needs_complete_read(self, ref: ThreadRef) -> bool:
        """Return True if a check has to see all pages; with a token those that did not change cost nothing."""
        last_read = self._read_completely_at.get(ref)
        return self._budget.has_token or not is_within(_COMPLETE_READ_AFTER, last_read, now=self._clock.now())

    async def _check_pages(
        self, site: SiteRecord, issue: Issue, snapshot: Snapshot, mirrored_comments: Sequence[Comment]
    ) -> bool:
        ref, latest = snapshot.requested_ref, await self._latest(snapshot)
        known = mirrored_comments if latest.version == snapshot.version else ()
        reading = await self._pages.read(site, ref.number, Priority.CHECK, known)
        if reading.is_unchanged:
            has_issue = await self._add_comments(site, issue, (), latest, Priority.CHECK)
        else:
            has_issue = await self._commit_steady(site, issue, reading, latest, Priority.CHECK)
        self._read_completely_at[ref] = self._clock.now()
        return has_issue

    async def _add_comments(
        self, site: SiteRecord, issue: Issue, comments: tuple[Comment, ...], snapshot: Snapshot, priority: Priority
    ) -> bool:
        """Commit an issue with those of its comments that changed; read all if their number is not GitHub's then.

        A delivery's read is no check: it shows nothing of hidden comments, which would never be noticed otherwise in a
        thread with many deliveries.
        """
        ref, at = snapshot.requested_ref, self._clock.now()
        is_check = priority is Priority.CHECK or not self._needs_complete_read(ref)
        checked_numbers = frozenset([ref.number] if is_check else [])
        change = Change(repo=site.repo, at=at, issues=(issue,), comments=comments, checked_threads=checked_numbers)
        await self._committer.commit(change, site, mirrored_ids=_mirrored_ids(snapshot))
        after = await self._mirror.snapshot(*ref, with_comments=False)
        if after.record is not None and after.record.count_mismatch:
            return await self._replace_comments(site, issue, after, priority)
        return True

    async def _issue(self, site: SiteRecord, number: int, priority: Priority) -> Issue | None:
        """Return the issue as GitHub has it now; None, with a tombstone stored, if the number has none any more."""
        request = self._budget.requests(site.full_name).issue(number)
        try:
            issue = responses.issue(await self._budget.send(request, priority))
        except (NotVisible, Gone) as failure:
            await self._rule_out_hidden_repository(site, number, priority, failure)
            await self._bury(site, Tombstone(number, isinstance(failure, Gone), self._clock.now()))
            return None
        if issue.number == number and await self._belongs_to(site, issue, priority):
            return issue
        target = f"{issue.repository_url}/issues/{issue.number}"
        await self._bury(site, Tombstone(number, gone=True, checked_at=self._clock.now(), transferred_to=target))
        return None

    async def _rule_out_hidden_repository(
        self, site: SiteRecord, number: int, priority: Priority, failure: GitHubError
    ) -> None:
        """Raise the failure if it may be that of the whole repository, hidden or without issues.

        A number that neither the list of all issues nor the mirror has loses nothing: it costs no further request.
        """
        if site.issues_listed_at is not None and await self._mirror.thread(site.repo, number) is None:
            return
        try:
            info = await self._repositories.refresh(site, priority)
        except (NotVisible, Gone):
            raise failure from None
        if not info.has_issues or info.full_name.lower() != site.full_name.lower():
            raise failure  # or another repository, which has taken the name, has no such issue

    async def _belongs_to(self, site: SiteRecord, issue: Issue, priority: Priority) -> bool:
        """Return True if an issue belongs to the site's repository, which may have another name by now."""
        if belongs_to(issue, site.full_name, site.id):
            return True
        info = await self._repositories.refresh(site, priority)
        if belongs_to(issue, info.full_name, info.id):
            return True
        if info.full_name.lower() != site.full_name.lower():  # it is unknown whose issue was transferred
            path = self._budget.requests(site.full_name).issue(issue.number).path
            raise InvalidResponse(path, "the name is not ours any more")
        return False

    async def _bury(self, site: SiteRecord, tombstone: Tombstone) -> None:
        await self._committer.commit(Change(repo=site.repo, at=tombstone.checked_at, tombstone=tombstone), site)


def _complete_comments(snapshot: Snapshot) -> tuple[Comment, ...]:
    record = snapshot.record
    return snapshot.comments if record is not None and record.complete and not snapshot.was_transferred else ()


def _mirrored_ids(snapshot: Snapshot) -> dict[int, int]:
    """Return GitHub's id of the requested issue by its number, if the mirror has it."""
    record = None if snapshot.was_transferred else snapshot.record
    return {} if record is None else {record.issue.number: record.issue.id}
