"""`afterword serve`: import the repository while serving it, and keep it up to date.

With several workers this process checks the settings, prints the addresses and supervises them (`app.cli.workers`).
"""

import asyncio
import ctypes
import gc
import logging
import os
import resource
import signal
import socket
import sys
import time
from collections.abc import Sequence
from contextlib import closing, suppress
from typing import Annotated

import typer
import uvloop
from rich.console import Console
from starlette.types import ASGIApp

from app.bootstrap import Application, open_application
from app.cli.console import print_line
from app.cli.http.ready_connection import choose_responses
from app.cli.http.server import base_url, bind, is_loopback, run_in_background, run_server, stop_signals
from app.cli.logs import configure
from app.cli.options import Repo, Store
from app.cli.progress import ProgressDisplay
from app.cli.workers import METRICS_FOLDER, inherit_socket, remove_orphaned_metrics, supervise
from app.domain.errors import GitHubError, InvalidSetting
from app.outbound.clock import SystemClock, random
from app.settings import NameWarning, Settings, load
from app.web.access_log import AccessLog
from app.web.context import PUBLIC_URL_ADVICE

_log = logging.getLogger(__name__)

_MAX_OPEN_FILES = 1 << 20
"""More open files than one process can use well; some machines allow a thousand times as many."""
_M_ARENA_MAX = -8
"""The number of this option in glibc."""
_SWITCH_SECONDS = 0.001
"""For how long a thread that renders may keep Python's lock while the event loop waits for it; Python's default is five
times as long. The loop takes the lock several times for each response."""


def serve(
    repo: Repo = None,
    store: Store = None,
    host: Annotated[str | None, typer.Option("--host", help="The address to listen at; 0.0.0.0 for all.")] = None,
    port: Annotated[int | None, typer.Option("--port", help="The port to listen at; 0 takes a free one.")] = None,
    workers: Annotated[
        int | None,
        typer.Option(
            "--workers", metavar="N", help="How many processes serve, sharing the store; one of them asks GitHub."
        ),
    ] = None,
    inherit: Annotated[tuple[int, int] | None, typer.Option("--inherit", hidden=True)] = None,
) -> None:
    """Serve the comments of a repository; import it first if the store does not have it.

    A second start serves at once from the store, whether GitHub can be reached or not. SIGTERM and Ctrl-C finish the
    requests in progress, then stop with exit status 0; a second Ctrl-C cancels them. With --workers, a worker that
    dies is replaced while the others serve.
    """
    options = {"repo": repo, "store": store, "host": host, "port": port}
    warnings: list[NameWarning] = []
    settings = load({**options, "workers": workers}, warn=warnings.append)
    configure(settings)
    _raise_open_file_limit()
    _share_free_memory()
    console = Console(stderr=True)
    with suppress(asyncio.CancelledError):  # stopped before it served
        if inherit is not None:
            uvloop.run(run_worker(settings, *inherit))
        else:
            for warning in warnings:
                print_line(console, str(warning))
            arguments = [f"--{name}={value}" for name, value in options.items() if value is not None]
            uvloop.run(run(settings, console, arguments))


def _share_free_memory() -> None:
    """Let all threads allocate from one arena: what one has freed serves the others.

    By default glibc gives each thread an arena of its own, which keeps its largest size. With Python's lock two threads
    hardly ever allocate at the same time. https://man7.org/linux/man-pages/man3/mallopt.3.html
    """
    with suppress(OSError, AttributeError):  # another C library
        ctypes.CDLL(None).mallopt(_M_ARENA_MAX, 1)


def _raise_open_file_limit() -> None:
    """Raise the limit of open files as far as allowed.

    Every reader and every event stream takes one. The usual soft limit of 1,024 is for programs that use select.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    limit = _MAX_OPEN_FILES if hard == resource.RLIM_INFINITY else min(hard, _MAX_OPEN_FILES)
    if soft != resource.RLIM_INFINITY and soft < limit:
        with suppress(OSError, ValueError):  # if the system refuses, the limit stays as it was
            resource.setrlimit(resource.RLIMIT_NOFILE, (limit, hard))


async def run(settings: Settings, console: Console, arguments: Sequence[str] = ()) -> None:
    """Run the service from start to stop.

    `arguments` are those of the command line that workers need. Raises `AfterwordError` if it cannot start, and
    `typer.Exit` with status 1 if a worker did not stop in order.
    """
    if settings.workers > 1 and settings.store_path is None:
        raise InvalidSetting(
            "AFTERWORD_WORKERS",
            f"{settings.workers} processes cannot share memory:. Name a file with "
            "AFTERWORD_STORE=sqlite:///path/to/afterword.db, or serve with one worker",
        )
    _cancel_on_stop_signal()
    clock = SystemClock()
    display = ProgressDisplay(console, clock)
    with bind(settings.host, settings.port) as server_socket:
        async with open_application(settings, display.show, clock, random) as application:
            failure = await application.check_github()
            await _print_welcome(application, settings.public_url or base_url(server_socket), console, failure)
            if settings.public_url is None and not is_loopback(server_socket):
                print_line(console, PUBLIC_URL_ADVICE)
            if settings.workers == 1:
                await _serve(application, server_socket, display)
        if settings.workers > 1 and not await supervise(settings.workers, arguments, server_socket, clock):
            raise typer.Exit(1)


async def run_worker(settings: Settings, socket_fd: int, parent_pipe: int) -> None:
    """Run one of several workers; the parent has checked the settings and printed the addresses."""
    _cancel_on_stop_signal()
    clock = SystemClock()
    display = ProgressDisplay(Console(stderr=True, force_terminal=False), clock)
    try:
        with inherit_socket(socket_fd) as server_socket:
            folder = os.environ.get(METRICS_FOLDER)
            async with open_application(settings, display.show, clock, random, metrics_folder=folder) as application:
                await _serve(application, server_socket, display, parent_pipe)
    finally:
        remove_orphaned_metrics(parent_pipe)


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


async def _serve(
    application: Application, server_socket: socket.socket, display: ProgressDisplay, parent_pipe: int | None = None
) -> None:
    """Follow GitHub and serve readers until a signal stops both."""
    settings = application.settings
    web: ASGIApp = application.web
    responses = choose_responses(settings, application.web, application.clock.now)
    _freeze_garbage_collector()
    sys.setswitchinterval(_SWITCH_SECONDS)
    if settings.access_log:
        web = AccessLog(web, now=time.monotonic, addresses=settings.log_addresses)
    with closing(display):
        async with run_in_background(application.run()) as follow_task:
            # It runs until the stop. If an internal error ends it, this process stops, and its supervisor replaces it.
            follow_task.add_done_callback(
                lambda task: None if task.cancelled() else signal.raise_signal(signal.SIGTERM)
            )
            await run_server(
                web,
                server_socket,
                on_stop=application.end_streams,
                parent_pipe=parent_pipe,
                responses=responses,
            )


def _freeze_garbage_collector() -> None:
    """Exclude all objects that exist now from garbage collection.

    All of them stay until the stop, and each walk through them would stop the process for a tenth of a second.
    https://docs.python.org/3/library/gc.html#gc.freeze
    """
    gc.collect()
    gc.freeze()


async def _print_welcome(application: Application, url: str, console: Console, failure: GitHubError | None) -> None:
    """Print the mode and three addresses to try."""
    settings = application.settings
    first = settings.repo[0]
    snapshot = await application.mirror.site_snapshot(first)
    posts = [summary for summary in snapshot.summaries if not summary.is_pull_request]
    busiest = max(posts, key=lambda summary: summary.comment_count, default=None)
    lines = [
        f"Afterword serves {', '.join(str(repo) for repo in settings.repo)} at {url}",
        describe_mode(settings),
        *([] if failure is None else [f"{failure} Afterword tries again automatically."]),
        "Try:",
        f"  {url}/api/v1/posts/{busiest.number}/comments" if busiest else f"  {url}/api/v1/comments",
        f"  {url}/api/v1/counts",
        f"  {url}/repos/{first}/issues" + (f"/{busiest.number}/comments" if busiest else ""),
    ]
    for line in lines:
        print_line(console, line)


def describe_mode(settings: Settings) -> str:
    """Return which of GitHub's rate limits applies, how often GitHub is polled, and what the next better mode needs."""
    polls = f"Afterword asks GitHub what changed every {settings.poll_seconds:g} s"
    webhook = "GitHub's webhook reports changes within seconds."
    if settings.github_token and settings.secrets:
        return f"Mode: token and webhook (5,000 requests an hour). {polls}, and more rarely once {webhook}"
    if settings.github_token:
        return f"Mode: token (5,000 requests an hour). {polls}; with AFTERWORD_WEBHOOK_SECRET, {webhook}"
    if settings.secrets:
        return f"Mode: webhook without a token (60 requests an hour). {polls}, and more rarely once {webhook}"
    return f"Mode: no token (60 requests an hour). {polls}; a token in AFTERWORD_GITHUB_TOKEN allows 5,000 requests."
