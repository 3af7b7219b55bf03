"""One picture is fetched: from where it may be, from nowhere else, and only if it is one."""

import asyncio
import socket
import ssl
import time
from collections.abc import AsyncIterator, Callable, Sequence

import httpx
import pytest
from pytest_httpx import HTTPXMock

from app.domain.errors import ImageRejected, Unreachable
from app.outbound.images import HttpImageSource, resolve
from tests.outbound.servers import serving, whole

CAMO = "https://camo.githubusercontent.com/8f1c/6874"
PUBLIC, PUBLIC_6 = "140.82.121.4", "2606:50c0:8000::154"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(20)
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"></svg>'


class FakeNames:
    """A resolver that knows what it was told; every other name is at one public address."""

    def __init__(self, **known: Sequence[str]) -> None:
        self.known = dict(known)
        self.asked: list[str] = []

    async def __call__(self, host: str) -> Sequence[str]:
        self.asked.append(host)
        return self.known.get(host.split(".", maxsplit=1)[0], (PUBLIC,))


Fetcher = Callable[..., HttpImageSource]


@pytest.fixture
async def fetcher() -> AsyncIterator[Fetcher]:
    made: list[HttpImageSource] = []

    def make(*origins: str, names: FakeNames | None = None) -> HttpImageSource:
        made.append(HttpImageSource(origins, resolve=names or FakeNames()))
        return made[-1]

    yield make
    for pictures in made:
        await pictures.aclose()


def png(httpx_mock: HTTPXMock, **given: object) -> None:
    httpx_mock.add_response(**{"content": PNG, **given})  # type: ignore[arg-type]


# --- where it may lie


@pytest.mark.parametrize(
    "address",
    [
        CAMO,
        "https://AVATARS.githubusercontent.com:443/u/1?v=4&s=96",
        "https://user-images.githubusercontent.com/1/2.png",
        "https://cloud.githubusercontent.com/assets/1/2/3.png",
        "https://raw.githubusercontent.com/o/r/main/x.png",
        "https://media.githubusercontent.com/media/o/r/main/x.png",
        "https://github.githubassets.com/images/icons/emoji/octocat.png",
        "https://github.com/user-attachments/assets/3f2b8c1e-0d4a-4c7b-9e55-a1b2c3d4e5f6",
        "https://github.com/o/r/raw/main/a/x.png",
        "https://github.com/o/r/assets/1/3f2b8c1e",
        "https://github.com/o/r/blob/main/x.png?raw=true",
        "https://github.com/o/r/releases/download/v1/x.png",
        "https://github.com/o/r/actions/workflows/ci.yml/badge.svg",
        "https://github.com/octocat.png",
    ],
)
async def test_githubs_picture_hosts_are_asked(httpx_mock: HTTPXMock, fetcher: Fetcher, address: str) -> None:
    png(httpx_mock)
    picture = await fetcher().fetch(address, largest=100)
    assert (picture.body, picture.content_type) == (PNG, "image/png")
    (sent,) = httpx_mock.get_requests()
    assert sent.url == httpx.URL(address).copy_with(host=PUBLIC)
    assert sent.headers["host"] == sent.extensions["sni_hostname"] == httpx.URL(address).host


@pytest.mark.parametrize(
    "address",
    [
        "https://example.com/x.png",
        "https://githubusercontent.com/x.png",
        "https://camo.githubusercontent.com.evil.example/x.png",
        "https://camo.githubusercontent.com./x.png",
        "https://evil.example/camo.githubusercontent.com",
        "https://camo.githubusercontent.com@evil.example/x.png",
        "https://evil.example\\@camo.githubusercontent.com/x.png",
        "https://me:pw@camo.githubusercontent.com/x.png",
        "https://camo.githubusercontent.com:8443/x.png",
        "http://camo.githubusercontent.com/x.png",
        "ftp://camo.githubusercontent.com/x.png",
        "https://github.com/o/r",
        "https://github.com/o/r/issues/1",
        "https://github.com/login",
        "https://github.com/o/r/archive/main.zip",
        "https://api.github.com/user",
        "https://127.0.0.1/x.png",
        "https://[::1]/x.png",
        "https://2130706433/x.png",
        "https://localhost/x.png",
        "//camo.githubusercontent.com/x.png",
        "https://[x/y.png",
        "https://camo.githubusercontent.com:port/x",
        "data:image/png;base64,AAAA",
        "",
    ],
)
async def test_nobody_else_is_asked(httpx_mock: HTTPXMock, fetcher: Fetcher, address: str) -> None:
    names = FakeNames()
    with pytest.raises(ImageRejected):
        await fetcher(names=names).fetch(address, largest=100)
    assert (httpx_mock.get_requests(), names.asked) == ([], [])


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.0.0.1",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",  # noqa: S104 - that it may not be connected to
        "224.0.0.1",
        "255.255.255.255",
        "192.0.2.1",
        "::",
        "::1",
        "::7f00:1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "64:ff9b::7f00:1",
        "64:ff9b::8c52:7904",
        "64:ff9b:1::1",
        "2002:7f00:1::",
        "2001:0:7f00:1::",
        "2001:db8::1",
        "fe80::1%eth0",
        "fec0::1",
        "fc00::1",
        "ff02::1",
    ],
)
async def test_an_address_that_is_not_public_is_never_connected_to(
    httpx_mock: HTTPXMock, fetcher: Fetcher, address: str
) -> None:
    for found in ((address,), (PUBLIC, address)):
        with pytest.raises(ImageRejected) as refused:
            await fetcher(names=FakeNames(camo=found)).fetch(CAMO, largest=100)
        assert "not public" in refused.value.reason
    assert httpx_mock.get_requests() == []


@pytest.mark.parametrize("address", [PUBLIC, PUBLIC_6, f"::ffff:{PUBLIC}"])
async def test_the_connection_goes_to_the_very_address_that_was_judged(
    httpx_mock: HTTPXMock, fetcher: Fetcher, address: str
) -> None:
    png(httpx_mock)
    names = FakeNames(camo=(address,))
    await fetcher(names=names).fetch(CAMO, largest=100)
    assert names.asked == ["camo.githubusercontent.com"]
    assert httpx_mock.get_requests()[0].url.host == address


async def test_the_next_address_is_tried_where_no_way_leads_to_the_first(
    httpx_mock: HTTPXMock, fetcher: Fetcher
) -> None:
    httpx_mock.add_exception(httpx.ConnectError("no route"), url=f"https://[{PUBLIC_6}]/8f1c/6874")
    png(httpx_mock, url=f"https://{PUBLIC}/8f1c/6874")
    picture = await fetcher(names=FakeNames(camo=(PUBLIC_6, PUBLIC))).fetch(CAMO, largest=100)
    assert picture.body == PNG


async def test_a_host_that_nobody_can_reach_is_unreachable(httpx_mock: HTTPXMock, fetcher: Fetcher) -> None:
    httpx_mock.add_exception(httpx.ConnectError("refused"), is_reusable=True)
    with pytest.raises(Unreachable):
        await fetcher(names=FakeNames(camo=[PUBLIC] * 9)).fetch(CAMO, largest=100)
    assert len(httpx_mock.get_requests()) == 3


async def test_a_name_without_an_address_is_unreachable(fetcher: Fetcher) -> None:
    async def nowhere(host: str) -> Sequence[str]:
        raise socket.gaierror(-2, "Name or service not known")

    pictures = HttpImageSource(resolve=nowhere)
    with pytest.raises(Unreachable, match="gaierror"):
        await pictures.fetch(CAMO, largest=100)
    await pictures.aclose()


async def test_names_are_resolved_by_the_system() -> None:
    assert "127.0.0.1" in await resolve("127.0.0.1")


async def test_the_certificate_is_compared_with_the_name_and_not_with_the_address(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Over TLS, as far as the client says whom it wants to speak with: the server sees the name, then hangs up."""
    wanted: list[str | None] = []
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.sni_callback = lambda _socket, name, _context: wanted.append(name)
    server = await asyncio.start_server(lambda _reader, writer: writer.close(), "127.0.0.1", 0, ssl=context)
    port = server.sockets[0].getsockname()[1]
    monkeypatch.setattr("app.outbound.images._is_public", lambda _: True)
    pictures = HttpImageSource(resolve=FakeNames(camo=("127.0.0.1",)))
    real = pictures._client.build_request
    monkeypatch.setattr(
        pictures._client,
        "build_request",
        lambda method, url, **given: real(method, httpx.URL(url).copy_with(port=port), **given),
    )
    with pytest.raises(Unreachable):
        await pictures.fetch(CAMO, largest=100)
    await pictures.aclose()
    server.close()
    assert wanted == ["camo.githubusercontent.com"]


# --- what is sent


async def test_nothing_of_anybody_is_sent(httpx_mock: HTTPXMock, fetcher: Fetcher) -> None:
    png(httpx_mock, headers={"set-cookie": "seen=1; Path=/"}, is_reusable=True)
    pictures = fetcher("http://127.0.0.1:9")
    for address in (CAMO, CAMO, "http://127.0.0.1:9/x", "http://127.0.0.1:9/x"):
        await pictures.fetch(address, largest=100)
    for sent in httpx_mock.get_requests():
        assert sent.headers.keys() <= {"host", "accept", "accept-encoding", "connection", "user-agent"}
        assert sent.headers["accept"].startswith("image/")
        assert sent.headers["accept-encoding"] == "identity"


# --- redirects


def redirect(httpx_mock: HTTPXMock, to: str, status: int = 302) -> None:
    httpx_mock.add_response(status_code=status, headers={"location": to})


UPLOAD = "https://github.com/user-attachments/assets/3f2b8c1e"
BUCKET = "https://github-production-user-asset-6210df.s3.amazonaws.com/1/2.png?X-Amz-Signature=x"


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_to_an_allowed_host_is_followed(httpx_mock: HTTPXMock, fetcher: Fetcher, status: int) -> None:
    redirect(httpx_mock, BUCKET, status)
    png(httpx_mock)
    names = FakeNames()
    assert (await fetcher(names=names).fetch(UPLOAD, largest=100)).body == PNG
    assert names.asked == ["github.com", "github-production-user-asset-6210df.s3.amazonaws.com"]


@pytest.mark.parametrize(
    "to",
    [
        "https://evil.example/x.png",
        "http://camo.githubusercontent.com/x.png",
        "//evil.example/x.png",
        "https://127.0.0.1/x.png",
        "http://169.254.169.254/latest/meta-data",
        "https://other.s3.amazonaws.com/x.png",
        "/login?return_to=x",
        "",
        "https://[",
        "file:///etc/passwd",
        "https://camo.githubusercontent.com:99999/",
    ],
)
async def test_a_redirect_to_anywhere_else_is_refused(httpx_mock: HTTPXMock, fetcher: Fetcher, to: str) -> None:
    for _ in range(5 if to == "" else 1):
        redirect(httpx_mock, to)
    with pytest.raises(ImageRejected):
        await fetcher().fetch(UPLOAD, largest=100)


async def test_a_redirect_to_an_allowed_name_at_a_private_address_is_refused(
    httpx_mock: HTTPXMock, fetcher: Fetcher
) -> None:
    redirect(httpx_mock, "https://raw.githubusercontent.com/o/r/main/x.png")
    with pytest.raises(ImageRejected, match="not shown"):
        await fetcher(names=FakeNames(raw=("10.0.0.1",))).fetch(CAMO, largest=100)
    assert len(httpx_mock.get_requests()) == 1


@pytest.mark.parametrize(("times", "fetched"), [(4, True), (5, False)])
async def test_four_redirects_are_followed_and_no_more(
    httpx_mock: HTTPXMock, fetcher: Fetcher, times: int, *, fetched: bool
) -> None:
    for _ in range(times):
        redirect(httpx_mock, "/8f1c/6874")
    if fetched:
        png(httpx_mock)
        assert (await fetcher().fetch(CAMO, largest=100)).body == PNG
    else:
        with pytest.raises(ImageRejected) as refused:
            await fetcher().fetch(CAMO, largest=100)
        assert "again and again" in refused.value.reason


# --- what it is


@pytest.mark.parametrize(
    ("body", "said", "kind"),
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
async def test_a_picture_is_told_by_its_first_bytes(
    httpx_mock: HTTPXMock, fetcher: Fetcher, body: bytes, said: str, kind: str
) -> None:
    httpx_mock.add_response(content=body, headers={"content-type": said})
    assert (await fetcher().fetch(CAMO, largest=1000)).content_type == kind


@pytest.mark.parametrize(
    ("body", "said"),
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
async def test_what_is_no_picture_is_refused(httpx_mock: HTTPXMock, fetcher: Fetcher, body: bytes, said: str) -> None:
    httpx_mock.add_response(content=body, headers={"content-type": said})
    with pytest.raises(ImageRejected) as refused:
        await fetcher().fetch(CAMO, largest=100_000)
    assert refused.value.reason == "it is no picture"


@pytest.mark.parametrize("piece", [b"<!---->", b"<!-- --> ", b"<??>", b"<!DOCTYPE>", b" ", b"<!--"])
async def test_telling_what_it_is_takes_time_in_proportion_to_its_length(
    httpx_mock: HTTPXMock, fetcher: Fetcher, piece: bytes
) -> None:
    httpx_mock.add_response(content=piece * 3000, headers={"content-type": "image/svg+xml"})
    began = time.process_time()
    with pytest.raises(ImageRejected):
        await fetcher().fetch(CAMO, largest=100_000)
    assert time.process_time() - began < 1


@pytest.mark.parametrize("status", [204, 206, 304, 400, 401, 403, 404, 410, 451])
async def test_an_answer_that_refuses_is_no_picture(httpx_mock: HTTPXMock, fetcher: Fetcher, status: int) -> None:
    httpx_mock.add_response(status_code=status, content=PNG)
    with pytest.raises(ImageRejected):
        await fetcher().fetch(CAMO, largest=100)


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
async def test_an_answer_that_will_pass_is_as_good_as_none(
    httpx_mock: HTTPXMock, fetcher: Fetcher, status: int
) -> None:
    httpx_mock.add_response(status_code=status)
    with pytest.raises(Unreachable):
        await fetcher().fetch(f"{CAMO}?signature=hush", largest=100)


async def test_what_is_said_of_an_address_holds_no_signature(httpx_mock: HTTPXMock, fetcher: Fetcher) -> None:
    httpx_mock.add_response(status_code=404)
    with pytest.raises(ImageRejected) as refused:
        await fetcher().fetch(f"{CAMO}?signature=hush", largest=100)
    assert refused.value.address == CAMO
    assert "camo" not in str(refused.value)


# --- over real sockets


async def test_a_picture_of_an_origin_that_the_owner_named_is_fetched_though_it_is_private(fetcher: Fetcher) -> None:
    async with serving(whole(PNG)) as wire:
        assert (await fetcher(wire.url).fetch(f"{wire.url}/u/1?s=96", largest=100)).body == PNG
        assert wire.heads[0].startswith(b"GET /u/1?s=96 HTTP/1.1\r\n")


async def test_just_that_origin_is_allowed(fetcher: Fetcher) -> None:
    async with serving(whole(PNG)) as wire:
        port = wire.url.rsplit(":", 1)[1]
        for other in (
            f"http://localhost:{port}",
            f"https://127.0.0.1:{port}",
            "http://127.0.0.1:1",
            f"http://x@127.0.0.1:{port}",
        ):
            with pytest.raises(ImageRejected):
                await fetcher(wire.url).fetch(f"{other}/x.png", largest=100)
        assert wire.connections == 0


async def test_one_byte_too_many_is_refused_and_just_enough_is_not(fetcher: Fetcher) -> None:
    async with serving(whole(PNG)) as wire:
        assert (await fetcher(wire.url).fetch(wire.url, largest=len(PNG))).body == PNG
        with pytest.raises(ImageRejected) as refused:
            await fetcher(wire.url).fetch(wire.url, largest=len(PNG) - 1)
        assert "larger than" in refused.value.reason


async def test_a_body_without_an_end_is_cut_as_soon_as_it_is_too_large(fetcher: Fetcher) -> None:
    endless = b"HTTP/1.1 200 OK\r\nContent-Type: image/png\r\n\r\n" + PNG * 100
    async with serving(endless) as wire:
        with pytest.raises(ImageRejected):
            await fetcher(wire.url).fetch(wire.url, largest=1000)


async def test_what_was_packed_is_not_unpacked(fetcher: Fetcher) -> None:
    async with serving(whole(b"\x1f\x8b" + bytes(30), "Content-Encoding: gzip")) as wire:
        with pytest.raises(ImageRejected) as refused:
            await fetcher(wire.url).fetch(wire.url, largest=100)
        assert "compressed" in refused.value.reason


async def test_a_picture_that_is_cut_off_is_no_picture(fetcher: Fetcher) -> None:
    async with serving(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\nConnection: close\r\n\r\n" + PNG) as wire:
        with pytest.raises(Unreachable, match="RemoteProtocolError"):
            await fetcher(wire.url).fetch(wire.url, largest=100)


async def test_no_connection_serves_twice(fetcher: Fetcher) -> None:
    async with serving(whole(PNG)) as wire:
        pictures = fetcher(wire.url)
        for _ in range(3):
            await pictures.fetch(wire.url, largest=100)
        assert wire.connections == 3


async def test_a_picture_that_trickles_is_given_up(fetcher: Fetcher, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.outbound.images._PATIENCE", 0.1)
    async with serving(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n") as wire:
        with pytest.raises(Unreachable, match="no picture within"):
            await fetcher(wire.url).fetch(wire.url, largest=100)
