"""Run `serve` with a task that records how late the event loop runs it; `pauses` starts this in another process.

    python recorded_serve.py FILE serve …

FILE gets pairs of floats at the end: a time of `time.monotonic`, and by how many seconds a sleep of a millisecond that
ended then was too long. A signal USR1 moves the service's clock on by a day.

With AFTERWORD_BENCH_TRACE=SECONDS in the environment, the stacks of all threads go to FILE.trace at each pause that is
longer. That reads stacks without Python's lock, and may crash the service: it is for finding a cause, not for figures.
"""

import asyncio
import faulthandler
import os
import signal
import sys
import time
from array import array
from collections.abc import Callable, Coroutine
from functools import partial
from pathlib import Path
from typing import Any

import uvloop

from app.cli.main import main
from app.outbound.clock import SystemClock

_TICK = 0.001
_run: Callable[[Coroutine[Any, Any, Any]], Any] = uvloop.run
_samples = array("d")
_DAY = 90_000.0
_now = SystemClock.now
_trace = os.environ.pop("AFTERWORD_BENCH_TRACE", None)


async def _record(trace: Any) -> None:
    while True:
        start = time.monotonic()
        if trace is not None and _trace is not None:
            faulthandler.dump_traceback_later(float(_trace), file=trace)
        await asyncio.sleep(_TICK)
        now = time.monotonic()
        _samples.extend((now, now - start - _TICK))
        if trace is not None:
            faulthandler.cancel_dump_traceback_later()


def _pass_day() -> None:
    setattr(SystemClock, "now", lambda clock: _now(clock) + _DAY)  # noqa: B010 - mypy allows no assignment


def _run_recorded(trace_file: Any, work: Coroutine[Any, Any, Any]) -> Any:
    async def record() -> Any:
        asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, _pass_day)
        task = asyncio.create_task(_record(trace_file))
        try:
            return await work
        finally:
            task.cancel()

    return _run(record())


def _serve(path: Path) -> None:
    trace_file = path.with_suffix(".trace").open("w") if _trace else None
    uvloop.run = partial(_run_recorded, trace_file)  # without the options that `serve` does not use
    try:
        main()
    finally:
        path.write_bytes(_samples.tobytes())


if __name__ == "__main__":
    _serve(Path(sys.argv.pop(1)))
