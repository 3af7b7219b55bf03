"""Reads that are answered before the framework: the same bytes as by the longer way, in the same order."""

import asyncio
from random import Random

import pytest

from app.cli.http.connection import Connection
from tests.cli.http import varied_requests
from tests.cli.http.wire import RecordedTransport, Wire
from tests.web.harness.blog import POST, Blog

TARGET = f"/api/v1/posts/{POST}/comments"
GET = f"GET {TARGET} HTTP/1.1\r\nHost: blog.test\r\nAccept-Encoding: gzip\r\n\r\n".encode()
SLOW = GET.replace(b"GET", b"OPTIONS", 1)
_STREAMS = 1_000


@pytest.fixture
def wires() -> tuple[Wire, Wire]:
    return Wire(Blog(), is_fast=True), Wire(Blog(), is_fast=False)


@pytest.fixture
async def fast() -> Wire:
    wire = Wire(Blog(), is_fast=True)
    await wire.exchange([GET])  # the document is cached now
    return wire


def _sent_count(wire: Wire) -> int:
    assert wire.responses is not None
    return wire.responses.sent_count


async def test_varied_requests_get_the_same_bytes_both_ways(wires: tuple[Wire, Wire]) -> None:
    fast, slow = wires
    random = Random(20261130)  # noqa: S311 - no secret
    for _ in range(_STREAMS):
        data = varied_requests.stream(random)
        pieces = varied_requests.parts(data, random)
        assert await fast.exchange(pieces) == await slow.exchange(pieces), pieces
        assert fast.blog.reader.requested_keys == slow.blog.reader.requested_keys, pieces
        assert fast.counts == slow.counts, pieces
    assert fast.state.total_requests == slow.state.total_requests
    assert _sent_count(fast) > _STREAMS / 2, "the shorter way was hardly tried"


@pytest.mark.parametrize(
    "data",
    [
        GET + GET.replace(b"gzip", b"br") + SLOW + GET,
        b"\r\n"
        + GET.replace(b"\r\n\r\n", b"\r\nIf-None-Match: *\r\n\r\n")
        + b"\r\n\r\n"
        + GET.replace(b"GET", b"HEAD", 1),
        GET.replace(b"\r\n\r\n", b"\r\nContent-Length: 3\r\n\r\nabc") + GET + b"GET / HTTP/1.1\r\na b: c\r\n\r\n" + GET,
        GET.replace(b"\r\n\r\n", b"\r\nExpect: 100-continue\r\n\r\n") + GET.replace(b"/1.1\r", b"/1.0\r") + GET,
        GET.replace(b"\r\n\r\n", b"\r\nX-Request-ID: mine\r\nCookie: a=b\r\n\r\n") * 2 + GET,
    ],
)
async def test_stream_split_at_every_byte_gets_the_same_bytes(wires: tuple[Wire, Wire], data: bytes) -> None:
    fast, slow = wires
    await fast.exchange([GET])
    whole = await slow.exchange([data])
    for cut in range(1, len(data)):
        assert await fast.exchange([data[:cut], data[cut:]]) == whole, cut


@pytest.mark.parametrize("client_id", [b" mine", b"\tmine", b"mine ", b"  "])
async def test_odd_request_id_is_read_as_by_the_parser(wires: tuple[Wire, Wire], client_id: bytes) -> None:
    fast, slow = wires
    request = GET[:-2] + b"X-Request-ID: %b\r\n\r\n"
    for wire in wires:
        await wire.exchange([request % b"a", request % b"a"])
    assert await fast.exchange([request % client_id]) == await slow.exchange([request % client_id])


async def test_empty_lines_between_requests_are_no_long_head(fast: Wire) -> None:
    connection, transport = fast.connect()
    for _ in range(6):
        connection.data_received(b"\r\n" * 8_000)
        connection.data_received(GET)
    assert transport.data.count(b"HTTP/1.1 200 OK") == 6


async def test_connections_close_at_the_same_time_both_ways(wires: tuple[Wire, Wire]) -> None:
    fast, slow = wires
    random = Random(4)  # noqa: S311 - no secret
    pieces = (GET, GET, GET + GET, GET[:20], GET[20:], b"\r\n", GET + GET[:9], SLOW, GET + SLOW, GET + b"\0", b"")
    for _ in range(200):
        steps = [(random.choice(pieces), random.choice((0.5, 2.0, 4.5, 5.5, 9.0))) for _ in range(6)]
        assert await fast.open_seconds(steps) == await slow.open_seconds(steps), steps
    assert _sent_count(fast) > 200


async def test_client_that_does_not_read_is_sent_nothing_more(fast: Wire) -> None:
    connection, transport = fast.connect()
    connection.data_received(GET)
    size = len(transport.data)
    connection.pause_writing()
    connection.data_received(GET)
    connection.data_received(GET)
    await fast.settle_briefly()
    assert len(transport.data) == size
    connection.resume_writing()
    await fast.settle()
    assert transport.data.count(b"HTTP/1.1 200 OK") == 3


async def test_request_behind_a_full_pipeline_waits_for_its_turn(fast: Wire) -> None:
    connection, transport = fast.connect()
    data = GET * 300
    connection.pause_writing()
    connection.data_received(data)
    await fast.settle_briefly()
    assert transport.is_reading_paused
    assert transport.data == b""
    connection.resume_writing()
    await fast.settle()
    assert transport.data.count(b"HTTP/1.1 200 OK") == 300


async def test_others_have_their_turn_between_pipelined_requests(fast: Wire) -> None:
    connection, transport = fast.connect()
    connection.data_received(GET * 1_000)
    assert transport.is_reading_paused
    assert transport.data.count(b"HTTP/1.1 200 OK") < 5
    turns = 0
    while transport.is_reading_paused:
        turns += 1
        await asyncio.sleep(0)
    assert turns > 1
    connection.data_received(GET)
    assert transport.data.count(b"HTTP/1.1 200 OK") == 1_001


async def test_first_request_is_answered_before_pipelines(fast: Wire) -> None:
    pipelines = [fast.connect() for _ in range(20)]
    for connection, _ in pipelines:
        connection.data_received(GET * 50)
    connection, transport = fast.connect()
    connection.data_received(GET)
    assert transport.data.count(b"HTTP/1.1 200 OK") == 1
    assert sum(other.data.count(b"HTTP/1.1 200 OK") for _, other in pipelines) < 100
    await fast.settle()
    assert all(other.data.count(b"HTTP/1.1 200 OK") == 50 for _, other in pipelines)


async def test_client_that_reads_nothing_is_cut_off(fast: Wire) -> None:
    loop = asyncio.get_running_loop()
    listener = await loop.create_server(fast.make_connection, "127.0.0.1", 0)
    _, writer = await asyncio.open_connection(*listener.sockets[0].getsockname(), limit=1_000)
    writer.write(GET * 30_000)
    while not fast.state.connections:  # noqa: ASYNC110 - the server offers nothing else to wait for
        await asyncio.sleep(0)
    (connection,) = fast.state.connections
    assert isinstance(connection, Connection)
    while not connection.flow.write_paused:  # noqa: ASYNC110
        await asyncio.sleep(0)
    assert 0 < connection.transport.get_write_buffer_size() < 1_000_000
    assert 100 < _sent_count(fast) < 30_000
    for seconds in (0, 16):
        connection.enforce_deadlines(loop.time() + seconds)
    assert connection.transport.is_closing()
    writer.transport.abort()
    listener.close()
    await fast.settle()


async def test_stopping_server_closes_behind_what_is_written(fast: Wire) -> None:
    connection, transport = fast.connect()
    connection.data_received(GET)
    connection.shutdown()
    assert transport.is_closing()
    assert transport.data.startswith(b"HTTP/1.1 200 OK")
    connection.data_received(GET)
    assert transport.data.count(b"HTTP/1.1") == 1


async def test_encrypted_connection_takes_the_longer_way(fast: Wire) -> None:
    fast.encryption = "sslcontext"
    await fast.exchange([GET])
    assert _sent_count(fast) == 0


async def test_replaced_document_is_sent_at_once(fast: Wire) -> None:
    for _ in range(4):
        await fast.exchange([GET])
    fast.blog.reader.evict()
    count = _sent_count(fast)
    await fast.exchange([GET])
    assert _sent_count(fast) == count, "an evicted document was sent"
    for _ in range(4):
        await fast.exchange([GET])
    assert _sent_count(fast) == count + 4


async def test_response_names_age_and_date_of_its_moment(fast: Wire) -> None:
    connection, transport = fast.connect()
    for seconds in (0, 30, -20):
        fast.blog.clock.advance(seconds)
        fast.state.default_headers = [(b"date", b"%d" % fast.blog.clock.now())]
        connection.data_received(GET)
    ages = [part.split(b"\r\n")[0] for part in transport.data.split(b"\r\nAge: ")[1:]]
    dates = [part.split(b"\r\n")[0] for part in transport.data.split(b"\r\nDate: ")[1:]]
    assert [int(age) - int(ages[0]) for age in ages] == [0, 30, 10]
    assert [int(date) - int(dates[0]) for date in dates] == [0, 30, 10]


async def test_clock_that_was_set_back_needs_a_check(fast: Wire) -> None:
    fast.blog.reader.fresh_from = fast.blog.clock.now()
    fast.blog.reader.evict()
    await fast.exchange([GET, GET])
    count = _sent_count(fast)
    fast.blog.clock.advance(-5)
    fast.blog.reader.evict()
    await fast.exchange([GET])
    assert _sent_count(fast) == count


async def test_every_request_has_an_id_of_its_own(fast: Wire) -> None:
    connection, transport = fast.connect()
    for number in range(5):
        connection.data_received(GET if number != 3 else GET[:-2] + b"X-Request-ID: mine\r\n\r\n")
    ids = [part.split(b"\r\n")[0] for part in transport.data.split(b"X-Request-ID: ")[1:]]
    assert len(set(ids)) == 5
    assert ids[3] == b"mine"
    assert len(_bodies(transport)) == 5


def _bodies(transport: RecordedTransport) -> list[bytes]:
    return transport.data.split(b"HTTP/1.1 200 OK\r\n")[1:]
