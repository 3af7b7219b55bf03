"""`python -m app`: the commands. An error is printed as one sentence, without a traceback, with exit status 2."""

import sys

import typer
from rich.console import Console

from app.cli import demo, serve, sync
from app.cli.console import print_line
from app.cli.options import EXIT_ERROR, EXIT_INTERRUPT
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
cli.add_typer(posts, name="posts")


def main() -> None:
    """Run the command line and end the process with its exit status."""
    try:
        cli()
    except AfterwordError as failure:
        print_line(Console(stderr=True), f"Afterword: {failure}")
        sys.exit(EXIT_ERROR)
    except KeyboardInterrupt:
        sys.exit(EXIT_INTERRUPT)
