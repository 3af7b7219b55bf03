"""Limits of a connection: what a client may send, and how long it may take, over real sockets."""

import asyncio
import resource
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager, suppress

import pytest

from app.cli.http.connection import Connection
from app.cli.http.field_names import canonical_name
from app.cli.http.held_bodies import HeldBodies
from app.cli.http.open_connections import most_connections
from tests.cli.http.limited_server import LimitedServer, run_limited_server

REQUEST = b"GET /ok HTTP/1.1\r\nhost: blog.test\r\n\r\n"
Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@asynccontextmanager
async def _connect(server: LimitedServer, source: str = "127.0.0.1") -> AsyncGenerator[Streams, None]:
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port, local_addr=(source, 0))
    try:
        yield reader, writer
    finally:
        writer.transport.abort()
        with suppress(ConnectionError):
            await writer.wait_closed()


async def _read_to_end(reader: asyncio.StreamReader) -> bytes:
    """Return all that comes until the server closes, in whatever way."""
    response = b""
    async with asyncio.timeout(10):
        with suppress(ConnectionError):
            while part := await reader.read(10_000):
                response += part
    return response


async def _respond(server: LimitedServer, request: bytes) -> bytes:
    """Send bytes; return the whole response."""
    async with _connect(server) as (reader, writer):
        writer.write(request)
        return await _read_to_end(reader)


@pytest.mark.parametrize("step", [200, 777, 4096, 10**6])
async def test_long_head_is_refused(step: int) -> None:
    async with run_limited_server() as server:
        head = b"GET /ok HTTP/1.1\r\n" + b"".join(b"x-%d: %s\r\n" % (n, b"y" * 900) for n in range(400))
        async with _connect(server) as (reader, writer):
            for start in range(0, len(head), step):
                writer.write(head[start : start + step])
                await asyncio.sleep(0)
            response = await _read_to_end(reader)
        assert response.startswith(b"HTTP/1.1 431 ")
        assert b"Connection: close" in response
        assert server.requests == 0


async def test_long_url_is_refused() -> None:
    async with run_limited_server() as server:
        response = await _respond(server, b"GET /?a=" + b"b" * 25_000 + b" HTTP/1.1\r\nhost: x\r\n\r\n")
        assert response.startswith(b"HTTP/1.1 414 ")
        assert server.requests == 0


@pytest.mark.parametrize("request_line", [b"FOO / HTTP/1.1", b"GET /ok HTTP/1.1\r\na b: c", b"GET /ok HTTP/9.9"])
async def test_malformed_request_gets_an_error_as_others(request_line: bytes) -> None:
    async with run_limited_server() as server:
        head, _, body = (await _respond(server, request_line + b"\r\n\r\n")).partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 400 ")
        assert b"Content-Length: %d\r\n" % len(body) in head
        assert b"Cache-Control: no-store" in head
        assert b'"message":' in body
        assert server.requests == 0


async def test_head_within_the_limits_is_served() -> None:
    async with run_limited_server() as server:
        head = b"GET /ok HTTP/1.1\r\nconnection: close\r\ncookie: " + b"y" * 28_000 + b"\r\n\r\n"
        assert (await _respond(server, head)).startswith(b"HTTP/1.1 200 ")


async def test_pipelined_requests_are_answered_in_order() -> None:
    async with run_limited_server() as server:
        requests = b"".join(b"GET /ok?%d HTTP/1.1\r\nhost: x\r\n\r\n" % (n + 1) for n in range(500))
        response = await _respond(server, requests + b"GET /ok?1 HTTP/1.1\r\nconnection: close\r\n\r\n")
        lengths = [int(part.split(b"\r\n")[0]) for part in response.split(b"Content-Length: ")[1:]]
        assert lengths == [*range(1, 501), 1]


@pytest.mark.parametrize(
    ("name", "written_name"),
    [
        (b"link", b"Link"),
        (b"etag", b"ETag"),
        (b"content-type", b"Content-Type"),
        (b"x-github-media-type", b"X-GitHub-Media-Type"),
        (b"X-Request-ID", b"X-Request-ID"),
        (b"ACCESS-control-Allow-origin", b"Access-Control-Allow-Origin"),
    ],
)
def test_header_names_are_written_as_by_github(name: bytes, written_name: bytes) -> None:
    assert canonical_name(name) == written_name


@pytest.mark.parametrize("name", [b"", b"a b", b"a:", b"a\r\nb", b"\xff"])
def test_invalid_header_name_is_refused(name: bytes) -> None:
    with pytest.raises(ValueError, match="name of a header"):
        canonical_name(name)


async def test_heads_written_by_the_server_have_canonical_names() -> None:
    async with run_limited_server() as server:
        last = b"HEAD /ok?7 HTTP/1.1\r\nconnection: close\r\n\r\n"
        response = await _respond(server, b"GET /ok HTTP/1.1\r\nhost: x\r\n\r\n" + last)
        assert response.count(b"HTTP/1.1 200 OK\r\n") == 2
        heads = [line.split(b":")[0] for line in response.split(b"\r\n") if b": " in line]
        assert set(heads) == {b"Content-Length", b"Connection"}


async def test_body_behind_another_request_is_no_head() -> None:
    async with run_limited_server() as server:
        post = b"POST /ok HTTP/1.1\r\nconnection: close\r\ncontent-length: 100000\r\n\r\n"
        async with _connect(server) as (reader, writer):
            writer.write(REQUEST + post)
            for _ in range(10):
                await asyncio.sleep(0.01)
                writer.write(b"x" * 10_000)
            response = await _read_to_end(reader)
        assert response.count(b"HTTP/1.1 200 ") == 2


async def test_waiting_pipeline_is_not_parsed() -> None:
    async with run_limited_server() as server:
        server.gate.clear()
        async with _connect(server) as (_, writer):
            writer.write(REQUEST * 20_000)
            for _ in range(100):
                await asyncio.sleep(0.001)
            (connection,) = server.connections()
            assert len(connection.pipeline) < 200
            assert len(connection._unparsed) < 600_000
            assert server.requests == 1
            server.gate.set()


@pytest.mark.parametrize("size", [2, 5_000_000])
async def test_client_that_pipelines_and_leaves_causes_no_error(size: int, caplog: pytest.LogCaptureFixture) -> None:
    async with run_limited_server() as server:
        request = REQUEST.replace(b"/ok", b"/ok?%d" % size)
        for _ in range(20):
            async with _connect(server) as (_, writer):
                writer.write(request * 50)
                await asyncio.sleep(0.01)
        async with asyncio.timeout(10):
            while server.connections():  # noqa: ASYNC110 - the server offers nothing else to wait for
                await asyncio.sleep(0.01)
        assert caplog.text == ""


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"GET /ok HTT",
        b"GET /ok HTTP/1.1\r\nhost: x\r\n",
        b"POST /ok HTTP/1.1\r\ncontent-length: 100\r\n\r\nhalf",
        REQUEST + b"GET /ok HTT",
    ],
)
async def test_unfinished_request_ends_at_its_deadline(sent: bytes) -> None:
    async with run_limited_server() as server, _connect(server) as (reader, writer):
        writer.write(sent)
        await asyncio.sleep(0.05)
        server.sweep(10)
        assert len(server.connections()) == 1
        server.sweep(21)
        await _read_to_end(reader)
        assert server.connections() == []


async def test_client_that_reads_nothing_is_cut_off() -> None:
    async with run_limited_server() as server, _connect(server) as (_, writer):
        writer.write(b"GET /ok?20000000 HTTP/1.1\r\nconnection: close\r\n\r\n")
        await asyncio.sleep(0.2)
        for seconds in (0, 10, 14):
            server.sweep(seconds)
            assert len(server.connections()) == 1
        server.sweep(16)
        await asyncio.sleep(0.05)
        assert server.connections() == []


async def test_many_bodies_under_way_give_up_the_oldest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Connection, "bodies", HeldBodies(200_000))
    async with run_limited_server() as server, AsyncExitStack() as clients:
        post = b"POST /ok HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: 20000\r\n\r\n"
        slow = [await clients.enter_async_context(_connect(server)) for _ in range(10)]
        for _, writer in slow:
            writer.write(post + b"x" * 15_000)
            await asyncio.sleep(0.05)
        assert (await _respond(server, post + b"x" * 20_000)).startswith(b"HTTP/1.1 200 ")
        for _, writer in slow[-3:]:
            writer.write(b"x" * 5_000)
        responses = [await _read_to_end(reader) for reader, _ in slow[:6] + slow[-3:]]
        assert responses[:6] == [b""] * 6
        assert all(response.startswith(b"HTTP/1.1 200 ") for response in responses[6:])
        assert Connection.bodies.bytes < 100_000


@pytest.mark.parametrize("method", [b"GET", b"PUT"])
async def test_body_behind_its_response_weighs_nothing(monkeypatch: pytest.MonkeyPatch, method: bytes) -> None:
    monkeypatch.setattr(Connection, "bodies", HeldBodies(200_000))
    async with run_limited_server() as server, _connect(server) as (reader, writer):
        for size in (150_000, 9_000, 150_000):
            writer.write(method + b" /ok HTTP/1.1\r\nhost: x\r\ncontent-length: %d\r\n\r\n" % size)
            await reader.readuntil(b"\r\n\r\nxx")
            writer.write(b"x" * size)
            await writer.drain()
            await asyncio.sleep(0.05)
            assert Connection.bodies.bytes == 0
        server.sweep(16)
        assert await _read_to_end(reader) == b""


async def test_longest_idle_connections_make_room_for_new_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Connection, "most", 40)
    async with run_limited_server() as server, AsyncExitStack() as clients:
        server.gate.clear()
        reader, writer = await clients.enter_async_context(_connect(server))
        writer.write(REQUEST.replace(b"host: ", b"connection: close\r\nhost: "))  # its response is under way
        readers = []
        for number in range(80):
            idle_reader, idle_writer = await clients.enter_async_context(_connect(server))
            idle_writer.write(b"GET /ok HTT"[: number % 3 * 5])
            readers.append(idle_reader)
            await asyncio.sleep(0.002)
        assert len(server.connections()) <= 40
        assert [await _read_to_end(reader) for reader in readers[:30]] == [b""] * 30
        server.gate.set()
        assert (await _read_to_end(reader)).startswith(b"HTTP/1.1 200 ")
        assert (await _respond(server, b"GET /ok HTTP/1.1\r\nconnection: close\r\n\r\n")).startswith(b"HTTP/1.1 200 ")


async def test_busy_connections_of_one_client_leave_room_for_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Connection, "most", 40)
    async with run_limited_server() as server, AsyncExitStack() as clients:
        reader, writer = await clients.enter_async_context(_connect(server))
        await asyncio.sleep(0.01)
        greedy_readers = []
        for _ in range(60):
            greedy_reader, greedy = await clients.enter_async_context(_connect(server, "127.0.0.66"))
            greedy.write(b"POST /ok HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\nhalf")
            greedy_readers.append(greedy_reader)
            await asyncio.sleep(0.002)
        assert len(server.connections()) <= 40
        assert [await _read_to_end(reader) for reader in greedy_readers[:20]] == [b""] * 20
        assert (await _respond(server, b"GET /ok HTTP/1.1\r\nconnection: close\r\n\r\n")).startswith(b"HTTP/1.1 200 ")
        writer.write(REQUEST.replace(b"host: ", b"connection: close\r\nhost: "))
        assert (await _read_to_end(reader)).startswith(b"HTTP/1.1 200 ")


def test_bound_of_connections_leaves_files_for_other_purposes(monkeypatch: pytest.MonkeyPatch) -> None:
    for limit, most in ((1_024, 824), (100, 50), (resource.RLIM_INFINITY, 50_000), (1 << 20, 50_000)):
        monkeypatch.setattr(resource, "getrlimit", lambda _, limit=limit: (limit, limit))
        assert most_connections() == most


async def test_response_under_way_has_no_deadline() -> None:
    async with run_limited_server() as server:
        server.gate.clear()
        async with _connect(server) as (_, writer):
            writer.write(REQUEST)
            await asyncio.sleep(0.05)
            server.sweep(1000)
            assert len(server.connections()) == 1
            server.gate.set()


async def test_endless_trailers_end_the_connection() -> None:
    async with run_limited_server() as server, _connect(server) as (reader, writer):
        writer.write(b"POST /ok HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n0\r\n")
        for number in range(20):
            writer.write(b"x-%d: %s\r\n" % (number, b"y" * 5000))
            await asyncio.sleep(0.01)
        assert not (await _read_to_end(reader)).startswith(b"HTTP/1.1 200 ")
        assert server.connections() == []


async def test_small_chunks_are_no_trailers() -> None:
    async with run_limited_server() as server:
        request = (
            b"POST /ok HTTP/1.1\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\n" + b"1\r\nx\r\n" * 50_000
        )
        assert (await _respond(server, request + b"0\r\n\r\n")).startswith(b"HTTP/1.1 200 ")


async def test_data_behind_the_last_request_costs_no_response() -> None:
    async with run_limited_server() as server:
        server.gate.clear()
        async with _connect(server) as (reader, writer):
            writer.write(b"GET /ok HTTP/1.1\r\nconnection: close\r\n\r\n" + b"x" * 90_000)
            await asyncio.sleep(0.05)
            server.gate.set()
            assert (await _read_to_end(reader)).startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize("later", [b"\r\n", b"GET /ok HTT", b"POST /ok HTTP/1.1\r\ncontent-length: 9\r\n\r\nhalf"])
async def test_response_under_way_outlives_what_follows_it(later: bytes) -> None:
    async with run_limited_server() as server:
        server.gate.clear()
        async with _connect(server) as (reader, writer):
            writer.write(REQUEST + later)
            await asyncio.sleep(0.05)
            server.sweep(1000)
            assert len(server.connections()) == 1
            server.gate.set()
            async with asyncio.timeout(10):
                assert (await reader.readline()).startswith(b"HTTP/1.1 200 ")


async def test_upgrade_with_a_body_is_served_without_an_upgrade() -> None:
    async with run_limited_server() as server:
        fields = b"connection: upgrade\r\nupgrade: h2c\r\ncontent-length: 0\r\ncookie: " + b"y" * 6000
        async with _connect(server) as (reader, writer):
            writer.write(b"GET /ok HTTP/1.1\r\n" + fields + b"\r\n\r\n" + REQUEST)
            async with asyncio.timeout(10):
                assert (await reader.readline()).startswith(b"HTTP/1.1 200 ")
            await asyncio.sleep(0.05)
            assert server.requests == 1


async def test_slow_reader_that_makes_progress_stays() -> None:
    async with run_limited_server() as server, _connect(server) as (reader, writer):
        writer.write(b"GET /ok?40000000 HTTP/1.1\r\nconnection: close\r\n\r\n")
        for seconds in range(0, 100, 10):
            async with asyncio.timeout(10):
                await reader.readexactly(1_000_000)
            await asyncio.sleep(0.02)
            server.sweep(seconds)
            assert len(server.connections()) == 1
