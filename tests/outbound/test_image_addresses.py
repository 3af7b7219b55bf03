"""Images are fetched from allowed hosts at public addresses only, redirects included."""

import asyncio
import socket
import ssl
from collections.abc import Sequence

import httpx
import pytest
from pytest_httpx import HTTPXMock

from app.domain.errors import ImageRejected, Unreachable
from app.outbound.images import HttpImageSource, resolve
from tests.outbound.image_source import CAMO, PNG, PUBLIC, PUBLIC_6, FakeResolver, MakeSource, add_png

# --- allowed addresses


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
async def test_images_of_github_hosts_are_fetched(httpx_mock: HTTPXMock, make_source: MakeSource, address: str) -> None:
    add_png(httpx_mock)
    image = await make_source().fetch(address, largest=100)
    assert (image.body, image.content_type) == (PNG, "image/png")
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
async def test_other_addresses_are_rejected(httpx_mock: HTTPXMock, make_source: MakeSource, address: str) -> None:
    resolver = FakeResolver()
    with pytest.raises(ImageRejected):
        await make_source(resolver=resolver).fetch(address, largest=100)
    assert (httpx_mock.get_requests(), resolver.hosts) == ([], [])


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
async def test_non_public_ip_address_is_rejected(httpx_mock: HTTPXMock, make_source: MakeSource, address: str) -> None:
    for addresses in ((address,), (PUBLIC, address)):
        with pytest.raises(ImageRejected) as caught:
            await make_source(resolver=FakeResolver(camo=addresses)).fetch(CAMO, largest=100)
        assert "not public" in caught.value.reason
    assert httpx_mock.get_requests() == []


@pytest.mark.parametrize("address", [PUBLIC, PUBLIC_6, f"::ffff:{PUBLIC}"])
async def test_connection_goes_to_the_checked_address(
    httpx_mock: HTTPXMock, make_source: MakeSource, address: str
) -> None:
    add_png(httpx_mock)
    resolver = FakeResolver(camo=(address,))
    await make_source(resolver=resolver).fetch(CAMO, largest=100)
    assert resolver.hosts == ["camo.githubusercontent.com"]
    assert httpx_mock.get_requests()[0].url.host == address


async def test_next_address_is_tried_after_a_connect_error(httpx_mock: HTTPXMock, make_source: MakeSource) -> None:
    httpx_mock.add_exception(httpx.ConnectError("no route"), url=f"https://[{PUBLIC_6}]/8f1c/6874")
    add_png(httpx_mock, url=f"https://{PUBLIC}/8f1c/6874")
    image = await make_source(resolver=FakeResolver(camo=(PUBLIC_6, PUBLIC))).fetch(CAMO, largest=100)
    assert image.body == PNG


async def test_unreachable_host_raises_unreachable(httpx_mock: HTTPXMock, make_source: MakeSource) -> None:
    httpx_mock.add_exception(httpx.ConnectError("refused"), is_reusable=True)
    with pytest.raises(Unreachable):
        await make_source(resolver=FakeResolver(camo=[PUBLIC] * 9)).fetch(CAMO, largest=100)
    assert len(httpx_mock.get_requests()) == 3


async def test_name_without_an_address_is_unreachable(make_source: MakeSource) -> None:
    async def nowhere(host: str) -> Sequence[str]:
        raise socket.gaierror(-2, "Name or service not known")

    source = HttpImageSource(resolve=nowhere)
    with pytest.raises(Unreachable, match="gaierror"):
        await source.fetch(CAMO, largest=100)
    await source.aclose()


async def test_names_are_resolved_by_the_system() -> None:
    assert "127.0.0.1" in await resolve("127.0.0.1")


async def test_certificate_is_verified_for_the_host_name(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Run the TLS handshake up to the client's server name; the server closes the connection then."""
    host_names: list[str | None] = []
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.sni_callback = lambda _socket, name, _context: host_names.append(name)
    server = await asyncio.start_server(lambda _reader, writer: writer.close(), "127.0.0.1", 0, ssl=context)
    port = server.sockets[0].getsockname()[1]
    monkeypatch.setattr("app.outbound.images._is_public", lambda _: True)
    source = HttpImageSource(resolve=FakeResolver(camo=("127.0.0.1",)))
    build_request = source._client.build_request
    monkeypatch.setattr(
        source._client,
        "build_request",
        lambda method, url, **options: build_request(method, httpx.URL(url).copy_with(port=port), **options),
    )
    with pytest.raises(Unreachable):
        await source.fetch(CAMO, largest=100)
    await source.aclose()
    server.close()
    assert host_names == ["camo.githubusercontent.com"]


# --- the request


async def test_request_contains_no_personal_data(httpx_mock: HTTPXMock, make_source: MakeSource) -> None:
    add_png(httpx_mock, headers={"set-cookie": "seen=1; Path=/"}, is_reusable=True)
    source = make_source("http://127.0.0.1:9")
    for address in (CAMO, CAMO, "http://127.0.0.1:9/x", "http://127.0.0.1:9/x"):
        await source.fetch(address, largest=100)
    for sent in httpx_mock.get_requests():
        assert sent.headers.keys() <= {"host", "accept", "accept-encoding", "connection", "user-agent"}
        assert sent.headers["accept"].startswith("image/")
        assert sent.headers["accept-encoding"] == "identity"


# --- redirects


def _add_redirect(httpx_mock: HTTPXMock, to: str, status: int = 302) -> None:
    httpx_mock.add_response(status_code=status, headers={"location": to})


UPLOAD = "https://github.com/user-attachments/assets/3f2b8c1e"
BUCKET = "https://github-production-user-asset-6210df.s3.amazonaws.com/1/2.png?X-Amz-Signature=x"


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_redirect_to_an_allowed_host_is_followed(
    httpx_mock: HTTPXMock, make_source: MakeSource, status: int
) -> None:
    _add_redirect(httpx_mock, BUCKET, status)
    add_png(httpx_mock)
    resolver = FakeResolver()
    assert (await make_source(resolver=resolver).fetch(UPLOAD, largest=100)).body == PNG
    assert resolver.hosts == ["github.com", "github-production-user-asset-6210df.s3.amazonaws.com"]


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
async def test_redirect_to_another_host_is_rejected(httpx_mock: HTTPXMock, make_source: MakeSource, to: str) -> None:
    for _ in range(5 if to == "" else 1):
        _add_redirect(httpx_mock, to)
    with pytest.raises(ImageRejected):
        await make_source().fetch(UPLOAD, largest=100)


async def test_redirect_to_a_private_address_is_rejected(httpx_mock: HTTPXMock, make_source: MakeSource) -> None:
    _add_redirect(httpx_mock, "https://raw.githubusercontent.com/o/r/main/x.png")
    with pytest.raises(ImageRejected, match="not shown"):
        await make_source(resolver=FakeResolver(raw=("10.0.0.1",))).fetch(CAMO, largest=100)
    assert len(httpx_mock.get_requests()) == 1


@pytest.mark.parametrize(("times", "fetched"), [(4, True), (5, False)])
async def test_at_most_four_redirects_are_followed(
    httpx_mock: HTTPXMock, make_source: MakeSource, times: int, *, fetched: bool
) -> None:
    for _ in range(times):
        _add_redirect(httpx_mock, "/8f1c/6874")
    if fetched:
        add_png(httpx_mock)
        assert (await make_source().fetch(CAMO, largest=100)).body == PNG
    else:
        with pytest.raises(ImageRejected) as caught:
            await make_source().fetch(CAMO, largest=100)
        assert "again and again" in caught.value.reason
