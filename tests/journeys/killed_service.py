"""Processes that run the whole application until they are killed, each within milliseconds of its birth.

They are forked from a process that has imported the application and made its files once:
`python -m tests.journeys.killed_service FD` reads one `Life` a line, and says of each when it has begun and how it has ended. FD
is a listening socket, which outlives them, as that of `serve --workers` outlives its workers: who connects while none
lives is answered by the next one.
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

from app.bootstrap import assembled
from app.cli.server import listen
from app.outbound.clock import SystemClock, random
from app.settings import load
from app.simulator.http.server import bind_loopback, loopback_url
from app.web import assets
from app.web.routes import start_page
from tests.journeys.conftest import environment

_BEGUN = "begun"


class Later:
    """The machine's clock, so many seconds ahead: what takes seconds for a reader takes none for a test."""

    def __init__(self, by: float = 0.0) -> None:
        self.by = by
        self._clock = SystemClock()

    def now(self) -> float:
        return self._clock.now() + self.by

    async def sleep(self, seconds: float) -> None:
        await self._clock.sleep(seconds)


@dataclass(frozen=True, slots=True, kw_only=True)
class Life:
    """One process: its settings by their names in lower case, and for how many seconds it lives once it has begun."""

    settings: dict[str, str]
    later: float
    """How far its clock is ahead."""
    lives: float
    begins_open: bool = True
    """True where it begins when its store is open, False where opening is what it is killed at."""
    listens: bool = False


class Nursery:
    """The process that forks, seen from the test."""

    def __init__(self, process: subprocess.Popen[str], url: str, said: Path) -> None:
        self._process = process
        self.url = url
        """Where those of its children answer that listen."""
        self._said = said
        self.killed = 0

    @property
    def output(self) -> str:
        """All that the killed ones logged."""
        return self._said.read_text(encoding="utf-8")

    def kill(self, life: Life, meanwhile: Callable[[], object] = lambda: None) -> None:
        """One life from birth to SIGKILL; `meanwhile` is called once it has begun."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(asdict(life)) + "\n")
        self._process.stdin.flush()
        assert self._line() == _BEGUN, self.output
        meanwhile()
        assert int(self._line()) == -signal.SIGKILL, self.output
        self.killed += 1

    def _line(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()


@contextmanager
def nursery(folder: Path) -> Iterator[Nursery]:
    """A process that forks others; what they log goes to a file in the folder."""
    said = folder / "said"
    with bind_loopback() as bound, said.open("w", encoding="utf-8") as log:
        bound.listen()
        with subprocess.Popen(
            [sys.executable, "-m", "tests.journeys.killed_service", str(bound.fileno())],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            env=environment(),
            pass_fds=[bound.fileno()],
            text=True,
        ) as process:
            yield Nursery(process, loopback_url(bound), said)


def _main(bound: socket.socket) -> None:
    assets.assets()  # as what is imported: no child lives long enough to make them anew
    start_page.page_files()
    gc.freeze()  # or the first collection of each child would copy all that it shares with its parent
    for line in sys.stdin:
        print(_killed(Life(**json.loads(line)), bound), flush=True)  # noqa: T201 - what the test waits for


def _killed(life: Life, bound: socket.socket) -> int:
    """How a child ended; one that ended by itself did so before its time."""
    heard, said = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(heard)
        _live(life, bound, said)
    os.close(said)
    if os.read(heard, 1):
        print(_BEGUN, flush=True)  # noqa: T201 - likewise
        select.select([heard], [], [], life.lives)
    os.kill(pid, signal.SIGKILL)
    os.close(heard)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def _live(life: Life, bound: socket.socket, said: int) -> None:
    try:
        uvloop.run(_run(life, bound, lambda: os.write(said, b"!")))
    except BaseException:  # noqa: BLE001 - the parent's stack is not this child's to unwind
        traceback.print_exc()
    finally:
        os._exit(1)


async def _run(life: Life, bound: socket.socket, begin: Callable[[], object]) -> None:
    settings = load(life.settings, env_file=None)
    if not life.begins_open:
        begin()
    async with assembled(settings, lambda _: None, Later(life.later), random) as afterword:
        if life.begins_open:
            begin()
        async with asyncio.TaskGroup() as group:
            group.create_task(afterword.follow())
            if life.listens:
                group.create_task(listen(afterword.web, bound))


if __name__ == "__main__":
    _main(socket.socket(fileno=int(sys.argv[1])))
