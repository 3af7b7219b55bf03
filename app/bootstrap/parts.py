"""The parts of a running application, and what each of them is made from."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, partial

from app import VERSION
from app.domain.errors import GitHubError, RateLimited, Unreachable
from app.domain.priority import Priority
from app.github.requests import secret_digest
from app.jobs.batch import DeliveryBatch
from app.jobs.content.pushes import PushNotes
from app.jobs.handlers import JobHandlers
from app.jobs.lease import Lease
from app.jobs.maintenance import Maintenance
from app.jobs.poll_schedule import Schedule
from app.jobs.post_list import PostList
from app.jobs.retry import Retry
from app.jobs.throttle import Throttle
from app.jobs.webhook_intake import WebhookIntake
from app.jobs.worker import Worker
from app.outbound.content.repository_posts import GitHubAccess
from app.outbound.content.sources import SourceOptions, open_post_source
from app.outbound.metrics import PrometheusMetrics, Samples
from app.ports.clock import Clock
from app.ports.github import GitHub
from app.ports.images import ImageSource, ImageStore
from app.ports.store import Store
from app.serving.access_policy import AccessPolicy, VisibleImages
from app.serving.change_feed import ChangeFeed
from app.serving.document_cache import DocumentCache, Documents
from app.serving.event_streams import Subscribers
from app.serving.image_proxy import ImageProxy
from app.serving.image_sizes.learning import ImageSizes
from app.serving.reader import Reader
from app.serving.readiness import Readiness
from app.serving.renderer import Renderer
from app.serving.repository_names import RepositoryNames
from app.serving.updater import Updater
from app.serving.views import Views
from app.settings import Settings
from app.sync.backfill import Backfill, OnProgress, ProgressReport
from app.sync.change_lists import ChangeLists
from app.sync.commit import Committer
from app.sync.failure_backoff import FailureBackoff
from app.sync.poll import Poller
from app.sync.rate_budget import RateBudget
from app.sync.reconcile import Reconciler
from app.sync.refresh import Refresher
from app.sync.repositories import Repositories
from app.sync.unreported_changes import DriftReport, MissedDeliveries
from app.web.app import create_app
from app.web.cached_reads import CachedReads
from app.web.context import Features, Monitoring, WebContext, WebhookEndpoint, request_ids
from app.web.document_response import CorsPolicy

_MEGABYTE = 1_000_000
_PATIENCE = 5.0
"""Seconds that a start waits for GitHub to show a repository; then serving begins without it."""
_BURST, _BURST_WITH_TOKEN = 3, 20
"""Refreshes of one thread within a minute that deliveries may cause before they come at growing pauses."""


@dataclass(frozen=True, slots=True)
class Resources:
    """What the application uses of the world; `open_application` opens and closes it."""

    store: Store
    github: GitHub
    image_source: ImageSource
    image_store: ImageStore
    cursor_secret: bytes
    metrics: PrometheusMetrics


class Application:
    """The parts of a running application, each made after those that it needs."""

    def __init__(
        self,
        settings: Settings,
        resources: Resources,
        clock: Clock,
        random: Callable[[], float],
        on_progress: OnProgress,
        *,
        process_id: str,
    ) -> None:
        self.settings = settings
        self.store = resources.store
        self.mirror = resources.store.mirror
        self.metrics = resources.metrics
        self.clock = clock
        self.process_id = process_id
        self._random = random
        self._make_documents(resources.cursor_secret)
        self._make_sync(resources.github, on_progress)
        self._make_jobs()
        self._make_serving(resources)

    def _make_documents(self, cursor_secret: bytes) -> None:
        """Make what renders, caches and announces documents."""
        settings = self.settings
        self.access = AccessPolicy(settings.post_filter, allow_private=settings.allow_private)
        key_values, counts = self.store.key_values, self.metrics.render_counts
        views = Views(self.mirror, key_values, self.access, Renderer(cursor_secret), counts)
        cache = self.cache = DocumentCache(settings.cache_mb * _MEGABYTE)
        self.documents = Documents(views, cache)
        self.names = RepositoryNames(self.mirror, self.access, settings.repo, self.documents.repository_generation)
        self.subscribers = Subscribers(document=self.documents.current, clock=self.clock, random=self._random)
        self.updater = Updater(self.documents, self.access, self.subscribers, settings.repo)
        self.metrics.sample_from(Samples(lambda: self.subscribers.count, lambda: cache.bytes, lambda: len(cache)))

    def _make_sync(self, github: GitHub, on_progress: OnProgress) -> None:
        """Make what asks GitHub and writes the mirror."""
        settings, store, mirror, clock = self.settings, self.store, self.mirror, self.clock
        notify, token_id = self.updater.update, secret_digest(settings.token) if settings.token else None
        budget = self.budget = RateBudget(
            github, store.rate_state, clock, self.metrics, api=settings.github_api_url, token_id=token_id
        )
        repositories = self.repositories = Repositories(
            allow_private=settings.allow_private,
            budget=budget,
            mirror=mirror,
            clock=clock,
            notify=notify,
            key_values=store.key_values,
        )
        committer = self.committer = Committer(mirror, repositories, notify)
        refresher = self.refresher = Refresher(repositories, budget, mirror, committer, FailureBackoff(clock), clock)
        self.progress = ProgressReport(mirror, budget, on_progress)
        self.backfill = Backfill(
            refresher=refresher, committer=committer, budget=budget, mirror=mirror, clock=clock, progress=self.progress
        )
        drift = DriftReport(mirror, store.jobs, store.deliveries, self.metrics)
        self.reconciler = Reconciler(
            refresher=refresher, committer=committer, budget=budget, mirror=mirror, drift=drift, clock=clock
        )
        missed_deliveries = MissedDeliveries(mirror, store.deliveries, self.metrics, has_webhook=bool(settings.secrets))
        self.poller = Poller(
            repositories=repositories,
            refresher=refresher,
            backfill=self.backfill,
            change_lists=ChangeLists(repositories, budget, mirror, committer, missed_deliveries, clock),
            reconciler=self.reconciler,
            mirror=mirror,
        )

    def _make_jobs(self) -> None:
        """Make what decides when GitHub is asked."""
        settings, store, clock = self.settings, self.store, self.clock
        self.schedule = Schedule(self.poller, clock, self._random, self.metrics, every=settings.poll_seconds)
        retry = Retry(store.jobs, clock, self._random)
        self.worker = Worker(
            jobs=store.jobs,
            handlers=JobHandlers(
                self.mirror, store.jobs, self.repositories, self.refresher, clock, fresh_for=settings.fresh_for
            ),
            batch=DeliveryBatch(
                mirror=self.mirror,
                jobs=store.jobs,
                leases=store.leases,
                poller=self.poller,
                retry=retry,
                clock=clock,
                worker_id=self.process_id,
            ),
            retry=retry,
            throttle=Throttle(clock, burst=_BURST_WITH_TOKEN if settings.token else _BURST),
            clock=clock,
            worker_id=self.process_id,
        )
        self._make_post_lists()

    def _make_post_lists(self) -> None:
        """Make what reads the blog's posts; they decide what is served only if the settings say so."""
        settings, store, source = self.settings, self.store, self.settings.posts
        self.pushes = PushNotes(settings.content_repository, store.key_values, self.clock)
        self.post_lists: Sequence[PostList] = ()
        if source is None:
            return
        identity = f"{source} {settings.generator} {settings.repo} {VERSION}"
        access = GitHubAccess(self.budget, store.key_values, self.pushes, f"content {secret_digest(identity)}")
        options = SourceOptions(settings.repo, settings.generator, self.clock, access)
        key, serve = f"posts {secret_digest(source)}", self.updater.replace_posts
        open_source = partial(open_post_source, source, options)
        self.post_lists = (PostList(open_source, key, settings.repo, store.key_values, serve, self.clock),)

    def _make_serving(self, resources: Resources) -> None:
        """Make what answers readers, and what keeps it in step with the store."""
        settings, clock = self.settings, self.clock
        self.reader = Reader(
            documents=self.documents,
            access=self.access,
            worker=self.worker,
            mirror=self.mirror,
            leases=self.store.leases,
            clock=clock,
            fresh_for=settings.fresh_for,
            cold_wait=settings.cold_wait,
        )
        images, image_store = VisibleImages(self.mirror, self.access, settings.repo), resources.image_store
        show_images = self.updater.show_images
        self.image_proxy = ImageProxy(
            source=resources.image_source,
            store=image_store,
            access=images,
            sizes=ImageSizes(self.mirror, image_store, clock, show_images),
            clock=clock,
        )
        self.change_feed = ChangeFeed(
            self.mirror, clock, notify=self.updater.update, show_images=show_images, process_id=self.process_id
        )
        self.maintenance = Maintenance(
            sites=settings.repo, store=self.store, gauges=self.metrics, on_repair=self._restart, clock=clock
        )

    def _restart(self) -> None:
        """Read the store from the start after it was replaced."""
        self.documents.forget_outlines()
        self.change_feed.restart()
        self.schedule.poll_now()

    async def check_github(self) -> GitHubError | None:
        """Request the repositories that the mirror does not know yet.

        Raises what only the owner can repair: a wrong name or token. Returns what passes: GitHub is away, or a limit is
        reached; serving may begin.
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

    async def start(self) -> None:
        """Read what must be known before the first reader comes. Raises `StoreError`."""
        await self.change_feed.catch_up()  # from here on, other processes' commits are noticed
        await asyncio.gather(*(posts.start() for posts in self.post_lists))

    async def run(self) -> None:
        """Backfill all sites and keep them up to date; of several processes on one store, one polls. Never returns."""
        async with asyncio.TaskGroup() as group:
            lease = Lease("poll", self.store.leases, self.clock, worker_id=self.process_id)
            group.create_task(lease.while_held(self._poll))
            post_lists = [posts.run_catch_up for posts in self.post_lists]
            parts = (self.worker.run, self.change_feed.run, self.subscribers.run, self.maintenance.run, *post_lists)
            for run in parts:
                group.create_task(run())

    async def _poll(self) -> None:
        async with asyncio.TaskGroup() as group:
            for repo in self.settings.repo:
                group.create_task(self.schedule.run(repo))
            for posts in self.post_lists:
                group.create_task(posts.run())

    async def close(self) -> None:
        """End all parts in order; the resources stay open."""
        self.subscribers.close()
        await self.image_proxy.close()
        await self.reader.close()
        await self.worker.close()
        await asyncio.gather(*(posts.close() for posts in self.post_lists))

    @cached_property
    def web(self) -> CachedReads:
        """The ASGI application."""
        settings = self.settings
        readiness = Readiness(settings.repo, self.mirror, self.schedule, self.access)
        webhook_intake = WebhookIntake(
            deliveries=self.store.deliveries,
            mirror=self.mirror,
            sites=settings.repo,
            clock=self.clock,
            wake=self.worker.wake,
            metrics=self.metrics,
            pushes=self.pushes,
        )
        context = WebContext(
            reader=self.reader,
            sites=settings.repo,
            now=self.clock.now,
            cors=CorsPolicy(frozenset(origin.encode() for origin in settings.origins)),
            public_url=settings.public_url,
            monitoring=Monitoring(readiness.state, self.metrics.exposition, self.metrics.response_counts),
            features=Features(
                webhook=WebhookEndpoint(settings.secrets, webhook_intake),
                subscribers=self.subscribers,
                images=self.image_proxy if settings.pictures else None,
                names=self.names,
            ),
            request_ids=request_ids(self._random),
        )
        return create_app(context)
