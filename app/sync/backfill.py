"""The import: from nothing, or from where it was stopped, to a mirror of all threads.

Every page is committed together with the address of the next one, so that a crash at any line costs one ask at most.
"""

import logging
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from app.domain.errors import Gone, InvalidRedirect, InvalidResponse, NotVisible, PaginationLimitReached, RateLimited
from app.domain.sites import Repository
from app.domain.threads import Comment
from app.domain.times import rfc3339
from app.github import responses
from app.github.requests import RepositoryRequests, Request, next_page
from app.github.responses import Response
from app.ports.jobs import Priority
from app.ports.mirror import Change, Clock, Mirror, SiteRecord
from app.sync.backfill_plan import plan
from app.sync.failure_backoff import FailureBackoff
from app.sync.pages import pages
from app.sync.rate_budget import Budget
from app.sync.refresh import Refresher
from app.sync.repositories import Repositories

_log = logging.getLogger(__name__)
_OVERLAP = 60
"""Seconds by which the first window of changes reaches back before the import began, by GitHub's clock."""
_CLOCKS_APART = 900
"""Seconds that GitHub's clock is believed to be ahead of ours; beyond, a later window would miss changes."""
_STALE_ADDRESS = (InvalidRedirect, NotVisible, PaginationLimitReached)
"""What GitHub, or the protocol, says to the address of a next page that holds no longer."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an import has come; `asks_to_go` is what the plan still costs, None before the list is read."""

    repo: str
    threads: int = 0
    threads_complete: int = 0
    comments: int = 0
    comments_mirrored: int = 0
    asks_used: int = 0
    asks_left: int | None = None
    asks_to_go: int | None = None
    waiting_until: float | None = None
    done: bool = False


OnProgress = Callable[[Progress], None]


class Backfill:
    """Imports one site at a time; `watch` hears of every step."""

    def __init__(
        self,
        *,
        repositories: Repositories,
        refresher: Refresher,
        each: FailureBackoff,
        budget: Budget,
        mirror: Mirror,
        clock: Clock,
        watch: OnProgress,
    ) -> None:
        self._repositories = repositories
        self._refresher = refresher
        self._each = each
        self._budget = budget
        self._mirror = mirror
        self._clock = clock
        self._watch = watch

    async def bring_in(self, repo: Repository) -> None:
        """Imports what the mirror does not have yet; `RateLimited` where the hour's asks are used up: call again then."""
        try:
            site = await self._repositories.site(repo, Priority.BACKFILL)
            if site.listed_at is None:
                site = await self._list_issues(site)
            await self._bring_comments(site)
        except RateLimited as limit:
            await self.report(repo, waiting_until=limit.until)
            raise
        await self.report(repo)

    async def report(self, repo: Repository, *, waiting_until: float | None = None) -> Progress:
        """Says how far the import is, to the watch and to the caller."""
        tallies = await self._mirror.tallies(repo)
        threads = [t for t in tallies if not t.is_pull_request]
        site = await self._mirror.site(repo)
        standing = await self._budget.standing()
        listed = site is not None and site.listed_at is not None
        remaining = plan(tallies, affordable=await self._budget.affordable(Priority.BACKFILL)) if listed else None
        complete = sum(t.complete for t in threads)
        progress = Progress(
            repo=repo.full_name,
            threads=len(threads),
            threads_complete=complete,
            comments=sum(t.comment_count for t in threads),
            comments_mirrored=sum(t.mirrored for t in threads),
            asks_used=self._budget.asked,
            asks_left=standing.remaining,
            asks_to_go=remaining.asks if remaining else None,
            waiting_until=waiting_until,
            done=listed and complete == len(threads),
        )
        self._watch(progress)
        return progress

    async def _list_issues(self, site: SiteRecord) -> SiteRecord:
        async for answer in self._list_pages(site):
            now = self._clock.now()
            ended = answer.next_url is None
            noted: dict[str, Any] = {"list_next": answer.next_url}
            if ended:  # not else: another process may have ended the list meanwhile
                noted["listed_at"] = now
            if site.since is None:
                noted["since"] = rfc3339(min(answer.date or now, now + _CLOCKS_APART) - _OVERLAP)
            site = replace(site, **noted)
            await self._refresher.apply(Change(repo=site.repo, at=now, noted=noted, issues=responses.issues(answer)))
            await self.report(site.repo)
        return site

    async def _list_pages(self, site: SiteRecord) -> AsyncIterator[Response]:
        """The pages of the list from where it goes on; from the first where the address kept holds no longer."""
        first = self._asks(site).issues()
        if site.list_next is not None:
            begun = False
            with suppress(*_STALE_ADDRESS):
                async for answer in pages(self._budget, next_page(first, site.list_next), Priority.BACKFILL):
                    begun = True
                    yield answer
                return
            if begun:
                raise InvalidResponse(first.path, "a later page of the list was refused")
        async for answer in pages(self._budget, first, Priority.BACKFILL):
            yield answer

    async def _bring_comments(self, site: SiteRecord) -> None:
        if site.comments_next is not None:
            await self._read_list(site, next_page(self._asks(site).all_comments(newest_first=True), site.comments_next))
        else:
            chosen = plan(
                await self._mirror.tallies(site.repo), affordable=await self._budget.affordable(Priority.BACKFILL)
            )
            await self._read_threads(site, chosen.threads)
            if chosen.whole_list:
                await self._read_list(site, self._asks(site).all_comments(newest_first=chosen.newest_first))
        rest = plan(await self._mirror.tallies(site.repo), affordable=None, list_read=True)
        await self._read_threads(site, rest.threads)

    async def _read_threads(self, site: SiteRecord, numbers: tuple[int, ...]) -> None:
        await self._each.of(site.repo, numbers, lambda number: self._read_thread(site, number))

    async def _read_thread(self, site: SiteRecord, number: int) -> None:
        record = await self._mirror.thread(site.repo, number)
        if record is None or record.complete:
            return
        try:
            await self._refresher.comments(site, record.issue, Priority.BACKFILL)
        except (NotVisible, Gone):  # since it was listed: the issue itself tells what has become of it
            await self._refresher.read(site.repo, number, Priority.BACKFILL)
        await self.report(site.repo)

    async def _read_list(self, site: SiteRecord, ask: Request) -> None:
        """The repository-wide list from `ask` on; past GitHub's limit it goes on as a window over the changes."""
        window: Request | None = ask
        while window is not None:
            latest: str | None = None
            ended = False
            with suppress(*_STALE_ADDRESS):
                async for answer in pages(self._budget, window, Priority.BACKFILL):
                    comments = responses.comments(answer)
                    latest = max((comment.updated_at for comment in comments), default=latest)
                    await self._note_list(site, answer.next_url, comments)
                ended = True
            further = not ended and latest is not None and "direction=asc" in window.url
            window = self._asks(site).all_comments_since(latest) if further and latest else None
        await self._note_list(site, None, ())

    async def _note_list(self, site: SiteRecord, next_url: str | None, comments: tuple[Comment, ...]) -> None:
        noted = {"comments_next": next_url}
        await self._refresher.apply(Change(repo=site.repo, at=self._clock.now(), noted=noted, comments=comments))
        await self.report(site.repo)

    def _asks(self, site: SiteRecord) -> RepositoryRequests:
        return self._repositories.asks(site)
