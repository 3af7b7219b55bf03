"""The parts of a running application, and what each of them is given."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from functools import cached_property, partial
from pathlib import Path

from app.domain.errors import GitHubError, RateLimited, Unreachable
from app.github.requests import secret_digest
from app.jobs.lease import Lease
from app.jobs.post_list import PostList
from app.jobs.schedule import Schedule
from app.jobs.webhook_intake import WebhookIntake
from app.jobs.worker import Worker
from app.outbound.github import HttpGitHub
from app.outbound.images import HttpImageSource
from app.outbound.metrics import PrometheusMetrics, Samples
from app.outbound.posts import post_source
from app.ports.jobs import Priority, Shared
from app.ports.mirror import Clock, Mirror
from app.serving.access_policy import AccessPolicy
from app.serving.change_feed import ChangeFeed
from app.serving.document_cache import DocumentCache
from app.serving.event_streams import Subscribers
from app.serving.image_proxy import ImageProxy
from app.serving.maintenance import Maintenance
from app.serving.reader import Reader
from app.serving.readiness import Readiness
from app.serving.updater import Updater
from app.serving.views import Publisher
from app.settings import Settings
from app.store.disk_cache import DiskCache
from app.store.memory import MemoryStore
from app.store.sqlite import SqliteStore
from app.sync.backfill import Backfill, OnProgress
from app.sync.failure_backoff import FailureBackoff
from app.sync.poll import Poller
from app.sync.rate_budget import Budget
from app.sync.reconcile import Reconciler
from app.sync.refresh import Refresher
from app.sync.repositories import Repositories
from app.sync.transfers import Transfers
from app.web.app import create_app
from app.web.cached_reads import CachedReads
from app.web.context import Serving, Webhooks
from app.web.document_response import Origins
from app.web.request_ids import request_ids

_log = logging.getLogger(__name__)
_MEGABYTE = 1_000_000
_PATIENCE = 5.0
"""Seconds that a start waits for GitHub to know a repository; serving begins all the same then."""
_BURST, _BURST_WITH_TOKEN = 3, 20
"""Looks at one thread within a minute that deliveries may cause before they come at growing distances."""

Store = SqliteStore | MemoryStore


class Afterword:
    """The parts that run, each made when the first other part wants it."""

    def __init__(
        self,
        settings: Settings,
        *,
        store: Store,
        github: HttpGitHub,
        picture_source: HttpImageSource,
        picture_folder: Path,
        metrics: PrometheusMetrics,
        watch: OnProgress,
        clock: Clock,
        chance: Callable[[], float],
        holder: str,
    ) -> None:
        self.settings = settings
        self.store = store
        self.mirror: Mirror = store.mirror
        self.shared: Shared = store.shared
        self.github = github
        self.picture_source = picture_source
        self.picture_folder = picture_folder
        self.metrics = metrics
        self.watch = watch
        self.clock = clock
        self.chance = chance
        self.holder = holder
        self.each = FailureBackoff(clock)
        self.catalogue = DocumentCache(settings.cache_mb * _MEGABYTE)
        self.places = Transfers(settings.repo, self.mirror)
        catalogue = self.catalogue
        metrics.sample_from(Samples(lambda: self.listeners.listening, lambda: catalogue.bytes, lambda: len(catalogue)))

    async def meet_github(self) -> GitHubError | None:
        """Asks GitHub for the repositories that the mirror does not know yet.

        Raises what only the owner can mend: a wrong name or token. Returns what passes by itself: GitHub is away, or
        a limit is reached; serving may begin.
        """
        for repo in self.settings.repo:
            try:
                async with asyncio.timeout(_PATIENCE):
                    await self.repositories.site(repo, Priority.BACKFILL)
            except (Unreachable, RateLimited) as failure:
                return failure
            except TimeoutError:
                return Unreachable(f"/repos/{repo}", f"no answer within {_PATIENCE:g} s")
        return None

    async def begin(self) -> None:
        """What has to be known before the first reader comes; raises `StoreError`."""
        await self.follower.catch_up()  # from here on what others commit is announced
        await asyncio.gather(*(posts.begin() for posts in self.posts))

    async def follow(self) -> None:
        """Imports all sites and keeps them up to date, for ever; of several processes on one store, one pulses."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self.lease.while_held(self._pulse))
            runs = (part.run for part in self.posts)
            for run in (self.looks.run, self.follower.run, self.listeners.run, self.keeper.run, *runs):
                group.create_task(run())

    async def _pulse(self) -> None:
        async with asyncio.TaskGroup() as group:
            for repo in self.settings.repo:
                group.create_task(self.schedule.follow(repo))

    async def close(self) -> None:
        """Ends all parts in order; the store and the way to GitHub stay open."""
        self.listeners.close()
        await self.pictures.close()
        await self.reader.close()
        await self.looks.close()
        await asyncio.gather(*(posts.close() for posts in self.posts))

    @cached_property
    def budget(self) -> Budget:
        token = self.settings.token
        whose = secret_digest(token) if token else None
        return Budget(self.github, self.shared, self.clock, self.metrics, whose=whose)

    @cached_property
    def publisher(self) -> Publisher:
        return Publisher(
            mirror=self.mirror,
            catalogue=self.catalogue,
            places=self.places,
            serve=self.settings.post_filter,
            public_url=self.settings.public_url,
            allow_private=self.settings.allow_private,
            observer=self.metrics,
        )

    @cached_property
    def listeners(self) -> Subscribers:
        publisher = self.publisher
        return Subscribers(version=publisher.version, document=publisher.present, clock=self.clock, chance=self.chance)

    @cached_property
    def announcer(self) -> Updater:
        return Updater(self.publisher, self.listeners)

    @cached_property
    def repositories(self) -> Repositories:
        return Repositories(
            api=self.settings.github_api_url,
            allow_private=self.settings.allow_private,
            budget=self.budget,
            mirror=self.mirror,
            shared=self.shared,
            clock=self.clock,
            announce=self.announcer.changed,
        )

    @cached_property
    def refresher(self) -> Refresher:
        return Refresher(self.repositories, self.budget, self.mirror, self.clock, self.announcer.changed)

    @cached_property
    def importer(self) -> Backfill:
        return Backfill(
            repositories=self.repositories,
            refresher=self.refresher,
            each=self.each,
            budget=self.budget,
            mirror=self.mirror,
            clock=self.clock,
            watch=self.watch,
        )

    @cached_property
    def reconciler(self) -> Reconciler:
        return Reconciler(
            repositories=self.repositories,
            refresher=self.refresher,
            each=self.each,
            budget=self.budget,
            mirror=self.mirror,
            shared=self.shared,
            clock=self.clock,
            observer=self.metrics,
        )

    @cached_property
    def pulse(self) -> Poller:
        return Poller(
            repositories=self.repositories,
            refresher=self.refresher,
            importer=self.importer,
            reconciler=self.reconciler,
            each=self.each,
            budget=self.budget,
            mirror=self.mirror,
            shared=self.shared,
            clock=self.clock,
        )

    @cached_property
    def schedule(self) -> Schedule:
        every, listening = self.settings.poll_seconds, bool(self.settings.secrets)
        return Schedule(
            self.pulse, self.shared, self.clock, self.chance, self.metrics, every=every, listening=listening
        )

    @cached_property
    def looks(self) -> Worker:
        return Worker(
            mirror=self.mirror,
            shared=self.shared,
            repositories=self.repositories,
            refresher=self.refresher,
            pulse=self.pulse,
            places=self.places,
            clock=self.clock,
            chance=self.chance,
            holder=self.holder,
            fresh_for=self.settings.fresh_for,
            burst=_BURST_WITH_TOKEN if self.settings.token else _BURST,
        )

    @cached_property
    def reader(self) -> Reader:
        return Reader(
            mirror=self.mirror,
            shared=self.shared,
            catalogue=self.catalogue,
            publisher=self.publisher,
            places=self.places,
            looks=self.looks,
            clock=self.clock,
            fresh_for=self.settings.fresh_for,
            cold_wait=self.settings.cold_wait,
        )

    @cached_property
    def follower(self) -> ChangeFeed:
        return ChangeFeed(self.mirror, self.clock, self.announcer.changed, origin=self.holder)

    @cached_property
    def lease(self) -> Lease:
        return Lease("pulse", self.shared, self.clock, holder=self.holder)

    @cached_property
    def keeper(self) -> Maintenance:
        return Maintenance(
            sites=self.settings.repo,
            store=self.store,
            metrics=self.metrics,
            follower=self.follower,
            schedule=self.schedule,
            clock=self.clock,
        )

    @cached_property
    def posts(self) -> Sequence[PostList]:
        place, sites = self.settings.posts, self.settings.repo
        if not place or not self.settings.post_filter.listed_only:
            return ()  # which issues are posts, no page of the blog says
        name, serve = f"posts {secret_digest(place)}", self.announcer.serve_only
        return (PostList(partial(post_source, place, sites), name, sites, self.shared, serve, self.clock),)

    @cached_property
    def receiver(self) -> WebhookIntake:
        return WebhookIntake(
            shared=self.shared,
            mirror=self.mirror,
            sites=self.settings.repo,
            clock=self.clock,
            wake=self.looks.wake,
            tell=self.metrics.delivered,
        )

    @cached_property
    def pictures(self) -> ImageProxy:
        visible = AccessPolicy(self.mirror, self.publisher, self.settings.repo)
        return ImageProxy(
            source=self.picture_source,
            shelf=DiskCache(self.picture_folder, most=self.settings.pictures_mb * _MEGABYTE, now=self.clock.now),
            visible=visible.comment,
            avatar_of=visible.avatar,
            clock=self.clock,
        )

    @cached_property
    def web(self) -> CachedReads:
        """The ASGI application."""
        return create_app(self.serving)

    @cached_property
    def serving(self) -> Serving:
        settings = self.settings
        return Serving(
            reads=self.reader,
            sites=settings.repo,
            now=self.clock.now,
            origins=Origins(frozenset(origin.encode() for origin in settings.origins)),
            public_url=settings.public_url,
            readiness=Readiness(settings.repo, self.mirror, self.schedule, self.publisher).state,
            webhooks=Webhooks(settings.secrets, self.receiver),
            request_ids=request_ids(self.chance),
            served=self.metrics.served,
            metrics=self.metrics.exposition,
            listeners=self.listeners,
            pictures=self.pictures if settings.pictures else None,
        )
