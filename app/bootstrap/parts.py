"""The parts of a running application, and what each of them is made from."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, partial

from app.domain.errors import GitHubError, RateLimited, Unreachable
from app.domain.priority import Priority
from app.github.requests import secret_digest
from app.jobs.batch import DeliveryBatch
from app.jobs.handlers import JobHandlers
from app.jobs.lease import Lease
from app.jobs.maintenance import Maintenance
from app.jobs.poll_schedule import Schedule
from app.jobs.post_list import PostList
from app.jobs.retry import Retry
from app.jobs.throttle import Throttle
from app.jobs.webhook_intake import WebhookIntake
from app.jobs.worker import Worker
from app.outbound.metrics import PrometheusMetrics, Samples
from app.outbound.posts import post_source
from app.ports.clock import Clock
from app.ports.github import GitHub
from app.ports.images import ImageSource, ImageStore
from app.ports.store import Store
from app.serving.access_policy import AccessPolicy, VisibleImages
from app.serving.change_feed import ChangeFeed
from app.serving.document_cache import DocumentCache, Documents
from app.serving.event_streams import Subscribers
from app.serving.image_proxy import ImageProxy
from app.serving.reader import Reader
from app.serving.readiness import Readiness
from app.serving.renderer import Renderer
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
from app.web.context import Features, Monitoring, WebContext, WebhookEndpoint
from app.web.document_response import CorsPolicy
from app.web.request_state import request_ids

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
    metrics: PrometheusMetrics


class Application:
    """The parts of a running application, each made when the first other part needs it."""

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
        self._resources = resources
        self._random = random
        self._on_progress = on_progress
        cache = self.cache = DocumentCache(settings.cache_mb * _MEGABYTE)
        self.metrics.sample_from(Samples(lambda: self.subscribers.count, lambda: cache.bytes, lambda: len(cache)))

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
            post_lists = [posts.run for posts in self.post_lists]
            parts = (self.worker.run, self.change_feed.run, self.subscribers.run, self.maintenance.run, *post_lists)
            for run in parts:
                group.create_task(run())

    async def _poll(self) -> None:
        async with asyncio.TaskGroup() as group:
            for repo in self.settings.repo:
                group.create_task(self.schedule.run(repo))

    async def close(self) -> None:
        """End all parts in order; the resources stay open."""
        self.subscribers.close()
        await self.image_proxy.close()
        await self.reader.close()
        await self.worker.close()
        await asyncio.gather(*(posts.close() for posts in self.post_lists))

    # What asks GitHub and writes the mirror

    @cached_property
    def budget(self) -> RateBudget:
        """Admits requests to GitHub."""
        api, token = self.settings.github_api_url, self.settings.token
        token_id, github = secret_digest(token) if token else None, self._resources.github
        return RateBudget(github, self.store.rate_state, self.clock, self.metrics, api=api, token_id=token_id)

    @cached_property
    def repositories(self) -> Repositories:
        """Keeps the sites' records true."""
        return Repositories(
            allow_private=self.settings.allow_private,
            budget=self.budget,
            mirror=self.mirror,
            clock=self.clock,
            notify=self.updater.update,
        )

    @cached_property
    def committer(self) -> Committer:
        """Commits changes and notifies."""
        return Committer(self.mirror, self.repositories, self.updater.update)

    @cached_property
    def refresher(self) -> Refresher:
        """Refreshes single threads."""
        backoff = FailureBackoff(self.clock)
        return Refresher(self.repositories, self.budget, self.mirror, self.committer, backoff, self.clock)

    @cached_property
    def progress(self) -> ProgressReport:
        """Reports the progress of backfills."""
        return ProgressReport(self.mirror, self.budget, self._on_progress)

    @cached_property
    def backfill(self) -> Backfill:
        """Fills an empty mirror."""
        return Backfill(
            refresher=self.refresher,
            committer=self.committer,
            budget=self.budget,
            mirror=self.mirror,
            clock=self.clock,
            progress=self.progress,
        )

    @cached_property
    def reconciler(self) -> Reconciler:
        """Compares whole sites with GitHub."""
        return Reconciler(
            refresher=self.refresher,
            committer=self.committer,
            budget=self.budget,
            mirror=self.mirror,
            drift=DriftReport(self.mirror, self.store.jobs, self.store.deliveries, self.metrics),
            clock=self.clock,
        )

    @cached_property
    def poller(self) -> Poller:
        """Brings a site up to date."""
        missed_deliveries = MissedDeliveries(self.mirror, self.store.deliveries)
        change_lists = ChangeLists(
            self.repositories, self.budget, self.mirror, self.committer, missed_deliveries, self.clock
        )
        return Poller(
            repositories=self.repositories,
            refresher=self.refresher,
            backfill=self.backfill,
            change_lists=change_lists,
            reconciler=self.reconciler,
            mirror=self.mirror,
        )

    # Who asks when

    @cached_property
    def schedule(self) -> Schedule:
        """Polls each site at its interval."""
        every, has_webhook = self.settings.poll_seconds, bool(self.settings.secrets)
        return Schedule(self.poller, self.clock, self._random, self.metrics, every=every, has_webhook=has_webhook)

    @cached_property
    def worker(self) -> Worker:
        """Runs refresh jobs."""
        jobs, clock = self.store.jobs, self.clock
        retry = Retry(jobs, clock, self._random)
        return Worker(
            jobs=jobs,
            handlers=JobHandlers(
                self.mirror, jobs, self.repositories, self.refresher, clock, fresh_for=self.settings.fresh_for
            ),
            batch=DeliveryBatch(
                mirror=self.mirror,
                jobs=jobs,
                leases=self.store.leases,
                poller=self.poller,
                retry=retry,
                clock=clock,
                worker_id=self.process_id,
            ),
            retry=retry,
            throttle=Throttle(clock, burst=_BURST_WITH_TOKEN if self.settings.token else _BURST),
            clock=clock,
            worker_id=self.process_id,
        )

    @cached_property
    def webhook_intake(self) -> WebhookIntake:
        """Accepts deliveries."""
        return WebhookIntake(
            deliveries=self.store.deliveries,
            mirror=self.mirror,
            sites=self.settings.repo,
            clock=self.clock,
            wake=self.worker.wake,
            metrics=self.metrics,
        )

    @cached_property
    def maintenance(self) -> Maintenance:
        """Guards the store."""

        def restart() -> None:
            self.change_feed.restart()
            self.schedule.poll_now()

        return Maintenance(
            sites=self.settings.repo, store=self.store, gauges=self.metrics, on_repair=restart, clock=self.clock
        )

    @cached_property
    def post_lists(self) -> Sequence[PostList]:
        """Read which issues are posts; none if the settings do not ask the blog's pages."""
        source, sites = self.settings.posts, self.settings.repo
        if not source or not self.settings.post_filter.listed_only:
            return ()
        key, serve = f"posts {secret_digest(source)}", self.updater.replace_posts
        open_source = partial(post_source, source, sites)
        return (PostList(open_source, key, sites, self.store.key_values, serve, self.clock),)

    # What answers readers

    @cached_property
    def access(self) -> AccessPolicy:
        """Decides what readers may see."""
        return AccessPolicy(self.settings.post_filter, allow_private=self.settings.allow_private)

    @cached_property
    def documents(self) -> Documents:
        """Makes and caches documents."""
        views = Views(self.mirror, self.access, Renderer(self.settings.public_url), self.metrics.render_counts)
        return Documents(self.mirror, views, self.cache)

    @cached_property
    def subscribers(self) -> Subscribers:
        """The open pages that hear of changes."""
        version, document = self.documents.version, self.documents.current
        return Subscribers(version=version, document=document, clock=self.clock, random=self._random)

    @cached_property
    def updater(self) -> Updater:
        """Reports changes to readers."""
        return Updater(self.documents, self.access, self.subscribers)

    @cached_property
    def change_feed(self) -> ChangeFeed:
        """Reports other processes' changes."""
        return ChangeFeed(self.mirror, self.clock, self.updater.update, process_id=self.process_id)

    @cached_property
    def reader(self) -> Reader:
        """Answers readers."""
        return Reader(
            documents=self.documents,
            access=self.access,
            worker=self.worker,
            mirror=self.mirror,
            leases=self.store.leases,
            clock=self.clock,
            fresh_for=self.settings.fresh_for,
            cold_wait=self.settings.cold_wait,
        )

    @cached_property
    def image_proxy(self) -> ImageProxy:
        """Serves images."""
        return ImageProxy(
            source=self._resources.image_source,
            store=self._resources.image_store,
            access=VisibleImages(self.mirror, self.access, self.settings.repo),
            clock=self.clock,
        )

    @cached_property
    def web(self) -> CachedReads:
        """The ASGI application."""
        settings = self.settings
        readiness = Readiness(settings.repo, self.mirror, self.schedule, self.access)
        context = WebContext(
            reader=self.reader,
            sites=settings.repo,
            now=self.clock.now,
            cors=CorsPolicy(frozenset(origin.encode() for origin in settings.origins)),
            public_url=settings.public_url,
            monitoring=Monitoring(readiness.state, self.metrics.exposition, self.metrics.response_counts),
            features=Features(
                webhook=WebhookEndpoint(settings.secrets, self.webhook_intake),
                subscribers=self.subscribers,
                images=self.image_proxy if settings.pictures else None,
            ),
            request_ids=request_ids(self._random),
        )
        return create_app(context)
