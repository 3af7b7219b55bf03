"""The simulator on a socket: in a thread of its own for tests, or in the loop of whoever runs it."""

import asyncio
import socket
import threading
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from itertools import count

import uvicorn
from typing_extensions import override
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from app.simulator.http.app import Simulator
from app.simulator.http.faults import Faults
from app.simulator.http.hold import RequestHold
from app.simulator.http.rate_limits import Limits
from app.simulator.http.request_log import IncomingRequest, LoggedRequest
from app.simulator.images import ImageHost
from app.simulator.webhooks.deliveries import Webhook
from app.simulator.world.webhook_events import EVENTS
from app.simulator.world.world import World

_BACKLOG = 2048


@dataclass(frozen=True, slots=True)
class RunningSimulator:
    """A simulator that answers at `url`."""

    url: str
    simulator: Simulator
    hooks: ExitStack = field(default_factory=ExitStack)
    _hook_ids: Iterator[int] = field(default_factory=lambda: count(457_000_001))

    @property
    def world(self) -> World:
        """The state that is served; a test may change it at any time."""
        return self.simulator.world

    @property
    def requests(self) -> list[LoggedRequest]:
        """The log of asks."""
        return self.simulator.requests

    @property
    def images(self) -> ImageHost:
        """The host of pictures, which its `home` switches on."""
        return self.simulator.images

    @property
    def faults(self) -> Faults:
        """The faults to come."""
        return self.simulator.faults

    @property
    def hold(self) -> RequestHold:
        """The gate before the answers."""
        return self.simulator.hold

    def on_request(self, hook: Callable[[IncomingRequest], object]) -> Callable[[], None]:
        """Call something before each answer is made; the result stops that."""
        return self.simulator.on_request(hook)

    def add_webhook(
        self,
        url: str,
        *,
        secret: str | None = None,
        content_type: str = "json",
        events: Iterable[str] = EVENTS,
        repo: str | None = None,
        connections: int = 1,
    ) -> Webhook:
        """Tell an address what happens from now on in a repository (None: in all); it ends with the simulator."""
        hook = Webhook(
            url,
            secret,
            content_type=content_type,
            events=events,
            repository=None if repo is None else self.world.repository_payload(self.world.repository(repo)),
            connections=connections,
            hook_id=next(self._hook_ids),
        )
        self.hooks.callback(hook.close)
        self.hooks.callback(self.world.on_event(hook.deliver))
        return hook


def bind_loopback(port: int = 0) -> socket.socket:
    """Bind a socket on 127.0.0.1, at a port from the kernel unless one is named; raises OSError when it is taken."""
    bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(("127.0.0.1", port))
    except OSError:
        bound.close()
        raise
    return bound


def loopback_url(bound: socket.socket) -> str:
    """The address at which a bound socket will answer."""
    return f"http://127.0.0.1:{bound.getsockname()[1]}"


class _Protocol(HttpToolsProtocol):
    """HTTP on a connection that the application can reach, as a fault may want to reset it."""

    @override
    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn has it
        super().connection_made(transport)
        self.app_state = {**self.app_state, "transport": transport}


class _Server(uvicorn.Server):
    """uvicorn until it is told to end; the signals of the process stay with whoever has them."""

    def __init__(self, simulator: Simulator) -> None:
        # The world's clock dates the answers, so uvicorn must not; its log would tell of the faults we make.
        super().__init__(
            uvicorn.Config(
                simulator,
                http=_Protocol,
                ws="none",
                lifespan="off",
                log_config=None,
                log_level="critical",
                access_log=False,
                date_header=False,
                server_header=False,
                timeout_graceful_shutdown=1,
            )
        )
        self.ended = asyncio.Event()

    @override
    async def main_loop(self) -> None:
        await self.ended.wait()
        self.force_exit = True

    @override
    @contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        yield


async def serve(simulator: Simulator, bound: socket.socket, stop: asyncio.Event) -> None:
    """Serve in the running loop until `stop` is set; the socket is closed then."""
    server = _Server(simulator)
    server.ended = stop
    bound.listen(_BACKLOG)
    await server.serve(sockets=[bound])


@contextmanager
def run_simulator(
    world: World, *, base_url: str | None = None, limits: Limits | None = None, cursors: bool = False
) -> Iterator[RunningSimulator]:
    """Run a simulator in a thread, at a port from the kernel; asks still held or delayed at the end are dropped.

    Its webhooks end first, and with them what they have not sent. Raises at the end what failed in a hook or in
    the simulator itself.
    """
    simulator = Simulator(world, base_url=base_url, limits=limits, cursors=cursors)
    bound = bind_loopback()
    bound.listen(_BACKLOG)
    url = loopback_url(bound)
    started: Future[Callable[[], object]] = Future()
    thread = threading.Thread(target=_run, args=(_Server(simulator), bound, started), name="simulator", daemon=True)
    thread.start()
    stop = started.result()
    world.api_url = base_url or url
    try:
        with ExitStack() as hooks:
            yield RunningSimulator(url, simulator, hooks)
    finally:
        stop()
        thread.join()
    for failure in simulator.internal_errors:
        raise failure


def _run(server: _Server, bound: socket.socket, started: Future[Callable[[], object]]) -> None:
    with asyncio.Runner(loop_factory=server.config.get_loop_factory()) as runner:
        loop = runner.get_loop()
        started.set_result(lambda: loop.call_soon_threadsafe(server.ended.set))
        runner.run(server.serve(sockets=[bound]))
