"""`afterword status` and `afterword counts`: what the owner's page shows, on a terminal or as JSON."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Annotated, Any

import orjson
import typer
from rich.console import Console, Group
from rich.live import Live
from rich.text import Text

from app.cli.console import print_line
from app.cli.options import Json, Repo, Store
from app.cli.owner.sources import Choice, Read, load_settings, open_source
from app.cli.owner.tables import counts_table, plain, status_tables
from app.domain.errors import CannotStart, StoreError

_EVERY = 5.0
Show = Callable[[Mapping[str, Any]], Group]
Url = Annotated[
    str | None,
    typer.Option("--url", metavar="URL", help="The address of the service; by default the local one, else the store."),
]
Repeat = Annotated[bool, typer.Option("--watch", help="Read again every 5 seconds, until Ctrl-C.")]


def status(
    repo: Repo = None,
    store: Store = None,
    url: Url = None,
    json: Json = False,  # noqa: FBT002 - a flag of the command line
    repeat: Repeat = False,  # noqa: FBT002
) -> None:
    """Show comments, findings, requests, polls and deliveries.

    It reads the running service with the token in AFTERWORD_OWNER_TOKEN, or the store if none runs, or if --repo or
    --store names one. It asks GitHub nothing.
    """
    _run("status", Choice(repo, store, url), status_tables, as_json=json, repeat=repeat)


def counts(
    repo: Repo = None,
    store: Store = None,
    url: Url = None,
    json: Json = False,  # noqa: FBT002 - a flag of the command line
    repeat: Repeat = False,  # noqa: FBT002
) -> None:
    """Show the comment count of each post.

    It reads the running service with the token in AFTERWORD_OWNER_TOKEN, or the store if none runs, or if --repo or
    --store names one. It asks GitHub nothing.
    """
    _run("counts", Choice(repo, store, url), counts_table, as_json=json, repeat=repeat)


def _run(name: str, choice: Choice, show: Show, *, as_json: bool, repeat: bool) -> None:
    console, errors = Console(), Console(stderr=True)
    settings = load_settings(choice, lambda warning: print_line(errors, str(warning)))

    async def run() -> None:
        async with open_source(name, settings, choice) as read:
            if as_json:
                await _print_json(read, errors, repeat=repeat)
            elif repeat:
                await _show_live(read, show, console)
            else:
                console.print(show(await read()))

    asyncio.run(run())


async def _print_json(read: Read, errors: Console, *, repeat: bool) -> None:
    """Print one line of JSON, or one for each reading."""
    typer.echo(orjson.dumps(await read()).decode())
    while repeat:
        value = await _read_again(read, lambda message: print_line(errors, message))
        typer.echo(orjson.dumps(value).decode())


async def _show_live(read: Read, show: Show, console: Console) -> None:
    latest = show(await read())

    def show_failure(message: str) -> None:
        live.update(Group(latest, Text(), plain(f"This is the last state. {message}")), refresh=True)

    with Live(latest, console=console, auto_refresh=False, screen=console.is_terminal) as live:
        while True:
            latest = show(await _read_again(read, show_failure))
            live.update(latest, refresh=True)


async def _read_again(read: Read, report: Callable[[str], None]) -> dict[str, Any]:
    """Return the next reading; a service or store that is away is reported, and read again."""
    while True:
        await asyncio.sleep(_EVERY)
        try:
            return await read()
        except (CannotStart, StoreError) as failure:
            report(str(failure))
