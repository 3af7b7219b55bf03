"""Everything that serves and follows GitHub besides the core: imported and made while the core serves readers."""

import asyncio
import gc
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, closing
from typing import TYPE_CHECKING, Any

from app.bootstrap.core import Core
from app.cli.console import LineConsole
from app.cli.http.server import run_in_background
from app.cli.service.allocator import return_free_memory
from app.cli.service.imports import import_beside
from app.domain.errors import GitHubError

if TYPE_CHECKING:
    from app.bootstrap import Application

_RETURN_EVERY = 10.0
"""Seconds between returns of free memory to the system. One takes a few milliseconds of another thread."""
_MODULES = ("app.bootstrap.application", "app.cli.progress")


class Rest:
    """The application around a core, from its import to its end; several processes share metrics in a folder."""

    def __init__(self, core: Core, console: LineConsole, *, metrics_folder: str | None = None) -> None:
        self._core = core
        self._console = console
        self._metrics_folder = metrics_folder
        self._application: Application | None = None
        self._is_checked: asyncio.Future[GitHubError | None] = asyncio.get_running_loop().create_future()

    @asynccontextmanager
    async def open(self) -> "AsyncGenerator[Application, None]":
        """Yield the application; close it at the end. Raises `StoreError`."""
        await import_beside(_MODULES)
        from app.bootstrap import open_rest  # noqa: PLC0415 - now that the thread has imported it
        from app.cli.progress import ProgressDisplay  # noqa: PLC0415 - likewise

        with closing(ProgressDisplay(self._console, self._core.world.clock)) as display:
            async with open_rest(self._core, display.show, metrics_folder=self._metrics_folder) as application:
                yield application

    async def run(self) -> None:
        """Make the application, let it serve, and follow GitHub. Never returns; raises `AfterwordError`."""
        async with self.open() as application:
            await application.prepare_web()
            _freeze_garbage_collector()
            return_free_memory()
            self._application = application
            self._is_checked.set_result(await application.check_github())
            async with run_in_background(self._return_memory()):
                await application.run()

    async def _return_memory(self) -> None:
        """Return what an import or many renderings have left. Never returns."""
        while True:
            await self._core.world.clock.sleep(_RETURN_EVERY)
            await asyncio.to_thread(return_free_memory)

    async def check(self, task: asyncio.Task[None]) -> GitHubError | None:
        """Return why GitHub could not be asked for a repository, which passes; raise what ended the task of `run`."""
        either: set[asyncio.Future[Any]] = {task, self._is_checked}
        await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        if not self._is_checked.done():
            await task
        return self._is_checked.result()

    def end_streams(self) -> None:
        """End what would not end otherwise, and what waits for the application; called from a signal handler."""
        if self._application is None:
            self._core.application.cancel()
        else:
            self._application.end_streams()


def _freeze_garbage_collector() -> None:
    """Exclude all objects that exist now from garbage collection, and let it begin.

    All of them stay until the stop, and each walk through them would stop the process for a tenth of a second. So would
    a search for the little garbage that imports have made. https://docs.python.org/3/library/gc.html#gc.freeze
    """
    gc.freeze()
    gc.enable()
