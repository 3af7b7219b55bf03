"""Read the pages of a thread's comments one after the other; a page that did not change need not be sent again.

Each page's ETag is stored with a digest of its comments and with the address of the next page. GitHub may leave that
address out when it says that a page is unchanged.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from app.domain.errors import InvalidResponse
from app.domain.priority import Priority
from app.domain.reading import Reading, digest
from app.domain.records import SiteRecord
from app.domain.threads import Comment
from app.github import responses
from app.github.requests import PER_PAGE, Request, next_page
from app.ports.mirror import Mirror
from app.sync.rate_budget import RateBudget


@dataclass(frozen=True, slots=True)
class _StoredPage:
    """What is known of a page whose comments the mirror has."""

    etag: str
    next_url: str | None


class ThreadPages:
    """Reads all comments of a thread."""

    def __init__(self, budget: RateBudget, mirror: Mirror) -> None:
        self._budget = budget
        self._mirror = mirror

    async def read(
        self, site: SiteRecord, number: int, priority: Priority, mirrored_comments: Sequence[Comment] = ()
    ) -> Reading:
        """Return all comments; those of unchanged pages are the mirrored ones, which come by ascending id.

        An empty page is believed only when GitHub sends it twice. Raises `GitHubError`, and `InvalidResponse` if a next
        page is one that was read before.
        """
        request = self._budget.requests(site.full_name).comments(number)
        comments: dict[int, Comment] = {}
        dates: list[float | None] = []
        etags: dict[str, str] = {}
        urls, unchanged_count = {request.url}, 0
        while True:
            start = len(dates) * PER_PAGE
            page: Sequence[Comment] = mirrored_comments[start : start + PER_PAGE]
            key = f"page {self._budget.validator_key(request)}"
            stored_page = await self._stored_page(key, page) if page else None
            etag = None if stored_page is None else stored_page.etag
            response = await self._budget.send(request, priority, etag=etag)
            dates.append(response.date)
            if response.unchanged and stored_page is not None:
                next_url, unchanged_count = stored_page.next_url, unchanged_count + 1
            else:
                if response.data == []:
                    response = await self._budget.send(request, priority)
                page, next_url = responses.comments(response), response.next_url
                if response.etag:
                    etags[key] = f"{digest(page)} {next_url or ''} {response.etag}"
            comments.update((comment.id, comment) for comment in page if comment.number == number)
            if next_url is None:
                break
            request = _next_request(request, next_url, urls)
        ordered_comments = tuple(comments[key] for key in sorted(comments))
        is_unchanged = unchanged_count == len(dates) and len(comments) == len(mirrored_comments)
        return Reading(ordered_comments, len(dates), dates[0], is_unchanged, etags if len(dates) > 1 else {})

    async def _stored_page(self, key: str, page: Sequence[Comment]) -> _StoredPage | None:
        """Return what is stored of a page if it had these comments."""
        stored_digest, _, rest = (await self._mirror.etags([key])).get(key, "").partition(" ")
        next_url, _, etag = rest.partition(" ")
        return _StoredPage(etag, next_url or None) if stored_digest == digest(page) else None


def _next_request(request: Request, next_url: str, urls: set[str]) -> Request:
    if next_url in urls:
        raise InvalidResponse(request.path, "its next page is one that was read before")
    urls.add(next_url)
    return next_page(request, next_url)
