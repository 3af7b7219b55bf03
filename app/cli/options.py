"""Options that several commands have, and exit statuses. An option overrides the setting of its name."""

from typing import Annotated

import typer

Repo = Annotated[
    str | None,
    typer.Option(
        "--repo", metavar="OWNER/NAME", help="The repository whose issues hold the comments; several with commas."
    ),
]
Store = Annotated[
    str | None,
    typer.Option("--store", metavar="PLACE", help="Where the mirror is: sqlite:///path, postgresql://… or memory:."),
]
Json = Annotated[bool, typer.Option("--json", help="Print for machines: JSON on standard output.")]

EXIT_FAILURES = 1
"""Some of several things failed; each is named with its reason."""
EXIT_ERROR = 2
"""The command cannot start or go on; one sentence on standard error says why."""
EXIT_RATE_LIMIT = 3
"""The hour's requests to GitHub are used up before the mirror is complete."""
EXIT_INTERRUPT = 130
"""Ctrl-C: 128 and the number of SIGINT, as shells report it."""
