"""The pulse: one round of asking GitHub what changed.

Two lists tell of everything that was written or edited, whatever the size of the blog: the issues and the comments that
changed since the last round. Both are conditional, and their addresses stay the same to the byte until something
changes, so that a quiet blog costs two 304s. What they cannot tell, deletions, is found by counting.
"""

from dataclasses import dataclass, replace

from app.domain.sites import Repository
from app.engine.budget import Budget, Purpose
from app.engine.importing import Importer
from app.engine.ports import Change, Clock, Mirror, SiteRecord
from app.engine.refresh import Refresher
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

    def __init__(self, refresher: Refresher, importer: Importer, budget: Budget, mirror: Mirror, clock: Clock) -> None:
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
        site = await self._refresher.site(repo, Purpose.PULSE)
        began = self._clock.now()
        recount = recount and site.checked_at is not None
        if recount:
            await self._recount(site)
        await self._apply_changes(site, began)
        for tally in await self._mirror.tallies(repo):
            if not tally.is_pull_request and (tally.in_doubt or not tally.complete):
                await self._refresher.read(repo, tally.number, Purpose.PULSE)
        await self._importer.report(repo)
        return recount

    async def _apply_changes(self, site: SiteRecord, began: float) -> None:
        asks = self._refresher.asks(site)
        since = site.since or "1970-01-01T00:00:00Z"
        issue_changes = await self._changes(asks.issues_since(since))
        comment_changes = await self._changes(asks.all_comments_since(since))
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

    async def _changes(self, ask: Ask) -> _Changes:
        key = self._budget.validator_key(ask)
        answer = await self._budget.ask(ask, Purpose.PULSE, etag=await self._mirror.etag(key))
        if answer.unchanged:
            return _Changes((), {})
        pages = [answer]
        while pages[-1].next_url is not None:
            pages.append(await self._budget.ask(next_page(ask, pages[-1].next_url), Purpose.PULSE))
        return _Changes(tuple(pages), {key: answer.etag} if answer.etag else {})

    async def _recount(self, site: SiteRecord) -> None:
        """Every issue's count anew, and a look at each known number that the list does not have any more."""
        known = {tally.number for tally in await self._mirror.tallies(site.repo)}
        ask = self._refresher.asks(site).issues()
        while True:
            answer = await self._budget.ask(ask, Purpose.PULSE)
            issues = answers.issues(answer)
            known -= {issue.number for issue in issues}
            await self._refresher.apply(Change(repo=site.repo, at=self._clock.now(), issues=issues))
            if answer.next_url is None:
                break
            ask = next_page(ask, answer.next_url)
        for number in sorted(known):
            await self._refresher.read(site.repo, number, Purpose.PULSE)
