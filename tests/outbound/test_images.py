"""The responses that count as an image."""

import time

import pytest
from pytest_httpx import HTTPXMock

from app.domain.errors import ImageRejected, Unreachable
from tests.outbound.image_source import CAMO, PNG, SVG, MakeSource
from tests.outbound.servers import http_response, serve_bytes

# --- the media type


@pytest.mark.parametrize(
    ("body", "header_type", "media_type"),
    [
        (PNG, "text/html", "image/png"),
        (b"\xff\xd8\xff\xe0\0\x10JFIF", "", "image/jpeg"),
        (b"GIF89a....", "image/gif", "image/gif"),
        (b"GIF87a....", "image/gif", "image/gif"),
        (b"RIFF\n\0\0\0WEBPVP8 ", "application/octet-stream", "image/webp"),
        (b"\0\0\0\x20ftypavif\0\0\0\0", "image/avif", "image/avif"),
        (b"\0\0\0\x20ftypavis\0\0\0\0", "image/avif", "image/avif"),
        (b"\0\0\0\x20ftypmif1\0\0\0\0mif1\0\n\0\0avif", "image/avif", "image/avif"),
        (SVG, "image/svg+xml; charset=utf-8", "image/svg+xml"),
        (b"\xef\xbb\xbf \n<svg>", "IMAGE/SVG+XML", "image/svg+xml"),
        (
            b'<?xml version="1.0"?>\n<!-- a -->\n<!DOCTYPE svg PUBLIC "a" "b">\n<!-- b -->' + SVG,
            "image/svg+xml",
            "image/svg+xml",
        ),
    ],
)
async def test_first_bytes_decide_the_media_type(
    httpx_mock: HTTPXMock, make_source: MakeSource, body: bytes, header_type: str, media_type: str
) -> None:
    httpx_mock.add_response(content=body, headers={"content-type": header_type})
    assert (await make_source().fetch(CAMO, largest=1000)).content_type == media_type


@pytest.mark.parametrize(
    ("body", "header_type"),
    [
        (b"<!DOCTYPE html><html><script>alert(1)</script></html>", "image/png"),
        (b"<html><svg></svg></html>", "image/svg+xml"),
        (b"<svgx>", "image/svg+xml"),
        (b"alert(1)//<svg>", "image/svg+xml"),
        (b'<!DOCTYPE svg [<!ENTITY a "b">]><svg>', "image/svg+xml"),
        (b"<!-- " + bytes(20_000) + b"--><svg>", "image/svg+xml"),
        (SVG, "text/html"),
        (SVG, ""),
        (b"%PDF-1.7", "image/png"),
        (b"\0\0\0\x20ftypmp42\0\0\0\0", "image/avif"),
        (b"BM....", "image/bmp"),
        (b"", "image/png"),
    ],
)
async def test_non_image_is_rejected(
    httpx_mock: HTTPXMock, make_source: MakeSource, body: bytes, header_type: str
) -> None:
    httpx_mock.add_response(content=body, headers={"content-type": header_type})
    with pytest.raises(ImageRejected) as caught:
        await make_source().fetch(CAMO, largest=100_000)
    assert caught.value.reason == "it is not an image"


@pytest.mark.parametrize("piece", [b"<!---->", b"<!-- --> ", b"<??>", b"<!DOCTYPE>", b" ", b"<!--"])
async def test_media_type_detection_takes_linear_time(
    httpx_mock: HTTPXMock, make_source: MakeSource, piece: bytes
) -> None:
    httpx_mock.add_response(content=piece * 3000, headers={"content-type": "image/svg+xml"})
    began = time.process_time()
    with pytest.raises(ImageRejected):
        await make_source().fetch(CAMO, largest=100_000)
    assert time.process_time() - began < 1


@pytest.mark.parametrize("status", [204, 206, 304, 400, 401, 403, 404, 410, 451])
async def test_rejection_by_the_host_is_no_image(httpx_mock: HTTPXMock, make_source: MakeSource, status: int) -> None:
    httpx_mock.add_response(status_code=status, content=PNG)
    with pytest.raises(ImageRejected):
        await make_source().fetch(CAMO, largest=100)


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
async def test_temporary_error_is_unreachable(httpx_mock: HTTPXMock, make_source: MakeSource, status: int) -> None:
    httpx_mock.add_response(status_code=status)
    with pytest.raises(Unreachable):
        await make_source().fetch(f"{CAMO}?signature=hush", largest=100)


async def test_error_address_has_no_signature(httpx_mock: HTTPXMock, make_source: MakeSource) -> None:
    httpx_mock.add_response(status_code=404)
    with pytest.raises(ImageRejected) as caught:
        await make_source().fetch(f"{CAMO}?signature=hush", largest=100)
    assert caught.value.address == CAMO
    assert "camo" not in str(caught.value)


# --- over real sockets


async def test_image_of_a_configured_private_origin_is_fetched(make_source: MakeSource) -> None:
    async with serve_bytes(http_response(PNG)) as server:
        assert (await make_source(server.url).fetch(f"{server.url}/u/1?s=96", largest=100)).body == PNG
        assert server.request_heads[0].startswith(b"GET /u/1?s=96 HTTP/1.1\r\n")


async def test_only_the_configured_origin_is_allowed(make_source: MakeSource) -> None:
    async with serve_bytes(http_response(PNG)) as server:
        port = server.url.rsplit(":", 1)[1]
        for other in (
            f"http://localhost:{port}",
            f"https://127.0.0.1:{port}",
            "http://127.0.0.1:1",
            f"http://x@127.0.0.1:{port}",
        ):
            with pytest.raises(ImageRejected):
                await make_source(server.url).fetch(f"{other}/x.png", largest=100)
        assert server.connections == 0


async def test_size_limit_is_exact(make_source: MakeSource) -> None:
    async with serve_bytes(http_response(PNG)) as server:
        assert (await make_source(server.url).fetch(server.url, largest=len(PNG))).body == PNG
        with pytest.raises(ImageRejected) as caught:
            await make_source(server.url).fetch(server.url, largest=len(PNG) - 1)
        assert "larger than" in caught.value.reason


async def test_endless_body_is_rejected_at_the_limit(make_source: MakeSource) -> None:
    endless = b"HTTP/1.1 200 OK\r\nContent-Type: image/png\r\n\r\n" + PNG * 100
    async with serve_bytes(endless) as server:
        with pytest.raises(ImageRejected):
            await make_source(server.url).fetch(server.url, largest=1000)


async def test_compressed_image_is_rejected(make_source: MakeSource) -> None:
    async with serve_bytes(http_response(b"\x1f\x8b" + bytes(30), "Content-Encoding: gzip")) as server:
        with pytest.raises(ImageRejected) as caught:
            await make_source(server.url).fetch(server.url, largest=100)
        assert "compressed" in caught.value.reason


async def test_truncated_image_is_unreachable(make_source: MakeSource) -> None:
    async with serve_bytes(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\nConnection: close\r\n\r\n" + PNG) as server:
        with pytest.raises(Unreachable, match="RemoteProtocolError"):
            await make_source(server.url).fetch(server.url, largest=100)


async def test_no_connection_is_reused(make_source: MakeSource) -> None:
    async with serve_bytes(http_response(PNG)) as server:
        source = make_source(server.url)
        for _ in range(3):
            await source.fetch(server.url, largest=100)
        assert server.connections == 3


async def test_trickling_image_times_out(make_source: MakeSource, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.outbound.images._TIMEOUT", 0.1)
    async with serve_bytes(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n") as server:
        with pytest.raises(Unreachable, match="no image within"):
            await make_source(server.url).fetch(server.url, largest=100)
