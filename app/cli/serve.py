"""`python -m app serve`: import the repository, serve it meanwhile, keep it up to date."""

import asyncio
import logging
import os
from contextlib import suppress
from typing import Annotated

import typer
import uvloop
from rich.console import Console

from app.bootstrap import Afterword, assembled
from app.cli.listen import address, bind, listen
from app.cli.options import Repo, Store
from app.cli.progress import ProgressDisplay
from app.domain.errors import GitHubError
from app.outbound.clock import SystemClock, chance
from app.settings import Settings, load, unknown


def serve(
    repo: Repo = None,
    store: Store = None,
    host: Annotated[str | None, typer.Option("--host", help="The address to listen at; 0.0.0.0 for all.")] = None,
    port: Annotated[int | None, typer.Option("--port", help="The port to listen at; 0 takes a free one.")] = None,
) -> None:
    """Serve the comments of a repository, importing it first where the store does not have it.

    A second start serves at once from the store, whether GitHub can be reached or not.
    """
    settings = load({"repo": repo, "store": store, "host": host, "port": port})
    console = Console(stderr=True)
    for name in unknown(os.environ):
        console.print(f"{name} is not a setting and is ignored.", highlight=False, soft_wrap=True, markup=False)
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)
    logging.getLogger("uvicorn.error").setLevel(logging.ERROR)
    uvloop.run(run(settings, console))


async def run(settings: Settings, console: Console) -> None:
    """One service from start to end; raises an `AfterwordError` where it cannot start."""
    clock = SystemClock()
    display = ProgressDisplay(console, clock)
    with bind(settings.host, settings.port) as bound:
        async with assembled(settings, display.watch, clock, chance) as afterword:
            away = await afterword.meet_github()
            await _greet(afterword, settings.public_url or address(bound), console, away)
            following = asyncio.create_task(afterword.follow())
            try:
                await listen(afterword.web, bound, access_log=settings.access_log)
            finally:
                following.cancel()
                with suppress(asyncio.CancelledError):
                    await following
                display.close()


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
    if settings.github_token:
        return f"Grade: token (5,000 asks an hour). What changed is asked every {settings.pulse_seconds:g} s."
    return (
        f"Grade: no token (60 asks an hour). What changed is asked every {settings.pulse_seconds:g} s; "
        "with a token in AFTERWORD_GITHUB_TOKEN, every 60 s."
    )
