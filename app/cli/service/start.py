"""Start `serve`: settings, log, limits of the process, and the event loop.

Nothing here, and nothing that it imports, needs the command line's libraries or the web framework.
"""

import asyncio
import gc
import re
import resource
import sys
from collections.abc import Callable, Coroutine, Mapping, Sequence
from contextlib import suppress
from typing import Any

import uvloop

from app.cli.console import PlainConsole, print_line
from app.cli.logs import configure
from app.cli.service.allocator import share_free_memory
from app.cli.service.run import run, run_worker
from app.settings import NameWarning, load

_MAX_OPEN_FILES = 1 << 20
"""More open files than one process can use well; some machines allow a thousand times as many."""
_SWITCH_SECONDS = 0.001
"""For how long a thread that renders may keep Python's lock while the event loop waits for it; Python's default is five
times as long. The loop takes the lock several times for each response."""
_OPTIONS: Mapping[str, Callable[[str], Any]] = {"repo": str, "store": str, "host": str, "port": int, "workers": int}

_PLAIN_NUMBER = re.compile(r"[0-9]{1,9}")


def plain_options(arguments: Sequence[str]) -> Mapping[str, Any] | None:
    """Return the options in the arguments of `serve`, if each is given once and in its usual form; None otherwise.

    Whatever else there is on a command line, a call for help or a mistake, typer explains.
    """
    if len(arguments) % 2:
        return None
    options: dict[str, Any] = {}
    for flag, value in zip(arguments[::2], arguments[1::2], strict=True):
        name = flag.removeprefix("--")
        parse = _OPTIONS.get(name)
        is_plain = parse is str or _PLAIN_NUMBER.fullmatch(value)
        if parse is None or flag == name or name in options or value.startswith("-") or not is_plain:
            return None
        options[name] = parse(value)
    return options


def split_inherit(arguments: Sequence[str]) -> tuple[Sequence[str], tuple[int, int] | None]:
    """Return the arguments of a worker without its last ones, which are the numbers of its socket and its pipe."""
    if arguments[-3:-2] == ["--inherit"] and all(part.isdecimal() for part in arguments[-2:]):
        return arguments[:-3], (int(arguments[-2]), int(arguments[-1]))
    return arguments, None


def serve(options: Mapping[str, Any], inherit: tuple[int, int] | None = None) -> int:
    """Serve until a signal stops it; return the exit status. Raises what `run` raises; `inherit` is for a worker.

    `options` are values by the name of their setting; None means that an option is not set.
    """
    gc.disable()  # until all is imported: that makes no garbage, and the search for it takes an eighth of the time
    warnings: list[NameWarning] = []
    settings = load(options, warn=warnings.append)
    configure(settings)
    _raise_open_file_limit()
    share_free_memory()
    sys.setswitchinterval(_SWITCH_SECONDS)
    work: Coroutine[Any, Any, int]
    if inherit is not None:
        work = run_worker(settings, *inherit)
    else:
        console = PlainConsole()
        for warning in warnings:
            print_line(console, str(warning))
        of_workers = {name: value for name, value in options.items() if name != "workers" and value is not None}
        work = run(
            settings, console, [part for name, value in of_workers.items() for part in (f"--{name}", str(value))]
        )
    with suppress(asyncio.CancelledError):  # stopped before it served
        return uvloop.run(work)
    return 0


def _raise_open_file_limit() -> None:
    """Raise the limit of open files as far as allowed.

    Every reader and every event stream takes one. The usual soft limit of 1,024 is for programs that use select.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    limit = _MAX_OPEN_FILES if hard == resource.RLIM_INFINITY else min(hard, _MAX_OPEN_FILES)
    if soft != resource.RLIM_INFINITY and soft < limit:
        with suppress(OSError, ValueError):  # if the system refuses, the limit stays as it was
            resource.setrlimit(resource.RLIMIT_NOFILE, (limit, hard))
