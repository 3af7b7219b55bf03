"""The pulse: one round of asking GitHub what changed.

Two lists tell of everything that was written or edited, whatever the size of the blog: the issues and the comments that
changed since the last round. Both are conditional, and their addresses stay the same to the byte until something
changes, so that a quiet blog costs two 304s. What they cannot tell, deletions, is found by counting.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace

from cachetools import LRUCache, TTLCache

from app.domain.errors import Unreachable
from app.domain.sites import Repository
from app.engine.budget import Budget, Purpose
from app.engine.importing import GIVE_UP, SINGLE_FAILURES, Importer
from app.engine.paging import pages
from app.engine.ports import Change, Clock, Mirror, SiteRecord, Tally
from app.engine.refresh import Refresher
from app.engine.repositories import Repositories
from app.github import answers
from app.github.answers import Answer
from app.github.asks import Ask, next_page

_log = logging.getLogger(__name__)
_LEFT_FOR = 3600.0
_MOST_LEFT = 10_000
_LISTS = 100


@dataclass(frozen=True, slots=True)
class _Changes:
    """Every page of a list of changes; none of it where GitHub said 304."""

    pages: tuple[Answer, ...]
    etags: dict[str, str]
    """Kept only after all pages are applied: a 304 to the first must mean that nothing was missed."""


class Pulse:
    """Brings a whole site up to date."""

    def __init__(
        self,
        *,
        repositories: Repositories,
        refresher: Refresher,
        importer: Importer,
        budget: Budget,
        mirror: Mirror,
        clock: Clock,
    ) -> None:
        self._repositories = repositories
        self._refresher = refresher
        self._importer = importer
        self._budget = budget
        self._mirror = mirror
        self._clock = clock
        self._left: TTLCache[tuple[str, int], bool] = TTLCache(_MOST_LEFT, ttl=_LEFT_FOR, timer=clock.now)
        """Threads that could not be read: left alone for a while, for a round to cost what changed and no more."""
        self._said_empty: LRUCache[str, bool] = LRUCache(_LISTS)
        """Lists that were empty once: their ETag is kept when they are so again."""

    async def bring_up(self, repo: Repository, *, recount: bool = False) -> bool:
        """Imports what is missing, then applies what changed.

        `recount` reads the list of all issues besides, an ask for each hundred: it finds what was deleted. Raises
        `GitHubError`; whatever was committed before stays, and the next round begins where this one did. True where
        it did recount: right after an import there is nothing to compare with.
        """
        await self._importer.bring_in(repo)
        site = await self._repositories.site(repo, Purpose.PULSE)
        began = self._clock.now()
        recount = recount and site.checked_at is not None
        if recount:
            await self._repositories.look(site, Purpose.PULSE)
            await self._recount(site)
        await self._apply_changes(site, began)
        await self._read_each(repo, [t.number for t in await self._mirror.tallies(repo) if _is_doubtful(t)])
        await self._importer.report(repo)
        return recount

    async def _read_each(self, repo: Repository, numbers: Sequence[int]) -> None:
        """Threads one by one; some that cannot be read stop no other; `GIVE_UP` without any answer do."""
        failed = 0
        for number in numbers:
            about = (repo.key, number)
            if about in self._left:
                continue
            try:
                await self._refresher.read(repo, number, Purpose.PULSE)
                failed = 0
            except SINGLE_FAILURES as failure:
                _log.warning("Post %s of %s is left for later: %s", number, repo, failure)
                self._left[about] = True
                failed += isinstance(failure, Unreachable)
                if failed >= GIVE_UP:
                    raise

    async def _apply_changes(self, site: SiteRecord, began: float) -> None:
        asks = self._repositories.asks(site)
        since = site.since or "1970-01-01T00:00:00Z"
        issue_changes = await self._changes(site, asks.issues_since(since))
        comment_changes = await self._changes(site, asks.all_comments_since(since))
        issues = tuple(issue for page in issue_changes.pages for issue in answers.issues(page))
        comments = tuple(comment for page in comment_changes.pages for comment in answers.comments(page))
        window, etags = _next_window(since, issue_changes), {**issue_changes.etags, **comment_changes.etags}
        if window > since and comment_changes.pages and not comments:
            # an empty list is not believed so far that what it may have kept back would never be asked for again
            window, etags = since, issue_changes.etags
        current = await self._mirror.site(site.repo) or site
        record = replace(current, since=window, checked_at=began)
        await self._refresher.apply(
            Change(repo=site.repo, at=began, site=record, issues=issues, comments=comments, etags=etags)
        )

    async def _changes(self, site: SiteRecord, ask: Ask) -> _Changes:
        key = self._budget.validator_key(ask)
        first = await self._budget.ask(ask, Purpose.PULSE, etag=await self._mirror.etag(key))
        if first.url != ask.url:  # redirected: the repository has another name by now
            await self._repositories.look(site, Purpose.PULSE)
        if first.unchanged:
            return _Changes((), {})
        found = [first]
        if first.next_url is not None:
            found += [page async for page in pages(self._budget, next_page(ask, first.next_url), Purpose.PULSE)]
        kept_back = first.data == [] and key not in self._said_empty
        if kept_back:  # a 304 to an empty list that was wrong would hide for ever what it kept back
            self._said_empty[key] = True
        return _Changes(tuple(found), {key: first.etag} if first.etag and not kept_back else {})

    async def _recount(self, site: SiteRecord) -> None:
        """Every issue's count anew, and a look at each known number that the list does not have any more."""
        known = {tally.number for tally in await self._mirror.tallies(site.repo)}
        async for answer in pages(self._budget, self._repositories.asks(site).issues(), Purpose.PULSE):
            issues = answers.issues(answer)
            known -= {issue.number for issue in issues}
            await self._refresher.apply(Change(repo=site.repo, at=self._clock.now(), issues=issues))
        await self._read_each(site.repo, sorted(known))


def _is_doubtful(tally: Tally) -> bool:
    """True for a post of which counts say that comments are missing, or too many."""
    return not tally.is_pull_request and (tally.in_doubt or not tally.complete)


def _next_window(since: str, changes: _Changes) -> str:
    """From when on the next round asks: no later than what both lists were asked for after.

    The issues were asked for first, and a comment bumps its issue. Where they came on several pages, one may have
    slipped from page to page meanwhile: then only the first page counts as seen, if that leads on at all.
    """
    latest = [max((issue.updated_at for issue in answers.issues(page)), default=since) for page in changes.pages]
    if len(latest) > 1 and latest[0] > since:
        return latest[0]
    return max((since, *latest))
