"""Workers whose processes are fakes."""

import asyncio
from collections.abc import Callable

from app.cli.workers import Workers
from tests.fakes import FakeClock


class FakeProcess:
    """A process that runs until it is killed, or until a signal if it obeys signals."""

    def __init__(self, pid: int, *, obeys: bool = True) -> None:
        self.pid = pid
        self.signals: list[int] = []
        self._obeys = obeys
        self._status: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    def exit(self, status: int) -> None:
        """End the process with this status."""
        self._status.set_result(status)

    async def wait(self) -> int:
        return await self._status

    def send_signal(self, signal: int) -> None:
        if self._status.done():
            raise ProcessLookupError
        self.signals.append(signal)
        if signal == 9:
            self.exit(-9)
        elif self._obeys:
            self.exit(0)


class FakeWorkers:
    """Workers with fake processes; `on_start` is called with every process that is started."""

    def __init__(
        self, count: int, on_start: Callable[[FakeProcess], object] = lambda _: None, *, obey: bool = True
    ) -> None:
        self.clock = FakeClock()
        self.processes: list[FakeProcess] = []
        self.exited_pids: list[int] = []
        self.changed = asyncio.Condition()
        self._on_start = on_start
        self._obey = obey
        self.workers = Workers(count, self._start, self.clock, on_exit=self.exited_pids.append)

    async def _start(self) -> FakeProcess:
        process = FakeProcess(len(self.processes) + 1, obeys=self._obey)
        self.processes.append(process)
        async with self.changed:
            self.changed.notify_all()
        self._on_start(process)
        return process

    async def wait_for(self, count: int) -> None:
        """Wait until this many processes were started."""
        async with self.changed:
            await self.changed.wait_for(lambda: len(self.processes) >= count)
