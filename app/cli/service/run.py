"""Serve from the start to the stop: documents of the mirror at once, everything else when it is imported.

With several workers this process checks the settings, prints the addresses and supervises them (`app.cli.workers`).
"""

import asyncio
import gc
import os
import signal
import socket
import time
from collections.abc import Sequence

from starlette.types import ASGIApp

from app.bootstrap.core import Core, World, new_process_id, open_core
from app.cli.console import LineConsole, PlainConsole, print_line
from app.cli.exit_status import EXIT_FAILURES
from app.cli.http.ready_connection import choose_responses
from app.cli.http.server import base_url, bind, is_loopback, run_in_background, run_server, stop_signals
from app.cli.service.rest import Rest
from app.cli.service.welcome import welcome_lines
from app.cli.workers import METRICS_FOLDER, inherit_socket, remove_orphaned_metrics, supervise
from app.domain.errors import GitHubError, InvalidSetting
from app.outbound.clock import SystemClock, random
from app.settings import Settings
from app.web.access_log import AccessLog
from app.web.context import PUBLIC_URL_ADVICE


async def run(settings: Settings, console: LineConsole, arguments: Sequence[str] = ()) -> int:
    """Run the service from start to stop; return the exit status, which says whether all workers stopped in order.

    `arguments` are those of the command line that workers need. Raises `AfterwordError` if it cannot start.
    """
    if settings.workers > 1 and settings.store_path is None and settings.database is None:
        raise InvalidSetting(
            "AFTERWORD_WORKERS",
            f"{settings.workers} processes cannot share memory:. Name a file with "
            "AFTERWORD_STORE=sqlite:///path/to/afterword.db, or serve with one worker",
        )
    _cancel_on_stop_signal()
    world = World(SystemClock(), random, new_process_id(random))
    with bind(settings.host, settings.port) as server_socket:
        async with open_core(settings, world) as core:
            announcement = _Announcement(core, server_socket, console)
            if settings.workers == 1:
                await _serve(core, server_socket, console, announcement)
            else:
                await _check_and_announce(core, console, announcement)
        gc.enable()
        is_clean = settings.workers == 1 or await supervise(settings.workers, arguments, server_socket, world.clock)
    return 0 if is_clean else EXIT_FAILURES


async def run_worker(settings: Settings, socket_fd: int, parent_pipe: int) -> int:
    """Run one of several workers; the parent has checked the settings and printed the addresses."""
    _cancel_on_stop_signal()
    console = PlainConsole(is_terminal=False)
    world = World(SystemClock(), random, new_process_id(random))
    try:
        with inherit_socket(socket_fd) as server_socket:
            async with open_core(settings, world) as core:
                folder = os.environ.get(METRICS_FOLDER)
                await _serve(core, server_socket, console, parent_pipe=parent_pipe, metrics_folder=folder)
    finally:
        remove_orphaned_metrics(parent_pipe)
    return 0


def _cancel_on_stop_signal() -> None:
    """Cancel the current task at a signal until the server listens, so that the store is closed in order.

    SIGINT is left out: asyncio itself cancels the task then, and the shell learns that the owner interrupted it.
    """
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    numbers = [number for number in stop_signals() if number != signal.SIGINT]

    def cancel() -> None:
        for number in numbers:
            loop.remove_signal_handler(number)
            signal.signal(number, signal.SIG_IGN)
        if task is not None:
            task.cancel()

    for number in numbers:
        loop.add_signal_handler(number, cancel)


class _Announcement:
    """Prints once where the service is."""

    def __init__(self, core: Core, server_socket: socket.socket, console: LineConsole) -> None:
        self._core = core
        self._socket = server_socket
        self._console = console

    async def print(self, failure: GitHubError | None) -> None:
        """Print the mode and three addresses to try."""
        settings = self._core.settings
        url = settings.public_url or base_url(self._socket)
        lines = await welcome_lines(settings, self._core.store.mirror, url, failure)
        if settings.public_url is None and not is_loopback(self._socket):
            lines.append(PUBLIC_URL_ADVICE)
        for line in lines:
            print_line(self._console, line)


async def _check_and_announce(core: Core, console: LineConsole, announcement: _Announcement) -> None:
    """Make sure that workers can serve."""
    failure = None
    if not await core.can_serve():
        async with Rest(core, console).open() as application:
            failure = await application.check_github()
    await announcement.print(failure)


async def _serve(
    core: Core,
    server_socket: socket.socket,
    console: LineConsole,
    announcement: _Announcement | None = None,
    *,
    parent_pipe: int | None = None,
    metrics_folder: str | None = None,
) -> None:
    """Follow GitHub and serve readers until a signal stops both.

    A new store has nothing to serve: then GitHub is asked first whether there is such a repository. `announcement` is
    None for a worker.
    """
    settings = core.settings
    rest = Rest(core, console, metrics_folder=metrics_folder)
    must_check = not await core.can_serve() and announcement is not None
    if announcement is not None and not must_check:
        await announcement.print(None)
    responses = choose_responses(settings, core.reads, core.world.clock.now)
    web: ASGIApp = core.reads
    if settings.access_log:
        web = AccessLog(web, now=time.monotonic, addresses=settings.log_addresses)
    async with run_in_background(rest.run()) as rest_task:
        if must_check and announcement is not None:
            await announcement.print(await rest.check(rest_task))
        # It runs until the stop. If an error ends it, this process stops, and its supervisor replaces it.
        rest_task.add_done_callback(lambda task: None if task.cancelled() else signal.raise_signal(signal.SIGTERM))
        await run_server(web, server_socket, on_stop=rest.end_streams, parent_pipe=parent_pipe, responses=responses)
