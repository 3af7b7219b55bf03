"""Posts from a published list."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable

import pytest
from pytest_httpx import HTTPXMock

from app.domain.posts.posts import PostCatalog
from app.outbound.content.published_list import MAX_REDIRECTS, PublishedPostList
from tests.outbound.content.post_sources import SITES, catalog_of, posts_of_both, read_numbers
from tests.outbound.servers import ByteServer, http_response, serve_bytes

MakeList = Callable[..., PublishedPostList]


@pytest.fixture
async def make_list() -> AsyncIterator[MakeList]:
    sources: list[PublishedPostList] = []

    def make(server: ByteServer | str, *, posts: PostCatalog | None = None, timeout: float = 30.0) -> PublishedPostList:
        address = server if isinstance(server, str) else f"{server.url}/posts.json?key=hush"
        sources.append(PublishedPostList(address, SITES, posts=posts, timeout=timeout))
        return sources[-1]

    yield make
    for source in sources:
        await source.aclose()


def _list_response(data: object, *fields: str) -> bytes:
    return http_response(json.dumps(data).encode(), *fields)


async def test_published_list_is_read(make_list: MakeList) -> None:
    data = {"posts": [1, {"ghissueid": 2, "repo": "eve/notes"}, {"title": "none"}]}
    async with serve_bytes(_list_response(data)) as server:
        assert await read_numbers(make_list(server)) == posts_of_both(1, notes=(2,))
    assert server.request_heads[0].startswith(b"GET /posts.json?key=hush HTTP/1.1")
    assert b"User-Agent: afterword\r\n" in server.request_heads[0]


async def test_unchanged_list_is_not_downloaded_again(make_list: MakeList, caplog: pytest.LogCaptureFixture) -> None:
    unchanged = http_response(b"", status="304 Not Modified")
    async with serve_bytes(_list_response([1, "x"], 'ETag: "v1"'), unchanged, unchanged, _list_response([2])) as server:
        source = make_list(server)
        assert [await read_numbers(source) for _ in range(4)] == [
            posts_of_both(1),
            posts_of_both(1),
            posts_of_both(1),
            posts_of_both(2),
        ]
    sent_etag = [b'If-None-Match: "v1"' in head for head in server.request_heads]
    assert sent_etag == [False, True, True, True]
    assert len(caplog.records) == 1  # about the invalid entry
    assert "entry 2: ghissueid is 'x'" in caplog.text


@pytest.mark.parametrize(
    ("response", "reason"),
    [
        (http_response(b"[", status="500 Oops"), "status 500"),
        (http_response(b"[]", status="404 Not Found"), "status 404"),
        (http_response(b"", status="304 Not Modified"), "status 304"),
        (http_response(b"<html>"), "it is not JSON"),
        (http_response(b"["), "it is not JSON"),
        (http_response(b'{"posts": 1}'), "neither an array"),
        (http_response(b'["x"]'), "not one of its entries"),
        (http_response(b"[1" + b" " * 9_000_000 + b"]"), "larger than"),
        (b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 99\r\n\r\n[", "cut off"),
        (http_response(b"", "Location: /posts.json?key=hush", status="302 Found"), f"more than {MAX_REDIRECTS} times"),
        (http_response(b"", "Location: ftp://x/y", status="301 Moved"), "without https"),
        (http_response(b"", "Location: http://[", status="301 Moved"), "without https"),
    ],
)
async def test_invalid_list_leaves_the_posts_unchanged(
    make_list: MakeList, caplog: pytest.LogCaptureFixture, response: bytes, reason: str
) -> None:
    async with serve_bytes(response) as server:
        assert await read_numbers(make_list(server)) is None
        assert "AFTERWORD_SERVE=posts serves nothing until it can" in caplog.text
        assert await read_numbers(make_list(server, posts=catalog_of(7))) == posts_of_both(7)
    assert reason in caplog.text
    assert "The posts stay as they were" in caplog.text
    assert "hush" not in caplog.text


async def test_failure_is_logged_once_and_drops_the_etag(make_list: MakeList, caplog: pytest.LogCaptureFixture) -> None:
    bad_gateway = http_response(b"", status="502 Bad Gateway")
    async with serve_bytes(
        _list_response([1], 'ETag: "v1"'), bad_gateway, bad_gateway, _list_response([1, 2])
    ) as server:
        source = make_list(server)
        assert [await read_numbers(source) for _ in range(4)] == [
            posts_of_both(1),
            posts_of_both(1),
            posts_of_both(1),
            posts_of_both(1, 2),
        ]
    assert b"If-None-Match" not in server.request_heads[2]
    assert len(caplog.records) == 1


async def test_failure_does_not_repeat_what_was_said_before(
    make_list: MakeList, caplog: pytest.LogCaptureFixture
) -> None:
    bad_gateway, unavailable = (http_response(b"", status=status) for status in ("502 Bad Gateway", "503 No"))
    bad_entry = _list_response([1, "x"])
    async with serve_bytes(bad_entry, bad_gateway, unavailable, bad_gateway, bad_entry, bad_gateway) as server:
        source = make_list(server)
        assert source.failure is None
        failures: list[str | None] = []
        for _ in range(6):
            await source.read()
            failures.append(source.failure)
    assert [bool(failure) for failure in failures] == [False, True, True, True, False, True]
    assert failures[1] == ("The posts cannot be read: it was answered with status 502. The posts stay as they were.")
    assert [record.getMessage().partition("posts.json")[2][:55] for record in caplog.records] == [
        ": entry 2: ghissueid is 'x'. Write the number of the po",
        " cannot be used: it was answered with status 502. The p",
        " cannot be used: it was answered with status 503. The p",
        " cannot be used: it was answered with status 502. The p",
    ]


async def test_list_without_entries_keeps_the_posts(make_list: MakeList) -> None:
    async with serve_bytes(
        _list_response([]), _list_response({"posts": []}), _list_response([{"title": "x"}])
    ) as server:
        source = make_list(server, posts=catalog_of(7))
        assert [await read_numbers(source) for _ in range(2)] == [posts_of_both(7)] * 2
        assert "there is no entry in it any more. If all are gone for good, leave one without" in str(source.failure)
        assert await read_numbers(source) == posts_of_both()
        assert source.failure == ""


async def test_unreachable_list_has_unknown_posts(make_list: MakeList, caplog: pytest.LogCaptureFixture) -> None:
    async with serve_bytes(b"") as server:
        pass
    assert await read_numbers(make_list(server)) is None
    assert "ConnectError" in caplog.text


async def test_slow_list_times_out(make_list: MakeList, caplog: pytest.LogCaptureFixture) -> None:
    stop = asyncio.Event()

    async def silent(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await stop.wait()
        writer.close()

    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    address = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/posts.json"
    assert await read_numbers(make_list(address, timeout=0.01)) is None
    assert "no complete response within 0.01 s" in caplog.text
    stop.set()
    server.close()


async def test_first_list_may_be_empty(make_list: MakeList, caplog: pytest.LogCaptureFixture) -> None:
    async with serve_bytes(_list_response([])) as server:
        assert await read_numbers(make_list(server)) == posts_of_both()
    assert "names no issue: AFTERWORD_SERVE=posts serves nothing" in caplog.text


async def test_etag_belongs_to_the_redirected_address(make_list: MakeList) -> None:
    async with serve_bytes(_list_response([1], 'ETag: "v1"')) as server:
        moved = http_response(b"", f"Location: {server.url}/there.json", status="302 Found")
        async with serve_bytes(moved) as first:
            source = make_list(first)
            assert [await read_numbers(source), await read_numbers(source)] == [posts_of_both(1), posts_of_both(1)]
    assert [b"If-None-Match" in head for head in first.request_heads + server.request_heads] == [
        False,
        False,
        False,
        True,
    ]
    assert server.request_heads[0].startswith(b"GET /there.json ")


async def test_redirect_from_https_to_http_is_rejected(
    make_list: MakeList, httpx_mock: HTTPXMock, caplog: pytest.LogCaptureFixture
) -> None:
    there = {"Location": "http://blog.example.com/posts.json"}
    httpx_mock.add_response(url="https://blog.example.com/posts.json", status_code=301, headers=there)
    assert await read_numbers(make_list("https://blog.example.com/posts.json")) is None
    assert "redirected to an address without https" in caplog.text
