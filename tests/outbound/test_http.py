import gzip

import pytest

from app.domain.errors import InvalidResponse, Unreachable
from app.github.requests import Request
from app.outbound.http import Exchange, Http
from tests.outbound.servers import Wire, serving, whole

CUT = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: 100\r\n\r\n[{"
CUT_CHUNK = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n20\r\n[{"
NO_GZIP = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\n[]"
NOT_HTTP = b"SSH-2.0-OpenSSH_9.6\r\nconnection: close\r\n"


async def get(wire: Wire, *, largest_body: int = 1000, times: int = 1) -> Exchange:
    http = Http(wire.url, connections=2, largest_body=largest_body)
    try:
        for _ in range(times - 1):
            await http.get(Request(f"{wire.url}/x", many=True), {})
        return await http.get(Request(f"{wire.url}/x", many=True), {"Accept": "application/json"})
    finally:
        await http.aclose()


async def test_an_exchange_brings_status_headers_and_body() -> None:
    async with serving(whole(b"[]", "ETag: abc", status="418 Teapot")) as wire:
        exchange = await get(wire)

    assert (exchange.status, exchange.headers["etag"], exchange.body) == (418, "abc", b"[]")
    assert wire.heads[0].startswith(b"GET /x HTTP/1.1\r\n")
    assert b"Accept-Encoding: gzip\r\n" in wire.heads[0]


async def test_a_connection_is_used_again() -> None:
    async with serving(whole(b"[]")) as wire:
        await get(wire, times=5)

    assert (wire.connections, len(wire.heads)) == (1, 5)


async def test_a_packed_body_is_unpacked() -> None:
    async with serving(whole(gzip.compress(b"[" + b" " * 900 + b"]"), "Content-Encoding: gzip")) as wire:
        exchange = await get(wire)

    assert exchange.body == b"[" + b" " * 900 + b"]"


@pytest.mark.parametrize("raw", [CUT, CUT_CHUNK, NO_GZIP])
async def test_a_body_that_is_cut_off_or_garbled_is_broken(raw: bytes) -> None:
    async with serving(raw) as wire:
        with pytest.raises(InvalidResponse, match="cut off"):
            await get(wire)


@pytest.mark.parametrize("raw", [whole(b"x" * 1001), whole(gzip.compress(b"x" * 1_000_000), "Content-Encoding: gzip")])
async def test_a_body_that_is_too_large_is_broken(raw: bytes) -> None:
    async with serving(raw) as wire:
        with pytest.raises(InvalidResponse, match="larger than 1000 bytes"):
            await get(wire)


@pytest.mark.parametrize("raw", [b"", NOT_HTTP])
async def test_a_server_that_does_not_speak_http_is_not_reached(raw: bytes) -> None:
    async with serving(raw) as wire:
        with pytest.raises(Unreachable, match=r"RemoteProtocolError.*asked for /x"):
            await get(wire)


async def test_where_nothing_listens_nothing_is_reached() -> None:
    async with serving(b"") as wire:
        pass

    with pytest.raises(Unreachable, match="ConnectError"):
        await get(wire)


async def test_no_proxy_stands_between_a_machine_and_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    async with serving(whole(b"[]")) as wire, serving(whole(b'["proxy"]')) as proxy:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
            monkeypatch.setenv(name, proxy.url)
        exchange = await get(wire)

    assert (exchange.body, proxy.heads) == (b"[]", [])


async def test_elsewhere_the_proxy_of_the_environment_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    async with serving(whole(b'["proxy"]')) as proxy:
        monkeypatch.setenv("http_proxy", proxy.url)
        http = Http("http://github.example", connections=1)
        exchange = await http.get(Request("http://github.example/x", many=True), {})
        await http.aclose()

    assert exchange.body == b'["proxy"]'
    assert proxy.heads[0].startswith(b"GET http://github.example/x HTTP/1.1")


@pytest.mark.parametrize(
    ("base", "direct"),
    [
        ("http://localhost:8080", True),
        ("http://github.localhost", True),
        ("http://127.8.9.1:1/api/v3", True),
        ("http://[::1]:8080", True),
        ("https://api.github.com", False),
        ("https://10.0.0.1", False),
        ("https://localhost.example", False),
        ("https:", False),
    ],
)
async def test_loopback_is_known_by_its_address(base: str, direct: bool) -> None:  # noqa: FBT001 - parametrised
    http = Http(base, connections=1)

    assert http._client.trust_env is not direct
    await http.aclose()


async def test_a_url_that_cannot_be_sent_is_told_as_a_failure() -> None:
    http = Http("https://api.github.com", connections=1)

    with pytest.raises(Unreachable):
        await http.get(Request("https://api.github.com/\x00", many=False), {})
    await http.aclose()
