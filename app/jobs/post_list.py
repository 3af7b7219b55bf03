"""The list of posts: which issues the blog's pages name, read again each minute and kept over restarts."""

from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress

from app.domain.errors import StoreError
from app.domain.posts.posts import PostCatalog
from app.domain.posts.stored import from_json, to_json
from app.domain.sites import Repository
from app.jobs.periodic import run_periodically
from app.ports.clock import Clock
from app.ports.key_values import KeyValues
from app.ports.post_source import PostSource

_EVERY = 60.0


class PostList:
    """Serves what the source names; before its first successful read, what it named before the restart."""

    def __init__(
        self,
        open_source: Callable[[PostCatalog | None], PostSource],
        key: str,
        sites: Sequence[Repository],
        key_values: KeyValues,
        serve: Callable[[PostCatalog], Awaitable[None]],
        clock: Clock,
    ) -> None:
        """Open the source with the posts stored under `key`; call `serve` with the catalog after each read."""
        self._open_source = open_source
        self._key = key
        self._sites = sites
        self._key_values = key_values
        self._serve = serve
        self._clock = clock
        self._source: PostSource | None = None
        self._was_just_read = False

    async def start(self) -> None:
        """Serve the stored posts; read the source before the first reader comes if none are stored.

        Raises `StoreError`.
        """
        text = await self._key_values.get(self._key)
        catalog = None if text is None else from_json(text, self._sites)
        self._source = self._open_source(catalog)
        if catalog is not None:
            await self._serve(catalog)
        else:
            await self.read()
            self._was_just_read = True

    async def run(self) -> None:
        """Read each minute; a source may take its time, and nothing waits for it. Never returns."""
        if self._was_just_read:
            await self._clock.sleep(_EVERY)
        message = "The list of posts could not be read; it is read again in a minute"
        await run_periodically(self.read, self._clock.sleep, every=_EVERY, error_message=message)

    async def read(self) -> None:
        """Read once; serve and store the result."""
        catalog = await self._source.read() if self._source is not None else None
        if catalog is None:
            return
        await self._serve(catalog)
        text = to_json(catalog)
        with suppress(StoreError):  # the next read stores it
            if await self._key_values.get(self._key) != text:
                await self._key_values.put(self._key, text)

    async def close(self) -> None:
        """Close the source."""
        if self._source is not None:
            await self._source.aclose()
