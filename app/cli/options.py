"""Options that several commands have. An option overrides the setting of its name."""

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
