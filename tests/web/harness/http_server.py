"""The application behind uvicorn on a socket, for what only a real connection shows."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import uvicorn

from app.web.cached_reads import CachedReads


class _Server(uvicorn.Server):
    """A server that leaves the signals to pytest."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@asynccontextmanager
async def run_server(
    app: CachedReads, *, shutdown_timeout: int = 5, listener: socket.socket | None = None
) -> AsyncIterator[tuple[str, int]]:
    """Serve an application in this event loop on a bound socket, or on a free port; yield host and port."""
    config = uvicorn.Config(
        app, http="httptools", ws="none", lifespan="off", log_config=None, timeout_graceful_shutdown=shutdown_timeout
    )
    server = _Server(config)
    with listener or socket.create_server(("127.0.0.1", 0)) as own_listener:
        task = asyncio.create_task(server.serve(sockets=[own_listener]))
        while not server.started:  # noqa: ASYNC110 - uvicorn offers nothing else to wait for
            await asyncio.sleep(0)
        try:
            yield own_listener.getsockname()
        finally:
            server.should_exit = True
            await task
