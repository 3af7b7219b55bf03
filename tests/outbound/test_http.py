import gzip

import pytest

from app.domain.errors import InvalidResponse, Unreachable
from app.github.requests import Request
from app.outbound.http import HttpClient, HttpResponse
from tests.outbound.servers import ByteServer, http_response, serve_bytes

TRUNCATED = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: 100\r\n\r\n[{"
TRUNCATED_CHUNK = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n20\r\n[{"
NO_GZIP = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\n[]"
NOT_HTTP = b"SSH-2.0-OpenSSH_9.6\r\nconnection: close\r\n"


async def _get(server: ByteServer, *, max_body_bytes: int = 1000, times: int = 1) -> HttpResponse:
    client = HttpClient(server.url, connections=2, max_body_bytes=max_body_bytes)
    try:
        for _ in range(times - 1):
            await client.get(Request(f"{server.url}/x", many=True), {})
        return await client.get(Request(f"{server.url}/x", many=True), {"Accept": "application/json"})
    finally:
        await client.aclose()


async def test_response_has_status_headers_and_body() -> None:
    async with serve_bytes(http_response(b"[]", "ETag: abc", status="418 Teapot")) as server:
        response = await _get(server)

    assert (response.status, response.headers["etag"], response.body) == (418, "abc", b"[]")
    assert server.request_heads[0].startswith(b"GET /x HTTP/1.1\r\n")
    assert b"Accept-Encoding: gzip\r\n" in server.request_heads[0]


async def test_connection_is_reused() -> None:
    async with serve_bytes(http_response(b"[]")) as server:
        await _get(server, times=5)

    assert (server.connections, len(server.request_heads)) == (1, 5)


async def test_compressed_body_is_decompressed() -> None:
    async with serve_bytes(http_response(gzip.compress(b"[" + b" " * 900 + b"]"), "Content-Encoding: gzip")) as server:
        response = await _get(server)

    assert response.body == b"[" + b" " * 900 + b"]"


@pytest.mark.parametrize("raw", [TRUNCATED, TRUNCATED_CHUNK, NO_GZIP])
async def test_truncated_or_garbled_body_is_invalid(raw: bytes) -> None:
    async with serve_bytes(raw) as server:
        with pytest.raises(InvalidResponse, match="cut off"):
            await _get(server)


@pytest.mark.parametrize(
    "raw", [http_response(b"x" * 1001), http_response(gzip.compress(b"x" * 1_000_000), "Content-Encoding: gzip")]
)
async def test_too_large_body_is_invalid(raw: bytes) -> None:
    async with serve_bytes(raw) as server:
        with pytest.raises(InvalidResponse, match="larger than 1000 bytes"):
            await _get(server)


@pytest.mark.parametrize("raw", [b"", NOT_HTTP])
async def test_server_without_http_is_unreachable(raw: bytes) -> None:
    async with serve_bytes(raw) as server:
        with pytest.raises(Unreachable, match=r"RemoteProtocolError.*asked for /x"):
            await _get(server)


async def test_closed_port_is_unreachable() -> None:
    async with serve_bytes(b"") as server:
        pass

    with pytest.raises(Unreachable, match="ConnectError"):
        await _get(server)


async def test_loopback_bypasses_the_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    async with serve_bytes(http_response(b"[]")) as server, serve_bytes(http_response(b'["proxy"]')) as proxy:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
            monkeypatch.setenv(name, proxy.url)
        response = await _get(server)

    assert (response.body, proxy.request_heads) == (b"[]", [])


async def test_other_hosts_use_the_environments_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    async with serve_bytes(http_response(b'["proxy"]')) as proxy:
        monkeypatch.setenv("http_proxy", proxy.url)
        client = HttpClient("http://github.example", connections=1)
        response = await client.get(Request("http://github.example/x", many=True), {})
        await client.aclose()

    assert response.body == b'["proxy"]'
    assert proxy.request_heads[0].startswith(b"GET http://github.example/x HTTP/1.1")


@pytest.mark.parametrize(
    ("base", "is_direct"),
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
async def test_loopback_is_recognised_by_address(base: str, is_direct: bool) -> None:  # noqa: FBT001 - parametrised
    client = HttpClient(base, connections=1)

    assert client._client.trust_env is not is_direct
    await client.aclose()


async def test_unsendable_url_is_unreachable() -> None:
    client = HttpClient("https://api.github.com", connections=1)

    with pytest.raises(Unreachable):
        await client.get(Request("https://api.github.com/\x00", many=False), {})
    await client.aclose()
