"""The one composition root: settings become a running application, and that a closed one.

This module opens and closes what the application uses, in order. `parts` says which parts there are, and what each is
made from.
"""

import logging
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

from app import VERSION
from app.bootstrap.databases import open_database
from app.bootstrap.parts import Application
from app.bootstrap.resources import Resources
from app.domain.errors import StoreError
from app.github.requests import Request
from app.outbound.github import ExchangeOutcome, HttpGitHub
from app.outbound.images import HttpImageSource
from app.outbound.metrics import PrometheusMetrics
from app.outbound.purges import HttpPurges
from app.ports.clock import Clock
from app.ports.github import PRIORITY
from app.ports.store import Store
from app.serving.owner.history_recorder import HistoryRecorder
from app.settings import Settings
from app.settings.purging import header_parts
from app.store.disk_cache import DiskCache
from app.store.memory import MemoryStore
from app.store.sqlite import SqliteStore
from app.sync.backfill import OnProgress

__all__ = ["Application", "open_application"]

_log = logging.getLogger(__name__)
_MEGABYTE = 1_000_000
_CURSOR_KEY, _SESSION_KEY = "cursor key", "owner session key"


@asynccontextmanager
async def open_application(
    settings: Settings,
    on_progress: OnProgress,
    clock: Clock,
    random: Callable[[], float],
    *,
    process_id: str | None = None,
    metrics_folder: str | None = None,
) -> AsyncGenerator[Application, None]:
    """Open the store and yield the application; close everything in order at the end. Raises `StoreError`.

    `process_id` names this process among those on the same store; several processes share their metrics in
    `metrics_folder`.
    """
    process_id = process_id or f"{random():.17f}"
    metrics = PrometheusMetrics(now=clock.now, version=VERSION, folder=metrics_folder)
    async with AsyncExitStack() as opened:
        store = await _open_store(settings, process_id, clock)
        opened.push_async_callback(store.close)
        if store.repair_report is not None:
            _log.error("%s", store.repair_report)
        recorder = HistoryRecorder(metrics, store.history, clock)

        def record_exchange(request: Request, outcome: ExchangeOutcome) -> None:
            metrics.exchange(request, outcome)
            recorder.request(PRIORITY.get())

        github = HttpGitHub(settings.github_api_url, settings.token, clock, random, on_exchange=record_exchange)
        opened.push_async_callback(github.aclose)
        image_source = HttpImageSource(settings.picture_hosts)
        opened.push_async_callback(image_source.aclose)
        folder = opened.enter_context(_image_folder(settings))
        resources = Resources(
            store=store,
            github=github,
            image_source=image_source,
            image_store=DiskCache(folder, most=settings.pictures_mb * _MEGABYTE, now=clock.now),
            cursor_secret=await _stored_secret(store, _CURSOR_KEY, random),
            session_secret=await _stored_secret(store, _SESSION_KEY, random),
            metrics=metrics,
            recorder=recorder,
            cdn=await _open_cdn(settings, opened),
        )
        application = Application(settings, resources, clock, random, on_progress, process_id=process_id)
        opened.push_async_callback(application.close)
        await application.start()
        yield application


async def _open_cdn(settings: Settings, opened: AsyncExitStack) -> HttpPurges | None:
    if settings.purge_url is None:
        return None
    cdn = HttpPurges(settings.purge_url, field=settings.purge_field, header=header_parts(settings.purge_header))
    opened.push_async_callback(cdn.aclose)
    return cdn


@contextmanager
def _image_folder(settings: Settings) -> Iterator[Path]:
    """Yield the folder beside the store, or a temporary one for a store in memory."""
    if settings.pictures_path is not None:
        yield settings.pictures_path
        return
    with TemporaryDirectory(prefix="afterword-", ignore_cleanup_errors=True) as folder:
        yield Path(folder)


async def _stored_secret(store: Store, key: str, random: Callable[[], float]) -> bytes:
    """Return what signs cursors, or the owner's sessions: the store has it for later processes and for others.

    A store that fails gives none. Then cursors count as those of earlier versions, and a session ends with the process.
    """
    new_secret = "".join(f"{random():.17f}"[2:] for _ in range(3))
    with suppress(StoreError):
        stored_secret = await store.key_values.get(key)
        return (stored_secret or await store.key_values.put_first(key, new_secret)).encode()
    return new_secret.encode()


async def _open_store(settings: Settings, process_id: str, clock: Clock) -> Store:
    path, sites = settings.store_path, settings.repo
    if settings.database is not None:
        return await open_database(settings.database, sites, process_id, clock)
    if path is None:
        return MemoryStore(process_id, sites=sites)
    return await SqliteStore.open(path, process_id=process_id, sites=sites, now=clock.now)
