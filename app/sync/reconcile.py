"""The reconcile: once a day everything is compared with GitHub; differences that nothing had reported are drift.

The counts of all issues cost one request for each hundred. The comments cost a list of the whole repository, a hundred
a request, or a conditional request for each thread, free of charge with a token if nothing changed: the cheaper of the
two. Without a token the hour allows that for small blogs only. Larger ones have only their counts compared, and a
thread's comments when somebody reads it.
"""

import logging
from contextlib import suppress
from dataclasses import replace
from enum import StrEnum

from app.domain.errors import PaginationLimitReached
from app.domain.priority import Priority
from app.domain.records import SiteRecord
from app.domain.threads import Issue
from app.domain.times import is_within
from app.github import responses
from app.ports.clock import Clock
from app.ports.mirror import Change, Mirror
from app.sync.backfill_plan import LIST_END, page_count
from app.sync.commit import Committer
from app.sync.rate_budget import RateBudget
from app.sync.refresh import Refresher
from app.sync.unreported_changes import DriftReport

_log = logging.getLogger(__name__)
_RECONCILE_AFTER = 86_400.0
"""Seconds from one comparison of a whole site to the next."""
_SHARE = 2
"""A comparison runs only if it costs no more than one part in this many of what the hour still allows."""


class Reconcile(StrEnum):
    """Whether a poll compares the whole site with GitHub besides."""

    NEVER = "never"
    IF_DUE = "if due"
    NOW = "now"


class Reconciler:
    """Compares a whole site with GitHub and repairs the mirror."""

    def __init__(
        self,
        *,
        refresher: Refresher,
        committer: Committer,
        budget: RateBudget,
        mirror: Mirror,
        drift: DriftReport,
        clock: Clock,
    ) -> None:
        self._refresher = refresher
        self._committer = committer
        self._budget = budget
        self._mirror = mirror
        self._drift = drift
        self._clock = clock

    def is_due(self, site: SiteRecord, reconcile: Reconcile) -> bool:
        """Return True if a poll compares the site now."""
        if reconcile is Reconcile.IF_DUE:
            return not is_within(_RECONCILE_AFTER, site.reconciled_at, now=self._clock.now())
        return reconcile is Reconcile.NOW

    async def reconcile(self, site: SiteRecord, *, since: float) -> None:
        """Compare and repair; report every difference that nothing had reported. Raises `GitHubError`.

        `since` is the start of the poll. A difference that a webhook reported after that or shortly before is no drift,
        nor is one with a job, nor one that came into being during the comparison: the next poll would find it.
        """
        version = await self._mirror.latest_version()
        before = (await self._mirror.site_snapshot(site.repo)).summaries
        threads = await self._compare_issues(site, {summary.number for summary in before})
        comments: frozenset[int] = frozenset()
        if site.reconciled_at is not None:  # otherwise a backfill has just read them
            comments = await self._compare_comments(site)
        update = {"reconciled_at": self._clock.now()}
        await self._mirror.apply(Change(repo=site.repo, at=self._clock.now(), site_update=update))
        await self._drift.report(
            site, before, since=since, after_version=version, differing_threads=threads, differing_comments=comments
        )

    async def _compare_issues(self, site: SiteRecord, numbers: set[int]) -> frozenset[int]:
        """Request every issue, and read each mirrored number that the list lacks; return the issues that differed."""
        affordable = await self._budget.affordable(Priority.POLL)
        if affordable is not None and page_count(len(numbers)) > affordable // _SHARE:
            _log.warning("%s: the hour does not allow to compare all issues; a token allows more requests.", site.repo)
            return frozenset()
        differing: set[int] = set()
        async for page in self._budget.pages(self._budget.requests(site.full_name).issues(), Priority.POLL):
            issues = responses.issues(page)
            numbers = numbers - {issue.number for issue in issues}
            for issue in (issue for issue in issues if not issue.is_pull_request):
                record = await self._mirror.thread(site.repo, issue.number)
                if record is not None and _visible_part(record.issue) != _visible_part(issue):
                    differing.add(issue.number)
            await self._committer.commit(Change(repo=site.repo, at=self._clock.now(), issues=issues), site)
        summaries = (await self._mirror.site_snapshot(site.repo)).summaries
        doubtful = {summary.number for summary in summaries if summary.complete and summary.count_mismatch}
        await self._refresher.read_each(site.repo, sorted(numbers | doubtful), Priority.POLL)
        return frozenset(differing)

    async def _compare_comments(self, site: SiteRecord) -> frozenset[int]:
        """Request the comments if that is affordable; return the threads in which one differed."""
        summaries = (await self._mirror.site_snapshot(site.repo)).summaries
        threads = [summary.number for summary in summaries if summary.is_settled and summary.mirrored_count]
        total = sum(summary.comment_count for summary in summaries)
        list_cost = page_count(total)
        by_list = list_cost <= len(threads) and total <= LIST_END
        affordable = await self._budget.affordable(Priority.CHECK)
        if affordable is not None and (list_cost if by_list else len(threads)) > affordable // _SHARE:
            _log.info("%s: the hour does not allow to compare all comments; the counts were compared.", site.repo)
            return frozenset()
        if by_list:
            return await self._list_comments(site)
        return await self._refresher.check_each(site.repo, threads)

    async def _list_comments(self, site: SiteRecord) -> frozenset[int]:
        differing: set[int] = set()
        request = self._budget.requests(site.full_name).all_comments(newest_first=True)
        with suppress(PaginationLimitReached):
            async for page in self._budget.pages(request, Priority.CHECK):
                comments = responses.comments(page)
                copies = await self._mirror.comments_by_id(site.repo, [comment.id for comment in comments])
                for comment in comments:
                    copy = copies.get(comment.id)
                    if copy is not None and replace(copy, source=comment.source) != comment:
                        differing.add(comment.number)
                await self._committer.commit(Change(repo=site.repo, at=self._clock.now(), comments=comments), site)
        return frozenset(differing)


def _visible_part(issue: Issue) -> Issue:
    """Return what readers see of an issue: GitHub's object has other fields in a list than alone."""
    pinned = issue.pinned_comment
    return replace(issue, source={}, comment_count=0, pinned_comment=replace(pinned, source={}) if pinned else None)
