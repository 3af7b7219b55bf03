"""The pulse: one round of asking GitHub what changed.

Two lists tell of everything that was written or edited, whatever the size of the blog: the issues and the comments that
changed since the last round. Both are conditional, and their addresses stay the same to the byte until something
changes, so that a quiet blog costs two 304s. What they cannot tell, deletions, is found by counting.
"""

from dataclasses import dataclass, replace

from app.domain.errors import GitHubError
from app.domain.sites import Repository
from app.engine.budget import Budget, Purpose
from app.engine.importing import GIVE_UP, SINGLE_FAILURES, Importer
from app.engine.paging import pages
from app.engine.ports import Change, Clock, Mirror, SiteRecord
from app.engine.refresh import Refresher
from app.engine.repositories import Repositories
from app.github import answers
from app.github.answers import Answer
from app.github.asks import Ask, next_page


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
        await self._read_doubtful(repo)
        await self._importer.report(repo)
        return recount

    async def _read_doubtful(self, repo: Repository) -> None:
        """The threads of which counts say that something is missing; one that cannot be read stops no other."""
        failures: list[GitHubError] = []
        for tally in await self._mirror.tallies(repo):
            if tally.is_pull_request or (tally.complete and not tally.in_doubt):
                continue
            try:
                await self._refresher.read(repo, tally.number, Purpose.PULSE)
            except SINGLE_FAILURES as failure:
                failures.append(failure)
                if len(failures) >= GIVE_UP:
                    break
        if failures:
            raise failures[0]

    async def _apply_changes(self, site: SiteRecord, began: float) -> None:
        asks = self._repositories.asks(site)
        since = site.since or "1970-01-01T00:00:00Z"
        issue_changes = await self._changes(site, asks.issues_since(since))
        comment_changes = await self._changes(site, asks.all_comments_since(since))
        issues = tuple(issue for page in issue_changes.pages for issue in answers.issues(page))
        comments = tuple(comment for page in comment_changes.pages for comment in answers.comments(page))
        latest = max((since, *(issue.updated_at for issue in issues), *(comment.updated_at for comment in comments)))
        current = await self._mirror.site(site.repo) or site
        change = Change(
            repo=site.repo,
            at=began,
            site=replace(current, since=latest, checked_at=began),
            issues=issues,
            comments=comments,
            etags={**issue_changes.etags, **comment_changes.etags},
        )
        await self._refresher.apply(change)

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
        return _Changes(tuple(found), {key: first.etag} if first.etag else {})

    async def _recount(self, site: SiteRecord) -> None:
        """Every issue's count anew, and a look at each known number that the list does not have any more."""
        known = {tally.number for tally in await self._mirror.tallies(site.repo)}
        async for answer in pages(self._budget, self._repositories.asks(site).issues(), Purpose.PULSE):
            issues = answers.issues(answer)
            known -= {issue.number for issue in issues}
            await self._refresher.apply(Change(repo=site.repo, at=self._clock.now(), issues=issues))
        for number in sorted(known):
            await self._refresher.read(site.repo, number, Purpose.PULSE)
