"""The parts of the owner's page: of the running application, or of a store that no service has open."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

from app.bootstrap.core import posts_key
from app.bootstrap.stores.databases import open_existing_database
from app.domain.errors import CannotStart, StoreUnusable
from app.domain.posts.posts import PostCatalog
from app.domain.posts.stored import from_json
from app.github.requests import secret_digest
from app.jobs.post_list import failure_key
from app.ports.clock import Clock
from app.ports.owner.history import DAY, HistoryRecord
from app.ports.rate_state import RateLimitState
from app.ports.store import Store
from app.serving.access_policy import AccessPolicy
from app.serving.moderation.held_comments import HeldComments
from app.serving.moderation.holds import Holds
from app.serving.owner.attempts import Attempts
from app.serving.owner.checks import OwnerChecks
from app.serving.owner.desk import OwnerDesk
from app.serving.owner.live import OwnerNews
from app.serving.owner.overview import OverviewReader, OverviewSources
from app.serving.owner.sessions import Sessions
from app.settings import Settings
from app.store.sqlite import SqliteStore
from app.store.sqlite.inspection import NEWEST_SCHEMA, Inspection, inspect
from app.sync.rate_budget import UNAUTHENTICATED, current_state


def make_owner_desk(
    settings: Settings,
    store: Store,
    clock: Clock,
    *,
    session_secret: bytes,
    random: Callable[[], float],
    news: OwnerNews,
    sources: OverviewSources,
    wake: Callable[[], None],
    poll_now: Callable[[], None],
) -> OwnerDesk | None:
    """Return what the owner's page needs; None without an owner's token."""
    token = settings.owner_secret
    if token is None:
        return None
    has_token = settings.token is not None
    return OwnerDesk(
        overview=OverviewReader(settings.repo, store, sources, clock, news),
        checks=OwnerChecks(
            store.jobs, store.key_values, clock, wake=wake, on_done=news.notify, poll_now=poll_now, has_token=has_token
        ),
        news=news,
        sessions=Sessions(session_secret, token, store.key_values, random),
        attempts=Attempts(token, clock.now),
    )


@asynccontextmanager
async def open_overview(settings: Settings, clock: Clock, process_id: str) -> AsyncGenerator[OverviewReader, None]:
    """Open the store and yield what reads the overview from it alone; nothing is asked of GitHub.

    The file is not created, migrated, repaired or moved aside. Raises `CannotStart` if there is no store to read, and
    `StoreError`.
    """
    store = await _open_existing(settings, process_id)
    try:
        yield OverviewReader(
            settings.repo, store, await _stored_sources(settings, store, clock), clock, OwnerNews(clock)
        )
    finally:
        await store.close()


async def _open_existing(settings: Settings, process_id: str) -> Store:
    if settings.database is not None:
        return await open_existing_database(settings.database, settings.repo, process_id)
    path = settings.store_path
    if path is None or not await asyncio.to_thread(Path(path).exists):
        location = "in the memory of the service" if path is None else f"{path}, which does not exist yet"
        raise CannotStart(
            f"Nothing can be read: the mirror is {location}. Start `afterword serve`, or name the address of a "
            "running service with --url."
        )
    _require_sound(path, await asyncio.to_thread(inspect, path))
    return await SqliteStore.open(path, process_id=process_id, sites=settings.repo)


def _require_sound(path: str, inspection: Inspection) -> None:
    """Raise an error for a file that a start of the service would repair or migrate."""
    if inspection.problem is not None:
        raise StoreUnusable(path, inspection.problem)
    if inspection.schema is not None and inspection.schema < NEWEST_SCHEMA:
        raise CannotStart(f"{path} is empty or of an earlier version. Start `afterword serve`: it imports or migrates.")


async def _stored_sources(settings: Settings, store: Store, clock: Clock) -> OverviewSources:
    catalog = await _stored_catalog(settings, store)
    post_filter = settings.post_filter
    if post_filter.listed_only and catalog is not None:
        post_filter = replace(post_filter, posts=catalog.served(settings.repo))
    access = AccessPolicy(post_filter, allow_private=settings.allow_private)
    rules = settings.moderation
    holds = Holds(store.mirror, rules) if rules.is_active else None

    async def history() -> HistoryRecord:
        return await store.history.since(clock.now() - DAY)

    async def post_failure() -> str | None:
        return None if settings.posts is None else await store.key_values.get(failure_key(posts_key(settings.posts)))

    async def rate_limit() -> RateLimitState:
        token_id = secret_digest(settings.token) if settings.token else UNAUTHENTICATED
        now = clock.now()
        return current_state((await store.rate_state.usage(token_id, at=now)).state, now)

    return OverviewSources(
        history=history,
        post_filter=lambda: post_filter,
        catalog=lambda: catalog,
        post_failure=post_failure,
        rate_limit=rate_limit,
        has_token=settings.token is not None,
        held_comments=HeldComments(store.mirror, holds, access.is_shown),
    )


async def _stored_catalog(settings: Settings, store: Store) -> PostCatalog | None:
    """Return the posts as the service last read them."""
    text = None if settings.posts is None else await store.key_values.get(posts_key(settings.posts))
    return None if text is None else from_json(text, settings.repo)
