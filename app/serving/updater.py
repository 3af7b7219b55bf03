"""Announcing: readers are served what has changed, then the pages that listen hear of it."""

from collections.abc import Iterable

from app.domain.posts import Posts
from app.domain.sites import Repository
from app.serving.event_streams import Subscribers
from app.serving.views import Publisher, Touched


class Updater:
    """Swaps the documents first: a page that hears of a change is to read it."""

    def __init__(self, publisher: Publisher, listeners: Subscribers) -> None:
        self._publisher = publisher
        self._listeners = listeners

    async def changed(self, repo: Repository, numbers: frozenset[int]) -> None:
        """These threads have changed, and that was committed."""
        self._tell(await self._publisher.changed(repo, numbers))

    async def serve_only(self, posts: Posts) -> None:
        """These are the posts now; all that were are told if they are no longer."""
        self._tell(await self._publisher.serve_only(posts))

    def _tell(self, touched: Iterable[Touched]) -> None:
        for repo, number in touched:
            self._listeners.changed(repo, {number})
