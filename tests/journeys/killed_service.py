"""Child processes that run the whole application and are killed within milliseconds of their start.

They are forked from a process that has imported the application and built its files once:
`python -m tests.journeys.killed_service FD` reads one `Run` a line, and reports of each when it has started and how it
ended. FD is a listening socket that outlives the children, as that of `serve --workers` outlives its workers: a client
that connects while no child runs is served by the next one.
"""

import asyncio
import gc
import json
import os
import select
import signal
import socket
import subprocess
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import uvloop

from app.bootstrap import open_application
from app.cli.http.server import run_server
from app.outbound.clock import SystemClock, random
from app.settings import load
from app.simulator.http.server import bind_loopback, loopback_url
from app.web import assets
from app.web.pages import layout
from tests.journeys.conftest import environment

_STARTED = "started"


class OffsetClock:
    """The machine's clock plus an offset in seconds: a test need not wait for a time that a service waits for."""

    def __init__(self, offset: float = 0.0) -> None:
        self.offset = offset
        self._clock = SystemClock()

    def now(self) -> float:
        return self._clock.now() + self.offset

    async def sleep(self, seconds: float) -> None:
        await self._clock.sleep(seconds)


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One child process: its settings by field name, and for how many seconds it runs after its start."""

    settings: dict[str, str]
    clock_offset: float
    seconds: float
    starts_with_open_store: bool = True
    """True if the seconds count from when the store is open, False if from just before."""
    serves_http: bool = False


class Launcher:
    """The process that forks the children, as the test sees it."""

    def __init__(self, process: subprocess.Popen[str], url: str, log: Path) -> None:
        self._process = process
        self.url = url
        """Where the children serve."""
        self._log = log
        self.kill_count = 0

    @property
    def output(self) -> str:
        """Everything that the children logged."""
        return self._log.read_text(encoding="utf-8")

    def run_and_kill(self, run: Run, action: Callable[[], object] = lambda: None) -> None:
        """Run a child until it is killed with SIGKILL; call `action` once it has started."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(asdict(run)) + "\n")
        self._process.stdin.flush()
        assert self._read_line() == _STARTED, self.output
        action()
        assert int(self._read_line()) == -signal.SIGKILL, self.output
        self.kill_count += 1

    def _read_line(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()


@contextmanager
def start_launcher(folder: Path) -> Iterator[Launcher]:
    """Start a process that forks children; their log goes to a file in the folder."""
    log = folder / "log"
    with bind_loopback() as server_socket, log.open("w", encoding="utf-8") as log_file:
        server_socket.listen()
        with subprocess.Popen(
            [sys.executable, "-m", "tests.journeys.killed_service", str(server_socket.fileno())],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log_file,
            env=environment(),
            pass_fds=[server_socket.fileno()],
            text=True,
        ) as process:
            yield Launcher(process, loopback_url(server_socket), log)


def _main(server_socket: socket.socket) -> None:
    assets.assets()  # like the imports: no child runs long enough to build them
    layout.page_files()
    gc.freeze()  # or the first collection of each child would copy all memory that it shares with its parent
    for line in sys.stdin:
        print(_fork_and_kill(Run(**json.loads(line)), server_socket), flush=True)  # noqa: T201 - what the test waits for


def _fork_and_kill(run: Run, server_socket: socket.socket) -> int:
    """Return how the child ended; a child that was not killed ended too early."""
    reading_end, writing_end = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(reading_end)
        _run_child(run, server_socket, writing_end)
    os.close(writing_end)
    if os.read(reading_end, 1):
        print(_STARTED, flush=True)  # noqa: T201 - likewise
        select.select([reading_end], [], [], run.seconds)
    os.kill(pid, signal.SIGKILL)
    os.close(reading_end)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def _run_child(run: Run, server_socket: socket.socket, writing_end: int) -> None:
    try:
        uvloop.run(_run_application(run, server_socket, lambda: os.write(writing_end, b"!")))
    except BaseException:  # noqa: BLE001 - the parent's stack is not this child's to unwind
        traceback.print_exc()
    finally:
        os._exit(1)


async def _run_application(run: Run, server_socket: socket.socket, report_start: Callable[[], object]) -> None:
    settings = load(run.settings, env_file=None)
    if not run.starts_with_open_store:
        report_start()
    async with open_application(settings, lambda _: None, OffsetClock(run.clock_offset), random) as application:
        if run.starts_with_open_store:
            report_start()
        async with asyncio.TaskGroup() as group:
            group.create_task(application.run())
            if run.serves_http:
                group.create_task(run_server(application.web, server_socket))


if __name__ == "__main__":
    _main(socket.socket(fileno=int(sys.argv[1])))
