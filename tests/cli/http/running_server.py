"""A server in the test's own event loop."""

import asyncio
from collections.abc import Callable

from starlette.types import ASGIApp

from app.cli.http.server import bind, run_server

ParentPipe = tuple[int, Callable[[], None]]
"""The reading end of a pipe, and a function that closes the other end."""


class RunningServer:
    """`run_server` with no grace for requests in progress."""

    def __init__(self, app: ASGIApp, parent_pipe: ParentPipe) -> None:
        self.stops: list[str] = []
        server_socket = bind("127.0.0.1", 0)
        self.address: tuple[str, int] = server_socket.getsockname()
        self.url = f"http://127.0.0.1:{self.address[1]}/"
        reading_end, self.stop = parent_pipe
        self.task = asyncio.create_task(
            run_server(
                app,
                server_socket,
                on_stop=lambda: self.stops.append("closed"),
                parent_pipe=reading_end,
                grace=0,
            )
        )
