"""One thread looked at again: read whole, or checked with one conditional ask.

A thread is only ever replaced by a reading of all its pages that GitHub's own count agrees with; whatever else comes
is added to what is there.
"""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from urllib.parse import urlsplit

from app.domain.errors import BrokenAnswer, GitHubError, Gone, NotVisible, PrivateRepository
from app.domain.sites import Repository
from app.domain.threads import Comment, Issue
from app.engine.budget import Budget, Purpose
from app.engine.ports import Absence, Change, Clock, Mirror, SiteRecord, ThreadRecord
from app.github import answers
from app.github.asks import PER_PAGE, Asks, next_page

Announce = Callable[[Repository, frozenset[int]], Awaitable[None]]
"""Tells that threads have changed, after the change was committed."""


class Refresher:
    """Brings single threads of the mirror up to date."""

    def __init__(
        self,
        *,
        api: str,
        allow_private: bool,
        budget: Budget,
        mirror: Mirror,
        clock: Clock,
        announce: Announce,
    ) -> None:
        self._api = api
        self._allow_private = allow_private
        self._budget = budget
        self._mirror = mirror
        self._clock = clock
        self._announce = announce

    def asks(self, site: SiteRecord) -> Asks:
        """The questions about a site under its present name."""
        return Asks(self._api, site.full_name)

    async def apply(self, change: Change) -> frozenset[int]:
        """Commits a change, then announces it."""
        changed = await self._mirror.apply(change)
        if changed:
            await self._announce(change.repo, changed)
        return changed

    async def site(self, repo: Repository, purpose: Purpose) -> SiteRecord:
        """The record of a site, asked for where the mirror has none; one ask then."""
        known = await self._mirror.site(repo)
        if known is not None:
            return known
        ask = Asks(self._api, repo.full_name).repository()
        facts = answers.repository(await self._budget.ask(ask, purpose))
        if facts.private and not self._allow_private:
            raise PrivateRepository(ask.path)
        site = SiteRecord(repo, facts.id, facts.full_name)
        await self.apply(Change(repo=repo, at=self._clock.now(), site=site))
        return site

    async def read(self, repo: Repository, number: int, purpose: Purpose) -> None:
        """The issue first, then all its comments; two asks for a thread of up to 100 comments.

        Raises `GitHubError` and leaves the mirror as it is, but for what GitHub says plainly: that the issue is
        missing, deleted, moved away, or a pull request.
        """
        site = await self.site(repo, purpose)
        issue = await self._issue(site, number, purpose)
        if issue is None:
            return
        if issue.is_pull_request or issue.comment_count == 0:
            await self._empty(site, issue)
            return
        await self.comments(site, issue, purpose)

    async def comments(self, site: SiteRecord, issue: Issue, purpose: Purpose) -> None:
        """All comments of an issue, in place of those in the mirror; the issue is asked again where counts differ."""
        comments, page_count = await self._all_pages(site, issue.number, purpose)
        if len(comments) != issue.comment_count:
            again = await self._issue(site, issue.number, purpose)
            if again is None:
                return
            if page_count > 1 or len(comments) != again.comment_count:
                comments, _ = await self._all_pages(site, issue.number, purpose)
            issue = again
        if not comments and issue.comment_count:
            path = self.asks(site).comments(issue.number).path
            raise BrokenAnswer(path, f"an empty list where GitHub counts {issue.comment_count} comments")
        whole = frozenset([issue.number])
        now = self._clock.now()
        await self.apply(Change(repo=site.repo, at=now, issues=(issue,), comments=comments, whole=whole))

    async def check(self, repo: Repository, record: ThreadRecord) -> None:
        """Whether a complete thread still is as on GitHub: one conditional ask where nothing was taken away."""
        site = await self.site(repo, Purpose.CHECK)
        number = record.issue.number
        mirrored = await self._mirror.comments(repo, number)
        one_page = len(mirrored) <= PER_PAGE
        since = None if one_page else max(comment.updated_at for comment in mirrored)
        ask = self.asks(site).comments(number, since=since)
        key = self._budget.validator_key(ask)
        try:
            answer = await self._budget.ask(ask, Purpose.CHECK, etag=await self._mirror.etag(key))
        except (NotVisible, Gone):
            await self.read(repo, number, Purpose.CHECK)
            return
        listed = mirrored if answer.unchanged else answers.comments(answer)
        taken_away = one_page and not {comment.id for comment in mirrored} <= {comment.id for comment in listed}
        if answer.next_url is not None or taken_away:
            await self.read(repo, number, Purpose.CHECK)
            return
        etags = {key: answer.etag} if answer.etag else {}
        checked = frozenset([number])
        new = () if answer.unchanged else listed
        await self.apply(Change(repo=repo, at=self._clock.now(), comments=new, checked=checked, etags=etags))

    async def _all_pages(self, site: SiteRecord, number: int, purpose: Purpose) -> tuple[tuple[Comment, ...], int]:
        """Every comment of a thread by id, and on how many pages they came."""
        ask = self.asks(site).comments(number)
        found: dict[int, Comment] = {}
        page_count = 0
        while True:
            answer = await self._budget.ask(ask, purpose)
            found.update((comment.id, comment) for comment in answers.comments(answer) if comment.number == number)
            page_count += 1
            if answer.next_url is None:
                return tuple(found[key] for key in sorted(found)), page_count
            ask = next_page(ask, answer.next_url)

    async def _issue(self, site: SiteRecord, number: int, purpose: Purpose) -> Issue | None:
        """The issue as GitHub has it now; None, and noted, where there is none under that number any more."""
        ask = self.asks(site).issue(number)
        try:
            issue = answers.issue(await self._budget.ask(ask, purpose))
        except NotVisible as failure:
            await self._rule_out_blindness(site, number, purpose, failure)
            await self._absent(site, Absence(number, gone=False, checked_at=self._clock.now()))
            return None
        except Gone:
            await self._absent(site, Absence(number, gone=True, checked_at=self._clock.now()))
            return None
        if issue.number == number and _same_repository(issue, site):
            return issue
        if issue.number == number and await self._renamed(site, issue, purpose):
            return issue
        moved_to = f"{issue.repository_url}/issues/{issue.number}"
        await self._absent(site, Absence(number, gone=True, checked_at=self._clock.now(), moved_to=moved_to))
        return None

    async def _rule_out_blindness(self, site: SiteRecord, number: int, purpose: Purpose, failure: GitHubError) -> None:
        """A 404 for a known issue may mean that the whole repository cannot be seen: then nothing is taken away."""
        if await self._mirror.thread(site.repo, number) is None:
            return
        try:
            await self._budget.ask(self.asks(site).repository(), purpose)
        except (NotVisible, Gone):
            raise failure from None

    async def _renamed(self, site: SiteRecord, issue: Issue, purpose: Purpose) -> bool:
        """True, and noted, where the repository itself has the name that the issue was found under."""
        facts = answers.repository(await self._budget.ask(self.asks(site).repository(), purpose))
        renamed = SiteRecord(site.repo, facts.id, facts.full_name)
        if facts.id != site.id or not _same_repository(issue, renamed):
            return False
        known = await self._mirror.site(site.repo) or site
        await self.apply(Change(repo=site.repo, at=self._clock.now(), site=replace(known, full_name=facts.full_name)))
        return True

    async def _empty(self, site: SiteRecord, issue: Issue) -> None:
        whole = frozenset() if issue.is_pull_request else frozenset([issue.number])
        await self.apply(Change(repo=site.repo, at=self._clock.now(), issues=(issue,), whole=whole))

    async def _absent(self, site: SiteRecord, absence: Absence) -> None:
        await self.apply(Change(repo=site.repo, at=absence.checked_at, absence=absence))


def _same_repository(issue: Issue, site: SiteRecord) -> bool:
    path = urlsplit(issue.repository_url).path.lower()
    return path.endswith((f"/repos/{site.full_name.lower()}", f"/repositories/{site.id}"))
