"""Posts: which issues the blog's pages name, remembered over restarts and read again each minute."""

from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Protocol

from app.domain.errors import StoreError
from app.domain.posts import Posts, from_json, to_json
from app.domain.sites import Repository
from app.jobs.periodic import run_periodically
from app.ports.jobs import Shared
from app.ports.mirror import Clock

_EVERY = 60.0


class PostSource(Protocol):
    """Which issues the blog's posts name."""

    async def read(self) -> Posts | None:
        """What is known now; None only while nothing ever could be read."""

    async def aclose(self) -> None:
        """Ends all connections."""


class PostList:
    """Has served what the source says; until that can be read, what it said before the restart."""

    def __init__(
        self,
        source: Callable[[Posts | None], PostSource],
        name: str,
        sites: Sequence[Repository],
        shared: Shared,
        serve: Callable[[Posts], Awaitable[None]],
        clock: Clock,
    ) -> None:
        """`source` is made with what is remembered under `name`; `serve` is told which issues are posts."""
        self._open = source
        self._name = name
        self._sites = sites
        self._shared = shared
        self._serve = serve
        self._clock = clock
        self._source: PostSource | None = None
        self._is_new = False
        """True where the source was read a moment ago."""

    async def begin(self) -> None:
        """What has to be known before the first reader comes: the source is waited for where nothing is remembered.

        Raises `StoreError`.
        """
        kept = await self._shared.recall(self._name)
        known = None if kept is None else from_json(kept, self._sites)
        self._source = self._open(known)
        if known is not None:
            await self._serve(known)
        else:
            await self.read()
            self._is_new = True

    async def run(self) -> None:
        """Reads for ever; a source may take its time, and nothing waits for it."""
        if self._is_new:
            await self._clock.sleep(_EVERY)
        await run_periodically(self.read, self._clock, every=_EVERY, failing="The posts cannot be brought up to date")

    async def read(self) -> None:
        """Reads once, and has that served and remembered."""
        posts = await self._source.read() if self._source is not None else None
        if posts is None:
            return
        await self._serve(posts)
        text = to_json(posts)
        with suppress(StoreError):  # in a minute then
            if await self._shared.recall(self._name) != text:
                await self._shared.remember(self._name, text)

    async def close(self) -> None:
        """Ends what reads the posts."""
        if self._source is not None:
            await self._source.aclose()
