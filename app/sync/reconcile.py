"""The reconcile: once a day everything is compared with GitHub, and what nobody had told is counted as drift.

The counts of all issues cost an ask for each hundred. The comments cost a list of the whole repository, a hundred an
ask, or a conditional ask for each thread, free of charge with a token where nothing has changed: the fewer of the two.
Without a token the hour allows that for small blogs only; of larger ones the counts alone are compared, and a thread's
comments when somebody reads it.
"""

import logging
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace

from app.domain.errors import PaginationLimitReached
from app.domain.sites import Repository
from app.domain.threads import Issue
from app.github import responses
from app.ports.jobs import Priority, Shared
from app.ports.metrics import Drift, Observer
from app.ports.mirror import Change, Clock, IssueSummary, Mirror, SiteRecord
from app.sync.backfill_plan import LIST_END
from app.sync.backfill_plan import pages as pages_of
from app.sync.failure_backoff import FailureBackoff
from app.sync.pages import pages
from app.sync.rate_budget import Budget
from app.sync.refresh import Refresher
from app.sync.repositories import Repositories

_log = logging.getLogger(__name__)
_SHARE = 2
"""All is compared only if that costs no more than one part in so many of what the hour still allows."""
_JUST_BEFORE = 120.0
"""Seconds by which what a webhook told may lie before a round, and be looked at only during it."""


def reconciled(repo: Repository) -> str:
    """The name under which it is kept when a site was last reconciled, in epoch seconds."""
    return f"reconciled {repo.key}"


class Reconciler:
    """Compares a whole site with GitHub, mends the mirror, and says what it found."""

    def __init__(
        self,
        *,
        repositories: Repositories,
        refresher: Refresher,
        each: FailureBackoff,
        budget: Budget,
        mirror: Mirror,
        shared: Shared,
        clock: Clock,
        observer: Observer,
    ) -> None:
        self._repositories = repositories
        self._refresher = refresher
        self._each = each
        self._budget = budget
        self._mirror = mirror
        self._shared = shared
        self._clock = clock
        self._observer = observer

    async def reconcile(self, site: SiteRecord, *, since: float) -> Mapping[Drift, int]:
        """Mends and reports every difference of which nobody told; raises `GitHubError`.

        That is none of which a webhook told after `since` or shortly before, or that is still to be looked at, and none
        that came into being meanwhile, which the next round would find.
        """
        latest = await self._mirror.latest()
        before = {tally.number: tally for tally in await self._mirror.tallies(site.repo)}
        threads, comments = await self._compare_issues(site, set(before)), set[int]()
        if await self._shared.recall(reconciled(site.repo)) is not None:  # else an import has just read them
            comments = await self._compare_comments(site)
        await self._shared.remember(reconciled(site.repo), str(self._clock.now()))
        after = {tally.number: tally for tally in await self._mirror.tallies(site.repo)}
        told = await self._shared.told(site.repo, since=since - _JUST_BEFORE)
        found: Counter[Drift] = Counter()
        for signal in await self._mirror.signals(after=latest):
            number = signal.number
            if signal.repo == site.repo and number not in told and not await self._is_news(site, number, after):
                drift = _drift(before.get(number), after.get(number))
                if not drift and number in threads | comments:
                    drift = {Drift.THREAD_DIFFERS if number in threads else Drift.COMMENT_DIFFERS: 1}
                found.update(drift)
        self._report(site, found)
        return found

    async def _is_news(self, site: SiteRecord, number: int, after: Mapping[int, IssueSummary]) -> bool:
        """True where a thread changed after the last round, or is to be looked at anyway."""
        present = await self._mirror.site(site.repo)
        since = present.since if present else None
        if since is not None and number in after:
            comments = await self._mirror.comments(site.repo, number)
            if max(after[number].updated_at, *(comment.updated_at for comment in comments), "") > since:
                return True
        return await self._shared.marked(site.repo, number) is not None

    def _report(self, site: SiteRecord, found: Mapping[Drift, int]) -> None:
        for kind, count in found.items():
            self._observer.drifted(site.repo, kind, count)
        if found:
            _log.warning(
                "%s differed from GitHub and was mended: %s.",
                site.repo,
                ", ".join(f"{count} × {kind.value.replace('_', ' ')}" for kind, count in sorted(found.items())),
            )
        else:
            _log.info("%s was compared with GitHub: no drift.", site.repo)

    async def _compare_issues(self, site: SiteRecord, known: set[int]) -> set[int]:
        """Every issue anew, and a look at each known number that the list does not have any more; which differed."""
        differing: set[int] = set()
        affordable = await self._budget.affordable(Priority.POLL)
        if affordable is not None and pages_of(len(known)) > affordable // _SHARE:
            _log.warning("%s has too many issues to compare all of them without a token.", site.repo)
            return differing
        async for answer in pages(self._budget, self._repositories.asks(site).issues(), Priority.POLL):
            issues = responses.issues(answer)
            known -= {issue.number for issue in issues}
            for issue in (issue for issue in issues if not issue.is_pull_request):
                record = await self._mirror.thread(site.repo, issue.number)
                if record is not None and _told(record.issue) != _told(issue):
                    differing.add(issue.number)
            await self._refresher.apply(Change(repo=site.repo, at=self._clock.now(), issues=issues))
        doubtful = [t.number for t in await self._mirror.tallies(site.repo) if t.complete and t.in_doubt]
        read, numbers = self._refresher.read, sorted({*known, *doubtful})
        await self._each.of(site.repo, numbers, lambda number: read(site.repo, number, Priority.POLL))
        return differing

    async def _compare_comments(self, site: SiteRecord) -> set[int]:
        """The comments anew, if that can be afforded; the threads in which one differed."""
        differing: set[int] = set()
        tallies = await self._mirror.tallies(site.repo)
        threads = [t.number for t in tallies if t.complete and t.mirrored and not t.in_doubt]
        total = sum(tally.comment_count for tally in tallies)
        listed = pages_of(total)
        by_list = listed <= len(threads) and total <= LIST_END
        affordable = await self._budget.affordable(Priority.CHECK)
        if affordable is not None and (listed if by_list else len(threads)) > affordable // _SHARE:
            _log.info("%s: the hour does not allow to compare all comments; the counts were compared.", site.repo)
        elif by_list:
            await self._list_comments(site, differing)
        else:
            await self._each.of(site.repo, threads, lambda number: self._check(site, number, differing))
        return differing

    async def _list_comments(self, site: SiteRecord, differing: set[int]) -> None:
        ask = self._repositories.asks(site).all_comments(newest_first=True)
        with suppress(PaginationLimitReached):
            async for answer in pages(self._budget, ask, Priority.CHECK):
                comments = responses.comments(answer)
                for comment in comments:
                    known = await self._mirror.comment(site.repo, comment.id)
                    if known is not None and replace(known, source={}) != replace(comment, source={}):
                        differing.add(comment.number)
                await self._refresher.apply(Change(repo=site.repo, at=self._clock.now(), comments=comments))

    async def _check(self, site: SiteRecord, number: int, differing: set[int]) -> None:
        record = await self._mirror.thread(site.repo, number)
        if record is None or not record.complete:
            return
        before = await self._mirror.comments(site.repo, number)
        await self._refresher.check(site.repo, record)
        after = await self._mirror.comments(site.repo, number)
        if [replace(comment, source={}) for comment in before] != [replace(comment, source={}) for comment in after]:
            differing.add(number)


def _drift(before: IssueSummary | None, after: IssueSummary | None) -> Mapping[Drift, int]:
    """By how much a thread was too little or too much; nothing where counts do not tell, or for a pull request."""
    thread = before or after
    if thread is None or thread.is_pull_request:
        return {}
    if before is None:
        return {Drift.THREAD_MISSING: 1}
    if after is None:
        return {Drift.THREAD_SURPLUS: 1}
    if after.mirrored != before.mirrored:
        kind = Drift.COMMENT_MISSING if after.mirrored > before.mirrored else Drift.COMMENT_SURPLUS
        return {kind: abs(after.mirrored - before.mirrored)}
    return {}


def _told(issue: Issue) -> Issue:
    """What readers are told of an issue: GitHub's object has other fields in a list than by itself."""
    pinned = issue.pinned_comment
    return replace(issue, source={}, comment_count=0, pinned_comment=replace(pinned, source={}) if pinned else None)
