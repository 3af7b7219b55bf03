"""One exchange over HTTP/1.1: a complete response, bounded in time and size, or a failure that names the reason.

Connections stay open between requests. Redirects are not followed here, and nothing is retried.
"""

from collections.abc import Mapping
from functools import cached_property
from ipaddress import ip_address
from typing import BinaryIO, NamedTuple
from urllib.parse import urljoin, urlsplit

import httpx

from app.domain.errors import InvalidResponse, Unreachable
from app.github.requests import Request
from app.github.responses import single_line

MAX_BODY_BYTES = 64 * 2**20
"""After decoding; a page of a hundred comments of GitHub's maximum length, in three forms, stays below."""
_TIMEOUT = httpx.Timeout(15.0, connect=5.0, pool=None)
"""Seconds; GitHub ends a response after 10."""
_NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol, httpx.InvalidURL)
_OK = 200
REDIRECTS = frozenset({301, 302, 303, 307, 308})
_INCOMPLETE = (httpx.RemoteProtocolError, httpx.ReadError, httpx.DecodingError)


class HttpResponse(NamedTuple):
    """A response with its body decoded from the content encoding."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class HttpClient:
    """Sends requests to `base`, over at most `connections` at a time."""

    def __init__(self, base: str, *, connections: int, max_body_bytes: int = MAX_BODY_BYTES) -> None:
        self._base = base
        self._connections = connections
        self._max_body_bytes = max_body_bytes

    @cached_property
    def _client(self) -> httpx.AsyncClient:
        """The client, made for the first request: it reads all of a machine's certificates."""
        connections = self._connections
        return httpx.AsyncClient(
            # a constant: the decoders that a machine has must change neither the response nor its ETag
            headers={"Accept-Encoding": "gzip"},
            timeout=_TIMEOUT,
            limits=httpx.Limits(
                max_connections=connections, max_keepalive_connections=connections, keepalive_expiry=60.0
            ),
            follow_redirects=False,
            trust_env=not is_loopback(self._base),  # no proxy is needed from a machine to itself
        )

    async def get(self, request: Request, headers: Mapping[str, str]) -> HttpResponse:
        """Return the complete response.

        Raises `Unreachable` if none came in time, `InvalidResponse` if it is incomplete or too large.
        """
        try:
            async with self._client.stream("GET", request.url, headers=headers) as response:
                body = await self._read_body(request, response)
                return HttpResponse(response.status_code, response.headers, body)
        except (httpx.TransportError, httpx.InvalidURL) as error:
            raise Unreachable(request.path, failure_reason(error)) from None

    async def post(
        self, request: Request, headers: Mapping[str, str], content: bytes, *, method: str = "POST"
    ) -> HttpResponse:
        """Return the complete response to a write.

        Raises `Unreachable` if the request never left. Raises `InvalidResponse` if it may have, without a response that
        is complete and in time: then what it asked for may have been done.
        """
        try:
            async with self._client.stream(method, request.url, headers=headers, content=content) as response:
                body = await self._read_body(request, response)
                return HttpResponse(response.status_code, response.headers, body)
        except _NOT_SENT as error:
            raise Unreachable(request.path, failure_reason(error)) from None
        except httpx.TransportError as error:
            raise InvalidResponse(request.path, f"none came, {failure_reason(error)}") from None

    async def download(
        self, request: Request, headers: Mapping[str, str], file: BinaryIO, *, limit: int
    ) -> HttpResponse:
        """Write the body of a response with status 200 to `file`; return the response without a body.

        Raises what `get` raises.
        """
        try:
            async with self._client.stream("GET", request.url, headers=headers) as response:
                if response.status_code == _OK:
                    await self._write_body(request, response, file, limit)
                return HttpResponse(response.status_code, response.headers, b"")
        except (httpx.TransportError, httpx.InvalidURL) as error:
            raise Unreachable(request.path, failure_reason(error)) from None

    async def aclose(self) -> None:
        """Close all connections; no request may follow."""
        if "_client" in vars(self):
            await self._client.aclose()

    async def _write_body(self, request: Request, response: httpx.Response, file: BinaryIO, limit: int) -> None:
        size = 0
        try:
            async for chunk in response.aiter_bytes():
                size += len(chunk)
                if size > limit:
                    raise InvalidResponse(request.path, f"it is larger than {limit} bytes")
                file.write(chunk)
        except _INCOMPLETE:
            raise InvalidResponse(request.path, f"it was cut off after {size} bytes") from None

    async def _read_body(self, request: Request, response: httpx.Response) -> bytes:
        body = bytearray()
        try:
            async for chunk in response.aiter_bytes():
                body += chunk
                if len(body) > self._max_body_bytes:
                    raise InvalidResponse(request.path, f"it is larger than {self._max_body_bytes} bytes")
        except _INCOMPLETE:
            raise InvalidResponse(request.path, f"it was cut off after {len(body)} bytes") from None
        return bytes(body)


def redirect_target(address: str, location: str) -> str | None:
    """Return the absolute address of a redirect; None if it is none, or leaves encryption."""
    try:
        target = urljoin(address, location)
        parts = urlsplit(target)
        is_safe = parts.hostname and (parts.scheme == "https" or parts.scheme == urlsplit(address).scheme == "http")
    except ValueError:
        return None
    return target if is_safe else None


def failure_reason(error: Exception) -> str:
    """Return why no response came; httpx leaves the message of a time-out empty."""
    message = single_line(str(error))
    kind = "time-out" if isinstance(error, httpx.TimeoutException) else type(error).__name__
    return f"{kind}: {message}" if message else kind


def is_loopback(url: str) -> bool:
    """Return True if the host of a URL is this machine."""
    host = urlsplit(url).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
