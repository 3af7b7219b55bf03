import asyncio
import socket
from collections.abc import AsyncGenerator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace

import orjson
import pytest
import uvicorn
from hypothesis import given
from hypothesis import strategies as st

from app.domain.errors import NotReady, NotServed
from app.domain.sites import Repository
from app.domain.threads import Status
from app.ports.jobs import THE_REPOSITORY
from app.serving.event_streams import State, Subscribers
from app.web.app import create_app
from app.web.document_response import Origins
from app.web.routes.events import Listening, accepted, changed, greeting
from tests.fakes import FakeClock
from tests.web.blog import GONE, OTHER, POST, SITE, Blog

EVENTS = f"/api/v1/posts/{POST}/events"
RETRY = "retry: 4000"
NOW = 7
"""The version that every thread has at first."""


class Breaths(FakeClock):
    """A clock whose sleeps end when the test says so."""

    def __init__(self) -> None:
        super().__init__()
        self.breath = asyncio.Event()

    async def sleep(self, _seconds: float) -> None:
        await self.breath.wait()
        self.breath.clear()


class _Server(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class Response:
    """What a page that listens gets over its socket."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self.status = 0
        self.headers: dict[str, str] = {}

    async def begin(self) -> None:
        head = (await self._reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        self.status = int(head[0].split()[1])
        self.headers = dict(line.lower().split(": ", 1) for line in head[1:] if line)

    async def chunk(self) -> str | None:
        """The next piece of the stream; None at its end."""
        size = int(await self._reader.readuntil(b"\r\n"), 16)
        text = (await self._reader.readexactly(size + 2))[:-2]
        return text.decode() if size else None

    async def rest(self) -> bytes:
        """The whole body of an answer that has a length."""
        return await self._reader.readexactly(int(self.headers["content-length"]))

    def leave(self) -> None:
        self._writer.close()


class Live:
    """The service on a socket of its own."""

    def __init__(self, blog: Blog, *, most: int, version: int) -> None:
        self.blog = blog
        self.version = version
        self.clock = Breaths()
        self.listeners = Subscribers(
            version=self._version,
            document=blog.reads.document,
            clock=self.clock,
            chance=lambda: 0.5,
            most=most,
        )
        self.app = create_app(replace(blog.serving, listeners=self.listeners))
        self.port = 0
        self._pages: list[Response] = []

    async def _version(self, _repo: Repository, _number: int) -> int:
        return self.version

    async def ask(self, target: str = EVENTS, *, method: str = "GET", **headers: str) -> Response:
        """Connects and reads the head of the answer; the names of `headers` have _ for -."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        lines = [f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items()]
        writer.write(f"{method} {target} HTTP/1.1\r\nhost: blog.test\r\n{''.join(lines)}\r\n".encode())
        page = Response(reader, writer)
        self._pages.append(page)
        await page.begin()
        return page

    async def page(self, target: str = EVENTS, **headers: str) -> Response:
        """A page that listens and has been greeted; it was there at the present version."""
        page = await self.ask(target, Last_Event_ID=str(self.version), **headers)
        assert await page.chunk() == f"{RETRY}\n\n"
        return page

    def change(self, *, repo: Repository = SITE, number: int = POST) -> None:
        self.version += 1
        self.listeners.changed(repo, {number})

    async def empty(self) -> None:
        """Waits until nobody listens."""
        while self.listeners.listening:  # noqa: ASYNC110 - the server notices by itself and tells nobody
            await asyncio.sleep(0)

    def leave(self) -> None:
        for page in self._pages:
            page.leave()


@asynccontextmanager
async def live(*, most: int = 100, version: int = NOW, blog: Blog | None = None) -> AsyncGenerator[Live, None]:
    """The service on a port from the kernel, in this loop; it is ended in order."""
    service = Live(blog or Blog(), most=most, version=version)
    config = uvicorn.Config(
        service.app, http="httptools", ws="none", lifespan="off", log_config=None, timeout_graceful_shutdown=5
    )
    server = _Server(config)
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        service.port = bound.getsockname()[1]
        running = asyncio.create_task(service.listeners.run())
        serving = asyncio.create_task(server.serve(sockets=[bound]))
        while not server.started:  # noqa: ASYNC110 - uvicorn has nothing else to wait for
            await asyncio.sleep(0)
        try:
            yield service
        finally:
            service.listeners.close()
            server.should_exit = True
            service.leave()
            await serving
            running.cancel()
            await asyncio.wait({running})


def event(version: int, *, number: int = POST, repo: str = "Owner/Blog", status: str = "open", count: int = 3) -> str:
    data = f'{{"ghissueid":{number},"repo":"{repo}","status":"{status}","comment_count":{count},"version":{version}}}'
    return f"id: {version}\nevent: changed\ndata: {data}\n\n"


async def test_the_first_connection_is_told_its_place_by_an_id_without_data() -> None:
    async with live() as service:
        page = await service.ask()
        assert await page.chunk() == f"{RETRY}\n\nid: {NOW}\n\n"
        service.change()
        assert await page.chunk() == event(NOW + 1)


async def test_the_head_says_that_it_is_a_stream_which_nothing_on_the_way_may_keep() -> None:
    async with live() as service:
        page = await service.ask(If_None_Match="*", Origin="https://blog.example")
        expected = {
            "content-type": "text/event-stream",
            "cache-control": "no-store",
            "x-accel-buffering": "no",
            "access-control-allow-origin": "*",
            "transfer-encoding": "chunked",
        }
        assert page.status == 200
        assert page.headers.items() >= expected.items()
        assert page.headers.keys().isdisjoint({"etag", "age", "content-length", "content-encoding"})


async def test_only_pages_of_the_configured_origins_may_listen() -> None:
    async with live(blog=Blog(origins=Origins(frozenset({b"https://blog.example"})))) as service:
        ours, theirs = (
            await service.ask(Origin="https://blog.example"),
            await service.ask(Origin="https://evil.example"),
        )
        assert ours.headers["access-control-allow-origin"] == "https://blog.example"
        assert "access-control-allow-origin" not in theirs.headers


async def test_the_same_address_is_streamed_again_and_never_served_from_memory() -> None:
    async with live() as service:
        first, second = await service.page(), await service.page()
        service.change()
        assert (await first.chunk(), await second.chunk()) == (event(NOW + 1), event(NOW + 1))


@pytest.mark.parametrize("last", [str(NOW - 1), str(NOW + 1), "0", f"0{NOW}", "seven", "-1", "9" * 30, "7, 7"])
async def test_who_left_off_elsewhere_is_told_at_once(last: str) -> None:
    async with live() as service:
        page = await service.ask(Last_Event_ID=last)
        assert await page.chunk() == f"{RETRY}\n\n{event(NOW)}"


async def test_who_left_off_at_the_present_version_is_told_of_the_next_only() -> None:
    async with live() as service:
        page = await service.page()
        service.change()
        assert await page.chunk() == event(NOW + 1)


async def test_a_sign_of_life_is_a_comment() -> None:
    async with live() as service:
        page = await service.page()
        service.clock.breath.set()
        assert await page.chunk() == ":\n\n"


async def test_threads_and_repositories_do_not_mix() -> None:
    async with live() as service:
        here = await service.page()
        other = await service.page(f"{EVENTS}?repo=owner/notes")
        gone = await service.page(f"/api/v1/posts/{GONE}/events")
        service.change(repo=OTHER)
        assert await other.chunk() == event(NOW + 1, repo="owner/notes")
        service.change(number=GONE)
        assert await gone.chunk() == event(NOW + 2, number=GONE, status="gone", count=0)
        service.change(number=THE_REPOSITORY)
        assert await here.chunk() == event(NOW + 3), "nothing came before"


async def test_a_page_that_closes_its_connection_listens_no_more() -> None:
    async with live() as service:
        page = await service.page()
        assert service.listeners.listening == 1
        page.leave()
        await service.empty()


async def test_a_body_sent_along_does_not_end_the_stream() -> None:
    async with live() as service:
        page = await service.page(Content_Length="4", Content_Type="text/plain")
        page._writer.write(b"body")
        service.change()
        assert await page.chunk() == event(NOW + 1)


async def test_closing_ends_the_streams_and_refuses_new_ones() -> None:
    async with live() as service:
        page = await service.page()
        service.listeners.close()
        assert await page.chunk() is None
        await service.empty()
        late = await service.ask()
        assert (late.status, late.headers["retry-after"]) == (503, "30")
        assert late.headers["access-control-allow-origin"] == "*"
        assert orjson.loads(await late.rest())["status"] == 503


async def test_beyond_the_bound_a_page_is_refused_and_told_when_to_come_back() -> None:
    async with live(most=1) as service:
        page = await service.page()
        refused = await service.ask()
        assert (refused.status, refused.headers["content-type"]) == (503, "application/problem+json")
        service.change()
        assert await page.chunk() == event(NOW + 1)


async def test_head_has_the_head_of_the_stream_and_does_not_listen() -> None:
    async with live() as service:
        page = await service.ask(method="HEAD", Connection="close")
        assert (page.status, page.headers["content-type"]) == (200, "text/event-stream")
        assert await page._reader.read() == b""
        assert service.listeners.listening == 0


@pytest.mark.parametrize(
    ("target", "status"),
    [
        ("/api/v1/posts/0/events", 422),
        ("/api/v1/posts/x/events", 422),
        (f"{EVENTS}?repo=a/b&repo=a/b", 422),
        (f"{EVENTS}?repo=not-a-repo", 422),
        (f"{EVENTS}?repo=octo/none", 404),
    ],
)
async def test_what_may_not_be_read_may_not_be_listened_to(target: str, status: int) -> None:
    async with live() as service:
        assert (await service.ask(target)).status == status
        assert service.listeners.listening == 0


@pytest.mark.parametrize(
    ("failure", "status"), [(NotServed("owner/blog"), 404), (NotReady("Post 41 of Owner/Blog", retry_after=9), 503)]
)
async def test_a_thread_that_cannot_be_read_is_answered_as_a_read_is(failure: Exception, status: int) -> None:
    async with live() as service:
        service.blog.reads.failure = failure
        assert (await service.ask()).status == status


async def test_who_accepts_no_events_is_not_left_waiting(blog: Blog) -> None:
    async with live() as service:
        refused = await service.ask(Accept="application/json")
        assert (refused.status, service.listeners.listening) == (406, 0)
        assert (await service.ask(Accept="text/event-stream")).status == 200


async def test_where_nobody_listens_there_is_nothing_at_the_address(blog: Blog) -> None:
    assert (await blog.ask(EVENTS)).status_code == 404


async def test_a_head_that_cannot_be_sent_gives_the_place_back(blog: Blog) -> None:
    service = Live(blog, most=1, version=NOW)

    async def send(_message: Mapping[str, object]) -> None:
        raise ConnectionResetError

    async def receive() -> dict[str, object]:
        return {"type": "http.disconnect"}

    with pytest.raises(ConnectionResetError):
        await Listening(service.listeners, SITE, POST, None).begin({"path": EVENTS}, receive, send)
    assert service.listeners.listening == 0


@pytest.mark.parametrize(
    "accept",
    [None, "", "*/*", "text/*", "Text/Event-Stream", "text/html, */*;q=0.8", "text/html;level=1,text/event-stream;q=1"],
)
def test_an_accept_header_that_leaves_room_for_events_is_heeded(accept: str | None) -> None:
    assert accepted(accept)


@pytest.mark.parametrize("accept", ["text/html", "application/json", "text/event-stream;q=0", "*/*; q=0.000", ","])
def test_an_accept_header_that_leaves_no_room_for_events_is_heeded(accept: str) -> None:
    assert not accepted(accept)


@given(st.text())
def test_any_accept_header_is_read(accept: str) -> None:
    assert accepted(f"{accept},*/*")


STATES = st.builds(
    State,
    repo=st.text(),
    number=st.integers(1, 2**53 - 1),
    status=st.sampled_from(Status) | st.text(),
    comment_count=st.none() | st.integers(0, 10**6),
    version=st.integers(0, 2**62),
)


@given(STATES)
def test_an_event_is_three_lines_whatever_it_says(state: State) -> None:
    lines = changed(state).decode().split("\n")
    assert [line.partition(": ")[0] for line in lines] == ["id", "event", "data", "", ""]
    assert lines[0] == f"id: {state.id}"
    data = orjson.loads(lines[2].removeprefix("data: "))
    assert (data["status"], data["comment_count"], data["version"]) == (
        state.status,
        state.comment_count,
        state.version,
    )


@given(STATES, st.text())
def test_whatever_a_page_says_was_last_it_is_told_unless_it_is_the_present(state: State, last: str) -> None:
    said = greeting(2000, state, last)
    assert said.startswith(b"retry: 2000\n\n")
    assert (b"event: changed" in said) == (last != state.id)
    assert b"event: changed" not in greeting(2000, state, state.id)


def test_a_state_that_is_not_known_yet_is_not_told() -> None:
    assert greeting(2000, None, "7") == b"retry: 2000\n\n"


@pytest.mark.parametrize(("before", "after"), [("open", "missing"), ("missing", "open")])
def test_a_page_that_was_away_while_its_thread_ceased_to_be_a_post_or_became_one_is_told(
    before: str, after: str
) -> None:
    was, now = (State("Owner/Blog", POST, status, 3, version=NOW) for status in (before, after))
    assert b"event: changed" in greeting(2000, now, was.id)
    assert b"event: changed" not in greeting(2000, now, now.id)
