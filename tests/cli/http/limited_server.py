"""An application behind `Connection` in the test's own event loop."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from starlette.types import Receive, Scope, Send
from uvicorn.server import ServerState

from app.cli.http.connection import Connection
from app.cli.http.server import _config


@dataclass
class LimitedServer:
    """An application that answers a request when `gate` is open, and the connections to it."""

    gate: asyncio.Event
    state: ServerState
    port: int = 0
    requests: int = 0

    async def app(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.requests += 1
        while scope["method"] == "POST" and (await receive()).get("more_body"):
            pass
        await self.gate.wait()
        body = b"x" * int(scope["query_string"] or b"2")
        headers = [(b"content-length", b"%d" % len(body))]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    def connections(self) -> list[Connection]:
        return [connection for connection in self.state.connections if isinstance(connection, Connection)]

    def sweep(self, seconds: float) -> None:
        """Enforce the deadlines as if this many seconds had passed."""
        now = asyncio.get_running_loop().time() + seconds
        for connection in self.connections():
            connection.enforce_deadlines(now)


@asynccontextmanager
async def run_limited_server() -> AsyncGenerator[LimitedServer, None]:
    """Serve on a free port until the block ends."""
    server = LimitedServer(asyncio.Event(), ServerState())
    server.gate.set()
    config = _config(server.app)
    config.load()
    loop = asyncio.get_running_loop()
    listener = await loop.create_server(lambda: Connection(config, server.state, {}), "127.0.0.1", 0)
    server.port = listener.sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        listener.close()
        for connection in server.connections():
            connection.transport.abort()
