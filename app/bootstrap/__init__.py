"""The one composition root: settings become a running application, and that a closed one.

This module opens and closes what the application uses, in order. `parts` says which parts there are, and what each is
made from.
"""

import logging
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from app import VERSION
from app.bootstrap.parts import Application, Resources
from app.outbound.github import HttpGitHub
from app.outbound.images import HttpImageSource
from app.outbound.metrics import PrometheusMetrics
from app.ports.clock import Clock
from app.ports.store import Store
from app.settings import Settings
from app.store.disk_cache import DiskCache
from app.store.memory import MemoryStore
from app.store.sqlite import SqliteStore
from app.sync.backfill import OnProgress

__all__ = ["Application", "open_application"]

_log = logging.getLogger(__name__)
_MEGABYTE = 1_000_000


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
    store = await _open_store(settings, process_id, clock)
    if store.repair_report is not None:
        _log.error("%s", store.repair_report)
    github = HttpGitHub(settings.github_api_url, settings.token, clock, random, on_exchange=metrics.exchange)
    image_source = HttpImageSource(settings.picture_hosts)
    with _image_folder(settings) as folder:
        image_store = DiskCache(folder, most=settings.pictures_mb * _MEGABYTE, now=clock.now)
        resources = Resources(store, github, image_source, image_store, metrics)
        application = Application(settings, resources, clock, random, on_progress, process_id=process_id)
        try:
            await application.start()
            yield application
        finally:
            await application.close()
            await image_source.aclose()
            await github.aclose()
            await store.close()


@contextmanager
def _image_folder(settings: Settings) -> Iterator[Path]:
    """Yield the folder beside the store, or a temporary one for a store in memory."""
    if settings.pictures_path is not None:
        yield settings.pictures_path
        return
    with TemporaryDirectory(prefix="afterword-", ignore_cleanup_errors=True) as folder:
        yield Path(folder)


async def _open_store(settings: Settings, process_id: str, clock: Clock) -> Store:
    path, sites = settings.store_path, settings.repo
    if path is None:
        return MemoryStore(process_id, sites=sites)
    return await SqliteStore.open(path, process_id=process_id, sites=sites, now=clock.now)
