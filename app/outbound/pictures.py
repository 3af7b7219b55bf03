"""Fetches one picture: from allowed hosts only, whatever redirects say, and never from a private address.

The name of a host is resolved here, every address that it has is judged, and the connection is made to the very one
that was judged, so that a name cannot mean another by the time it is used (DNS rebinding). What came is told by its
first bytes, not by what its sender says.
"""

import asyncio
import ipaddress
import re
import socket
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from urllib.parse import SplitResult, urljoin, urlsplit

import httpx

from app.domain.errors import PictureRefused, Unreachable
from app.engine.pictures import Picture

HOSTS = frozenset(
    {
        *("avatars.githubusercontent.com", "camo.githubusercontent.com", "user-images.githubusercontent.com"),
        *("private-user-images.githubusercontent.com", "raw.githubusercontent.com", "media.githubusercontent.com"),
        *("repository-images.githubusercontent.com", "gist.githubusercontent.com", "objects.githubusercontent.com"),
        *("release-assets.githubusercontent.com", "opengraph.githubassets.com", "github.githubassets.com"),
        *("github.com", "github-production-user-asset-6210df.s3.amazonaws.com"),
    }
)
"""GitHub's picture hosts. `github.com` redirects uploads to the last, which is GitHub's own bucket."""
_MOST_REDIRECTS = 4
_PATIENCE = 10.0
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_OK, _BAD_GATEWAY = 200, 500
_ACCEPT = "image/avif,image/webp,image/png,image/svg+xml,image/*;q=0.8"
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
SVG = "image/svg+xml"
_SVG_START = re.compile(rb"\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*(?:<!DOCTYPE[^>\[]*>\s*)?<svg[\s>]", re.DOTALL)
_FIRST_BYTES: Sequence[tuple[re.Pattern[bytes], str]] = (
    (re.compile(rb"\x89PNG\r\n\x1a\n"), "image/png"),
    (re.compile(rb"\xff\xd8\xff"), "image/jpeg"),
    (re.compile(rb"GIF8[79]a"), "image/gif"),
    (re.compile(rb"RIFF....WEBP", re.DOTALL), "image/webp"),
    (re.compile(rb"....ftypavi[fs]", re.DOTALL), "image/avif"),
)

Resolve = Callable[[str], Awaitable[Sequence[str]]]
"""All IP addresses of a host name; raises OSError where it has none."""


async def resolve(host: str) -> Sequence[str]:
    """The addresses that the system knows."""
    found = await asyncio.get_running_loop().getaddrinfo(host, 443, type=socket.SOCK_STREAM)
    return [str(address[0]) for *_, address in found]


@dataclass(frozen=True, slots=True)
class _Hop:
    """One address on the way, judged."""

    url: str
    connect_to: str | None
    """The IP address to connect to; None for an origin that the owner named, which is connected to as it is written."""


class HttpPictures:
    """The port `Source` over HTTP. `origins` (`scheme://host[:port]`) are allowed besides GitHub's hosts."""

    def __init__(
        self,
        origins: Sequence[str] = (),
        *,
        resolve: Resolve = resolve,
        hosts: frozenset[str] = HOSTS,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._origins = frozenset(origins)
        self._hosts = hosts
        self._resolve = resolve
        self._client = httpx.AsyncClient(
            transport=transport,
            timeout=httpx.Timeout(_PATIENCE, connect=5.0),
            limits=httpx.Limits(max_connections=8, keepalive_expiry=30.0),
            headers={"Accept": _ACCEPT, "User-Agent": "afterword"},
            follow_redirects=False,
            trust_env=False,  # a proxy would resolve the name anew
        )

    async def fetch(self, address: str, *, largest: int) -> Picture:
        """The picture of at most so many bytes; raises `PictureRefused`, or `Unreachable` where nobody answered."""
        try:
            async with asyncio.timeout(_PATIENCE):
                return await self._fetch(address, largest)
        except TimeoutError:
            raise Unreachable(_path(address), f"no picture within {_PATIENCE:g} s") from None
        except (httpx.TransportError, OSError) as failure:
            raise Unreachable(_path(address), type(failure).__name__) from None

    async def aclose(self) -> None:
        """Closes all connections."""
        await self._client.aclose()

    async def _fetch(self, address: str, largest: int) -> Picture:
        for _ in range(_MOST_REDIRECTS + 1):
            hop = await self._judged(address)
            request = self._request(hop)
            response = await self._client.send(request, stream=True)
            try:
                if response.status_code in _REDIRECTS:
                    address = urljoin(address, response.headers.get("location", ""))
                    continue
                return await _picture(response, address, largest)
            finally:
                await response.aclose()
                self._client.cookies.clear()
        raise PictureRefused(_path(address), "it is redirected again and again")

    async def _judged(self, address: str) -> _Hop:
        parts = _split(address)
        if _origin(parts) in self._origins:
            return _Hop(address, None)
        host = parts.hostname or ""
        if parts.scheme != "https" or parts.port not in {None, 443} or parts.username is not None:
            raise PictureRefused(_path(address), "it does not lie at https on the usual port")
        if host not in self._hosts:
            raise PictureRefused(_path(address), f"{host} is not a picture host of GitHub's")
        found = await self._resolve(host)
        if not found or not all(map(_is_public, found)):
            raise PictureRefused(_path(address), f"{host} has an address that is not public")
        return _Hop(address, found[0])

    def _request(self, hop: _Hop) -> httpx.Request:
        if hop.connect_to is None:
            return self._client.build_request("GET", hop.url)
        url = httpx.URL(hop.url)
        headers, extensions = {"Host": url.host}, {"sni_hostname": url.host}
        return self._client.build_request(
            "GET", url.copy_with(host=hop.connect_to), headers=headers, extensions=extensions
        )


async def _picture(response: httpx.Response, address: str, largest: int) -> Picture:
    path, status = _path(address), response.status_code
    if status >= _BAD_GATEWAY:
        raise Unreachable(path, f"status {status}")
    if status != _OK:
        raise PictureRefused(path, f"its host answers {status}")
    body = bytearray()
    async for chunk in response.aiter_bytes():
        body += chunk
        if len(body) > largest:
            raise PictureRefused(path, f"it is larger than {largest:,} bytes")
    said = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    kind = _kind(bytes(body[:4096]), said)
    if kind is None:
        raise PictureRefused(path, "it is no picture")
    return Picture(bytes(body), kind)


def _kind(start: bytes, said: str) -> str | None:
    for pattern, kind in _FIRST_BYTES:
        if pattern.match(start):
            return kind
    return SVG if said == SVG and _SVG_START.match(start.removeprefix(b"\xef\xbb\xbf")) else None


def _is_public(address: str) -> bool:
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        if ip in _NAT64 or ip.sixtofour is not None or ip.teredo is not None:
            return False
        if ip.ipv4_mapped is not None:
            ip = ip.ipv4_mapped
    return ip.is_global and not ip.is_multicast


def _split(address: str) -> SplitResult:
    try:
        parts = urlsplit(address)
        parts.port  # noqa: B018 - raises where it is none
        httpx.URL(address)
    except (ValueError, httpx.InvalidURL):
        raise PictureRefused("/", "its address is none") from None
    return parts


def _origin(parts: SplitResult) -> str:
    return f"{parts.scheme}://{parts.netloc}".lower()


def _path(address: str) -> str:
    """What is said of an address: without its query, which may hold a signature."""
    return address.partition("?")[0][:200]
