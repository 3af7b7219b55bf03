"""Where the numbers of the blog's posts come from."""

from typing import Protocol

from app.domain.posts import Posts


class PostSource(Protocol):
    """The blog's posts, in a folder or a published list."""

    async def read(self) -> Posts | None:
        """Return the posts by repository; None only before the first successful read."""

    async def aclose(self) -> None:
        """Close all connections."""
