"""One thread looked at again: read whole, or checked with as few asks as tell.

A thread is only ever replaced by a reading of all its pages that GitHub's own count agrees with, and that no other
change overtook; whatever else comes is added to what is there.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from app.domain.errors import GitHubError, Gone, InvalidResponse, NotVisible
from app.domain.sites import Repository
from app.domain.threads import Comment, Issue
from app.domain.times import epoch
from app.github import responses
from app.github.requests import PER_PAGE
from app.ports.jobs import Priority
from app.ports.mirror import Change, Clock, Mirror, Notify, SiteRecord, ThreadRecord, Tombstone
from app.sync.commit import commit
from app.sync.pages import pages
from app.sync.rate_budget import Budget
from app.sync.repositories import Repositories

_READINGS = 3
"""How often a thread is read in a row until its pages and its count agree."""
_WHOLE_AGAIN = 21_600.0
"""Seconds after which a thread of several pages is read whole again: neither reactions nor hiding count as changes."""


class Refresher:
    """Brings single threads of the mirror up to date."""

    def __init__(
        self, repositories: Repositories, budget: Budget, mirror: Mirror, clock: Clock, announce: Notify
    ) -> None:
        self._repositories = repositories
        self._budget = budget
        self._mirror = mirror
        self._clock = clock
        self._announce = announce
        self._whole_at: dict[tuple[str, int], float] = {}
        """When a long thread was last read whole by a check."""

    async def apply(self, change: Change) -> frozenset[int]:
        """Commits a change, then announces it; raises `InvalidResponse` where it tells of another repository's issues."""
        await self._refuse_foreign(change)
        return await commit(self._mirror, change, self._announce)

    async def _refuse_foreign(self, change: Change) -> None:
        """Looks whose the name is where an issue has another id than before, or is new.

        A name that was given up may be another repository's by now, of which issues of the same numbers would be
        taken for ours: neither addresses nor numbers tell, but GitHub's ids do.
        """
        site = await self._mirror.site(change.repo)
        if site is None or site.listed_at is None:  # during the import everything is new
            return
        known = {issue.number: await self._mirror.thread(change.repo, issue.number) for issue in change.issues}
        new = [issue for issue in change.issues if known[issue.number] is None]
        changed = [i for i in change.issues if (record := known[i.number]) is not None and record.issue.id != i.id]
        if not new and not changed:
            return
        name = await self._repositories.confirmed_name(site, Priority.POLL, anew=bool(changed))
        for issue in (*new, *changed):
            if not _lies_in(issue, name, site.id):
                path = urlsplit(issue.repository_url).path
                raise InvalidResponse(path, f"issue {issue.number} is another repository's, which has taken the name")

    async def read(self, repo: Repository, number: int, purpose: Priority) -> None:
        """The issue first, then all its comments; two asks for a thread of up to 100 comments.

        Raises `GitHubError` and leaves the mirror as it is, but for what GitHub says plainly: that the issue is
        missing, deleted, moved away, or a pull request.
        """
        site = await self._repositories.site(repo, purpose)
        began = {number: await self._mirror.version(repo, number)}
        issue = await self._issue(site, number, purpose)
        if issue is None:
            return
        if issue.is_pull_request or issue.comment_count == 0:
            whole = frozenset() if issue.is_pull_request else frozenset([number])
            await self.apply(Change(repo=repo, at=self._clock.now(), issues=(issue,), whole=whole, began=began))
            return
        await self.comments(site, issue, purpose)

    async def comments(self, site: SiteRecord, issue: Issue, purpose: Priority) -> None:
        """All comments of an issue, in place of those in the mirror; the issue is asked again where counts differ."""
        began = await self._mirror.version(site.repo, issue.number)
        before: _Reading | None = None
        steady = False
        for _ in range(_READINGS):
            reading = await self._all_pages(site, issue.number, purpose)
            comments = reading.comments
            steady = reading.page_count == 1 and len(comments) == issue.comment_count
            if steady:
                break
            again = await self._issue(site, issue.number, purpose)
            if again is None:
                return
            # what came or went between the pages may have pushed another comment out of sight
            steady = _is_steady(reading, before, issue, again)
            issue, before = again, reading
            if steady:
                break
        path = self._repositories.asks(site).comments(issue.number).path
        if not comments and issue.comment_count:
            raise InvalidResponse(path, f"an empty list where GitHub counts {issue.comment_count} comments")
        if not steady:
            raise InvalidResponse(path, f"its count and its pages did not agree in {_READINGS} readings")
        whole = frozenset([issue.number])
        now, began_at = self._clock.now(), {issue.number: began}
        await self.apply(
            Change(repo=site.repo, at=now, issues=(issue,), comments=comments, whole=whole, began=began_at)
        )

    async def look(self, repo: Repository, number: int, purpose: Priority) -> None:
        """Brings all of a thread up to date, mirrored or not; two asks where it is of one page or little changed."""
        record = await self._mirror.thread(repo, number)
        mirrored = await self._mirror.comments(repo, number) if record is not None and record.complete else ()
        if len(mirrored) <= PER_PAGE:
            await self.read(repo, number, purpose)
            return
        site = await self._repositories.site(repo, purpose)
        await self._look_at_long(site, number, mirrored, purpose)

    async def check(self, repo: Repository, record: ThreadRecord) -> None:
        """Whether a complete thread still is as on GitHub.

        A thread of one page costs one conditional ask where nothing was taken away. A longer one costs two, for its
        issue's count and for what changed, and now and then one for each page.
        """
        site = await self._repositories.site(repo, Priority.CHECK)
        number = record.issue.number
        mirrored = await self._mirror.comments(repo, number)
        if len(mirrored) <= PER_PAGE:
            await self._check_page(site, number, mirrored)
        else:
            await self._look_at_long(site, number, mirrored, Priority.CHECK)

    async def _check_page(self, site: SiteRecord, number: int, mirrored: Sequence[Comment]) -> None:
        ask = self._repositories.asks(site).comments(number)
        key = self._budget.validator_key(ask)
        # the ETag is that of a list; it says nothing about a mirror that holds another one by now
        digest, _, etag = (await self._mirror.etag(key) or "").partition(" ")
        try:
            sent = etag if digest == _digest(mirrored) else None
            answer = await self._budget.ask(ask, Priority.CHECK, etag=sent)
        except (NotVisible, Gone):
            await self.read(site.repo, number, Priority.CHECK)
            return
        listed = mirrored if answer.unchanged else responses.comments(answer)
        lost = {comment.id for comment in mirrored} - {comment.id for comment in listed}
        first = bool(listed) and not mirrored  # nothing yet that tells the thread from another repository's
        if answer.next_url is not None or lost or first:
            await self.read(site.repo, number, Priority.CHECK)
            return
        etags = {key: f"{_digest(listed)} {answer.etag}"} if answer.etag else {}
        new = () if answer.unchanged else tuple(listed)
        at, checked = self._clock.now(), frozenset([number])
        await self.apply(Change(repo=site.repo, at=at, comments=new, checked=checked, etags=etags))

    async def _look_at_long(
        self, site: SiteRecord, number: int, mirrored: Sequence[Comment], purpose: Priority
    ) -> None:
        about = (site.repo.key, number)
        issue = await self._issue(site, number, purpose)
        if issue is None:
            return
        if purpose is Priority.CHECK and self._clock.now() - self._whole_at.get(about, 0.0) > _WHOLE_AGAIN:
            await self.comments(site, issue, purpose)
            self._whole_at[about] = self._clock.now()
            return
        ask = self._repositories.asks(site).comments(number, since=max(comment.updated_at for comment in mirrored))
        changed = tuple([c async for page in pages(self._budget, ask, purpose) for c in responses.comments(page)])
        at, checked = self._clock.now(), frozenset([number])
        await self.apply(Change(repo=site.repo, at=at, issues=(issue,), comments=changed, checked=checked))
        record = await self._mirror.thread(site.repo, number)
        if record is not None and record.in_doubt:
            await self.comments(site, issue, purpose)

    async def _all_pages(self, site: SiteRecord, number: int, purpose: Priority) -> "_Reading":
        found: dict[int, Comment] = {}
        dates: list[float | None] = []
        async for answer in pages(self._budget, self._repositories.asks(site).comments(number), purpose):
            found.update((comment.id, comment) for comment in responses.comments(answer) if comment.number == number)
            dates.append(answer.date)
        return _Reading(tuple(found[key] for key in sorted(found)), len(dates), dates[0])

    async def _issue(self, site: SiteRecord, number: int, purpose: Priority) -> Issue | None:
        """The issue as GitHub has it now; None, and noted, where there is none under that number any more."""
        try:
            issue = responses.issue(await self._budget.ask(self._repositories.asks(site).issue(number), purpose))
        except (NotVisible, Gone) as failure:
            await self._rule_out_blindness(site, number, purpose, failure)
            await self._absent(site, Tombstone(number, isinstance(failure, Gone), self._clock.now()))
            return None
        if issue.number == number and await self._is_of(site, issue, purpose):
            return issue
        moved_to = f"{issue.repository_url}/issues/{issue.number}"
        await self._absent(site, Tombstone(number, gone=True, checked_at=self._clock.now(), moved_to=moved_to))
        return None

    async def _rule_out_blindness(self, site: SiteRecord, number: int, purpose: Priority, failure: GitHubError) -> None:
        """A 404 or 410 may be that of the whole repository, hidden or without issues: then nothing is taken away.

        A number that the list of all issues did not have is nothing to take away: it costs no further ask.
        """
        if site.listed_at is not None and await self._mirror.thread(site.repo, number) is None:
            return
        try:
            facts = await self._repositories.look(site, purpose)
        except (NotVisible, Gone):
            raise failure from None
        if not facts.has_issues or facts.full_name.lower() != site.full_name.lower():
            raise failure  # or it is another repository, which has taken the name, that has no such issue

    async def _is_of(self, site: SiteRecord, issue: Issue, purpose: Priority) -> bool:
        """True where an issue belongs to the site's repository, which may have another name by now."""
        if _lies_in(issue, site.full_name, site.id):
            return True
        facts = await self._repositories.look(site, purpose)
        if _lies_in(issue, facts.full_name, facts.id):
            return True
        if facts.full_name.lower() != site.full_name.lower():  # who knows whose issue it was that moved
            raise InvalidResponse(
                self._repositories.asks(site).issue(issue.number).path, "the name is not ours any more"
            )
        return False

    async def _absent(self, site: SiteRecord, absence: Tombstone) -> None:
        await self.apply(Change(repo=site.repo, at=absence.checked_at, absence=absence))


@dataclass(frozen=True, slots=True)
class _Reading:
    """Every comment of a thread by id, as its pages had them one after the other."""

    comments: tuple[Comment, ...]
    page_count: int
    began_at: float | None
    """When the first page was answered, by GitHub's clock; None where it did not say."""


def _is_steady(reading: _Reading, before: _Reading | None, asked_before: Issue, asked_after: Issue) -> bool:
    """True where nothing can have moved while the pages were read, or where they were read twice with one result.

    GitHub's times have whole seconds: a comment that comes in the second of an earlier one, in place of one that was
    deleted, moves neither the issue's count nor its time. So that is believed only where it is of an earlier second.
    """
    was, now = ((issue.comment_count, issue.updated_at) for issue in (asked_before, asked_after))
    if was != now:
        return False
    if before is not None and _digest(before.comments) == _digest(reading.comments):
        return True
    agrees = len(reading.comments) == asked_after.comment_count
    return agrees and reading.began_at is not None and epoch(asked_after.updated_at) < reading.began_at


def _lies_in(issue: Issue, full_name: str, repository_id: int) -> bool:
    path = urlsplit(issue.repository_url).path.lower()
    return path.endswith((f"/repos/{full_name.lower()}", f"/repositories/{repository_id}"))


def _digest(comments: Sequence[Comment]) -> str:
    """What tells one list of comments from another."""
    told = ",".join(f"{comment.id}@{comment.updated_at}" for comment in comments)
    return hashlib.blake2b(told.encode(), digest_size=8).hexdigest()
