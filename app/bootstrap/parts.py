"""The parts of a running application, and what each of them is made from."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property, partial

from app.bootstrap.approvals import make_approvals
from app.bootstrap.core import Core
from app.bootstrap.first_requests import check_repositories
from app.bootstrap.owner import make_owner_desk
from app.bootstrap.posts import make_post_lists, post_failure, worker_name
from app.bootstrap.purging import make_purges
from app.bootstrap.resources import Resources
from app.bootstrap.worker import make_worker
from app.domain.errors import GitHubError
from app.domain.sites import Repository
from app.github.requests import secret_digest
from app.jobs.content.pushes import PushNotes
from app.jobs.handlers import JobHandlers
from app.jobs.lease import Lease
from app.jobs.maintenance import Maintenance
from app.jobs.poll_schedule import Schedule
from app.jobs.post_list import PostList
from app.jobs.webhook_intake import WebhookIntake
from app.outbound.metrics import Samples
from app.ports.github import GitHub
from app.serving.access_policy import VisibleImages
from app.serving.change_feed import ChangeFeed
from app.serving.event_streams import Subscribers
from app.serving.image_proxy import ImageProxy
from app.serving.image_sizes.learning import ImageSizes
from app.serving.moderation.held_comments import HeldComments
from app.serving.owner.live import OwnerNews
from app.serving.owner.model import Storage
from app.serving.owner.overview import OverviewSources
from app.serving.readiness import Readiness
from app.serving.terms.findings import TermFindings
from app.serving.terms.terms import Terms
from app.serving.updater import Updater
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
from app.web.app import make_routes
from app.web.cached_reads import CachedReads
from app.web.context import Features, Monitoring, WebContext, WebhookEndpoint

_MEGABYTE = 1_000_000


class Application:
    """The parts of a running application, each made after those that it needs."""

    def __init__(self, core: Core, resources: Resources, on_progress: OnProgress) -> None:
        self.settings = core.settings
        self.store = core.store
        self.mirror = core.store.mirror
        self.metrics = resources.metrics
        self.recorder = resources.recorder
        self.clock, self._random, self.process_id = core.world.clock, core.world.random, core.world.process_id
        self.worker_name = worker_name(core.settings, self.process_id)
        self._core = core
        self._make_documents()
        self._make_sync(resources.github, on_progress)
        self._make_jobs()
        self._make_serving(resources)

    def _make_documents(self) -> None:
        """Make what announces documents, around what the core renders and caches."""
        settings, core = self.settings, self._core
        self.access, self.holds, self.visible_mirror = core.access, core.holds, core.visible_mirror
        self.held_comments = HeldComments(self.mirror, self.holds, self.access.is_shown)
        cache = self.cache = core.cache
        self.documents, self.names, self.reader = core.documents, core.names, core.reader
        self.subscribers = Subscribers(document=self.documents.current, clock=self.clock, random=self._random)
        self.owner_news = OwnerNews(self.clock)
        self.terms = Terms(self.mirror, self.access)
        self.term_findings = TermFindings(self.terms)
        announce = self.recorder.on_news = self.owner_news.notify
        self.updater = Updater(
            self.documents, self.access, self.subscribers, settings.repo, self.terms, on_change=announce
        )
        self.metrics.sample_from(Samples(lambda: self.subscribers.count, lambda: cache.bytes, lambda: len(cache)))

    def _make_sync(self, github: GitHub, on_progress: OnProgress) -> None:
        """Make what asks GitHub and writes the mirror."""
        settings, store, mirror, clock = self.settings, self.store, self.mirror, self.clock
        notify, token_id = self.updater.update, secret_digest(settings.token) if settings.token else None
        budget = self.budget = RateBudget(
            github, store.rate_state, clock, self.recorder, api=settings.github_api_url, token_id=token_id
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
        drift = DriftReport(mirror, store.jobs, store.deliveries, self.recorder)
        self.reconciler = Reconciler(
            refresher=refresher, committer=committer, budget=budget, mirror=mirror, drift=drift, clock=clock
        )
        missed_deliveries = MissedDeliveries(
            mirror, store.deliveries, self.recorder, has_webhook=bool(settings.secrets)
        )
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
        self.schedule = Schedule(
            self.poller, clock, self._random, self.recorder, every=settings.poll_seconds, on_poll=self.recorder.poll
        )
        self.worker = make_worker(
            settings,
            store,
            clock,
            handlers=JobHandlers(
                self.mirror, store.jobs, self.repositories, self.refresher, clock, fresh_for=settings.fresh_for
            ),
            poller=self.poller,
            random=self._random,
            worker_id=self.process_id,
        )
        self.pushes = PushNotes(settings.content_repository, store.key_values, clock)
        self.post_lists: Sequence[PostList] = make_post_lists(
            settings, store.key_values, clock, budget=self.budget, pushes=self.pushes, serve=self.updater.replace_posts
        )
        self.approvals = make_approvals(
            settings.moderation,
            self.holds,
            store,
            clock,
            budget=self.budget,
            committer=self.committer,
            notify=self.updater.update,
        )

    def _make_serving(self, resources: Resources) -> None:
        """Make what answers readers, and what keeps it in step with the store."""
        settings, clock = self.settings, self.clock
        self._core.refresher.set(self.worker)
        images, image_store = VisibleImages(self.visible_mirror, self.access, settings.repo), resources.image_store
        show_images = self.updater.show_images
        self.image_proxy = ImageProxy(
            source=resources.image_source,
            store=image_store,
            access=images,
            sizes=ImageSizes(self.mirror, image_store, clock, show_images),
            clock=clock,
        )
        self.purges = make_purges(settings, self.store, resources.cdn, clock, access=self.access)
        self._core.images.set(self.image_proxy)
        self.change_feed = ChangeFeed(
            self.mirror,
            clock,
            notify=self._update_from_others,
            show_images=show_images,
            process_id=self.process_id,
            wait=self.store.wait_for_changes,
            after=self._core.version,
        )
        self.maintenance = Maintenance(
            sites=settings.repo,
            store=self.store,
            gauges=self.metrics,
            on_repair=self._restart,
            clock=clock,
            count_held=None if self.holds is None else self.held_comments.total,
        )
        self.owner_desk = make_owner_desk(
            settings,
            self.store,
            clock,
            session_secret=resources.session_secret,
            random=self._random,
            news=self.owner_news,
            sources=OverviewSources(
                history=self.recorder.last_day,
                post_filter=lambda: self.access.posts,
                catalog=lambda: self.updater.catalog,
                post_failure=partial(post_failure, self.post_lists),
                foreign_worker=self.foreign_worker,
                rate_limit=self.budget.state,
                has_token=self.budget.has_token,
                failures=lambda: self.schedule.failures,
                held_comments=self.held_comments,
                term_findings=self.term_findings.findings,
                storage=lambda: Storage(
                    self.store.kind, None, self.cache.bytes, len(self.cache), self.subscribers.count
                ),
            ),
            wake=self.worker.wake,
            poll_now=self.schedule.poll_now,
        )

    async def _update_from_others(self, repo: Repository, numbers: frozenset[int]) -> None:
        """Serve what another process has committed."""
        self.worker.count_refreshes(repo, numbers)
        await self.updater.update(repo, numbers)

    def _restart(self) -> None:
        """Read the store from the start after it was replaced."""
        self.documents.forget_outlines()
        if self.holds is not None:
            self.holds.clear()
        self.terms.forget()
        if self.purges is not None:
            self.purges.restart()
        self.change_feed.restart()
        self.schedule.poll_now()

    async def check_github(self) -> GitHubError | None:
        """Request the repositories that the mirror does not know yet; see `check_repositories`."""
        return await check_repositories(self.repositories, self.settings.repo)

    async def start(self) -> None:
        """Read what must be known before the first reader comes. Raises `StoreError`."""
        await self.change_feed.catch_up()
        await asyncio.gather(*(posts.start() for posts in self.post_lists))

    async def run(self) -> None:
        """Backfill all sites and keep them up to date; of several processes on one store, one polls. Never returns."""
        async with asyncio.TaskGroup() as group:
            lease = partial(Lease, leases=self.store.leases, clock=self.clock, worker_id=str(self.worker_name))
            polling = lease("poll", describe_worker=self.worker_name.describe_foreign)
            group.create_task(polling.while_held(self._poll))
            for posts in self.post_lists:  # the lease "poll" may be held by a process without this source
                group.create_task(lease(posts.key).while_held(posts.run))
            post_lists = [posts.run_catch_up for posts in self.post_lists]
            parts = (self.worker.run, self.change_feed.run, self.subscribers.run, self.maintenance.run, *post_lists)
            owner_parts = () if self.owner_desk is None else (self.owner_desk.run,)
            for run in (*parts, self.recorder.run, *owner_parts):
                group.create_task(run())

    async def _poll(self) -> None:
        async with asyncio.TaskGroup() as group:
            for repo in self.settings.repo:
                group.create_task(self.schedule.run(repo))
                if self.approvals is not None:
                    group.create_task(self.approvals.run(repo))
            if self.purges is not None:
                group.create_task(self.purges.run())

    async def foreign_worker(self) -> str | None:
        """Return which process with other settings polls GitHub, in sentences. Raises `StoreError`."""
        return self.worker_name.describe_foreign(await self.store.leases.worker("poll"))

    async def close(self) -> None:
        """End all parts in order; the resources stay open."""
        self.end_streams()
        await self.image_proxy.close()
        await self.reader.close()
        await self.worker.close()
        await asyncio.gather(*(posts.close() for posts in self.post_lists))
        if self.owner_desk is not None:
            await self.owner_desk.overview.close()
        await self.recorder.close()

    def end_streams(self) -> None:
        """End all responses that would not end otherwise; may be called again, and from a signal handler."""
        self.subscribers.close()
        self.owner_news.close()

    @property
    def web(self) -> CachedReads:
        """The ASGI application."""
        if not self._core.application.is_set:
            self._core.complete(self._web_context, make_routes(self._web_context))
        return self._core.reads

    async def prepare_web(self) -> None:
        """Make the ASGI application in a thread, while the core serves; then it serves whatever the core does not."""
        routes = await asyncio.to_thread(make_routes, self._web_context)
        self._core.complete(self._web_context, routes)

    @cached_property
    def _web_context(self) -> WebContext:
        settings = self.settings
        failure = partial(post_failure, self.post_lists)
        readiness = Readiness(settings.repo, self.mirror, self.schedule, self.access, failure)
        webhook_intake = WebhookIntake(
            deliveries=self.store.deliveries,
            mirror=self.mirror,
            sites=settings.repo,
            clock=self.clock,
            wake=self.worker.wake,
            metrics=self.recorder,
            pushes=self.pushes,
        )
        features = Features(
            webhook=WebhookEndpoint(settings.secrets, webhook_intake),
            subscribers=self.subscribers,
            images=self.image_proxy if settings.pictures else None,
            names=self.names,
            owner=self.owner_desk,
            terms=self.terms,
            limits=self._core.context.features.limits,
        )
        monitoring = Monitoring(readiness.state, self.metrics.exposition, self.metrics.response_counts)
        return replace(self._core.context, monitoring=monitoring, features=features)
