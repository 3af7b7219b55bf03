"""Where the blog's posts come from."""

from typing import Protocol

from app.domain.posts.posts import PostCatalog


class PostSource(Protocol):
    """The blog's posts, in a folder, a published list or a repository."""

    async def read(self) -> PostCatalog | None:
        """Return all posts and their problems; None only before the first successful read. May raise `StoreError`."""

    @property
    def failure(self) -> str | None:
        """Return why the last attempt to read failed, in sentences without the source's location.

        Empty if it succeeded; None before the first attempt.
        """

    async def wait_for_change(self) -> None:
        """Return when another read is worthwhile, at the latest after the time that suits the source.

        A change since the start of the last read counts. After a failed read it waits for a moment at least.
        """

    async def aclose(self) -> None:
        """Close all connections."""


class ContentPushes(Protocol):
    """The pushes to the branch with the blog's posts that GitHub's webhook reported."""

    async def latest(self) -> str | None:
        """Return what identifies the latest push; None before the first. May raise `StoreError`."""
