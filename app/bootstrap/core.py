"""What readers are served from: the store, the documents, and the reads of usual addresses.

`open_core` imports little and asks nothing of GitHub. What only the whole application can do waits for it: `Later`.
"""

import asyncio
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, replace
from typing import Any, Generic, TypeVar

from starlette.types import ASGIApp
from typing_extensions import override

from app.bootstrap.purging import find_document_tags
from app.bootstrap.stores.databases import StoreClock, open_database
from app.domain.errors import StoreError
from app.domain.posts.stored import from_json
from app.domain.priority import Priority
from app.domain.sites import Repository
from app.github.requests import secret_digest
from app.ports.clock import Clock
from app.ports.images import Image
from app.ports.metrics import Counts
from app.ports.mirror import MirrorReads
from app.ports.store import Store
from app.serving.access_policy import AccessPolicy
from app.serving.clients.addresses import TrustedProxies
from app.serving.clients.limits import ClientLimits
from app.serving.document_cache import DocumentCache, Documents
from app.serving.moderation.changed_rules import renew_if_changed
from app.serving.moderation.holds import Holds
from app.serving.moderation.visible_mirror import ModeratedMirror
from app.serving.reader import Reader, ThreadRefresher
from app.serving.renderer import Renderer
from app.serving.repository_names import RepositoryNames
from app.serving.views import Views
from app.settings import Settings
from app.store.sqlite import SqliteStore
from app.web.cached_reads import CachedReads
from app.web.context import Features, ImageReader, Monitoring, WebContext, request_ids
from app.web.document_response import CorsPolicy
from app.web.reads.early import EarlyReads

_log = logging.getLogger(__name__)
_MEGABYTE = 1_000_000
_CURSOR_KEY = "cursor key"
_Part = TypeVar("_Part")


class Later(Generic[_Part]):
    """A part of the application that is made after the core; who needs it before waits for it."""

    def __init__(self) -> None:
        self._part: asyncio.Future[_Part] = asyncio.get_running_loop().create_future()

    @property
    def is_set(self) -> bool:
        """Return whether the part is there."""
        return self._part.done()

    def set(self, part: _Part) -> None:
        """Give the part to those who wait."""
        if not self._part.done():
            self._part.set_result(part)

    def cancel(self) -> None:
        """Cancel those who wait: there will be no part."""
        self._part.cancel()

    async def get(self) -> _Part:
        """Return the part when it is there."""
        return await asyncio.shield(self._part)


class LaterRefresher(Later[ThreadRefresher], ThreadRefresher):
    """What asks GitHub for threads, once it is there."""

    @override
    async def refresh(self, repo: Repository, number: int, priority: Priority) -> None:
        await (await self.get()).refresh(repo, number, priority)


class LaterImages(Later[ImageReader], ImageReader):
    """The source of images, once it is there."""

    @override
    async def avatar(self, user_id: int) -> Image:
        return await (await self.get()).avatar(user_id)

    @override
    async def image(self, comment_id: int, name: str) -> Image:
        return await (await self.get()).image(comment_id, name)


@dataclass(frozen=True, slots=True)
class World:
    """What is the same for all parts of a process."""

    clock: Clock
    random: Callable[[], float]
    """Returns numbers in [0, 1)."""
    process_id: str
    """Names the process among those on the same store."""


def posts_key(source: str) -> str:
    """Return the key under which the store has the posts of a source."""
    return f"posts {secret_digest(source)}"


def new_process_id(random: Callable[[], float]) -> str:
    """Return an id for a process."""
    return f"{random():.17f}"


class Core:
    """The parts that read and serve documents, each made after those that it needs."""

    def __init__(self, settings: Settings, store: Store, world: World, cursor_secret: bytes) -> None:
        self.settings = settings
        self.store = store
        self.world = world
        self.counts = Counts()
        self.application: Later[ASGIApp] = Later()
        self.refresher = LaterRefresher()
        self.images = LaterImages()
        self.readiness: Later[Callable[[], Awaitable[Mapping[str, Any]]]] = Later()
        self.version: int | None = None
        """The version of the mirror when the first document could be cached."""
        mirror = store.mirror
        self.access = AccessPolicy(settings.post_filter, allow_private=settings.allow_private)
        rules = settings.moderation
        self.holds = Holds(mirror, rules) if rules.is_active else None
        self.visible_mirror: MirrorReads = mirror if self.holds is None else ModeratedMirror(mirror, self.holds)
        renderer, counts = Renderer(cursor_secret), self.counts.renderings
        views = Views(self.visible_mirror, store.key_values, self.access, renderer, counts, self.holds)
        self.cache = DocumentCache(settings.cache_mb * _MEGABYTE)
        self.documents = Documents(views, self.cache, find_document_tags(settings, self.access))
        self.names = RepositoryNames(mirror, self.access, settings.repo, self.documents.edition)
        self.reader = Reader(
            documents=self.documents,
            access=self.access,
            worker=self.refresher,
            mirror=mirror,
            leases=store.leases,
            clock=world.clock,
            fresh_for=settings.fresh_for,
            cold_wait=settings.cold_wait,
            checks_lists=settings.token is not None,
        )
        self.context = self._make_context()
        wait = self.application.get
        self.reads = CachedReads(EarlyReads(self.context, wait), self.context, application=wait)

    def _make_context(self) -> WebContext:
        settings = self.settings

        async def readiness() -> Mapping[str, Any]:
            return await (await self.readiness.get())()

        return WebContext(
            reader=self.reader,
            sites=settings.repo,
            now=self.world.clock.now,
            cors=CorsPolicy(frozenset(origin.encode() for origin in settings.origins)),
            public_url=settings.public_url,
            monitoring=Monitoring(readiness, response_counts=self.counts.responses),
            features=Features(
                images=self.images if settings.pictures else None,
                names=self.names,
                limits=ClientLimits(TrustedProxies(settings.proxy_networks)),
            ),
            request_ids=request_ids(self.world.random),
        )

    async def start(self) -> None:
        """Read what must be known before the first reader comes. Raises `StoreError`."""
        settings, store = self.settings, self.store
        await renew_if_changed(settings.moderation, store.key_values, store.mirror, settings.repo)
        self.version = await store.mirror.latest_version()  # from here on, other processes' commits are noticed
        if settings.posts is not None and self.access.posts.listed_only:
            text = await store.key_values.get(posts_key(settings.posts))
            catalog = None if text is None else await asyncio.to_thread(from_json, text, settings.repo)
            if catalog is not None:
                self.access.posts = replace(self.access.posts, posts=catalog.served(settings.repo))

    async def can_serve(self) -> bool:
        """Return whether readers can be served before the application is there: all sites and posts are known."""
        records = [await self.store.mirror.site(repo) for repo in self.settings.repo]
        are_known = all(record is not None and not self.access.hides(record) for record in records)
        return are_known and self.access.posts.is_known

    def complete(self, context: WebContext, routes: ASGIApp) -> None:
        """Let the reads serve readers, the owner and GitHub's webhook, too: the application is there."""
        self.reads.complete(routes, context)
        self.readiness.set(context.monitoring.readiness)
        self.application.set(routes)

    async def close(self) -> None:
        """Cancel what is under way, and what waits for the application."""
        for later in (self.application, self.refresher, self.images, self.readiness):
            later.cancel()
        await self.reader.close()


@asynccontextmanager
async def open_core(settings: Settings, world: World) -> AsyncGenerator[Core, None]:
    """Open the store and yield what serves from it; close both at the end. Raises `StoreError`."""
    async with AsyncExitStack() as opened:
        store = await _open_store(settings, world)
        opened.push_async_callback(store.close)
        if store.repair_report is not None:
            _log.error("%s", store.repair_report)
        if settings.database is not None:
            world = replace(world, clock=StoreClock(world.clock, store))
        core = Core(settings, store, world, await stored_secret(store, _CURSOR_KEY, world.random))
        opened.push_async_callback(core.close)
        await core.start()
        yield core


async def stored_secret(store: Store, key: str, random: Callable[[], float]) -> bytes:
    """Return what signs cursors, or the owner's sessions: the store has it for later processes and for others.

    A store that fails gives none. Then cursors count as those of earlier versions, and a session ends with the process.
    """
    new_secret = "".join(f"{random():.17f}"[2:] for _ in range(3))
    with suppress(StoreError):
        earlier_secret = await store.key_values.get(key)
        return (earlier_secret or await store.key_values.put_first(key, new_secret)).encode()
    return new_secret.encode()


async def _open_store(settings: Settings, world: World) -> Store:
    path, sites, process_id = settings.store_path, settings.repo, world.process_id
    if settings.database is not None:
        return await open_database(settings.database, sites, process_id, world.clock)
    if path is None:
        from app.store.memory import MemoryStore  # noqa: PLC0415 - a store on a disk does without its code

        return MemoryStore(process_id, sites=sites)
    return await SqliteStore.open(path, process_id=process_id, sites=sites, now=world.clock.now)
