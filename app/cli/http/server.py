"""The HTTP server: sockets bound before anything else starts, and uvicorn on them until a signal stops it."""

import asyncio
import os
import signal
import socket
from collections.abc import AsyncGenerator, Callable, Coroutine, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from functools import partial
from http import HTTPStatus
from ipaddress import ip_address
from typing import Any

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send
from typing_extensions import override

from app.cli.http.connection import Connection, problem_body
from app.cli.http.ready_connection import ReadyConnection
from app.cli.http.ready_responses import ReadyResponses
from app.domain.errors import CannotStart

_BACKLOG = 2048
_SEND_BUFFER = 128 * 1024
"""Bytes; the system doubles them. Otherwise it keeps four megabytes for each client that does not read, and everybody
waits while it looks for that memory. Connections inherit the size from their listening socket."""
_GRACE_SECONDS = 7.0
"""For requests in progress; container engines kill after ten seconds, and the store must still be closed."""
_CANCEL_SECONDS = 1.0
"""For the responses to cancelled requests."""
_UVICORN_SECONDS = 10
"""uvicorn's own limit, which nothing should reach."""
_TICKS_BETWEEN_SWEEPS = 50
"""A tick of uvicorn is a tenth of a second."""
_SWEPT_AT_ONCE = 500
_STOPPING = problem_body(HTTPStatus.SERVICE_UNAVAILABLE, "Afterword is being stopped. Ask again in a moment.")


def bind(host: str, port: int, *, port_option: str = "--port or AFTERWORD_PORT") -> socket.socket:
    """Return a listening socket at an address.

    Raises `CannotStart`, which says whether the port is taken, forbidden, or the address not one of this machine.
    `port_option` is how the owner chooses another port.
    """
    try:
        addresses = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, kind, protocol, _, address = addresses[0]
        server_socket = socket.socket(family, kind, protocol)
    except (OSError, UnicodeError) as failure:
        reason = failure.strerror if isinstance(failure, OSError) else "not a host name"
        raise CannotStart(
            f"The address {host} cannot be listened at ({reason}). Set AFTERWORD_HOST to one of this machine."
        ) from None
    try:
        server_socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        server_socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BUFFER)
        server_socket.bind(address)
        server_socket.listen(_BACKLOG)
    except OSError as failure:
        server_socket.close()
        raise CannotStart(
            f"Port {port} at {host} cannot be listened at ({os.strerror(failure.errno or 0)}). "
            f"End the program that has it, or choose another with {port_option}."
        ) from None
    return server_socket


def base_url(server_socket: socket.socket) -> str:
    """Return the URL of a bound socket for a browser; a wildcard address is shown as loopback."""
    host, port = server_socket.getsockname()[:2]
    shown_host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)  # noqa: S104
    return f"http://{shown_host}:{port}"


def is_loopback(server_socket: socket.socket) -> bool:
    """Return True if only this machine can reach a bound socket."""
    return ip_address(server_socket.getsockname()[0].partition("%")[0]).is_loopback


class _Server(uvicorn.Server):
    """uvicorn without its signal handlers: it would raise the signal again before the store is closed.

    Requests in progress are finished. Those that take longer than `grace` seconds, or until `cancel_requests` is
    called, get a 503, so that no client sees its connection break.
    """

    def __init__(self, app: ASGIApp, *, grace: float, responses: ReadyResponses | None = None) -> None:
        self._app = app
        self._grace = grace
        self._cancel = asyncio.Event()
        connection = Connection if responses is None else partial(ReadyConnection, responses=responses)
        super().__init__(_config(self._handle, connection))

    @override
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    def cancel_requests(self) -> None:
        """Cancel the requests in progress as soon as the server stops."""
        self._cancel.set()

    async def _handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await self._app(scope, receive, send)
        except asyncio.CancelledError:
            if not self.should_exit:
                raise
            await _send_unavailable(send)

    @override
    async def on_tick(self, counter: int) -> bool:
        if counter % _TICKS_BETWEEN_SWEEPS == 0:
            await self._sweep()
        return await super().on_tick(counter)

    async def _sweep(self) -> None:
        """Close the connections whose clients take too long; other work runs in between."""
        connections = list(self.server_state.connections)
        for start in range(0, len(connections), _SWEPT_AT_ONCE):
            now = asyncio.get_running_loop().time()
            for connection in connections[start : start + _SWEPT_AT_ONCE]:
                if isinstance(connection, Connection):
                    connection.enforce_deadlines(now)
            await asyncio.sleep(0)

    @override
    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        async with run_in_background(self._cancel_after_grace()):
            await super().shutdown(sockets)

    async def _cancel_after_grace(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(self._grace):
                await self._cancel.wait()
        tasks = set(self.server_state.tasks)
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=_CANCEL_SECONDS)
        for connection in list(self.server_state.connections):
            if connection.transport is not None:
                connection.transport.abort()  # the client does not read its response


async def _send_unavailable(send: Send) -> None:
    """Send a 503, unless the response has begun: then only the connection can end."""
    headers = [
        (b"content-type", b"application/problem+json"),
        (b"content-length", b"%d" % len(_STOPPING)),
        (b"cache-control", b"no-store"),
        (b"x-content-type-options", b"nosniff"),
        (b"retry-after", b"1"),
    ]
    try:
        await send({"type": "http.response.start", "status": 503, "headers": headers})
    except RuntimeError:
        return
    await send({"type": "http.response.body", "body": _STOPPING})


async def run_server(
    app: ASGIApp,
    server_socket: socket.socket,
    *,
    more: Sequence[tuple[ASGIApp, socket.socket]] = (),
    on_stop: Callable[[], None] = lambda: None,
    parent_pipe: int | None = None,
    grace: float = _GRACE_SECONDS,
    responses: ReadyResponses | None = None,
) -> None:
    """Serve an application, and `more` beside it, until a signal stops it; requests in progress are finished.

    `on_stop` is called once, when the signal arrives, to end endless responses. Requests still in progress after
    `grace` seconds, or at a second SIGINT, are cancelled. `parent_pipe` is the reading end of a pipe: its end of file
    means that the parent process is gone, and stops the server like a signal.
    """
    endpoints = [(app, server_socket), *more]
    servers = [
        _Server(endpoint_app, grace=grace, responses=responses if endpoint_app is app else None)
        for endpoint_app, _ in endpoints
    ]
    is_stopping = False

    def stop(number: int) -> None:
        nonlocal is_stopping
        if not is_stopping:
            on_stop()
        for server in servers:
            if is_stopping and number == signal.SIGINT:
                server.cancel_requests()
            server.should_exit = True
        is_stopping = True

    with handle_stop_signals(stop), _watch_parent(parent_pipe, lambda: stop(signal.SIGTERM)):
        await asyncio.gather(*(server.serve([bound]) for server, (_, bound) in zip(servers, endpoints, strict=True)))


@asynccontextmanager
async def run_in_background(work: Coroutine[Any, Any, None]) -> AsyncGenerator[asyncio.Task[None], None]:
    """Run a coroutine until it ends, but no longer than the block."""
    task = asyncio.create_task(work)
    try:
        yield task
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


def stop_signals() -> list[signal.Signals]:
    """Return the signals that stop the service in order.

    A closing terminal sends SIGHUP. It is left out if it is ignored, as under nohup.
    """
    numbers = [signal.SIGINT, signal.SIGTERM]
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
        numbers.append(signal.SIGHUP)
    return numbers


@contextmanager
def handle_stop_signals(stop: Callable[[int], None]) -> Iterator[None]:
    """Call `stop` with the number of each stop signal; afterwards signals are ignored while the store is closed."""
    loop = asyncio.get_running_loop()
    numbers = stop_signals()
    for number in numbers:
        loop.add_signal_handler(number, stop, number)
    try:
        yield
    finally:
        for number in numbers:
            loop.remove_signal_handler(number)
            signal.signal(number, signal.SIG_IGN)


@contextmanager
def _watch_parent(parent_pipe: int | None, stop: Callable[[], None]) -> Iterator[None]:
    if parent_pipe is None:
        yield
        return
    loop = asyncio.get_running_loop()

    def handle_end_of_file() -> None:
        loop.remove_reader(parent_pipe)
        stop()

    loop.add_reader(parent_pipe, handle_end_of_file)
    try:
        yield
    finally:
        loop.remove_reader(parent_pipe)


def _config(app: ASGIApp, connection: Callable[..., asyncio.Protocol] = Connection) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        interface="asgi3",
        http=connection,  # type: ignore[arg-type] # what makes a protocol is enough
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,  # ours is in app.web.access_log
        server_header=False,
        proxy_headers=False,
        backlog=_BACKLOG,
        timeout_graceful_shutdown=_UVICORN_SECONDS,
    )
