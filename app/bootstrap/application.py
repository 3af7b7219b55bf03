"""The whole application, opened and closed. `parts` says which parts there are, and what each is made from."""

from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from app import VERSION
from app.bootstrap.core import Core, World, new_process_id, open_core, stored_secret
from app.bootstrap.parts import Application as Application  # noqa: PLC0414 - exported
from app.bootstrap.resources import Resources
from app.github.requests import Request
from app.outbound.github import ExchangeOutcome, HttpGitHub
from app.outbound.images import HttpImageSource
from app.outbound.metrics import PrometheusMetrics
from app.outbound.purges import HttpPurges
from app.ports.clock import Clock
from app.ports.github import PRIORITY
from app.serving.owner.history_recorder import HistoryRecorder
from app.settings import Settings
from app.settings.purging import header_parts
from app.store.disk_cache import DiskCache
from app.sync.backfill import OnProgress

_MEGABYTE = 1_000_000
_SESSION_KEY = "owner session key"


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
    world = World(clock, random, process_id or new_process_id(random))
    async with (
        open_core(settings, world) as core,
        open_rest(core, on_progress, metrics_folder=metrics_folder) as application,
    ):
        yield application


@asynccontextmanager
async def open_rest(
    core: Core, on_progress: OnProgress, *, metrics_folder: str | None = None
) -> AsyncGenerator[Application, None]:
    """Yield the application around an open core; close it in order at the end. Raises `StoreError`."""
    settings, store, (clock, random) = core.settings, core.store, (core.world.clock, core.world.random)
    metrics = PrometheusMetrics(now=clock.now, version=VERSION, folder=metrics_folder, counts=core.counts)
    async with AsyncExitStack() as opened:
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
            github=github,
            image_source=image_source,
            image_store=DiskCache(folder, most=settings.pictures_mb * _MEGABYTE, now=clock.now),
            session_secret=await stored_secret(store, _SESSION_KEY, random),
            metrics=metrics,
            recorder=recorder,
            cdn=await _open_cdn(settings, opened),
        )
        application = Application(core, resources, on_progress)
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
