"""Fetches one picture: from allowed hosts only, whatever redirects say, and never from a private address.

The name of a host is resolved here, every address that it has is judged, and the connection is made to the very one
that was judged, so that a name cannot mean another by the time it is used (DNS rebinding). No connection serves twice:
many of these names share one address, and a certificate was compared with one name only. What came is told by its
first bytes, not by what its sender says, and never unpacked: a few kilobytes could become gigabytes.
"""

import asyncio
import ipaddress
import re
import socket
from collections.abc import Awaitable, Callable, Sequence
from http.cookiejar import CookieJar, DefaultCookiePolicy

import httpx

from app.domain.errors import ImageRejected, Unreachable
from app.serving.image_proxy import Image

HOSTS = frozenset(
    {
        *("avatars.githubusercontent.com", "camo.githubusercontent.com", "user-images.githubusercontent.com"),
        *("private-user-images.githubusercontent.com", "secured-user-images.githubusercontent.com"),
        *("cloud.githubusercontent.com", "raw.githubusercontent.com", "media.githubusercontent.com"),
        *("repository-images.githubusercontent.com", "gist.githubusercontent.com", "objects.githubusercontent.com"),
        *("release-assets.githubusercontent.com", "opengraph.githubassets.com", "github.githubassets.com"),
        *("github.com", "github-production-user-asset-6210df.s3.amazonaws.com", "github-cloud.s3.amazonaws.com"),
    }
)
"""GitHub's picture hosts, as the Content-Security-Policy of its own pages names them under `img-src`, and those of
older comments. The last two are GitHub's own buckets, to which `github.com` redirects uploads with a signature."""
_GITHUB_COM = re.compile(
    r"/user-attachments/assets/[^/]+"
    r"|/[^/]+/[^/]+/(?:raw|assets|blob|releases/download)/.+"
    r"|/[^/]+/[^/]+/(?:actions/)?workflows/.+/badge\.svg"
    r"|/[^/]+\.png"
)
"""Where pictures are on a host whose other addresses are pages: uploads, files, releases, badges, and avatars."""
_MOST_REDIRECTS = 4
_PATIENCE = 10.0
_MOST_ADDRESSES = 3
"""Of one name that are tried in turn: the first may be of a kind that this machine has no way to."""
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_PASSING = frozenset({408, 425, 429})
_OK, _INTERNAL_ERROR = 200, 500
_ACCEPT = "image/avif,image/webp,image/png,image/svg+xml,image/*;q=0.8"
_GLOBAL_UNICAST = ipaddress.ip_network("2000::/3")
"""All of IPv6 that is routed; outside lie what stands for IPv4 addresses (NAT64 among it) and what stays local."""
SVG = "image/svg+xml"
_TELLING = 16_384
"""Bytes in which an SVG has to begin: programs that draw write comments before it."""
_SVG_START = re.compile(
    rb"(?:\xef\xbb\xbf)?+\s*+(?:(?:<\?[^>]*+>|<!--(?>.*?-->)|<!DOCTYPE[^>\[]*+>)\s*+)*+<svg[\s>]", re.DOTALL
)
_FIRST_BYTES: Sequence[tuple[re.Pattern[bytes], str]] = (
    (re.compile(rb"\x89PNG\r\n\x1a\n"), "image/png"),
    (re.compile(rb"\xff\xd8\xff"), "image/jpeg"),
    (re.compile(rb"GIF8[79]a"), "image/gif"),
    (re.compile(rb"RIFF....WEBP", re.DOTALL), "image/webp"),
    (re.compile(rb"....ftyp(?:avi[fs]|mi[fs]1.{4}(?:.{4}){0,8}?avif)", re.DOTALL), "image/avif"),
)

Resolve = Callable[[str], Awaitable[Sequence[str]]]
"""All IP addresses of a host name; raises OSError where it has none."""


async def resolve(host: str) -> Sequence[str]:
    """The addresses that the system knows, the likeliest first."""
    found = await asyncio.get_running_loop().getaddrinfo(host, 443, type=socket.SOCK_STREAM)
    return [str(address[0]) for *_, address in found]


class HttpImageSource:
    """The port `Source` over HTTP. `origins` (`scheme://host[:port]`) are allowed besides GitHub's hosts."""

    def __init__(
        self,
        origins: Sequence[str] = (),
        *,
        resolve: Resolve = resolve,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._origins = frozenset(origins)
        self._resolve = resolve
        self._client = httpx.AsyncClient(
            transport=transport,
            timeout=httpx.Timeout(_PATIENCE, connect=4.0),
            limits=httpx.Limits(max_connections=8, max_keepalive_connections=0),
            headers={"Accept": _ACCEPT, "Accept-Encoding": "identity", "User-Agent": "afterword"},
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),
            follow_redirects=False,
            trust_env=False,  # a proxy would resolve the name anew
        )

    async def fetch(self, address: str, *, largest: int) -> Image:
        """The picture of at most so many bytes; raises `ImageRejected`, or `Unreachable` where nobody answered."""
        try:
            async with asyncio.timeout(_PATIENCE):
                return await self._fetch(address, largest)
        except TimeoutError:
            raise Unreachable(_bare(address), f"no picture within {_PATIENCE:g} s") from None
        except (httpx.RequestError, OSError) as failure:
            raise Unreachable(_bare(address), type(failure).__name__) from None

    async def aclose(self) -> None:
        """Closes all connections."""
        await self._client.aclose()

    async def _fetch(self, address: str, largest: int) -> Image:
        url = _url(address)
        for _ in range(_MOST_REDIRECTS + 1):
            response = await self._sent(url)
            try:
                if response.status_code not in _REDIRECTS:
                    return await _picture(response, url, largest)
                url = _url(response.headers.get("location", ""), url)
            finally:
                await response.aclose()
        raise ImageRejected(_bare(address), "it is redirected again and again")

    async def _sent(self, url: httpx.URL) -> httpx.Response:
        """The beginning of the answer; each address of the host is tried until one takes the connection."""
        if _origin(url) in self._origins:
            return await self._client.send(self._client.build_request("GET", url), stream=True)
        *others, last = await self._judged(url)
        for address in others:
            try:
                return await self._send_to(address, url)
            except (httpx.ConnectError, httpx.ConnectTimeout):
                continue
        return await self._send_to(last, url)

    async def _send_to(self, address: str, url: httpx.URL) -> httpx.Response:
        headers, extensions = {"Host": url.host}, {"sni_hostname": url.host}
        there = url.copy_with(host=address)
        request = self._client.build_request("GET", there, headers=headers, extensions=extensions)
        return await self._client.send(request, stream=True)

    async def _judged(self, url: httpx.URL) -> Sequence[str]:
        """The addresses at which a picture may be fetched from an allowed host, at least one."""
        host, where = url.host, _bare(str(url))
        if url.scheme != "https" or url.port is not None or url.userinfo:
            raise ImageRejected(where, "it does not lie at https on the usual port")
        if host not in HOSTS or (host == "github.com" and not _GITHUB_COM.fullmatch(url.path)):
            raise ImageRejected(where, "GitHub has no pictures there, and AFTERWORD_PICTURE_HOSTS does not name it")
        found = await self._resolve(host)
        if not found or not all(map(_is_public, found)):
            raise ImageRejected(where, "its host has an address that is not public")
        return found[:_MOST_ADDRESSES]


async def _picture(response: httpx.Response, url: httpx.URL, largest: int) -> Image:
    where, status, headers = _bare(str(url)), response.status_code, response.headers
    if status >= _INTERNAL_ERROR or status in _PASSING:
        raise Unreachable(where, f"status {status}")
    if status != _OK:
        raise ImageRejected(where, f"its host answers {status}")
    if headers.get("content-encoding", "identity").lower() != "identity":
        raise ImageRejected(where, "it comes compressed, which nobody asked for")
    body = bytearray()
    async for chunk in response.aiter_raw():
        body += chunk
        if len(body) > largest:
            raise ImageRejected(where, f"it is larger than {largest:,} bytes")
    kind = _kind(bytes(body[:_TELLING]), headers.get("content-type", "").partition(";")[0].strip().lower())
    if kind is None:
        raise ImageRejected(where, "it is no picture")
    return Image(bytes(body), kind)


def _kind(start: bytes, said: str) -> str | None:
    for pattern, kind in _FIRST_BYTES:
        if pattern.match(start):
            return kind
    return SVG if said == SVG and _SVG_START.match(start) else None


def _is_public(address: str) -> bool:
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.ipv4_mapped is not None:
            return _is_public(str(ip.ipv4_mapped))
        if ip not in _GLOBAL_UNICAST or ip.sixtofour is not None or ip.teredo is not None:
            return False
    return ip.is_global and not ip.is_multicast


def _url(address: str, base: httpx.URL | None = None) -> httpx.URL:
    """One parser judges and connects: two could understand an address differently."""
    try:
        return httpx.URL(address) if base is None else base.join(address)
    except (ValueError, httpx.InvalidURL):
        raise ImageRejected("-" if base is None else _bare(str(base)), "it leads to what is no address") from None


def _origin(url: httpx.URL) -> str | None:
    if url.userinfo:
        return None
    host = f"[{url.host}]" if ":" in url.host else url.host
    return f"{url.scheme}://{host}" if url.port is None else f"{url.scheme}://{host}:{url.port}"


def _bare(address: str) -> str:
    """What is said of an address: without its query, which may hold a signature."""
    return address.partition("?")[0][:200]
