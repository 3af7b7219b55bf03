"""`afterword copy`: copy a mirror to another store."""

import time
from collections.abc import Mapping
from typing import Annotated

import orjson
import typer
from rich.console import Console

from app.bootstrap.stores.copies import open_source, open_target, refuse_same
from app.cli.console import print_line
from app.cli.options import Json
from app.outbound.clock import SystemClock
from app.store.copies.copy import CopyProgress, copy_store

_SECONDS_BETWEEN_LINES = 5.0
_NAMES = {
    "site": "repositories",
    "issue": "issues and pull requests",
    "comment": "comments",
    "tombstone": "deleted and transferred issues",
    "job": "waiting jobs",
    "delivery": "webhook deliveries",
}
"""What the owner knows of the tables; `--json` has them all."""


def copy(
    source: Annotated[
        str, typer.Argument(metavar="FROM", help="The store that is copied: sqlite:///path or postgresql://….")
    ],
    target: Annotated[
        str, typer.Argument(metavar="TO", help="The store that is written: sqlite:///path or postgresql://….")
    ],
    replace: Annotated[bool, typer.Option("--replace", help="Replace what TO holds: it is lost.")] = False,  # noqa: FBT002
    live: Annotated[  # noqa: FBT002
        bool,
        typer.Option("--live", help="Copy while a service works on FROM; what it stores later is not copied."),
    ] = False,
    json: Json = False,  # noqa: FBT002 - a flag of the command line
) -> None:
    """Copy a mirror, with all that belongs to it, to another store.

    Stop the service first. FROM is never changed. TO must be empty, and it is complete or as it was before, whenever
    the command ends. What was written is read back and compared. Exit status 0: TO is complete; 2: it was not written,
    with the reason.
    """
    display = _Display(Console(stderr=True, quiet=json))
    refuse_same(source, target)
    with open_source(source) as tables, open_target(target, replace=replace) as copied_tables:
        names = {"from": tables.name, "to": copied_tables.name}
        counts = copy_store(tables, copied_tables, now=SystemClock().now, is_live=live, on_progress=display.show)
    if json:
        typer.echo(orjson.dumps({**names, "copied": counts}).decode())
    else:
        print_line(Console(), f"Copied {names['from']} to {names['to']}: {_describe(counts)}.")


def _describe(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{counts[table]:,} {name}" for table, name in _NAMES.items())


class _Display:
    """Prints a line every few seconds."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._printed_at = time.monotonic()

    def show(self, progress: CopyProgress) -> None:
        """Show how far a copy is, if it is time to."""
        now = time.monotonic()
        if now - self._printed_at >= _SECONDS_BETWEEN_LINES:
            self._printed_at = now
            verb = "checked" if progress.is_check else "copied"
            print_line(self._console, f"{progress.rows:,} of {progress.total:,} rows {verb}")
