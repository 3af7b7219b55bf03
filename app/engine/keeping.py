"""Keeping the house: what each process looks after once a second, beside reading and asking."""

import logging
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Protocol

from app.domain.errors import AfterwordError, StoreError
from app.domain.posts import Posts, recalled, written
from app.domain.sites import Repository
from app.engine.follow import Follower
from app.engine.ports import Announce, Clock, Mirror
from app.engine.publish import Publisher
from app.engine.schedule import Schedule
from app.engine.shared import Shared

_log = logging.getLogger(__name__)
_EVERY = 1.0
_POSTS_EVERY = 60.0
_SIZES_EVERY = 10.0


class Store(Protocol):
    """The store as a whole."""

    @property
    def mirror(self) -> Mirror:
        """The durable copy of the threads."""

    @property
    def shared(self) -> Shared:
        """What processes share."""

    async def guard(self) -> str | None:
        """Looks whether the store's file is still there and sound, mends what is not, and says what it did."""


class Figures(Protocol):
    """Where the mirror's figures are told."""

    def mirrored(self, repo: Repository, *, threads: int, comments: int, checked_at: float | None) -> None:
        """What the mirror holds of a repository, and when it was last known to be as on GitHub."""

    def marked(self, count: int) -> None:
        """So many marks wait."""

    def flush(self) -> None:
        """Brings the figures up to date."""


class PostSource(Protocol):
    """Which issues the blog's posts name."""

    async def read(self) -> Posts | None:
        """What is known now; None only while nothing ever could be read."""

    async def aclose(self) -> None:
        """Ends all connections."""


class Keeper:
    """Guards the store's file, reads again which issues are posts, and tells the figures."""

    def __init__(
        self,
        *,
        sites: Sequence[Repository],
        store: Store,
        metrics: Figures,
        publisher: Publisher,
        posts: PostSource | None,
        posts_name: str,
        announce: Announce,
        follower: Follower,
        schedule: Schedule,
        clock: Clock,
    ) -> None:
        self._sites = sites
        self._store = store
        self._metrics = metrics
        self._publisher = publisher
        self._posts = posts
        self._posts_name = posts_name
        self._announce = announce
        self._follower = follower
        self._schedule = schedule
        self._clock = clock
        self._posts_read_at = 0.0
        self._sized_at = 0.0

    async def run(self) -> None:
        """Keeps for ever."""
        while True:
            try:
                await self.keep()
            except AfterwordError as failure:
                _log.warning("%s", failure)
            except Exception:  # noqa: BLE001 - logged; keeping goes on for ever
                _log.exception("The house could not be kept by a fault of ours")
            await self._clock.sleep(_EVERY)

    async def begin(self) -> None:
        """What has to be known before the first reader comes."""
        if self._posts is not None:
            self._posts_read_at = self._clock.now()
            await self._read_posts(self._posts)

    async def keep(self) -> None:
        """Everything that is due, once."""
        mended = await self._store.guard()
        if mended is not None:
            _log.error("%s", mended)
            self._follower.begin_anew()
            self._schedule.hurry()
        now = self._clock.now()
        if self._posts is not None and not 0 <= now - self._posts_read_at < _POSTS_EVERY:
            self._posts_read_at = now
            await self._read_posts(self._posts)
        if not 0 <= now - self._sized_at < _SIZES_EVERY:
            self._sized_at = now
            await self._tell_sizes()
        self._metrics.flush()

    async def close(self) -> None:
        """Ends what reads the posts."""
        if self._posts is not None:
            await self._posts.aclose()

    async def _read_posts(self, source: PostSource) -> None:
        posts = await source.read()
        if posts is None:
            if self._publisher.serve.known:
                return
            posts = await self._remembered_posts()
        elif posts != self._publisher.serve.posts:
            with suppress(StoreError):
                await self._store.shared.remember(self._posts_name, written(posts))
        if posts is None:
            return
        before = self._publisher.serve
        self._publisher.serve = replace(before, posts=posts)
        for repo, numbers in before.turned(posts).items():
            await self._announce(repo, numbers)

    async def _remembered_posts(self) -> Posts | None:
        kept = await self._store.shared.recall(self._posts_name)
        return None if kept is None else recalled(kept, self._sites)

    async def _tell_sizes(self) -> None:
        for repo in self._sites:
            site = await self._store.mirror.site(repo)
            threads = [tally for tally in await self._store.mirror.tallies(repo) if not tally.is_pull_request]
            self._metrics.mirrored(
                repo,
                threads=len(threads),
                comments=sum(tally.mirrored for tally in threads),
                checked_at=site.checked_at if site else None,
            )
        self._metrics.marked(len(await self._store.shared.due(at=self._clock.now())))
