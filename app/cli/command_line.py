"""The command line: which commands there are, their help, and what a wrong one is told.

Only the module of the command that is called is imported: the others would take longer than many a command.
"""

import inspect
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from typing import Any, NamedTuple

import typer

from app.cli.console import PlainConsole, print_line
from app.cli.exit_status import EXIT_ERROR

_HELP = (
    "Comments for static blogs, kept in GitHub issues: mirrored by a small server, served to your pages. "
    "Settings are environment variables AFTERWORD_…, or lines in a file .env: the README lists them."
)


class _Command(NamedTuple):
    """Where a command is, and its line in the list of commands, which needs no import of its module."""

    module: str
    attribute: str
    """The function or group of commands in the module."""
    summary: str
    """The first paragraph of its help."""


_COMMANDS: Mapping[str, _Command] = {
    "serve": _Command(
        "app.cli.serve",
        "serve",
        "Serve the comments of a repository; import it first if the store does not have it.",
    ),
    "sync": _Command("app.cli.sync", "sync", "Import a repository, or bring its mirror up to date, then exit."),
    "demo": _Command(
        "app.cli.demo",
        "demo",
        "Show all of it on this machine: a simulated GitHub, the service, and a sample blog whose pages load comments.",
    ),
    "status": _Command("app.cli.owner.commands", "status", "Show comments, findings, requests, polls and deliveries."),
    "counts": _Command("app.cli.owner.commands", "counts", "Show the comment count of each post."),
    "doctor": _Command(
        "app.cli.doctor.command",
        "doctor",
        "Examine settings, GitHub, store, webhook, public address and posts, and say what to do.",
    ),
    "copy": _Command("app.cli.copy", "copy", "Copy a mirror, with all that belongs to it, to another store."),
    "posts": _Command("app.cli.posts", "posts", "The posts of your blog, and threads for those that have none."),
}
_PLAIN_WORDS = (
    ("Value error, ", ""),
    ("Input should be a valid integer, unable to parse string as an integer", "write a whole number"),
    ("Input should be a valid number, unable to parse string as a number", "write a number"),
    ("Input should be greater than or equal to", "write at least"),
    ("Input should be less than or equal to", "write at most"),
)
"""What typer says of a value, and the same in words for the owner of a blog."""
_USAGE_ERROR: type[Exception] = typer.BadParameter.__bases__[0]
"""A wrong command line; typer has it from click, or from a copy of its own."""


def run_command(arguments: Sequence[str]) -> int:
    """Run the command that the arguments name, and return its exit status."""
    try:
        return _command_line(arguments)(standalone_mode=False) or 0
    except _USAGE_ERROR as failure:
        _explain(failure)
        return EXIT_ERROR


def _command_line(arguments: Sequence[str]) -> Callable[..., Any]:
    """Return the command line with the command that the arguments begin with; if with none, the list of all."""
    cli = typer.Typer(
        name="afterword",
        help=_HELP,
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        callback=_no_command,
    )
    first = next((argument for argument in arguments if argument != "--"), "")
    if first in _COMMANDS:
        _add_command(cli, first)
        return cli
    for name, command in _COMMANDS.items():
        cli.command(name, help=command.summary)(_no_command)
    return cli


def _add_command(cli: typer.Typer, name: str) -> None:
    """Import a command and add it."""
    command = getattr(import_module(_COMMANDS[name].module), _COMMANDS[name].attribute)
    if isinstance(command, typer.Typer):
        for entry in command.registered_commands:
            entry.help = _help(entry.callback)
        cli.add_typer(command, name=name)
    else:
        cli.command(name, help=_help(command))(command)


def _help(command: Callable[..., Any] | None) -> str:
    """Return a command's docstring with one line a paragraph: typer would keep the lines of all but the first."""
    paragraphs = (inspect.getdoc(command) or "").split("\n\n")
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in paragraphs)


def _no_command() -> None:
    """Keep the name of a command necessary: typer leaves it out if there is only one."""


def _explain(failure: Any) -> None:
    """Print one sentence about a wrong command line; without arguments typer has printed the help already."""
    message = " ".join(failure.format_message().split()).rstrip(".")
    for clumsy, plain in _PLAIN_WORDS:
        message = message.replace(clumsy, plain)
    if message:
        program = failure.ctx.command_path if failure.ctx is not None else "afterword"
        end = "" if message.endswith("?") else "."
        print_line(PlainConsole(), f"Afterword: {message}{end} See {program} --help.")
