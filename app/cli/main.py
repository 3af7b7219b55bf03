"""`afterword`: the commands. An error is printed as one sentence, without a traceback, with exit status 2."""

import sys
from typing import Any

import typer
from rich.console import Console

from app.cli import demo, serve, sync
from app.cli.console import print_line
from app.cli.doctor.command import doctor
from app.cli.options import EXIT_ERROR, EXIT_INTERRUPT
from app.cli.owner import commands as owner
from app.cli.posts import posts
from app.domain.errors import AfterwordError

cli = typer.Typer(
    name="afterword",
    help=(
        "Comments for static blogs, kept in GitHub issues: mirrored by a small server, served to your pages. "
        "Every option can also be set as an environment variable AFTERWORD_…, or in a file .env."
    ),
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
cli.command("serve")(serve.serve)
cli.command("sync")(sync.sync)
cli.command("demo")(demo.demo)
cli.command("status")(owner.status)
cli.command("counts")(owner.counts)
cli.command("doctor")(doctor)
cli.add_typer(posts, name="posts")

_USAGE_ERROR: type[Exception] = typer.BadParameter.__bases__[0]
"""A wrong command line; typer has it from click, or from a copy of its own."""


def main() -> None:
    """Run the command line and end the process with its exit status."""
    try:
        sys.exit(cli(standalone_mode=False) or 0)
    except _USAGE_ERROR as failure:
        _explain(failure)
        sys.exit(EXIT_ERROR)
    except AfterwordError as failure:
        print_line(Console(stderr=True), f"Afterword: {failure}")
        sys.exit(EXIT_ERROR)
    except KeyboardInterrupt:
        sys.exit(EXIT_INTERRUPT)


def _explain(failure: Any) -> None:
    """Print one sentence about a wrong command line; without arguments typer has printed the help already."""
    message = " ".join(failure.format_message().split()).rstrip(".").replace("Value error, ", "")
    if message:
        program = failure.ctx.command_path if failure.ctx is not None else "afterword"
        print_line(Console(stderr=True), f"Afterword: {message}. See {program} --help.")
