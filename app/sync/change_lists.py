"""The two lists of changes that a poll requests: the issues and the comments changed since the last poll.

Both requests are conditional, and their addresses stay byte-identical until something changes: a quiet blog costs two
304s, whatever its size.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

from cachetools import LRUCache

from app.domain.priority import Priority
from app.domain.records import SiteRecord
from app.domain.threads import Issue
from app.domain.times import is_within
from app.github import responses
from app.github.requests import Request, next_page
from app.github.responses import Response
from app.ports.clock import Clock
from app.ports.mirror import Change, Mirror
from app.sync.commit import Committer
from app.sync.rate_budget import RateBudget
from app.sync.repositories import VISIBLE, Repositories
from app.sync.unreported_changes import MissedDeliveries, WebhookHealth

_LISTS = 100
_EMPTY_BELIEVED = 600.0
"""Seconds for which a 304 to an empty list counts as a response."""
_EPOCH = "1970-01-01T00:00:00Z"


@dataclass(frozen=True, slots=True)
class _List:
    """Every page of a list of changes; none if GitHub responded 304."""

    pages: tuple[Response, ...]
    etags: dict[str, str]
    """Stored only with all pages: a 304 to the first must mean that nothing was missed."""


@dataclass(frozen=True, slots=True)
class PolledChanges:
    """What a poll applied."""

    webhook: WebhookHealth
    began_at: float
    """When the poll requested the lists."""


class ChangeLists:
    """Requests both lists of a site and applies them as one change."""

    def __init__(
        self,
        repositories: Repositories,
        budget: RateBudget,
        mirror: Mirror,
        committer: Committer,
        missed_deliveries: MissedDeliveries,
        clock: Clock,
    ) -> None:
        self._repositories = repositories
        self._budget = budget
        self._mirror = mirror
        self._committer = committer
        self._missed_deliveries = missed_deliveries
        self._clock = clock
        self._were_empty: LRUCache[str, bool] = LRUCache(_LISTS)
        """Lists that were empty once: their ETag is stored when they are empty again."""
        self._empty_since: LRUCache[str, float] = LRUCache(_LISTS)
        """When a list was last sent empty: after a while it is requested again without its ETag."""

    async def apply(self, site: SiteRecord) -> PolledChanges:
        """Request and apply what changed. Raises `GitHubError`."""
        start = self._clock.now()
        since = site.since or _EPOCH
        requests = self._budget.requests(site.full_name)
        issue_request, comment_request = requests.issues_since(since), requests.all_comments_since(since)
        keys = [self._budget.validator_key(request) for request in (issue_request, comment_request)]
        etags = await self._mirror.etags(keys)
        issue_list = await self._request(site, issue_request, etags.get(keys[0]))
        comment_list = await self._request(site, comment_request, etags.get(keys[1]))
        issue_pages = [responses.issues(page) for page in issue_list.pages]
        issues = tuple(chain.from_iterable(issue_pages))
        comments = tuple(comment for page in comment_list.pages for comment in responses.comments(page))
        next_since, new_etags = _next_since(since, issue_pages), {**issue_list.etags, **comment_list.etags}
        if next_since > since and comment_list.pages and not comments:
            # if the empty list was wrong, the next poll must still request what it withheld
            next_since, new_etags = since, issue_list.etags
        date = max((page.date for page in comment_list.pages if page.date is not None), default=start)
        webhook = await self._missed_deliveries.check(site, comments, date=date, now=start)
        update = {"since": next_since, "checked_at": start, **VISIBLE}
        if webhook.missed_threads:
            update["missed_by_webhook_at"] = webhook.missed_at
        change = Change(repo=site.repo, at=start, site_update=update, issues=issues, comments=comments, etags=new_etags)
        await self._committer.commit(change, site)
        self._missed_deliveries.report(site.repo, webhook.missed_threads)
        return PolledChanges(webhook, start)

    async def _request(self, site: SiteRecord, request: Request, etag: str | None) -> _List:
        key = self._budget.validator_key(request)
        empty_since = self._empty_since.get(key)
        is_doubtful = empty_since is not None and not is_within(_EMPTY_BELIEVED, empty_since, now=self._clock.now())
        first = await self._budget.send(request, Priority.POLL, etag=None if is_doubtful else etag)
        is_first_empty = first.data == [] and key not in self._were_empty
        if first.url != request.url or (is_first_empty and site.checked_at is not None):
            # redirected: the repository has another name now; empty: another repository may have taken the name
            await self._repositories.refresh(site, Priority.POLL)
        if first.unchanged:
            return _List((), {})
        pages = [first]
        if first.next_url is not None:
            rest = self._budget.pages(next_page(request, first.next_url), Priority.POLL)
            pages += [page async for page in rest]
        if is_first_empty:  # the ETag of a wrongly empty list would hide what it withheld
            self._were_empty[key] = True
        if first.data == []:
            self._empty_since[key] = self._clock.now()
        else:
            self._empty_since.pop(key, None)
        return _List(tuple(pages), {key: first.etag} if first.etag and not is_first_empty else {})


def _next_since(since: str, issue_pages: Sequence[Sequence[Issue]]) -> str:
    """Return the `since` of the next poll: no later than what both lists cover.

    The issues were requested first, and a comment changes its issue's time. If they came on several pages, one may have
    moved between two pages: then only the first page counts, if that leads on at all.
    """
    latest = [max((issue.updated_at for issue in page), default=since) for page in issue_pages]
    if len(latest) > 1 and latest[0] > since:
        return latest[0]
    return max((since, *latest))
