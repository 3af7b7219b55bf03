"""`python -m app`: the commands, and how a failure is told: one sentence, exit status 2, no traceback."""

import sys

import typer
from rich.console import Console

from app.cli import demo, serve, sync
from app.domain.errors import AfterwordError

REFUSED = 2

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


def main() -> None:
    """Runs the command line and ends the process with its exit status."""
    try:
        cli()
    except AfterwordError as failure:
        Console(stderr=True).print(f"Afterword: {failure}", highlight=False, soft_wrap=True, markup=False)
        sys.exit(REFUSED)
    except KeyboardInterrupt:
        sys.exit(130)
