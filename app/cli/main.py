"""`afterword`: the commands. An error is printed as one sentence, without a traceback, with exit status 2.

`serve` with plain options does without the libraries of the command line: their import takes longer than its start.
"""

import sys

from app.cli.console import PlainConsole, print_line
from app.cli.exit_status import EXIT_ERROR, EXIT_INTERRUPT
from app.domain.errors import AfterwordError


def main() -> None:
    """Run the command line and end the process with its exit status."""
    try:
        status = _run(sys.argv[1:])
    except AfterwordError as failure:
        print_line(PlainConsole(), f"Afterword: {failure}")
        status = EXIT_ERROR
    except KeyboardInterrupt:
        status = EXIT_INTERRUPT
    if "app.cli.service.imports" in sys.modules:
        from app.cli.service.imports import end_process  # noqa: PLC0415 - `serve` has imported it

        end_process(status)
    sys.exit(status)


def _run(arguments: list[str]) -> int:
    if arguments[:1] == ["serve"]:
        from app.cli.service import start  # noqa: PLC0415 - each command imports what it needs

        rest, inherit = start.split_inherit(arguments[1:])
        options = start.plain_options(rest)
        if options is not None:
            return start.serve(options, inherit)
    from app.cli.command_line import run_command  # noqa: PLC0415 - likewise

    return run_command(arguments)
