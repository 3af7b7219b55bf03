"""`python -m app sync`: bring the mirror up to date, then exit."""

import asyncio
import logging
from dataclasses import asdict
from typing import Annotated

import orjson
import typer
from rich.console import Console

from app.bootstrap import Afterword, assembled
from app.cli.options import Json, Repo, Store
from app.cli.progress import ProgressDisplay, clock_time, sentence
from app.domain.errors import RateLimited
from app.outbound.clock import SystemClock, random
from app.settings import load
from app.sync.backfill import Progress

UNFINISHED = 3


def sync(
    repo: Repo = None,
    store: Store = None,
    json: Json = False,  # noqa: FBT002 - a flag of the command line
    wait: Annotated[bool, typer.Option("--wait", help="Where the hour's asks are used up, wait and go on.")] = False,  # noqa: FBT002
) -> None:
    """Import a repository, or bring its mirror up to date, then exit.

    Stopped in the middle, it goes on where it was when it is called again. Exit status 0: the mirror is complete;
    2: it cannot be brought up to date, with the reason; 3: the hour's asks are used up, call it again later.
    """
    settings = load({"repo": repo, "store": store})
    console = Console(stderr=True, quiet=json)
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    clock = SystemClock()
    display = ProgressDisplay(console, clock)

    async def run() -> list[Progress]:
        async with assembled(settings, display.watch, clock, random) as afterword:
            return [await _bring_up(afterword, index, clock, wait=wait) for index in range(len(settings.repo))]

    try:
        results = asyncio.run(run())
    finally:
        display.close()
    if json:
        typer.echo(orjson.dumps([asdict(result) for result in results]).decode())
    else:
        for result in results:
            console.print(f"{result.repo}: {sentence(result, None)}", highlight=False, soft_wrap=True, markup=False)
    waiting = [result.waiting_until for result in results if result.waiting_until is not None]
    if waiting:
        console.print(f"Call it again after {clock_time(max(waiting))}: it goes on where it was.", highlight=False)
        raise typer.Exit(UNFINISHED)


async def _bring_up(afterword: Afterword, index: int, clock: SystemClock, *, wait: bool) -> Progress:
    repo = afterword.settings.repo[index]
    while True:
        try:
            await afterword.pulse.bring_up(repo, reconcile=True)
        except RateLimited as limit:
            if not wait:
                return await afterword.importer.report(repo, waiting_until=limit.until)
            await clock.sleep(limit.until - clock.now())
        else:
            return await afterword.importer.report(repo)
