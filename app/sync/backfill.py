"""The backfill: from an empty or partial mirror to a mirror of all threads.

Every page is committed together with the address of the next one, so that a crash at any line costs one request at
most.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from app.domain.errors import InvalidRedirect, InvalidResponse, NotVisible, PaginationLimitReached, RateLimited
from app.domain.priority import Priority
from app.domain.records import SiteRecord
from app.domain.sites import Repository
from app.domain.threads import Comment
from app.domain.times import rfc3339
from app.github import responses
from app.github.requests import Request, next_page
from app.github.responses import Response
from app.ports.clock import Clock
from app.ports.mirror import Change, Mirror
from app.sync.backfill_plan import plan
from app.sync.commit import Committer
from app.sync.rate_budget import RateBudget
from app.sync.refresh import Refresher

_OVERLAP = 60
"""Seconds by which the first poll's `since` lies before the start of the backfill, by GitHub's clock."""
_CLOCKS_APART = 900
"""Seconds that GitHub's clock may be ahead of ours; a later `since` would miss changes."""
_EXPIRED_PAGE = (InvalidRedirect, NotVisible, PaginationLimitReached)
"""What GitHub, or the protocol, answers to the address of a next page that is no longer valid."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a backfill has come; `requests_to_go` is what the plan still costs, None before the list is read."""

    repo: str
    threads: int = 0
    threads_complete: int = 0
    comments: int = 0
    comments_mirrored: int = 0
    requests_sent: int = 0
    requests_left: int | None = None
    requests_to_go: int | None = None
    waiting_until: float | None = None
    is_complete: bool = False


OnProgress = Callable[[Progress], None]
"""Shows a step of a backfill."""


class ProgressReport:
    """Reports each step of a backfill."""

    def __init__(self, mirror: Mirror, budget: RateBudget, on_progress: OnProgress) -> None:
        self._mirror = mirror
        self._budget = budget
        self._on_progress = on_progress

    async def report(self, repo: Repository, *, waiting_until: float | None = None) -> None:
        """Show how far the backfill of a repository is."""
        self._on_progress(await self.measure(repo, waiting_until=waiting_until))

    async def measure(self, repo: Repository, *, waiting_until: float | None = None) -> Progress:
        """Return how far the backfill of a repository is."""
        snapshot = await self._mirror.site_snapshot(repo)
        threads = snapshot.threads
        affordable = await self._budget.affordable(Priority.BACKFILL)
        remaining = plan(snapshot.summaries, affordable=affordable) if snapshot.is_listed else None
        return Progress(
            repo=repo.full_name,
            threads=len(threads),
            threads_complete=sum(thread.complete for thread in threads),
            comments=sum(thread.comment_count for thread in threads),
            comments_mirrored=sum(thread.mirrored_count for thread in threads),
            requests_sent=self._budget.request_count,
            requests_left=(await self._budget.state()).remaining,
            requests_to_go=remaining.requests if remaining else None,
            waiting_until=waiting_until,
            is_complete=snapshot.is_complete,
        )


class Backfill:
    """Backfills one site at a time."""

    def __init__(
        self,
        *,
        refresher: Refresher,
        committer: Committer,
        budget: RateBudget,
        mirror: Mirror,
        clock: Clock,
        progress: ProgressReport,
    ) -> None:
        self._refresher = refresher
        self._committer = committer
        self._budget = budget
        self._mirror = mirror
        self._clock = clock
        self._progress = progress

    async def run(self, site: SiteRecord) -> None:
        """Request what the mirror lacks; raise `RateLimited` when the hour's requests are used up: call again then."""
        if site.issues_listed_at is None:
            site = await self._list_issues(site)
        await self._complete_threads(site)
        await self._progress.report(site.repo)

    async def report(self, repo: Repository, limit: RateLimited | None = None) -> None:
        """Report the progress; `limit` is what stops it."""
        await self._progress.report(repo, waiting_until=limit.until if limit else None)

    async def _list_issues(self, site: SiteRecord) -> SiteRecord:
        async for response in self._list_pages(site):
            now = self._clock.now()
            update: dict[str, Any] = {"issues_next_url": response.next_url}
            if response.next_url is None:  # otherwise another process may have reached the end first
                update["issues_listed_at"] = now
            if site.since is None:
                update["since"] = rfc3339(min(response.date or now, now + _CLOCKS_APART) - _OVERLAP)
            change = Change(repo=site.repo, at=now, site_update=update, issues=responses.issues(response))
            await self._committer.commit(change, site)
            site = replace(site, **update)
            await self._progress.report(site.repo)
        return site

    async def _list_pages(self, site: SiteRecord) -> AsyncIterator[Response]:
        """Yield the pages of the list from the stored next page; from the first if its address is no longer valid."""
        first = self._budget.requests(site.full_name).issues()
        if site.issues_next_url is not None:
            has_begun = False
            with suppress(*_EXPIRED_PAGE):
                async for response in self._budget.pages(next_page(first, site.issues_next_url), Priority.BACKFILL):
                    has_begun = True
                    yield response
                return
            if has_begun:
                raise InvalidResponse(first.path, "a later page of the list was refused")
        async for response in self._budget.pages(first, Priority.BACKFILL):
            yield response

    async def _complete_threads(self, site: SiteRecord) -> None:
        if site.comments_next_url is not None:
            first = self._budget.requests(site.full_name).all_comments(newest_first=True)
            await self._read_list(site, next_page(first, site.comments_next_url))
        else:
            summaries = (await self._mirror.site_snapshot(site.repo)).summaries
            backfill_plan = plan(summaries, affordable=await self._budget.affordable(Priority.BACKFILL))
            await self._refresher.complete_each(site.repo, backfill_plan.threads, after_each=self._progress.report)
            if backfill_plan.use_list:
                await self._read_list(
                    site, self._budget.requests(site.full_name).all_comments(newest_first=backfill_plan.newest_first)
                )
        summaries = (await self._mirror.site_snapshot(site.repo)).summaries
        threads = plan(summaries, affordable=None, list_is_read=True).threads
        await self._refresher.complete_each(site.repo, threads, after_each=self._progress.report)

    async def _read_list(self, site: SiteRecord, first: Request) -> None:
        """Read the repository-wide list; past GitHub's limit go on with a `since` list of the changes."""
        request: Request | None = first
        while request is not None:
            latest: str | None = None
            is_complete = False
            with suppress(*_EXPIRED_PAGE):
                async for response in self._budget.pages(request, Priority.BACKFILL):
                    comments = responses.comments(response)
                    latest = max((comment.updated_at for comment in comments), default=latest)
                    await self._commit_page(site, response.next_url, comments)
                is_complete = True
            goes_on = not is_complete and latest is not None and "direction=asc" in request.url
            request = self._budget.requests(site.full_name).all_comments_since(latest) if goes_on and latest else None
        await self._commit_page(site, None, ())

    async def _commit_page(self, site: SiteRecord, next_url: str | None, comments: tuple[Comment, ...]) -> None:
        update = {"comments_next_url": next_url}
        change = Change(repo=site.repo, at=self._clock.now(), site_update=update, comments=comments)
        await self._committer.commit(change, site)
        await self._progress.report(site.repo)
