"""One connection without a network: bytes go into the protocol, and what it writes is kept."""

import asyncio
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from starlette.types import ASGIApp
from typing_extensions import override
from uvicorn.server import ServerState

from app.cli.http.connection import Connection
from app.cli.http.ready_connection import ReadyConnection
from app.cli.http.ready_responses import LogResponse, ReadyResponse, ReadyResponses, write_access_log
from app.cli.http.server import _config
from app.web.access_log import AccessLog
from tests.web.harness.blog import Blog

_PREFIX = b"request-"
_OWN_ID = re.compile(rb"(X-Request-ID: )request-\d+")
_DATE = (b"date", b"Mon, 30 Nov 2026 10:00:00 GMT")


class RecordedTransport(asyncio.Transport):
    """A transport that keeps what is written, and can be full."""

    def __init__(self) -> None:
        super().__init__({"peername": ("192.0.2.7", 4711), "sockname": ("192.0.2.1", 8000)})
        self.data = b""
        self.is_reading_paused = False
        self.has_ended = False
        self.encryption: str | None = None
        """`sslcontext` if the connection is encrypted."""
        self._is_closing = False

    @override
    def write(self, data: Any) -> None:
        assert not self.has_ended, "written after the end"
        if not self._is_closing:
            self.data += data

    @override
    def write_eof(self) -> None:
        self.has_ended = True

    @override
    def close(self) -> None:
        self._is_closing = True

    @override
    def abort(self) -> None:
        self._is_closing = True

    @override
    def is_closing(self) -> bool:
        return self._is_closing

    @override
    def pause_reading(self) -> None:
        self.is_reading_paused = True

    @override
    def resume_reading(self) -> None:
        self.is_reading_paused = False

    @override
    def get_write_buffer_size(self) -> int:
        return 0

    @override
    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return ("x",) if name == self.encryption else super().get_extra_info(name, default)


class MovedLoop:
    """A loop whose time is moved by a test; tasks run in the real one."""

    def __init__(self) -> None:
        self.create_task = asyncio.get_running_loop().create_task
        self._now = 1_000.0
        self._timers: list[tuple[float, Callable[[], None], asyncio.TimerHandle]] = []

    def time(self) -> float:
        return self._now

    def call_later(self, delay: float, callback: Callable[[], None]) -> asyncio.TimerHandle:
        handle = asyncio.TimerHandle(0.0, callback, (), asyncio.get_running_loop())
        self._timers.append((self._now + delay, callback, handle))
        return handle

    def move(self, seconds: float) -> None:
        """Let time pass, and call what is due then."""
        self._now += seconds
        due = [timer for timer in self._timers if timer[0] <= self._now]
        self._timers = [timer for timer in self._timers if timer[0] > self._now]
        for _, callback, handle in due:
            if not handle.cancelled():
                callback()


class CountedResponses(ReadyResponses):
    """Ready responses that count how many were sent."""

    sent_count = 0

    @override
    def write(self, response: ReadyResponse, *args: Any, **options: Any) -> tuple[bytes, ...] | None:
        parts = super().write(response, *args, **options)
        self.sent_count += parts is not None
        return parts


class Wire:
    """Connections of one kind to a blog's application."""

    def __init__(self, blog: Blog, *, is_fast: bool, logs_addresses: bool | None = None) -> None:
        self.blog = blog
        log: LogResponse | None = None
        app: ASGIApp = blog.app
        if logs_addresses is not None:
            log = write_access_log(addresses=logs_addresses)
            app = AccessLog(blog.app, now=blog.clock.now, addresses=logs_addresses)
        self.responses = CountedResponses(blog.app, blog.clock.now, log) if is_fast else None
        self.state = ServerState()
        self.encryption: str | None = None
        self.state.default_headers = [_DATE]
        self._config = _config(app)
        self._config.load()

    @property
    def counts(self) -> Mapping[tuple[str, int], int]:
        """How many responses were counted, by kind and status."""
        return self.blog.context.monitoring.response_counts

    def make_connection(self, loop: MovedLoop | None = None) -> Connection:
        """Return a connection without a transport."""
        make: Callable[..., Connection] = Connection
        options: dict[str, Any] = {}
        if self.responses is not None:
            make, options = ReadyConnection, {"responses": self.responses}
        return make(self._config, self.state, {}, loop or asyncio.get_running_loop(), **options)

    def connect(self, loop: MovedLoop | None = None) -> tuple[Connection, RecordedTransport]:
        """Open a connection."""
        connection = self.make_connection(loop)
        transport = RecordedTransport()
        transport.encryption = self.encryption
        connection.connection_made(transport)
        return connection, transport

    async def exchange(self, parts: Iterable[bytes]) -> tuple[bytes, bool]:
        """Send parts one after another; return what came back, and whether the connection was closed.

        Ids that the service gave are left out, and so is what depends on the order of requests alone.
        """
        connection, transport = self.connect()
        for part in parts:
            if transport.is_closing():
                break  # nothing more is read
            connection.data_received(part)
            await self.settle()
        is_closed = transport.is_closing() or transport.has_ended
        connection.connection_lost(None)
        await self.settle()
        return _OWN_ID.sub(rb"\1own", transport.data), is_closed

    async def settle_briefly(self) -> None:
        """Let requests run that do not have to wait for their client."""
        for _ in range(20):
            await asyncio.sleep(0)

    async def settle(self) -> None:
        """Wait until no request is being served, and none waits for its turn."""
        while self.state.tasks or (self.responses is not None and len(self.responses.turns)):
            if self.state.tasks:
                await asyncio.wait(set(self.state.tasks))
            await asyncio.sleep(0)

    async def open_seconds(self, steps: list[tuple[bytes, float]]) -> float:
        """Send data and let seconds pass, step by step; return how long the connection stayed open."""
        loop = MovedLoop()
        start = loop.time()
        connection, transport = self.connect(loop)
        for data, seconds in [*steps, (b"", 20.0)]:
            if data:
                connection.data_received(data)
                await self.settle()
            for _ in range(int(seconds * 2)):
                loop.move(0.5)
                connection.enforce_deadlines(loop.time())
                if transport.is_closing():
                    return loop.time() - start
        return loop.time() - start
