"""The overview: everything that the owner is shown, from the store alone. It never asks GitHub."""

import asyncio
import logging
import math
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain

from app import VERSION
from app.domain.errors import StoreError
from app.domain.posts.findings import Finding
from app.domain.posts.posts import PostCatalog
from app.domain.posts.rules.check import post_findings
from app.domain.posts.rules.facts import SiteFacts
from app.domain.records import ThreadRef
from app.domain.sites import PostFilter, Repository
from app.domain.texts.excerpts import excerpt
from app.domain.thread_state import site_checked_at
from app.domain.threads import Comment
from app.domain.times import is_within, rfc3339
from app.jobs.single_flight import SingleFlight
from app.ports.clock import Clock
from app.ports.owner.history import DAY, HOUR, HistoryKind, HistoryRecord, hour_of
from app.ports.owner.overviews import Scope, ThreadOverview, week_of, week_start
from app.ports.rate_state import RateLimitState
from app.ports.store import Store
from app.render.excerpts import visible
from app.serving.moderation.held_comments import HeldComments
from app.serving.owner.live import OwnerNews
from app.serving.owner.model import Budget, CommentRow, Overview, SiteRow, Storage
from app.serving.owner.post_rows import KnownSite, PostRows, is_post, known_site, site_facts

_log = logging.getLogger(__name__)
_PAUSE = 4.0
"""Seconds between two readings that no one asked for."""
_FRESH_SECONDS = 10.0
"""Seconds for which an overview is shown again, if there are no news."""
_WEEKS = 52
_NEWEST = 20
_MOST_HELD = 20
_EXCERPT = 240
_NO_STORAGE = Storage("", None, None, None, None)


async def _no_limit() -> RateLimitState:
    return RateLimitState()


async def _nothing() -> None:
    """Return None: nothing is wrong."""


async def _no_findings() -> Sequence[Finding]:
    return ()


@dataclass(frozen=True, slots=True)
class OverviewSources:
    """What the overview is made from, beside the store; the defaults are for a service that does not run."""

    history: Callable[[], Awaitable[HistoryRecord]]
    """The last day."""
    post_filter: Callable[[], PostFilter] = PostFilter
    catalog: Callable[[], PostCatalog | None] = lambda: None
    """The posts of the blog; None if they are not known."""
    post_failure: Callable[[], Awaitable[str | None]] = _nothing
    """Why the posts of the blog cannot be read; None if they can."""
    foreign_worker: Callable[[], Awaitable[str | None]] = _nothing
    """Which process with other settings polls GitHub; None if none does."""
    rate_limit: Callable[[], Awaitable[RateLimitState]] = _no_limit
    has_token: bool = False
    failures: Callable[[], Mapping[Repository, Exception]] = dict
    """Why the last poll of a site failed."""
    storage: Callable[[], Storage] = lambda: _NO_STORAGE
    """What this process has in memory."""
    held_comments: HeldComments | None = None
    """The comments that the settings hold back."""
    term_findings: Callable[[], Awaitable[Sequence[Finding]]] = _no_findings
    """What is wrong with the terms that pages asked with."""


class OverviewReader:
    """Reads the overview; all who ask at the same moment share one read."""

    def __init__(
        self, sites: Sequence[Repository], store: Store, sources: OverviewSources, clock: Clock, news: OwnerNews
    ) -> None:
        """Read again after `news`, and after ten seconds: other processes' news are heard a little later."""
        self._sites = sites
        self._store = store
        self._sources = sources
        self._clock = clock
        self._news = news
        self._latest: tuple[int, Overview] | None = None
        """The last overview, and the generation of news before it was read."""
        self._reading: SingleFlight[Overview] = SingleFlight()
        self._findings: tuple[object, tuple[Finding, ...]] = (None, ())
        """The last findings, and what they were made from."""

    async def read(self) -> Overview:
        """Return the overview. Raises `StoreError`."""
        generation = self._news.generation
        if self._latest is not None and self._latest[0] == generation:
            overview = self._latest[1]
            if is_within(_FRESH_SECONDS, overview.at, now=self._clock.now()):
                return overview
        overview = await asyncio.shield(self._reading.join(generation, self._read))
        self._latest = generation, overview
        return overview

    async def run(self) -> None:
        """Find again what is wrong with the posts after each change, before the owner looks. Never returns."""
        message = "The overview for the owner's page could not be read; it is read again after the next change"
        async for has_news in self._news.listen(math.inf):
            if not has_news:
                continue
            try:
                await self.read()
            except StoreError as failure:
                _log.warning("%s: %s", message, failure)
            await self._clock.sleep(_PAUSE)

    async def close(self) -> None:
        """Cancel what is under way."""
        await self._reading.close()

    async def is_known(self, ref: ThreadRef) -> bool:
        """Return True if the mirror, or a post, knows a thread. Raises `StoreError`."""
        catalog = self._sources.catalog()
        if catalog is not None and ref in catalog.threads:
            return True
        return ref.repo in self._sites and await self._store.mirror.thread(*ref) is not None

    async def _read(self) -> Overview:
        now, sources = self._clock.now(), self._sources
        filter_, catalog = sources.post_filter(), sources.catalog()
        sites = await self._read_sites(now, filter_)
        history, state = await sources.history(), await sources.rate_limit()
        deliveries = {site.repo: await self._store.deliveries.last_delivery_at(site.repo) for site in sites}
        held_comments = await self._held_comments(sites)
        storage = sources.storage()
        size = await self._store.overviews.bytes()
        findings = () if catalog is None else await self._find(catalog, [site_facts(site) for site in sites], filter_)
        foreign_worker = await sources.foreign_worker()
        term_findings, post_failure = await sources.term_findings(), await sources.post_failure()

        def build() -> Overview:
            rows = PostRows(sites, filter_, None if catalog is None else catalog.address)
            return Overview(
                at=now,
                version=VERSION,
                sites=[self._site_row(site, filter_, deliveries[site.repo]) for site in sites],
                posts=rows.of_threads() if catalog is None else rows.of_catalog(catalog, findings),
                findings=(*findings, *term_findings),
                weeks=_weeks(sites, now),
                newest=_newest(sites, held_comments),
                held_comments=held_comments[:_MOST_HELD],
                budget=_budget(state, history, now, has_token=sources.has_token),
                history=history,
                storage=replace(storage, store_kind=self._store.kind, store_bytes=size),
                has_post_list=catalog is not None,
                generator=None if catalog is None else catalog.generator,
                post_list_failure=post_failure,
                foreign_worker=foreign_worker,
                is_post_list_missing=filter_.listed_only and catalog is None,
            )

        return await asyncio.to_thread(build)

    async def _read_sites(self, now: float, filter_: PostFilter) -> list[KnownSite]:
        since = rfc3339(week_start(week_of(now) - _WEEKS + 1))
        sites = []
        for repo in self._sites:
            includes: Callable[[ThreadOverview], bool] = partial(is_post, filter_, repo)
            source = self._sources.held_comments
            held_ids = {} if source is None else await source.ids(repo)
            scope = Scope(includes, since, _NEWEST, frozenset(chain.from_iterable(held_ids.values())))
            overview = await self._store.overviews.site(repo, scope)
            sites.append(known_site(repo, overview, {number: len(ids) for number, ids in held_ids.items()}))
        return sites

    async def _held_comments(self, sites: Sequence[KnownSite]) -> list[CommentRow]:
        """Return the newest comments that are held back."""
        source = self._sources.held_comments
        if source is None:
            return []
        rows = [
            replace(_comment_row(item.comment, site), hold_reason=str(item.reason))
            for site in sites
            for item in await source.newest(site.repo)
        ]
        return sorted(rows, key=lambda row: row.created_at, reverse=True)

    async def _find(self, catalog: PostCatalog, facts: Sequence[SiteFacts], filter_: PostFilter) -> tuple[Finding, ...]:
        """Return the findings; they are made again only after a change of the posts or the issues."""
        basis = (catalog, [(site.issues, site.tombstones.keys(), site.is_listed) for site in facts])
        if self._findings[0] != basis:
            findings = await asyncio.to_thread(post_findings, catalog, facts, label=filter_.label)
            self._findings = (basis, findings)
        return self._findings[1]

    def _site_row(self, site: KnownSite, filter_: PostFilter, last_delivery_at: float | None) -> SiteRow:
        posts = [thread for thread in site.overview.threads if is_post(filter_, site.repo, thread)]
        record, failure = site.record, self._sources.failures().get(site.repo)
        return SiteRow(
            repo=site.repo.full_name,
            is_listed=site.is_listed,
            is_private=record is not None and record.private,
            thread_count=len(posts),
            complete_count=sum(thread.complete for thread in posts),
            comment_count=sum(site.shown_count(thread) for thread in posts),
            held_count=sum(site.held_counts.values()),
            checked_at=None if record is None else site_checked_at(record),
            reconciled_at=None if record is None else record.reconciled_at,
            last_delivery_at=last_delivery_at,
            failure=None if failure is None else str(failure),
        )


def _weeks(sites: Sequence[KnownSite], now: float) -> list[tuple[float, int]]:
    totals: Counter[int] = Counter()
    for site in sites:
        totals.update(site.overview.weeks or {})
    this_week = week_of(now)
    return [(week_start(week), totals[week]) for week in range(this_week - _WEEKS + 1, this_week + 1)]


def _newest(sites: Sequence[KnownSite], held_comments: Sequence[CommentRow]) -> list[CommentRow]:
    reasons = {row.url: row.hold_reason for row in held_comments}
    comments = ((comment, site) for site in sites for comment in site.overview.newest)
    latest = sorted(comments, key=lambda item: (item[0].created_at, item[0].id), reverse=True)[:_NEWEST]
    rows = [_comment_row(comment, site) for comment, site in latest]
    return [replace(row, hold_reason=reasons.get(row.url)) for row in rows]


def _comment_row(comment: Comment, site: KnownSite) -> CommentRow:
    thread = site.threads.get(comment.number)
    return CommentRow(
        ref=ThreadRef(site.repo, comment.number),
        post_title=thread.title if thread else f"#{comment.number}",
        author=comment.author.login,
        author_url=comment.author.url,
        created_at=comment.created_at,
        url=comment.url,
        text=excerpt(visible(comment.body_text or comment.body), _EXCERPT),
        hidden=comment.hidden,
    )


def _budget(state: RateLimitState, history: HistoryRecord, now: float, *, has_token: bool) -> Budget:
    requests = [count for count in history.counts if count.kind is HistoryKind.REQUEST]
    hours = []
    for hour in range(hour_of(now) - DAY + HOUR, hour_of(now) + HOUR, HOUR):
        counts = [count for count in requests if count.hour == hour]
        least = min((count.least for count in counts if count.least is not None), default=None)
        hours.append((hour, sum(count.count for count in counts), least))
    return Budget(has_token, state.limit, state.remaining, state.reset, state.blocked_until, hours)
