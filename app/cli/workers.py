"""Several processes on one socket: started, watched, replaced when they die, and ended in order.

Each worker is a `python -m app serve` of its own, started anew and not forked, so that it shares nothing with the
parent but the listening socket and a pipe. The parent holds the pipe's other end and never writes: when the parent is
gone, however it died, the workers read the end of the pipe and end in order.
"""

import asyncio
import logging
import os
import select
import signal
import socket
import sys
from asyncio.subprocess import DEVNULL
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Protocol

from prometheus_client.multiprocess import mark_process_dead

from app.cli.server import signals
from app.domain.errors import CannotStart
from app.ports.mirror import Clock

_log = logging.getLogger(__name__)

METRICS_FOLDER = "PROMETHEUS_MULTIPROC_DIR"
_REFUSED = 2
"""The exit status of a process that cannot start."""
_SETTLED = 30.0
"""Seconds after which a worker's death is no longer taken for that of its predecessor."""
_LONGEST_PAUSE = 30.0
_PATIENCE = 15.0
"""Seconds that workers get to end: for what is under way, and for closing the store."""


class Process(Protocol):
    """A process that was started."""

    @property
    def pid(self) -> int:
        """Its number."""

    async def wait(self) -> int:
        """Its exit status once it has ended; below zero the signal that killed it."""

    def send_signal(self, signal: int) -> None:
        """Raises ProcessLookupError where it has ended."""


Start = Callable[[], Awaitable[Process]]


@dataclass(frozen=True, slots=True)
class Ended:
    """How one worker ended."""

    said: str
    status: int | None
    """None where there was no process to begin with."""
    lived: float
    """Seconds."""

    @property
    def in_order(self) -> bool:
        """When it was asked to: by itself, or by the signal where it had not begun to serve."""
        return self.status in {0, -signal.SIGTERM}


def pause(quick: int) -> float:
    """Seconds before another is started, after so many in a row that died soon: none at first, then doubling."""
    return 0.0 if quick <= 1 else min(_LONGEST_PAUSE, 2.0 ** min(quick - 2, 10))


class Workers:
    """Keeps so many processes running until it is told to end them."""

    def __init__(self, count: int, start: Start, clock: Clock, *, buried: Callable[[int], None]) -> None:
        """`buried` hears the number of every process that has ended."""
        self._count = count
        self._start = start
        self._clock = clock
        self._buried = buried
        self._running: dict[int, Process] = {}
        self._ending = asyncio.Event()
        self._in_order = True
        self._refused = False

    async def run(self) -> bool:
        """From the first start to the last end; True where all ended in order once they were asked to.

        Raises `CannotStart` where a worker cannot start; its own sentence says why.
        """
        impatience = asyncio.create_task(self._kill_in_the_end())
        try:
            await asyncio.gather(*(self._keep() for _ in range(self._count)))
        finally:
            impatience.cancel()
        if self._refused:
            raise CannotStart("A worker cannot start, so none is left running. It has said why; mend that first.")
        return self._in_order

    def end(self, number: int) -> None:
        """Asks all workers to end; a second SIGINT is passed on, so that they hurry."""
        self._tell(number if self._ending.is_set() and number == signal.SIGINT else signal.SIGTERM)
        self._ending.set()

    def _tell(self, number: int) -> None:
        for process in self._running.values():
            with suppress(ProcessLookupError):
                process.send_signal(number)

    async def _keep(self) -> None:
        """One worker after the other."""
        quick, first = 0, True
        while not self._ending.is_set():
            ended = await self._one()
            if self._ending.is_set():
                self._in_order &= ended.in_order
            elif first and ended.status == _REFUSED and ended.lived < _SETTLED:
                self._refused = True
                self.end(signal.SIGTERM)
            else:
                quick = quick + 1 if ended.lived < _SETTLED else 0
                await self._before_the_next(ended, pause(quick))
            first = False

    async def _one(self) -> Ended:
        """A worker from start to end."""
        began = self._clock.now()
        try:
            process = await self._start()
        except OSError as failure:
            return Ended(f"A worker could not be started ({failure.strerror})", None, 0.0)
        _log.info("Worker %d is started.", process.pid)
        self._running[process.pid] = process
        if self._ending.is_set():
            self._tell(signal.SIGTERM)
        status = await process.wait()
        del self._running[process.pid]
        self._buried(process.pid)
        return Ended(f"Worker {process.pid} {_how(status)}", status, self._clock.now() - began)

    async def _before_the_next(self, ended: Ended, seconds: float) -> None:
        when = f"in {seconds:g} s" if seconds else "at once"
        _log.warning("%s. Another is started %s; the other workers serve meanwhile.", ended.said, when)
        waits = [asyncio.ensure_future(self._clock.sleep(seconds)), asyncio.ensure_future(self._ending.wait())]
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        for wait in waits:
            wait.cancel()

    async def _kill_in_the_end(self) -> None:
        await self._ending.wait()
        await self._clock.sleep(_PATIENCE)
        for pid in self._running:
            _log.error("Worker %d did not end within %g s and is killed.", pid, _PATIENCE)
        self._tell(signal.SIGKILL)


def _how(status: int) -> str:
    if status >= 0:
        return f"ended with status {status}"
    try:
        return f"was killed by {signal.Signals(-status).name}"
    except ValueError:
        return f"was killed by signal {-status}"


@contextmanager
def _metrics_folder() -> Iterator[str]:
    """Where the workers keep the metrics that are told as one; gone afterwards."""
    try:
        folder = TemporaryDirectory(prefix="afterword-metrics-", ignore_cleanup_errors=True)
    except OSError as failure:
        raise CannotStart(
            f"The workers' metrics need a temporary folder ({failure.strerror}). "
            "Name one that can be written to with TMPDIR, or serve with one worker."
        ) from None
    with folder as path:
        yield path


@contextmanager
def _pipe() -> Iterator[tuple[int, int]]:
    ends = os.pipe()
    try:
        yield ends
    finally:
        for end in ends:
            os.close(end)


async def supervise(count: int, options: Sequence[str], bound: socket.socket, clock: Clock) -> bool:
    """Serves with so many workers until a signal ends them; True where all ended in order.

    `options` are those of `serve`. The socket is closed when the end begins: a connection that only the parent could
    take would wait for nothing. Raises `CannotStart`.
    """
    with _metrics_folder() as folder, _pipe() as (lifeline, _):
        handed_down = ["--inherit", str(bound.fileno()), str(lifeline)]

        async def start() -> Process:
            # A session of its own: Ctrl-C in a terminal reaches the parent only, which passes it on, once.
            return await asyncio.create_subprocess_exec(
                sys.executable,
                *("-m", "app", "serve", *options, *handed_down),
                stdin=DEVNULL,
                env={**os.environ, METRICS_FOLDER: folder},
                pass_fds=(bound.fileno(), lifeline),
                start_new_session=True,
            )

        def buried(pid: int) -> None:
            mark_process_dead(pid, folder)  # type: ignore[no-untyped-call] # prometheus-client has no hints here

        workers = Workers(count, start, clock, buried=buried)

        def end(number: int) -> None:
            workers.end(number)
            bound.close()

        with signals(end):
            return await workers.run()


def inherited(socket_fd: int) -> socket.socket:
    """The listening socket that the parent handed down; raises `CannotStart` where there is none."""
    try:
        return socket.socket(fileno=socket_fd)
    except OSError:
        raise CannotStart("--inherit is for the workers that serve starts by itself. Use --workers.") from None


def clear_up_after(lifeline: int) -> None:
    """Where the parent is gone, takes this worker's metrics away, and with the last of them their folder."""
    folder = os.environ.get(METRICS_FOLDER)
    parent_lives = not select.select([lifeline], [], [], 0)[0]
    if folder is None or parent_lives:
        return
    for file in Path(folder).glob(f"*_{os.getpid()}.db"):
        file.unlink(missing_ok=True)
    with suppress(OSError):
        Path(folder).rmdir()
