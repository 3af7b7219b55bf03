"""Reads that are answered before the framework: the same bytes as by the longer way, in the same order."""

from random import Random

import pytest

from tests.cli.http import varied_requests
from tests.cli.http.wire import Wire
from tests.web.harness.blog import POST, Blog

TARGET = f"/api/v1/posts/{POST}/comments"
GET = f"GET {TARGET} HTTP/1.1\r\nHost: blog.test\r\nAccept-Encoding: gzip\r\n\r\n".encode()
_STREAMS = 1_000


@pytest.fixture
def wires() -> tuple[Wire, Wire]:
    return Wire(Blog(), is_fast=True), Wire(Blog(), is_fast=False)


async def test_varied_requests_get_the_same_bytes_both_ways(wires: tuple[Wire, Wire]) -> None:
    fast, slow = wires
    random = Random(20261130)  # noqa: S311 - no secret
    for _ in range(_STREAMS):
        data = varied_requests.stream(random)
        pieces = varied_requests.parts(data, random)
        assert await fast.exchange(pieces) == await slow.exchange(pieces), pieces
        assert fast.blog.reader.requested_keys == slow.blog.reader.requested_keys, pieces
    assert fast.responses is not None
    assert fast.responses.sent_count > _STREAMS / 3, "the shorter way was hardly tried"


async def test_request_split_at_every_byte_gets_the_same_bytes(wires: tuple[Wire, Wire]) -> None:
    fast, slow = wires
    data = GET + GET.replace(b"gzip", b"br") + GET.replace(b"GET", b"POST", 1) + GET
    whole = await slow.exchange([data])
    for cut in range(1, len(data)):
        assert await fast.exchange([data[:cut], data[cut:]]) == whole, cut
