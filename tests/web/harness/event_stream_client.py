"""The service with event streams on a socket, and a client that subscribes to them."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import replace

import orjson

from app.domain.sites import Repository
from app.render.document import Document
from app.render.keys import PostKey
from app.serving.clients.limits import ClientLimits
from app.serving.event_streams import Subscribers
from tests.fakes import FakeClock
from tests.web.harness.blog import POST, SITE, Blog
from tests.web.harness.http_server import run_server

EVENTS = f"/api/v1/posts/{POST}/events"
RETRY = "retry: 4000"
INITIAL_VERSION = 7
"""The version of every thread at first."""


class HeartbeatClock(FakeClock):
    """A clock whose sleeps end when the test sets `heartbeat`."""

    def __init__(self) -> None:
        super().__init__()
        self.heartbeat = asyncio.Event()

    async def sleep(self, _seconds: float) -> None:
        await self.heartbeat.wait()
        self.heartbeat.clear()


class StreamResponse:
    """What a subscribed page receives over its socket."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self.status = 0
        self.headers: dict[str, str] = {}

    async def read_head(self) -> None:
        head = (await self._reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        self.status = int(head[0].split()[1])
        self.headers = dict(line.lower().split(": ", 1) for line in head[1:] if line)

    async def read_chunk(self) -> str | None:
        """Return the next piece of the stream; None at its end."""
        size = int(await self._reader.readuntil(b"\r\n"), 16)
        text = (await self._reader.readexactly(size + 2))[:-2]
        return text.decode() if size else None

    async def read_body(self) -> bytes:
        """Return the whole body of a response that has a length."""
        return await self._reader.readexactly(int(self.headers["content-length"]))

    async def read_to_end(self) -> bytes:
        """Return everything until the server closes the connection."""
        return await self._reader.read()

    def write(self, body: bytes) -> None:
        self._writer.write(body)

    def disconnect(self) -> None:
        self._writer.close()


class EventStreamService:
    """A blog with event streams, and its subscribed pages."""

    def __init__(self, blog: Blog, *, max_subscribers: int, version: int, limits: ClientLimits | None = None) -> None:
        self.blog = blog
        self.version = version
        self.clock = HeartbeatClock()
        self.subscribers = Subscribers(
            document=self._document,
            clock=self.clock,
            random=lambda: 0.5,
            most=max_subscribers,
        )
        blog.serve(subscribers=self.subscribers, limits=limits or ClientLimits())
        self.port = 0
        self._pages: list[StreamResponse] = []

    async def _document(self, key: PostKey) -> Document:
        """Return the blog's document with the current version."""
        document = await self.blog.reader.document(key)
        post = orjson.loads(document.bodies["identity"]) | {"version": self.version}
        return replace(document, bodies={"identity": orjson.dumps(post)})

    async def request(self, target: str = EVENTS, *, method: str = "GET", **headers: str) -> StreamResponse:
        """Connect and return the response after its head; the names of `headers` have _ for -."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        lines = [f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items()]
        writer.write(f"{method} {target} HTTP/1.1\r\nhost: blog.test\r\n{''.join(lines)}\r\n".encode())
        page = StreamResponse(reader, writer)
        self._pages.append(page)
        await page.read_head()
        return page

    async def subscribe(self, target: str = EVENTS, **headers: str) -> StreamResponse:
        """Return a page that has received the welcome message, and before it the current version."""
        page = await self.request(target, Last_Event_ID=str(self.version), **headers)
        assert await page.read_chunk() == f"{RETRY}\n\n"
        return page

    def change(self, *, repo: Repository = SITE, number: int = POST) -> None:
        self.version += 1
        self.subscribers.notify(repo, {number})

    async def wait_until_unused(self) -> None:
        while self.subscribers.count:  # noqa: ASYNC110 - the server offers nothing else to wait for
            await asyncio.sleep(0)

    def disconnect_all(self) -> None:
        for page in self._pages:
            page.disconnect()


@asynccontextmanager
async def event_stream_service(
    *,
    max_subscribers: int = 100,
    version: int = INITIAL_VERSION,
    blog: Blog | None = None,
    limits: ClientLimits | None = None,
) -> AsyncGenerator[EventStreamService, None]:
    """Run the service on a free port in this event loop, and shut it down gracefully."""
    service = EventStreamService(
        blog or Blog(), max_subscribers=max_subscribers, version=version, limits=limits or ClientLimits()
    )
    sender = asyncio.create_task(service.subscribers.run())
    try:
        async with run_server(service.blog.app) as (_, service.port):
            try:
                yield service
            finally:
                service.subscribers.close()
                service.disconnect_all()
    finally:
        sender.cancel()
        await asyncio.wait({sender})


def event_text(
    version: int,
    *,
    name: str = "changed",
    number: int = POST,
    repo: str = "Owner/Blog",
    status: str = "open",
    count: int = 3,
) -> str:
    """Return an event as a page receives it."""
    data = f'{{"ghissueid":{number},"repo":"{repo}","status":"{status}","comment_count":{count},"version":{version}}}'
    return f"id: {version}\nevent: {name}\ndata: {data}\n\n"
