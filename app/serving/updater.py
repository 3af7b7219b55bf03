"""Report a change: readers are served the new documents first, then open pages are notified."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from app.domain.posts.posts import PostCatalog
from app.domain.records import REPOSITORY_NUMBER, ThreadRef
from app.domain.sites import Repository
from app.serving.access_policy import AccessPolicy
from app.serving.document_cache import Documents
from app.serving.event_streams import Subscribers
from app.serving.terms.terms import Terms


class Updater:
    """Swaps documents, then notifies: a page that receives an event reads the new document."""

    def __init__(
        self,
        documents: Documents,
        access: AccessPolicy,
        subscribers: Subscribers,
        sites: Sequence[Repository],
        terms: Terms,
        *,
        on_change: Callable[[], None] = lambda: None,
    ) -> None:
        """Call `on_change` after each update, and with each new catalog."""
        self.catalog: PostCatalog | None = None
        """The posts of the blog; None before they were read, or without a source of posts."""
        self._sites = sites
        self._on_change = on_change
        self._documents = documents
        self._access = access
        self._subscribers = subscribers
        self._terms = terms

    async def update(self, repo: Repository, numbers: frozenset[int]) -> None:
        """Update everything that shows these threads, also under numbers they were transferred from.

        The change is committed. With `REPOSITORY_NUMBER` among the numbers, no document of the repository stays: its
        visibility may have changed.
        """
        refs = {ThreadRef(repo, number) for number in numbers}
        if REPOSITORY_NUMBER in numbers:
            self._documents.invalidate(repo)
            refs |= self._access.transfer_sources(self._access.transfer_targets(repo))
        refs |= self._access.transfer_sources(refs)
        await self._terms.update(repo, numbers)
        await self._documents.refresh(refs)
        for ref in refs:
            self._subscribers.notify(ref.repo, {ref.number})
        self._on_change()

    async def show_images(self, repo: Repository, numbers: frozenset[int]) -> None:
        """Drop what shows these threads: sizes of their images became known, and the next reader is told them.

        Open pages are not notified: they have loaded the images.
        """
        refs = {ThreadRef(repo, number) for number in numbers}
        self._documents.discard(refs | self._access.transfer_sources(refs))

    async def replace_posts(self, catalog: PostCatalog) -> None:
        """Serve another catalog of posts; pages of threads that are no longer posts are notified too.

        If the posts of the blog do not decide what is served, the catalog is kept for the owner alone.
        """
        if catalog != self.catalog:
            self.catalog = catalog
            self._terms.learn_pages(catalog)
            self._on_change()
        if not self._access.posts.listed_only:
            return
        posts = catalog.served(self._sites)
        changed_posts = self._access.posts.changed_posts(posts)
        self._access.posts = replace(self._access.posts, posts=posts)
        self._terms.expire()
        for repo, numbers in changed_posts.items():
            await self.update(repo, numbers)
