"""Fetch one image: only from allowed hosts, redirects included, and never from a private address.

The host name is resolved here, each of its addresses is checked, and the connection goes to a checked address. So a
name cannot point to another address between check and use (DNS rebinding). No connection is reused: many of these names
share one address, and a certificate was verified for one name only. The first bytes decide the type, not the sender's
word. The body is never decompressed: a few kilobytes could become gigabytes.
"""

import asyncio
import ipaddress
import re
import socket
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from functools import cached_property
from http.cookiejar import CookieJar, DefaultCookiePolicy

import httpx
from typing_extensions import override

from app.domain.errors import ImageRejected, Unreachable
from app.domain.texts.excerpts import excerpt
from app.outbound.http import REDIRECTS
from app.ports.images import Image, ImageSource

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
"""GitHub's image hosts, as the Content-Security-Policy of its own pages lists them under `img-src`, and those of older
comments. The last two are GitHub's own buckets: `github.com` redirects uploads to them with a signature."""
_GITHUB_COM = re.compile(
    r"/user-attachments/assets/[^/]+"
    r"|/[^/]+/[^/]+/(?:raw|assets|blob|releases/download)/.+"
    r"|/[^/]+/[^/]+/(?:actions/)?workflows/.+/badge\.svg"
    r"|/[^/]+\.png"
)
"""The image paths of a host whose other paths are pages: uploads, files, releases, badges and avatars."""
_MAX_REDIRECTS = 4
_TIMEOUT = 10.0
"""Seconds, with all redirects."""
_MAX_ADDRESSES = 3
"""How many addresses of a host are tried in turn: this machine may have no route to the first (IPv6)."""
_TEMPORARY = frozenset({408, 425, 429})
_OK, _INTERNAL_ERROR = 200, 500
_ACCEPT = "image/avif,image/webp,image/png,image/svg+xml,image/*;q=0.8"
_GLOBAL_UNICAST = ipaddress.ip_network("2000::/3")
"""All routed IPv6 addresses; those that map IPv4 addresses (such as NAT64) and local ones are outside."""
_SVG = "image/svg+xml"
_SNIFFED_BYTES = 16_384
"""An SVG must begin within these: drawing programs write comments before it."""
_SVG_START = re.compile(
    rb"(?:\xef\xbb\xbf)?+\s*+(?:(?:<\?[^>]*+>|<!--(?>.*?-->)|<!DOCTYPE[^>\[]*+>)\s*+)*+<svg[\s>]", re.DOTALL
)
_SIGNATURES: Sequence[tuple[re.Pattern[bytes], str]] = (
    (re.compile(rb"\x89PNG\r\n\x1a\n"), "image/png"),
    (re.compile(rb"\xff\xd8\xff"), "image/jpeg"),
    (re.compile(rb"GIF8[79]a"), "image/gif"),
    (re.compile(rb"RIFF....WEBP", re.DOTALL), "image/webp"),
    (re.compile(rb"....ftyp(?:avi[fs]|mi[fs]1.{4}(?:.{4}){0,8}?avif)", re.DOTALL), "image/avif"),
)

Resolve = Callable[[str], Awaitable[Sequence[str]]]
"""Returns all IP addresses of a host name; raises OSError if it has none."""


async def resolve(host: str) -> Sequence[str]:
    """Return the addresses that the system's resolver returns, in its order of preference."""
    results = await asyncio.get_running_loop().getaddrinfo(host, 443, type=socket.SOCK_STREAM)
    return [str(address[0]) for *_, address in results]


class HttpImageSource(ImageSource):
    """The port `ImageSource` over HTTP; `origins` (`scheme://host[:port]`) are allowed besides GitHub's hosts."""

    def __init__(
        self,
        origins: Sequence[str] = (),
        *,
        resolve: Resolve = resolve,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._origins = frozenset(origins)
        self._resolve = resolve
        self._transport = transport

    @cached_property
    def _client(self) -> httpx.AsyncClient:
        """The client, made for the first picture: it reads all of a machine's certificates."""
        return httpx.AsyncClient(
            transport=self._transport,
            timeout=httpx.Timeout(_TIMEOUT, connect=4.0),
            limits=httpx.Limits(max_connections=8, max_keepalive_connections=0),
            headers={"Accept": _ACCEPT, "Accept-Encoding": "identity", "User-Agent": "afterword"},
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),
            follow_redirects=False,
            trust_env=False,  # a proxy would resolve the name itself
        )

    @override
    async def fetch(self, address: str, *, largest: int) -> Image:
        try:
            async with asyncio.timeout(_TIMEOUT):
                return await self._fetch(address, largest)
        except TimeoutError:
            raise Unreachable(_without_query(address), f"no image within {_TIMEOUT:g} s") from None
        except (httpx.RequestError, OSError) as error:
            raise Unreachable(_without_query(address), type(error).__name__) from None

    async def aclose(self) -> None:
        """Close all connections."""
        if "_client" in vars(self):
            await self._client.aclose()

    async def _fetch(self, address: str, largest: int) -> Image:
        url = _parse_url(address)
        for _ in range(_MAX_REDIRECTS + 1):
            response = await self._send(url)
            try:
                if response.status_code not in REDIRECTS:
                    return await _read_image(response, url, largest)
                url = _parse_url(response.headers.get("location", ""), url)
            finally:
                await response.aclose()
        raise ImageRejected(_without_query(address), "it is redirected again and again")

    async def _send(self, url: httpx.URL) -> httpx.Response:
        """Return the head of the response; try each address of the host until one accepts the connection."""
        if _origin(url) in self._origins:
            return await self._client.send(self._client.build_request("GET", url), stream=True)
        *first_addresses, last_address = await self._checked_addresses(url)
        for address in first_addresses:
            with suppress(httpx.ConnectError, httpx.ConnectTimeout):
                return await self._send_to(address, url)
        return await self._send_to(last_address, url)

    async def _send_to(self, address: str, url: httpx.URL) -> httpx.Response:
        headers, extensions = {"Host": url.host}, {"sni_hostname": url.host}
        address_url = url.copy_with(host=address)
        request = self._client.build_request("GET", address_url, headers=headers, extensions=extensions)
        return await self._client.send(request, stream=True)

    async def _checked_addresses(self, url: httpx.URL) -> Sequence[str]:
        """Return the IP addresses of an allowed host, at least one and all of them public."""
        host, label = url.host, _without_query(str(url))
        if url.scheme != "https" or url.port is not None or url.userinfo:
            raise ImageRejected(label, "it is not https on the default port")
        if host not in HOSTS or (host == "github.com" and not _GITHUB_COM.fullmatch(url.path)):
            raise ImageRejected(label, "GitHub has no images there, and AFTERWORD_PICTURE_HOSTS does not name it")
        addresses = await self._resolve(host)
        if not addresses or not all(map(_is_public, addresses)):
            raise ImageRejected(label, "its host has an address that is not public")
        return addresses[:_MAX_ADDRESSES]


async def _read_image(response: httpx.Response, url: httpx.URL, largest: int) -> Image:
    label, status, headers = _without_query(str(url)), response.status_code, response.headers
    if status >= _INTERNAL_ERROR or status in _TEMPORARY:
        raise Unreachable(label, f"status {status}")
    if status != _OK:
        raise ImageRejected(label, f"its host answers {status}")
    if headers.get("content-encoding", "identity").lower() != "identity":
        raise ImageRejected(label, "it is compressed, though the request accepts no compression")
    body = bytearray()
    async for chunk in response.aiter_raw():
        body += chunk
        if len(body) > largest:
            raise ImageRejected(label, f"it is larger than {largest:,} bytes")
    header_type = headers.get("content-type", "").partition(";")[0].strip().lower()
    media_type = _media_type(bytes(body[:_SNIFFED_BYTES]), header_type)
    if media_type is None:
        raise ImageRejected(label, "it is not an image")
    return Image(bytes(body), media_type)


def _media_type(start: bytes, header_type: str) -> str | None:
    """Return the media type of the first bytes; an SVG must be one by its header too."""
    for signature, media_type in _SIGNATURES:
        if signature.match(start):
            return media_type
    return _SVG if header_type == _SVG and _SVG_START.match(start) else None


def _is_public(address: str) -> bool:
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.ipv4_mapped is not None:
            return _is_public(str(ip.ipv4_mapped))
        if ip not in _GLOBAL_UNICAST or ip.sixtofour is not None or ip.teredo is not None:
            return False
    return ip.is_global and not ip.is_multicast


def _parse_url(address: str, base: httpx.URL | None = None) -> httpx.URL:
    """Return the URL; the same parser checks and connects, since two could read an address in two ways."""
    try:
        return httpx.URL(address) if base is None else base.join(address)
    except (ValueError, httpx.InvalidURL):
        label = "-" if base is None else _without_query(str(base))
        raise ImageRejected(label, "it leads to an invalid address") from None


def _origin(url: httpx.URL) -> str | None:
    if url.userinfo:
        return None
    host = f"[{url.host}]" if ":" in url.host else url.host
    return f"{url.scheme}://{host}" if url.port is None else f"{url.scheme}://{host}:{url.port}"


def _without_query(address: str) -> str:
    """Return an address for messages: its query may contain a signature."""
    return excerpt(address.partition("?")[0], 200)
