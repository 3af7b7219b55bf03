"""`afterword sync`: bring the mirror up to date, then exit."""

import asyncio
import logging
from contextlib import closing
from typing import Annotated, Any

import orjson
import typer
from rich.console import Console

from app.bootstrap import Application, open_application
from app.cli.console import print_line
from app.cli.exit_status import EXIT_RATE_LIMIT
from app.cli.options import Json, Repo, Store
from app.cli.progress import ProgressDisplay, describe, local_time
from app.domain.errors import RateLimited
from app.domain.sites import Repository
from app.outbound.clock import SystemClock, random
from app.settings import NameWarning, load
from app.sync.backfill import Progress
from app.sync.reconcile import Reconcile

_log = logging.getLogger(__name__)


def sync(
    repo: Repo = None,
    store: Store = None,
    json: Json = False,  # noqa: FBT002 - a flag of the command line
    wait: Annotated[bool, typer.Option("--wait", help="If the hour's requests are used up, wait and go on.")] = False,  # noqa: FBT002
) -> None:
    """Import a repository, or bring its mirror up to date, then exit.

    If it is stopped, call it again: it goes on where it was. Exit status 0: the mirror is complete; 2: it cannot be
    brought up to date, with the reason; 3: the hour's requests to GitHub are used up, call it again later.
    """
    warnings: list[NameWarning] = []
    settings = load({"repo": repo, "store": store}, warn=warnings.append)
    console = Console(stderr=True, quiet=json)
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    for warning in warnings:
        _log.warning("%s", warning)
    clock = SystemClock()
    display = ProgressDisplay(console, clock)

    async def run() -> list[Progress]:
        async with open_application(settings, display.show, clock, random) as application:
            return [await _update(application, site, clock, wait=wait) for site in settings.repo]

    with closing(display):
        results = asyncio.run(run())
    if json:
        typer.echo(orjson.dumps([_json_object(result) for result in results]).decode())
    else:
        for result in results:
            print_line(console, f"{result.repo}: {describe(result, None)}")
    waits = [result.waiting_until for result in results if result.waiting_until is not None]
    if waits:
        print_line(console, f"Call it again after {local_time(max(waits))}: it goes on where it was.")
        raise typer.Exit(EXIT_RATE_LIMIT)


async def _update(application: Application, repo: Repository, clock: SystemClock, *, wait: bool) -> Progress:
    """Update the mirror of one repository; return how far it came."""
    while True:
        try:
            await application.poller.poll(repo, reconcile=Reconcile.NOW)
        except RateLimited as limit:
            if not wait:
                return await application.progress.measure(repo, waiting_until=limit.until)
            await clock.sleep(limit.until - clock.now())
        else:
            return await application.progress.measure(repo)


def _json_object(progress: Progress) -> dict[str, Any]:
    """Return the published fields: their names stay when those of `Progress` change."""
    return {
        "repo": progress.repo,
        "threads": progress.threads,
        "threads_complete": progress.threads_complete,
        "comments": progress.comments,
        "comments_mirrored": progress.comments_mirrored,
        "asks_used": progress.requests_sent,
        "asks_left": progress.requests_left,
        "asks_to_go": progress.requests_to_go,
        "waiting_until": progress.waiting_until,
        "done": progress.is_complete,
    }
