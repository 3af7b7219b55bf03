"""What searches for threads, over a mirror in memory."""

from typing import Any

from app.domain.posts.posts import Post, PostCatalog
from app.domain.sites import Repository
from app.domain.terms.index import ThreadQuery
from app.ports.mirror import Change
from tests.contracts.mirrors import issue
from tests.serving.document_setup import BLOG, DocumentSetup

TERM = ThreadQuery("posts/a")


class Setup(DocumentSetup):
    """Documents of sites whose threads are searched for."""

    async def open(self, number: int, title: str, *labels: str, repo: Repository = BLOG, **fields: Any) -> None:
        """Mirror an issue, and report it."""
        objects = [{"name": label} for label in labels]
        opened = issue(number, repo=repo, title=title, labels=objects, **fields)
        await self.mirror.apply(Change(repo=repo, at=1.0, issues=(opened,)))
        await self._updater.update(repo, frozenset({number}))

    async def publish(self, *posts: Post) -> None:
        """Serve another catalog of posts."""
        await self._updater.replace_posts(PostCatalog(posts))

    async def found(self, query: ThreadQuery = TERM, repo: Repository = BLOG) -> int | None:
        """Return the number of the thread that a query means."""
        return (await self.terms.number(repo, query))[0]
