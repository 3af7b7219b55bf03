"""The pulse: one round of asking GitHub what changed.

Two lists tell of everything that was written or edited, whatever the size of the blog: the issues and the comments that
changed since the last round. Both are conditional, and their addresses stay the same to the byte until something
changes, so that a quiet blog costs two 304s. What they cannot tell, deletions, is found by counting.
"""

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from math import inf

from cachetools import LRUCache

from app.domain.errors import NotVisible, RateLimited
from app.domain.sites import Repository
from app.domain.threads import Comment
from app.domain.times import epoch
from app.github import responses
from app.github.requests import Request, next_page
from app.github.responses import Response
from app.ports.jobs import Priority, Shared
from app.ports.mirror import Change, Clock, IssueSummary, Mirror, SiteRecord
from app.sync.backfill import Backfill
from app.sync.failure_backoff import FailureBackoff
from app.sync.pages import pages
from app.sync.rate_budget import Budget
from app.sync.reconcile import Reconciler
from app.sync.refresh import Refresher
from app.sync.repositories import Repositories

_log = logging.getLogger(__name__)
_LISTS = 100
_EMPTY_BELIEVED = 600.0
"""Seconds for which a 304 to a list that was empty counts as an answer."""
_TRUSTED = 7 * 86_400.0
"""Seconds without any webhook after which it may have been taken away."""
_ON_ITS_WAY = 60.0
"""Seconds that a webhook delivery may take before its absence means something."""


@dataclass(frozen=True, slots=True)
class PollResult:
    """What a round did beside what it applied."""

    reconciled: bool = False
    untold: frozenset[int] = frozenset()
    """Threads with comments that no webhook told of, though webhooks come."""


@dataclass(frozen=True, slots=True)
class _Changes:
    """Every page of a list of changes; none of it where GitHub said 304."""

    pages: tuple[Response, ...]
    etags: dict[str, str]
    """Kept only after all pages are applied: a 304 to the first must mean that nothing was missed."""


class Poller:
    """Brings a whole site up to date."""

    def __init__(
        self,
        *,
        repositories: Repositories,
        refresher: Refresher,
        importer: Backfill,
        reconciler: Reconciler,
        each: FailureBackoff,
        budget: Budget,
        mirror: Mirror,
        shared: Shared,
        clock: Clock,
    ) -> None:
        self._repositories = repositories
        self._refresher = refresher
        self._importer = importer
        self._reconciler = reconciler
        self._each = each
        self._budget = budget
        self._mirror = mirror
        self._shared = shared
        self._clock = clock
        self._said_empty: LRUCache[str, bool] = LRUCache(_LISTS)
        """Lists that were empty once: their ETag is kept when they are so again."""
        self._empty_since: LRUCache[str, float] = LRUCache(_LISTS)
        """When a list was last said whole to be empty: after a while that is asked again without its ETag."""

    async def bring_up(self, repo: Repository, *, reconcile: bool = False) -> PollResult:
        """Imports what is missing, then applies what changed; `reconcile` compares everything besides.

        Raises `GitHubError`; whatever was committed before stays, and the next round begins where this one did. Where
        the hour does not allow to go on importing, what changed is applied all the same before `RateLimited` is raised.
        """
        short = await self._import(repo)
        site = await self._repositories.site(repo, Priority.POLL)
        began = self._clock.now()
        # right after an import there is nothing to compare with
        reconcile = reconcile and short is None and site.checked_at is not None
        try:
            if reconcile:
                await self._repositories.look(site, Priority.POLL)
            untold = await self._apply_changes(site, began)
        except NotVisible:
            await self._repositories.look(site, Priority.POLL)  # is it the repository that is not to be seen?
            raise
        if reconcile:
            await self._reconciler.reconcile(site, since=began)
        await self._read_doubtful(repo, with_incomplete=short is None)
        await self._importer.report(repo, waiting_until=short.until if short else None)
        if short is not None:
            raise short
        return PollResult(reconcile, untold)

    async def _import(self, repo: Repository) -> RateLimited | None:
        """What keeps the import from going on; raised where there is nothing yet that could be kept up to date."""
        try:
            await self._importer.bring_in(repo)
        except RateLimited as limit:
            site = await self._mirror.site(repo)
            if limit.kind != "budget" or site is None or site.listed_at is None:
                raise
            return limit
        return None

    async def _read_doubtful(self, repo: Repository, *, with_incomplete: bool) -> None:
        """Reads the posts of which counts say that comments are missing, or too many."""
        doubtful = [
            tally.number
            for tally in await self._mirror.tallies(repo)
            if not tally.is_pull_request and (tally.in_doubt if tally.complete else with_incomplete)
        ]
        await self._each.of(repo, doubtful, lambda number: self._refresher.read(repo, number, Priority.POLL))

    async def _apply_changes(self, site: SiteRecord, began: float) -> frozenset[int]:
        asks = self._repositories.asks(site)
        since = site.since or "1970-01-01T00:00:00Z"
        issue_changes = await self._changes(site, asks.issues_since(since))
        comment_changes = await self._changes(site, asks.all_comments_since(since))
        issues = tuple(issue for page in issue_changes.pages for issue in responses.issues(page))
        comments = tuple(comment for page in comment_changes.pages for comment in responses.comments(page))
        window, etags = _next_window(since, issue_changes), {**issue_changes.etags, **comment_changes.etags}
        if window > since and comment_changes.pages and not comments:
            # an empty list is not believed so far that what it may have kept back would never be asked for again
            window, etags = since, issue_changes.etags
        date = max((page.date for page in comment_changes.pages if page.date is not None), default=began)
        await self._repositories.seen(site)
        untold = await self._untold(site, comments, date)
        noted = {"since": window, "checked_at": began}
        await self._refresher.apply(
            Change(repo=site.repo, at=began, noted=noted, issues=issues, comments=comments, etags=etags)
        )
        return untold

    async def _untold(self, site: SiteRecord, comments: Iterable[Comment], date: float) -> frozenset[int]:
        """Threads with news that a webhook should have told by now, and did not; none where no webhook ever came.

        `date` is GitHub's clock.
        """
        if await heard_lately(self._shared, site.repo, self._clock.now()) is None:
            return frozenset()
        news: set[int] = set()
        for comment in comments:
            kept = await self._mirror.comment(site.repo, comment.id)
            is_news = kept is None or kept.updated_at < comment.updated_at
            if is_news and date - epoch(comment.updated_at) > _ON_ITS_WAY:
                news.add(comment.number)
        told = await self._shared.told(site.repo, since=(site.checked_at or 0.0) - 2 * _ON_ITS_WAY) if news else ()
        posts = {t.number for t in await self._mirror.tallies(site.repo) if not t.is_pull_request} if news else set()
        return frozenset(news & posts - set(told))

    async def _changes(self, site: SiteRecord, ask: Request) -> _Changes:
        key = self._budget.validator_key(ask)
        doubted = self._clock.now() - self._empty_since.get(key, inf) > _EMPTY_BELIEVED
        etag = None if doubted else await self._mirror.etag(key)
        first = await self._budget.ask(ask, Priority.POLL, etag=etag)
        lost = first.data == [] and key not in self._said_empty and site.checked_at is not None
        if first.url != ask.url or lost:
            # redirected: the repository has another name by now; without what was there: maybe another has the name
            await self._repositories.look(site, Priority.POLL)
        if first.unchanged:
            return _Changes((), {})
        found = [first]
        if first.next_url is not None:
            found += [page async for page in pages(self._budget, next_page(ask, first.next_url), Priority.POLL)]
        kept_back = first.data == [] and key not in self._said_empty
        if kept_back:  # a 304 to an empty list that was wrong would hide for ever what it kept back
            self._said_empty[key] = True
        if first.data == []:
            self._empty_since[key] = self._clock.now()
        else:
            self._empty_since.pop(key, None)
        return _Changes(tuple(found), {key: first.etag} if first.etag and not kept_back else {})


def _next_window(since: str, changes: _Changes) -> str:
    """From when on the next round asks: no later than what both lists were asked for after.

    The issues were asked for first, and a comment bumps its issue. Where they came on several pages, one may have
    slipped from page to page meanwhile: then only the first page counts as seen, if that leads on at all.
    """
    latest = [max((issue.updated_at for issue in responses.issues(page)), default=since) for page in changes.pages]
    if len(latest) > 1 and latest[0] > since:
        return latest[0]
    return max((since, *latest))


async def heard_lately(shared: Shared, repo: Repository, now: float) -> float | None:
    """When the last webhook came; None where none has for so long that nobody can count on the next one."""
    heard_at = await shared.heard_at(repo)
    return None if heard_at is None or now - heard_at > _TRUSTED else heard_at


def is_settled(tally: IssueSummary) -> bool:
    """True where counts agree that nothing of a thread is missing."""
    return tally.complete and not tally.in_doubt
