"""The simulator on a socket: in a thread of its own for tests, or in the event loop of its caller."""

import asyncio
import socket
import threading
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import Future
from contextlib import ExitStack, contextmanager
from itertools import count
from typing import Any

import uvicorn
from typing_extensions import override
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from app.simulator.http.app import Simulator
from app.simulator.http.rate_limits import Limits
from app.simulator.webhooks.deliveries import Webhook
from app.simulator.world.world import World

_BACKLOG = 2048


class RunningSimulator:
    """A simulator that serves at `url`, with its parts; a test may change the `world` at any time."""

    def __init__(self, url: str, simulator: Simulator, exit_stack: ExitStack) -> None:
        self.url = url
        self.simulator = simulator
        self.world = simulator.world
        self.requests = simulator.requests
        self.images = simulator.images
        self.hooks = simulator.hooks
        self.faults = simulator.faults
        self.hold = simulator.hold
        self.on_request = simulator.on_request
        self._exit_stack = exit_stack
        self._hook_ids = count(457_000_001)

    def add_webhook(self, url: str, *, secret: str | None = None, repo: str | None = None, **options: Any) -> Webhook:
        """Add a webhook for a repository (None: for all repositories); it ends with the simulator.

        `options` are further arguments of `Webhook`.
        """
        repository = None if repo is None else self.world.repository_payload(self.world.repository(repo))
        hook = Webhook(
            url, secret, repository=repository, hook_id=next(self._hook_ids), clock=self.world.clock, **options
        )
        if repo is not None:
            self.hooks.add_live(self.world.repository(repo).id, hook)
        self._exit_stack.callback(hook.close)
        self._exit_stack.callback(self.world.on_event(hook.deliver))
        return hook


def bind_loopback(port: int = 0) -> socket.socket:
    """Return a socket bound to 127.0.0.1; port 0 takes a free port. Raise OSError if the port is taken."""
    bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(("127.0.0.1", port))
    except OSError:
        bound.close()
        raise
    return bound


def loopback_url(bound: socket.socket) -> str:
    """Return the base URL of a bound socket."""
    return f"http://127.0.0.1:{bound.getsockname()[1]}"


class _Protocol(HttpToolsProtocol):
    """HTTP on a connection that the application can access, because a fault may reset it."""

    @override
    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn has it
        super().connection_made(transport)
        self.app_state = {**self.app_state, "transport": transport}


class _Server(uvicorn.Server):
    """A uvicorn server that runs until `stop` is set and leaves the process's signal handlers alone."""

    def __init__(self, simulator: Simulator) -> None:
        # The world's clock dates the responses, so uvicorn must not. Its log would report the faults of the tests.
        config = uvicorn.Config(
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
        super().__init__(config)
        self.stop = asyncio.Event()

    @override
    async def main_loop(self) -> None:
        await self.stop.wait()
        self.force_exit = True

    @override
    @contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        yield


async def serve(simulator: Simulator, bound: socket.socket, stop: asyncio.Event) -> None:
    """Serve in the running event loop until `stop` is set, then close the socket."""
    server = _Server(simulator)
    server.stop = stop
    bound.listen(_BACKLOG)
    await server.serve(sockets=[bound])


@contextmanager
def run_simulator(
    world: World, *, base_url: str | None = None, limits: Limits | None = None, cursors: bool = False
) -> Iterator[RunningSimulator]:
    """Run a simulator in a thread, at a free port of the loopback interface.

    At the end its webhooks stop and drop their queues, and requests that are held or delayed are dropped.
    Then the first internal error of the simulator or of a callback is raised, if any.
    """
    simulator = Simulator(world, base_url=base_url, limits=limits, cursors=cursors)
    bound = bind_loopback()
    bound.listen(_BACKLOG)
    url = loopback_url(bound)
    stop_future: Future[Callable[[], object]] = Future()
    thread = threading.Thread(target=_run, args=(_Server(simulator), bound, stop_future), name="simulator", daemon=True)
    thread.start()
    stop = stop_future.result()
    world.api_url = base_url or url
    try:
        with ExitStack() as exit_stack:
            yield RunningSimulator(url, simulator, exit_stack)
    finally:
        stop()
        thread.join()
    for error in simulator.internal_errors:
        raise error


def _run(server: _Server, bound: socket.socket, stop_future: Future[Callable[[], object]]) -> None:
    """Serve in a new event loop, and set the future to a function that stops it from any thread."""
    with asyncio.Runner(loop_factory=server.config.get_loop_factory()) as runner:
        loop = runner.get_loop()
        stop_future.set_result(lambda: loop.call_soon_threadsafe(server.stop.set))
        runner.run(server.serve(sockets=[bound]))
