"""Listening: a socket bound before anything else begins, and uvicorn on it until a signal ends it."""

import asyncio
import os
import signal
import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import orjson
import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send
from typing_extensions import override

from app.domain.errors import CannotStart

_BACKLOG = 2048
_SECONDS_TO_FINISH = 7.0
"""What is under way gets so long; container engines kill after ten seconds, and the store is still to be closed."""
_SECONDS_TO_PART = 1.0
"""For the answers to what is cut short."""
_SECONDS_AT_MOST = 10
"""uvicorn's own limit, which nothing should reach."""
_STOPPING = orjson.dumps(
    {
        "type": "about:blank",
        "title": "Service Unavailable",
        "status": 503,
        "detail": "Afterword is being stopped. Ask again in a moment.",
    }
)


def bind(host: str, port: int, *, choice: str = "--port or AFTERWORD_PORT") -> socket.socket:
    """A socket at the address; `CannotStart` says whether the port is taken, forbidden, or the address not ours.

    `choice` is how the owner names another port.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        bound = socket.socket(family, kind, protocol)
    except (OSError, UnicodeError) as failure:
        reason = failure.strerror if isinstance(failure, OSError) else "not a host name"
        raise CannotStart(
            f"The address {host} cannot be listened at ({reason}). Set AFTERWORD_HOST to one of this machine."
        ) from None
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(address)
        bound.listen(_BACKLOG)
    except OSError as failure:
        bound.close()
        raise CannotStart(
            f"Port {port} at {host} cannot be listened at ({os.strerror(failure.errno or 0)}). "
            f"End the program that has it, or choose another with {choice}."
        ) from None
    return bound


def address(bound: socket.socket) -> str:
    """The address of a bound socket as a browser takes it; a wildcard is shown as the loopback."""
    host, port = bound.getsockname()[:2]
    shown = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)  # noqa: S104
    return f"http://{shown}:{port}"


class _Server(uvicorn.Server):
    """uvicorn without its signal handlers: it would raise the signal again before the store is closed.

    Requests under way are finished. What takes longer than `grace` seconds, or until `hurry` is called, is answered
    with 503, so that no client is left with a connection that breaks.
    """

    def __init__(self, web: ASGIApp, *, grace: float) -> None:
        self._web = web
        self._grace = grace
        self._hurry = asyncio.Event()
        super().__init__(_config(self._answer))

    @override
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    def end(self) -> None:
        """Takes no more connections from now on; `serve` returns when what is under way has ended."""
        self.should_exit = True

    def hurry(self) -> None:
        """Waits no longer for what is under way."""
        self._hurry.set()

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await self._web(scope, receive, send)
        except asyncio.CancelledError:
            if not self.should_exit:
                raise
            await _refuse(send)

    @override
    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        cutting = asyncio.create_task(self._cut_short())
        try:
            await super().shutdown(sockets)
        finally:
            cutting.cancel()

    async def _cut_short(self) -> None:
        try:
            async with asyncio.timeout(self._grace):
                await self._hurry.wait()
        except TimeoutError:
            pass
        tasks = set(self.server_state.tasks)
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=_SECONDS_TO_PART)
        for connection in list(self.server_state.connections):
            if connection.transport is not None:
                connection.transport.abort()  # a client that does not take what it asked for


async def _refuse(send: Send) -> None:
    """Answers what is cut short, unless its answer has begun: that one can only break off."""
    headers = [
        (b"content-type", b"application/problem+json"),
        (b"content-length", b"%d" % len(_STOPPING)),
        (b"cache-control", b"no-store"),
        (b"retry-after", b"1"),
    ]
    try:
        await send({"type": "http.response.start", "status": 503, "headers": headers})
    except RuntimeError:
        return
    await send({"type": "http.response.body", "body": _STOPPING})


def _nothing() -> None:
    pass


async def listen(
    web: ASGIApp,
    bound: socket.socket,
    *,
    beside: Sequence[tuple[ASGIApp, socket.socket]] = (),
    closing: Callable[[], None] = _nothing,
    lifeline: int | None = None,
    grace: float = _SECONDS_TO_FINISH,
) -> None:
    """Serves until a signal ends it, and so what is to be served beside; requests under way are finished.

    `closing` is called once, when the signal arrives, to end what would not end by itself. What is still under
    way after `grace` seconds, or at a second SIGINT, is cut short. `lifeline` is the reading end of a pipe: its end is
    heard like a signal.
    """
    served = [(web, bound), *beside]
    servers = [_Server(application, grace=grace) for application, _ in served]
    ending = False

    def end(number: int) -> None:
        nonlocal ending
        if not ending:
            closing()
        for server in servers:
            if ending and number == signal.SIGINT:
                server.hurry()
            server.end()
        ending = True

    with signals(end), _at_the_end_of(lifeline, lambda: end(signal.SIGTERM)):
        await asyncio.gather(
            *(server.serve(sockets=[place]) for server, (_, place) in zip(servers, served, strict=True))
        )


def ending_signals() -> list[signal.Signals]:
    """SIGINT, SIGTERM and, unless it is ignored as under nohup, SIGHUP: a terminal that is closed ends it in order."""
    heard = [signal.SIGINT, signal.SIGTERM]
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
        heard.append(signal.SIGHUP)
    return heard


@contextmanager
def signals(end: Callable[[int], None]) -> Iterator[None]:
    """Calls `end` with the number of each signal that asks to end; afterwards none disturbs the closing any more."""
    loop = asyncio.get_running_loop()
    heard = ending_signals()
    for number in heard:
        loop.add_signal_handler(number, end, number)
    try:
        yield
    finally:
        for number in heard:
            loop.remove_signal_handler(number)
            signal.signal(number, signal.SIG_IGN)


@contextmanager
def _at_the_end_of(lifeline: int | None, end: Callable[[], None]) -> Iterator[None]:
    if lifeline is None:
        yield
        return
    loop = asyncio.get_running_loop()

    def broken() -> None:
        loop.remove_reader(lifeline)
        end()

    loop.add_reader(lifeline, broken)
    try:
        yield
    finally:
        loop.remove_reader(lifeline)


def _config(web: ASGIApp) -> uvicorn.Config:
    return uvicorn.Config(
        web,
        interface="asgi3",
        http="httptools",
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,  # ours is in app.web.access_log
        server_header=False,
        proxy_headers=False,
        backlog=_BACKLOG,
        timeout_graceful_shutdown=_SECONDS_AT_MOST,
    )
