"""`python -m app serve`: import the repository, serve it meanwhile, keep it up to date.

With several workers this process only looks whether all is well, greets, and watches them (`app.cli.workers`).
"""

import asyncio
import gc
import os
import resource
import signal
import socket
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import Annotated

import typer
import uvloop
from rich.console import Console
from starlette.types import ASGIApp

from app.bootstrap import Afterword, assembled
from app.cli.logs import configure
from app.cli.options import Repo, Store
from app.cli.progress import ProgressDisplay
from app.cli.server import address, bind, ending_signals, listen
from app.cli.workers import METRICS_FOLDER, clear_up_after, inherited, supervise
from app.domain.errors import GitHubError, InvalidSetting
from app.outbound.clock import SystemClock, random
from app.settings import Settings, load, unknown
from app.web.access_log import AccessLog

_MOST_FILES = 1 << 20
"""More open files than one process can use well; some machines allow a thousand times as many."""


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
    """Serve the comments of a repository, importing it first where the store does not have it.

    A second start serves at once from the store, whether GitHub can be reached or not. SIGTERM and Ctrl-C finish what
    is under way, then end it with exit status 0; a second Ctrl-C cuts short. With --workers, one that dies is replaced
    while the others serve.
    """
    given = {"repo": repo, "store": store, "host": host, "port": port}
    settings = load({**given, "workers": workers})
    configure(settings)
    _allow_open_files()
    console = Console(stderr=True)
    with suppress(asyncio.CancelledError):  # asked to end before it served
        if inherit is not None:
            uvloop.run(work(settings, *inherit))
        else:
            _warn_of_unknown(console)
            options = [f"--{name}={value}" for name, value in given.items() if value is not None]
            uvloop.run(run(settings, console, options))


def _warn_of_unknown(console: Console) -> None:
    for name in unknown(os.environ):
        console.print(f"{name} is not a setting and is ignored.", highlight=False, soft_wrap=True, markup=False)


def _allow_open_files() -> None:
    """Every reader and listener takes an open file; the usual soft limit of 1,024 is for programs that use select."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = _MOST_FILES if hard == resource.RLIM_INFINITY else min(hard, _MOST_FILES)
    if soft != resource.RLIM_INFINITY and soft < most:
        with suppress(OSError, ValueError):  # what the system refuses stays as it was
            resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


async def run(settings: Settings, console: Console, options: Sequence[str] = ()) -> None:
    """One service from start to end.

    `options` are those of the command line, for the workers. Raises an `AfterwordError` where it cannot start, and
    exits with status 1 where a worker did not end in order.
    """
    if settings.workers > 1 and settings.store_path is None:
        raise InvalidSetting(
            "AFTERWORD_WORKERS",
            f"{settings.workers} processes cannot share memory:. Name a file with "
            "AFTERWORD_STORE=sqlite:///path/to/afterword.db, or serve with one worker",
        )
    _break_off_when_asked()
    clock = SystemClock()
    display = ProgressDisplay(console, clock)
    with bind(settings.host, settings.port) as bound:
        async with assembled(settings, display.watch, clock, random) as afterword:
            away = await afterword.meet_github()
            await _greet(afterword, settings.public_url or address(bound), console, away)
            if settings.workers == 1:
                await _serve(afterword, bound, display)
        if settings.workers > 1 and not await supervise(settings.workers, options, bound, clock):
            raise typer.Exit(1)


async def work(settings: Settings, socket_fd: int, lifeline_fd: int) -> None:
    """One of several workers: the parent has looked whether all is well, and has greeted."""
    _break_off_when_asked()
    clock = SystemClock()
    display = ProgressDisplay(Console(stderr=True, force_terminal=False), clock)
    try:
        with inherited(socket_fd) as bound:
            folder = os.environ.get(METRICS_FOLDER)
            async with assembled(settings, display.watch, clock, random, metrics_folder=folder) as afterword:
                await _serve(afterword, bound, display, lifeline_fd)
    finally:
        clear_up_after(lifeline_fd)


def _break_off_when_asked() -> None:
    """Until it listens, a signal cancels the task that is running, so that the store is closed in order.

    SIGINT is not among them: asyncio itself does so, and tells the shell that the owner broke it off.
    """
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    heard = [number for number in ending_signals() if number != signal.SIGINT]

    def break_off() -> None:
        for number in heard:
            loop.remove_signal_handler(number)
            signal.signal(number, signal.SIG_IGN)
        if task is not None:
            task.cancel()

    for number in heard:
        loop.add_signal_handler(number, break_off)


async def _serve(
    afterword: Afterword, bound: socket.socket, display: ProgressDisplay, lifeline: int | None = None
) -> None:
    """Follows GitHub and listens, until a signal ends it."""
    settings = afterword.settings
    web: ASGIApp = afterword.web
    _settle_memory()
    if settings.access_log:
        web = AccessLog(web, now=time.monotonic, addresses=settings.log_addresses)
    following = asyncio.create_task(afterword.follow())
    # it goes on for ever; were it to end by a fault of ours, whoever started this process is to start another
    following.add_done_callback(lambda ended: None if ended.cancelled() else signal.raise_signal(signal.SIGTERM))
    try:
        await listen(web, bound, closing=afterword.listeners.close, lifeline=lifeline)
    finally:
        following.cancel()
        with suppress(asyncio.CancelledError):
            await following
        display.close()


def _settle_memory() -> None:
    """Takes what was made until now out of the garbage collector's sight.

    All of it stays, and walking through it again and again would stop everything for a tenth of a second.
    https://docs.python.org/3/library/gc.html#gc.freeze
    """
    gc.collect()
    gc.freeze()


async def _greet(afterword: Afterword, base: str, console: Console, away: GitHubError | None) -> None:
    """Which grade it runs in, and three addresses to try."""

    def say(text: str) -> None:
        console.print(text, highlight=False, soft_wrap=True, markup=False)

    settings = afterword.settings
    first = settings.repo[0]
    say(f"Afterword serves {', '.join(str(repo) for repo in settings.repo)} at {base}")
    say(grade(settings))
    if away is not None:
        say(f"{away} It is tried again by itself.")
    tallies = [tally for tally in await afterword.mirror.tallies(first) if not tally.is_pull_request]
    busiest = max(tallies, key=lambda tally: tally.comment_count, default=None)
    say("Try:")
    if busiest is None:
        say(f"  {base}/api/v1/comments")
    else:
        say(f"  {base}/api/v1/posts/{busiest.number}/comments")
    say(f"  {base}/api/v1/counts")
    say(f"  {base}/repos/{first}/issues" + (f"/{busiest.number}/comments" if busiest else ""))


def grade(settings: Settings) -> str:
    """Which of GitHub's allowances it runs with, and what the next better grade needs."""
    every = f"What changed is asked every {settings.pulse_seconds:g} s"
    hook = "GitHub's webhook tells of it within seconds."
    if settings.github_token and settings.secrets:
        return f"Grade: token and webhook (5,000 asks an hour). {every}, and more rarely once {hook}"
    if settings.github_token:
        return f"Grade: token (5,000 asks an hour). {every}; with AFTERWORD_WEBHOOK_SECRET, {hook}"
    if settings.secrets:
        return f"Grade: webhook without a token (60 asks an hour). {every}, and more rarely once {hook}"
    return f"Grade: no token (60 asks an hour). {every}; with a token in AFTERWORD_GITHUB_TOKEN, every 60 s."
