"""The download of an archive: bounded, without a token, and without secrets in errors."""

import pytest
from pytest_httpx import HTTPXMock

from app.domain.errors import GitHubError, InvalidRedirect, InvalidResponse, Unreachable
from app.outbound.content.archives.download import download_archive
from tests.outbound.servers import http_response, serve_bytes


async def test_file_is_downloaded_without_a_token() -> None:
    async with serve_bytes(http_response(b"packed", "Content-Type: application/x-gzip")) as server:
        with await download_archive(f"{server.url}/a.tar.gz?token=hush") as file:
            assert file.read() == b"packed"
    assert b"authorization" not in server.request_heads[0].lower()
    assert b"GET /a.tar.gz?token=hush HTTP/1.1" in server.request_heads[0]


async def test_redirects_are_followed() -> None:
    async with serve_bytes(
        http_response(b"", "Location: /b?token=hush", status="302 Found"), http_response(b"packed")
    ) as server:
        with await download_archive(f"{server.url}/a") as file:
            assert file.read() == b"packed"


@pytest.mark.parametrize(
    ("response", "kind", "reason"),
    [
        (http_response(b"x" * 2000), InvalidResponse, "larger than 1000 bytes"),
        (http_response(b"", status="404 Not Found"), InvalidResponse, "status 404"),
        (b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 99\r\n\r\nx", InvalidResponse, "cut off after 1"),
        (b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: x\r\n\r\nx", Unreachable, "ProtocolError"),
        (http_response(b"", "Location: /a?token=hush", status="302 Found"), InvalidRedirect, "more and more"),
        (http_response(b"", "Location: ftp://x/", status="302 Found"), InvalidRedirect, "without https"),
        (http_response(b"", "Location: http://[", status="302 Found"), InvalidRedirect, "without https"),
    ],
)
async def test_other_responses_fail_without_the_key(response: bytes, kind: type[GitHubError], reason: str) -> None:
    async with serve_bytes(response) as server:
        with pytest.raises(kind) as error:
            await download_archive(f"{server.url}/a?token=hush", limit=1000)
    assert reason in str(error.value)
    assert "hush" not in str(error.value)


async def test_encryption_is_not_left(httpx_mock: HTTPXMock) -> None:
    headers = {"Location": "http://codeload.example.com/a"}
    httpx_mock.add_response(url="https://codeload.example.com/a", status_code=302, headers=headers)
    with pytest.raises(InvalidRedirect, match="without https"):
        await download_archive("https://codeload.example.com/a")


async def test_slow_download_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    async with serve_bytes(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nx") as server:
        with pytest.raises(Unreachable, match=r"not complete within 0\.05 s"):
            await download_archive(f"{server.url}/a", seconds=0.05)
