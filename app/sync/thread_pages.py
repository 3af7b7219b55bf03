"""Read the pages of a thread's comments one after the other; a page that did not change need not be sent again.

Each page's ETag is stored with a digest of its comments and with the address of the next page. GitHub may leave that
address out when it says that a page is unchanged.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from app.domain.priority import Priority
from app.domain.reading import Reading, digest
from app.domain.records import SiteRecord
from app.domain.threads import Comment
from app.github import responses
from app.github.requests import PER_PAGE, Request
from app.ports.mirror import Mirror
from app.sync.rate_budget import RateBudget, StoredPage


class ThreadPages:
    """Reads all comments of a thread."""

    def __init__(self, budget: RateBudget, mirror: Mirror) -> None:
        self._budget = budget
        self._mirror = mirror

    async def read(
        self, site: SiteRecord, number: int, priority: Priority, mirrored_comments: Sequence[Comment] = ()
    ) -> Reading:
        """Return all comments; those of unchanged pages are the mirrored ones, which come by ascending id.

        Raises what `RateBudget.pages` raises.
        """
        comments: dict[int, Comment] = {}
        dates: list[float | None] = []
        keys: list[str] = []
        etags: dict[str, str] = {}
        is_unchanged = True

        def mirrored_page(index: int) -> Sequence[Comment]:
            return mirrored_comments[index * PER_PAGE : (index + 1) * PER_PAGE]

        async def stored_page(request: Request) -> StoredPage | None:
            keys.append(f"page {self._budget.validator_key(request)}")
            return await self._stored_page(keys[-1], mirrored_page(len(keys) - 1))

        first = self._budget.requests(site.full_name).comments(number)
        async for response in self._budget.pages(first, priority, stored_page=stored_page):
            page = mirrored_page(len(dates)) if response.unchanged else responses.comments(response)
            dates.append(response.date)
            is_unchanged = is_unchanged and response.unchanged
            if response.etag and not response.unchanged:
                etags[keys[-1]] = f"{digest(page)} {response.next_url or ''} {response.etag}"
            comments.update((comment.id, comment) for comment in page if comment.number == number)
        return Reading(
            comments=tuple(comments[key] for key in sorted(comments)),
            page_count=len(dates),
            began_at=dates[0],
            is_unchanged=is_unchanged and len(comments) == len(mirrored_comments),
            # short threads are checked by their only page, and without a token nothing is free
            etags=etags if len(dates) > 1 and self._budget.has_token else {},
        )

    async def _stored_page(self, key: str, page: Sequence[Comment]) -> StoredPage | None:
        """Return what is stored of a page if it had these comments, and there are any."""
        if not page:
            return None
        stored_digest, _, rest = (await self._mirror.etags([key])).get(key, "").partition(" ")
        next_url, _, etag = rest.partition(" ")
        return StoredPage(etag, next_url or None) if stored_digest == digest(page) else None


def differ(comments: Sequence[Comment], others: Sequence[Comment]) -> bool:
    """Return whether two lists of comments differ in more than GitHub's objects."""
    return [replace(comment, source={}) for comment in comments] != [replace(other, source={}) for other in others]


async def release(comments: list[Comment]) -> None:
    """Empty a list, a page at a time: to free all comments of a long thread at once stops all threads for too long.

    The caller must be the last that has them.
    """
    while comments:
        del comments[-PER_PAGE:]
        await asyncio.sleep(0)
