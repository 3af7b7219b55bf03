"""Listening: a socket bound before anything else begins, and uvicorn on it until a signal ends it."""

import asyncio
import os
import signal
import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import uvicorn
from starlette.types import ASGIApp

from app.domain.errors import CannotStart

_BACKLOG = 2048
_SECONDS_TO_FINISH = 10


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
    """uvicorn without its signal handlers: it would raise the signal again before the store is closed."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def listen(
    web: ASGIApp, bound: socket.socket, *, access_log: bool, beside: Sequence[tuple[ASGIApp, socket.socket]] = ()
) -> None:
    """Serves until SIGINT or SIGTERM, and so what is to be served beside; requests under way are finished."""
    served = [(web, bound), *beside]
    servers = [_Server(_config(application, access_log=access_log)) for application, _ in served]

    def end(number: int) -> None:
        for server in servers:
            server.handle_exit(number, None)

    with _signals(end):
        await asyncio.gather(
            *(server.serve(sockets=[place]) for server, (_, place) in zip(servers, served, strict=True))
        )


@contextmanager
def _signals(end: Callable[[int], None]) -> Iterator[None]:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, end, number)
    try:
        yield
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)


def _config(web: ASGIApp, *, access_log: bool) -> uvicorn.Config:
    return uvicorn.Config(
        web,
        http="httptools",
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=access_log,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=_SECONDS_TO_FINISH,
    )
