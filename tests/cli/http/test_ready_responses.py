"""Finished responses: what they log and count, what memory they take, and when none are sent."""

import logging
import sys
from collections.abc import Iterator
from typing import Any

import pytest
import uvicorn

from app.cli.http import ready_responses
from app.cli.http.plain_heads import PlainHeads
from app.cli.http.ready_connection import choose_responses
from app.cli.http.ready_responses import ReadyResponses
from app.render.document import Document
from tests.cli import log_lines
from tests.cli.http.wire import Wire
from tests.web.harness.blog import POST, Blog
from tests.web.harness.line_recorder import LineRecorder

TARGET = f"/api/v1/posts/{POST}/comments"
GET = f"GET {TARGET} HTTP/1.1\r\nHost: blog.test\r\nAccept-Encoding: gzip\r\nX-Request-ID: a.1\r\n\r\n".encode()


@pytest.fixture
def lines() -> Iterator[list[dict[str, Any]]]:
    recorder, logger = LineRecorder(), logging.getLogger("app.access")
    logger.addHandler(recorder)
    level = logger.level
    logger.setLevel(logging.INFO)
    yield recorder.lines
    logger.removeHandler(recorder)
    logger.setLevel(level)


def _varied(number: int) -> bytes:
    return GET.replace(b"X-Request-ID: a.1", b"Referer: https://blog.example/%d" % number)


@pytest.mark.parametrize("addresses", [True, False])
async def test_both_ways_write_the_same_access_log(lines: list[dict[str, Any]], *, addresses: bool) -> None:
    requests = [GET, GET, GET.replace(b"GET", b"HEAD", 1), GET[:-2] + b"If-None-Match: *\r\n\r\n", GET + GET]
    logs = []
    for is_fast in (True, False):
        wire = Wire(Blog(), is_fast=is_fast, logs_addresses=addresses)
        await wire.exchange(requests)
        names = ("method", "path", "status", "bytes", "ms", "address", "request_id")
        logs.append([{name: line.get(name) for name in names} for line in lines])
        lines.clear()
    assert logs[0] == logs[1]
    assert [line["status"] for line in logs[0]] == [200, 200, 200, 304, 200, 200]
    assert {line["address"] for line in logs[0]} == {"192.0.2.7" if addresses else None}


async def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ready_responses, "_MAX_BYTES", 100_000)
    monkeypatch.setattr(ready_responses, "_MOST_SEEN", 50)
    wire = Wire(Blog(), is_fast=True)
    responses = wire.responses
    assert responses is not None
    await wire.exchange([_varied(0)])
    for number in range(1_000):
        head = _varied(number // 2 + 1).replace(b"gzip", b"gzip, x%d" % (number // 4))
        await wire.exchange([head])
        assert responses._bytes <= 100_000
        assert len(responses._seen_hashes) <= 50
        assert len(responses._responses) <= 40
    assert responses.sent_count == 1_000
    assert sum(map(len, responses._heads)) <= 100_000


async def test_head_that_comes_once_is_not_kept() -> None:
    wire = Wire(Blog(), is_fast=True)
    await wire.exchange([_varied(number) for number in range(50)])
    assert wire.responses is not None
    assert wire.responses._heads == {}
    await wire.exchange([_varied(7), _varied(7), _varied(7)])
    assert [*wire.responses._heads] == [_varied(7)]


async def test_document_is_freed_when_it_leaves_the_cache() -> None:
    wire = Wire(Blog(), is_fast=True)
    await wire.exchange([GET] * 4)
    (document,) = wire.blog.reader._cache.values()
    assert isinstance(document, Document)
    wire.blog.reader.evict()
    assert sys.getrefcount(document) == 2, "only this test has it"


def test_names_are_learned_from_what_the_parser_reads_alike() -> None:
    heads = PlainHeads()
    fields = [(b"host", b"x"), (b"cookie", b"a")]
    head = b"GET / HTTP/1.1\r\nHost: x\r\nCookie: a\r\n\r\n"
    other_head, other_fields = head.replace(b"Cookie", b"Accept"), [(b"host", b"x"), (b"accept", b"a")]
    assert heads.read(head) is None
    heads.learn(head, [*fields, (b"more", b"")])
    assert heads.read(head) is None
    heads.learn(head, fields)
    heads.learn(other_head, other_fields)
    assert heads.read(head) is not None
    for part in (
        b"Cookie",
        b"Accept",
        b"Cookie:",
        b"Cookie:b",
        b"Host: y",
        b" b",
        b"Cookie : a",
        b"Other: a",
        b"Cookie: \0",
        b"\r\nCookie: a",
        b"Cookie: a\n",
    ):
        assert heads.read(head[:-2] + part + b"\r\n\r\n") is None, part


def test_names_that_frame_a_request_are_never_learned() -> None:
    heads = PlainHeads()
    for name in (b"Content-Length", b"transfer-encoding", b"Upgrade", b"Expect", b"Proxy-Connection"):
        head = b"GET / HTTP/1.1\r\n%b: 0\r\n\r\n" % name
        heads.learn(head, [(name.lower(), b"0")])
        assert heads.read(head) is None


def test_names_are_bounded() -> None:
    heads = PlainHeads()
    for number in range(2_000):
        heads.learn(b"GET / HTTP/1.1\r\nN%d: 0\r\n\r\n" % number, [(b"n%d" % number, b"0")])
    heads.learn(b"GET / HTTP/1.1\r\n%b: 0\r\n\r\n" % (b"n" * 100), [(b"n" * 100, b"0")])
    assert len(heads._positions) <= 500
    assert max(map(len, heads._positions)) < 10


def _choose(*, fast_reads: bool) -> ReadyResponses | None:
    blog = Blog()
    return choose_responses(log_lines.settings(fast_reads=fast_reads), blog.app, blog.clock.now)


def test_setting_switches_the_shorter_way_off() -> None:
    assert _choose(fast_reads=True) is not None
    assert _choose(fast_reads=False) is None


def test_unknown_server_switches_the_shorter_way_off(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(uvicorn, "__version__", "9.0")
    assert _choose(fast_reads=True) is None
    assert "and 9.0 is installed" in caplog.text
