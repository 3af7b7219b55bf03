"""Run `serve` with a task that records how late the event loop runs it; `pauses` starts this in another process.

    python recorded_serve.py FILE serve …

FILE gets pairs of floats at the end: a time of `time.monotonic`, and by how many seconds a sleep of a millisecond that
ended then was too long.
"""

import asyncio
import sys
import time
from array import array
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import uvloop

from app.cli.main import main

_TICK = 0.001
_run: Callable[[Coroutine[Any, Any, Any]], Any] = uvloop.run
_samples = array("d")


async def _record() -> None:
    while True:
        start = time.monotonic()
        await asyncio.sleep(_TICK)
        now = time.monotonic()
        _samples.extend((now, now - start - _TICK))


def _run_recorded(work: Coroutine[Any, Any, Any]) -> Any:
    async def record() -> Any:
        task = asyncio.create_task(_record())
        try:
            return await work
        finally:
            task.cancel()

    return _run(record())


def _serve(path: Path) -> None:
    uvloop.run = _run_recorded  # type: ignore[assignment]  # without the options that `serve` does not use
    try:
        main()
    finally:
        path.write_bytes(_samples.tobytes())


if __name__ == "__main__":
    _serve(Path(sys.argv.pop(1)))
