"""Where the blog's posts come from."""

from typing import Protocol

from app.domain.posts.posts import PostCatalog


class PostSource(Protocol):
    """The blog's posts, in a folder, a published list or a repository."""

    async def read(self) -> PostCatalog | None:
        """Return all posts and their problems; None only before the first successful read."""

    async def aclose(self) -> None:
        """Close all connections."""
