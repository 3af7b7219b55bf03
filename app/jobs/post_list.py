"""The catalog of posts: read by one process, served by all, and kept over restarts.

Of the processes that have a source in their settings, one reads it, as often as the source says. It serves what it
read, and then stores it under a new version. The other processes compare the version with theirs, and load the catalog
if it differs.
"""

import asyncio
import hashlib
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
_FOLLOW_EVERY = 0.25
"""Seconds; comparing the version is one small read of the store."""
_AFTER_FAILURE = 1.0


def failure_key(key: str) -> str:
    """Return the key under which the store says why the posts stored under `key` cannot be read."""
    return f"{key} failure"


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
        """Open the source with the posts stored under `key`; call `serve` after each read."""
        self._open_source = open_source
        self.key = key
        self._version_key = f"{key} version"
        self._failure_key = failure_key(key)
        self._sites = sites
        self._key_values = key_values
        self._serve = serve
        self._clock = clock
        self._source: PostSource | None = None
        self._catalog: PostCatalog | None = None
        self._version: str | None = None
        """The version of `_catalog` in the store; None if it is not stored."""
        self._source_is_current = False
        self._was_just_read = False
        self._has_failed = False
        self._is_reading = False
        self._failure: str | None = None
        """The failure that the store has; None if this process has stored none yet."""

    async def start(self) -> None:
        """Serve the stored posts; read the source before the first reader comes if none are stored.

        A source that failed is not read by each process in turn: one of them reads it in `run`.

        Raises `StoreError`.
        """
        version = await self._key_values.get(self._version_key)
        catalog = await self._load()
        self._open(catalog)
        if catalog is not None:
            self._catalog, self._version = catalog, version
            await self._serve(catalog)
        elif await self.failure() is None:
            await self.read()
            self._was_just_read = True

    async def run(self) -> None:
        """Read whenever the source says so; one process at a time. Never returns."""
        self._is_reading = True
        try:
            if not self._source_is_current:
                await self.close()
                self._open(self._catalog)
            if self._was_just_read:
                self._was_just_read = False
                await self._wait_for_change(_EVERY)
            message = "The list of posts could not be read; it is read again in a moment"
            await run_periodically(self._read_once, self._wait_for_change, every=_EVERY, error_message=message)
        finally:
            self._is_reading = False

    async def run_catch_up(self) -> None:
        """Serve what another process has read, in each process. Never returns."""
        message = "The list of posts that another process has read could not be loaded; the next attempt is in a second"
        await run_periodically(self.catch_up, self._clock.sleep, every=_FOLLOW_EVERY, error_message=message)

    async def catch_up(self) -> None:
        """Serve the stored catalog if another process has stored it since the last call."""
        if self._is_reading:
            return
        version = await self._key_values.get(self._version_key)
        if version is None or version == self._version:
            return
        catalog = await self._load()
        if catalog is None or self._is_reading:
            return
        self._catalog, self._version, self._source_is_current = catalog, version, False
        await self._serve(catalog)

    async def read(self) -> None:
        """Read once; serve the result, and store it if it is new."""
        catalog = await self._source.read() if self._source is not None else None
        await self._note_failure(None if self._source is None else self._source.failure)
        if catalog is None:
            return
        is_same = catalog is self._catalog or await asyncio.to_thread(self._equals, catalog)
        if not is_same:
            self._catalog, self._version = catalog, None
        await self._serve(catalog)
        if self._version is not None:
            return
        with suppress(StoreError):  # the next read stores it
            await self._store(catalog)

    async def failure(self) -> str | None:
        """Return why the last read, of whichever process, failed; None if it did not. Raises `StoreError`."""
        return await self._key_values.get(self._failure_key) or None

    async def close(self) -> None:
        """Close the source."""
        source, self._source = self._source, None
        if source is not None:
            await source.aclose()

    async def _read_once(self) -> None:
        self._has_failed = True
        try:
            await self.read()
        except StoreError:
            raise
        except Exception:
            await self._note_failure("The posts cannot be read: internal error. The log says more.")
            raise
        self._has_failed = False

    async def _note_failure(self, failure: str | None) -> None:
        """Store why a read failed, for all processes; empty text if it did not, None if it is not known."""
        if failure is None or failure == self._failure:
            return
        with suppress(StoreError):  # the next read stores it
            await self._key_values.put(self._failure_key, failure)
            self._failure = failure

    async def _wait_for_change(self, _seconds: float) -> None:
        if self._has_failed:
            await self._clock.sleep(_AFTER_FAILURE)
        if self._source is not None:
            await self._source.wait_for_change()

    def _open(self, catalog: PostCatalog | None) -> None:
        self._source = self._open_source(catalog)
        self._source_is_current = True

    def _equals(self, catalog: PostCatalog) -> bool:
        return catalog == self._catalog

    async def _load(self) -> PostCatalog | None:
        text = await self._key_values.get(self.key)
        return None if text is None else await asyncio.to_thread(from_json, text, self._sites)

    async def _store(self, catalog: PostCatalog) -> None:
        """Store a catalog, and then its version, which other processes look for."""
        text = await asyncio.to_thread(to_json, catalog)
        version = hashlib.sha256(text.encode()).hexdigest()[:32]
        if await self._key_values.get(self._version_key) != version:
            await self._key_values.put(self.key, text)
            await self._key_values.put(self._version_key, version)
        self._version = version
