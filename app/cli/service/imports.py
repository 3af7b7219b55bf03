"""Imports beside the event loop, which a stop does not wait for: on a slow disk they take many seconds."""

import asyncio
import os
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress
from importlib import import_module
from typing import NoReturn

_THREAD = "afterword imports"


async def import_beside(names: Sequence[str]) -> None:
    """Import modules in a thread; raise what an import raises. If this is cancelled, the thread goes on alone."""
    loop = asyncio.get_running_loop()
    end: asyncio.Future[None] = loop.create_future()

    def finish(failure: BaseException | None) -> None:
        if end.done():
            return
        if failure is None:
            end.set_result(None)
        else:
            end.set_exception(failure)

    def work() -> None:
        failure: BaseException | None = None
        try:
            for name in names:
                import_module(name)
        except BaseException as error:  # noqa: BLE001 - raised again for who waits
            failure = error
        with suppress(RuntimeError):  # the loop is closed
            loop.call_soon_threadsafe(finish, failure)

    threading.Thread(target=work, name=_THREAD, daemon=True).start()
    await end


def end_process(status: int) -> NoReturn:
    """End the process with an exit status, even in the middle of an import.

    Python's own end would stop the thread inside compiled code, which may crash. All else is closed by now.
    """
    if any(thread.name == _THREAD for thread in threading.enumerate()):
        for stream in (sys.stdout, sys.stderr):
            with suppress(OSError, ValueError):
                stream.flush()
        os._exit(status)
    sys.exit(status)
