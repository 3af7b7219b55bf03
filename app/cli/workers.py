"""Several worker processes on one socket: started, supervised, replaced when they die, and stopped in order.

Each worker is a `python -m app serve` of its own. It is started, not forked, so it shares nothing with the parent but
the listening socket and a pipe. The parent holds the pipe's other end and never writes. When the parent is gone,
however it died, the workers read the end of the pipe and stop in order.
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

from app.cli.exit_status import EXIT_ERROR
from app.cli.http.server import handle_stop_signals, run_in_background
from app.domain.errors import CannotStart
from app.ports.clock import Clock

_log = logging.getLogger(__name__)

METRICS_FOLDER = "PROMETHEUS_MULTIPROC_DIR"
_STABLE_SECONDS = 30.0
"""A worker that lived for so long counts as stable: its exit does not delay its replacement."""
_MAX_RESTART_DELAY = 30.0
_STOP_SECONDS = 15.0
"""What workers get to stop: for requests in progress, and for closing the store."""


class Process(Protocol):
    """A process that was started."""

    @property
    def pid(self) -> int:
        """Its process id."""

    async def wait(self) -> int:
        """Wait for its end and return its exit status; below zero it is the signal that killed it."""

    def send_signal(self, signal: int) -> None:
        """Send a signal. Raises ProcessLookupError if the process has ended."""


Start = Callable[[], Awaitable[Process]]


@dataclass(frozen=True, slots=True)
class Exit:
    """How a worker ended."""

    description: str
    status: int | None
    """None if the process could not be started."""
    uptime: float
    """Seconds."""

    @property
    def is_clean(self) -> bool:
        """True if the worker stopped as requested, or was stopped by the signal before it served."""
        return self.status in {0, -signal.SIGTERM}


def restart_delay(early_exits: int) -> float:
    """Return the seconds before the next start: none after one early exit in a row, then doubling up to a limit."""
    return 0.0 if early_exits <= 1 else min(_MAX_RESTART_DELAY, 2.0 ** min(early_exits - 2, 10))


class Workers:
    """Keeps a number of processes running until it is told to stop them."""

    def __init__(self, count: int, start: Start, clock: Clock, *, on_exit: Callable[[int], None]) -> None:
        """Start nothing yet; `on_exit` will be called with the process id of every process that ended."""
        self._count = count
        self._start = start
        self._clock = clock
        self._on_exit = on_exit
        self._processes: dict[int, Process] = {}
        self._stopping = asyncio.Event()
        self._is_clean = True
        self._cannot_start = False

    async def run(self) -> bool:
        """Run the workers until all have stopped; return whether all stopped in order.

        Raises `CannotStart` if a worker cannot start; the worker itself prints the reason.
        """
        async with run_in_background(self._kill_after_timeout()):
            await asyncio.gather(*(self._keep_running() for _ in range(self._count)))
        if self._cannot_start:
            raise CannotStart("A worker cannot start, so all were stopped. Fix the error that it printed.")
        return self._is_clean

    def stop(self, number: int) -> None:
        """Stop all workers; a second SIGINT is passed on, so that they cancel their requests."""
        self._signal_all(number if self._stopping.is_set() and number == signal.SIGINT else signal.SIGTERM)
        self._stopping.set()

    def _signal_all(self, number: int) -> None:
        for process in self._processes.values():
            with suppress(ProcessLookupError):
                process.send_signal(number)

    async def _keep_running(self) -> None:
        """Run one worker after the other until the stop."""
        early_exits, is_first = 0, True
        while not self._stopping.is_set():
            worker_exit = await self._run_worker()
            if self._stopping.is_set():
                self._is_clean &= worker_exit.is_clean
            elif is_first and worker_exit.status == EXIT_ERROR and worker_exit.uptime < _STABLE_SECONDS:
                self._cannot_start = True
                self.stop(signal.SIGTERM)
            else:
                early_exits = early_exits + 1 if worker_exit.uptime < _STABLE_SECONDS else 0
                await self._wait_before_restart(worker_exit, restart_delay(early_exits))
            is_first = False

    async def _run_worker(self) -> Exit:
        """Run one worker from its start to its end."""
        start_at = self._clock.now()
        try:
            process = await self._start()
        except OSError as failure:
            return Exit(f"A worker could not be started ({failure.strerror})", None, 0.0)
        _log.info("Worker %d started.", process.pid)
        self._processes[process.pid] = process
        if self._stopping.is_set():
            self._signal_all(signal.SIGTERM)
        status = await process.wait()
        del self._processes[process.pid]
        self._on_exit(process.pid)
        return Exit(f"Worker {process.pid} {_describe_status(status)}", status, self._clock.now() - start_at)

    async def _wait_before_restart(self, worker_exit: Exit, seconds: float) -> None:
        when = f"in {seconds:g} s" if seconds else "at once"
        _log.warning("%s. A new worker starts %s; the other workers go on serving.", worker_exit.description, when)
        waits = [asyncio.ensure_future(self._clock.sleep(seconds)), asyncio.ensure_future(self._stopping.wait())]
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        for wait in waits:
            wait.cancel()

    async def _kill_after_timeout(self) -> None:
        await self._stopping.wait()
        await self._clock.sleep(_STOP_SECONDS)
        for pid in self._processes:
            _log.error("Worker %d did not stop within %g s and is killed.", pid, _STOP_SECONDS)
        self._signal_all(signal.SIGKILL)


def _describe_status(status: int) -> str:
    if status >= 0:
        return f"ended with status {status}"
    try:
        return f"was killed by {signal.Signals(-status).name}"
    except ValueError:
        return f"was killed by signal {-status}"


def _metrics_folder() -> TemporaryDirectory[str]:
    """Create a temporary folder for the metrics of all workers, which are reported as one."""
    try:
        return TemporaryDirectory(prefix="afterword-metrics-", ignore_cleanup_errors=True)
    except OSError as failure:
        raise CannotStart(
            f"The workers' metrics need a temporary folder ({failure.strerror}). "
            "Name one that can be written to with TMPDIR, or serve with one worker."
        ) from None


@contextmanager
def _pipe() -> Iterator[tuple[int, int]]:
    ends = os.pipe()
    try:
        yield ends
    finally:
        for end in ends:
            os.close(end)


async def supervise(count: int, options: Sequence[str], server_socket: socket.socket, clock: Clock) -> bool:
    """Serve with `count` workers until a signal stops them; return whether all stopped in order.

    `options` are those of `serve`. The socket is closed when the stop begins: no process would accept a connection
    that only the parent holds. Raises `CannotStart`.
    """
    with _metrics_folder() as folder, _pipe() as (parent_pipe, _):
        inherit = ["--inherit", str(server_socket.fileno()), str(parent_pipe)]

        async def start() -> Process:
            # A session of its own: Ctrl-C in a terminal reaches the parent only, which passes it on, once.
            return await asyncio.create_subprocess_exec(
                sys.executable,
                *("-m", "app", "serve", *options, *inherit),
                stdin=DEVNULL,
                env={**os.environ, METRICS_FOLDER: folder},
                pass_fds=(server_socket.fileno(), parent_pipe),
                start_new_session=True,
            )

        def remove_live_metrics(pid: int) -> None:
            from prometheus_client.multiprocess import mark_process_dead  # noqa: PLC0415 - only where it is needed

            mark_process_dead(pid, folder)  # type: ignore[no-untyped-call] # prometheus-client has no hints here

        workers = Workers(count, start, clock, on_exit=remove_live_metrics)

        def stop(number: int) -> None:
            workers.stop(number)
            server_socket.close()

        with handle_stop_signals(stop):
            return await workers.run()


def inherit_socket(socket_fd: int) -> socket.socket:
    """Return the listening socket that the parent passed on. Raises `CannotStart` if there is none."""
    try:
        return socket.socket(fileno=socket_fd)
    except OSError:
        raise CannotStart("--inherit is only for the workers that serve starts. Use --workers.") from None


def remove_orphaned_metrics(parent_pipe: int) -> None:
    """Remove this worker's metrics if the parent is gone; the last worker removes their folder."""
    folder = os.environ.get(METRICS_FOLDER)
    parent_is_alive = not select.select([parent_pipe], [], [], 0)[0]
    if folder is None or parent_is_alive:
        return
    for file in Path(folder).glob(f"*_{os.getpid()}.db"):
        file.unlink(missing_ok=True)
    with suppress(OSError):
        Path(folder).rmdir()
