"""The one composition root: settings become a running application, and that a closed one.

What is opened and closed, and in which order, stands here; which parts there are and what each is given, in `parts`.
"""

import logging
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from app import VERSION
from app.bootstrap.parts import Afterword, Store
from app.outbound.github import HttpGitHub
from app.outbound.images import HttpImageSource
from app.outbound.metrics import PrometheusMetrics
from app.ports.mirror import Clock
from app.settings import Settings
from app.store.memory import MemoryStore
from app.store.sqlite import SqliteStore
from app.sync.backfill import OnProgress
from app.sync.rate_budget import PURPOSE

__all__ = ["Afterword", "assembled"]

_log = logging.getLogger(__name__)


@asynccontextmanager
async def assembled(
    settings: Settings,
    watch: OnProgress,
    clock: Clock,
    chance: Callable[[], float],
    *,
    holder: str | None = None,
    metrics_folder: str | None = None,
) -> AsyncGenerator[Afterword, None]:
    """The application over an open store; everything is closed in order at the end. Raises `StoreError`.

    `holder` names this process among those on the same store; `metrics_folder` is where several keep their figures.
    """
    holder = holder or f"{chance():.17f}"
    metrics = PrometheusMetrics(now=clock.now, version=VERSION, folder=metrics_folder)
    store = await _open(settings, holder, clock)
    if store.mended is not None:
        _log.error("%s", store.mended)
    github = HttpGitHub(
        settings.github_api_url,
        settings.token,
        clock,
        chance,
        on_exchange=lambda request, outcome: metrics.exchange(PURPOSE.get(), request, outcome),
    )
    picture_source = HttpImageSource(settings.picture_hosts)
    with _picture_folder(settings) as picture_folder:
        afterword = Afterword(
            settings,
            store=store,
            github=github,
            picture_source=picture_source,
            picture_folder=picture_folder,
            metrics=metrics,
            watch=watch,
            clock=clock,
            chance=chance,
            holder=holder,
        )
        try:
            await afterword.begin()
            yield afterword
        finally:
            await afterword.close()
            await picture_source.aclose()
            await github.aclose()
            await store.close()


@contextmanager
def _picture_folder(settings: Settings) -> Iterator[Path]:
    """The folder beside the store, or one that goes with the process."""
    if settings.pictures_path is not None:
        yield settings.pictures_path
        return
    with TemporaryDirectory(prefix="afterword-", ignore_cleanup_errors=True) as folder:
        yield Path(folder)


async def _open(settings: Settings, holder: str, clock: Clock) -> Store:
    path = settings.store_path
    return MemoryStore(holder) if path is None else await SqliteStore.open(path, origin=holder, now=clock.now)
