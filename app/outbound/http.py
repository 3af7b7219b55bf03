"""One GET over HTTP/1.1: whole, bounded in time and size, or a failure that says what was wrong.

Connections stay open between asks. Redirects are not followed here, and nothing is tried twice.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit

import httpx

from app.domain.errors import InvalidResponse, Unreachable
from app.github.requests import Request
from app.github.responses import plain

LARGEST_BODY = 64 * 2**20
"""Bytes after decoding; a hundred comments of GitHub's greatest length, in three forms, stay below."""
_TIMEOUT = httpx.Timeout(15.0, connect=5.0, pool=None)
"""Seconds; GitHub cuts an answer off itself after 10."""
_CUT = (httpx.RemoteProtocolError, httpx.ReadError, httpx.DecodingError)


@dataclass(frozen=True, slots=True)
class Exchange:
    """What came back, decoded from its content encoding."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Http:
    """Sends GETs to `base`, over at most `connections` at once."""

    def __init__(self, base: str, *, connections: int, largest_body: int = LARGEST_BODY) -> None:
        self._largest_body = largest_body
        self._client = httpx.AsyncClient(
            # fixed, so that what a machine can decode changes neither the answer nor its ETag
            headers={"Accept-Encoding": "gzip"},
            timeout=_TIMEOUT,
            limits=httpx.Limits(
                max_connections=connections, max_keepalive_connections=connections, keepalive_expiry=60.0
            ),
            follow_redirects=False,
            trust_env=not _is_loopback(base),  # no proxy stands between a machine and itself
        )

    async def get(self, ask: Request, headers: Mapping[str, str]) -> Exchange:
        """The whole answer; `Unreachable` where none came in time, `InvalidResponse` where it is cut off or too long."""
        try:
            async with self._client.stream("GET", ask.url, headers=headers) as response:
                body = await self._body(ask, response)
                return Exchange(response.status_code, response.headers, body)
        except (httpx.TransportError, httpx.InvalidURL) as failure:
            raise Unreachable(ask.path, _reason(failure)) from None

    async def aclose(self) -> None:
        """Closes all connections; nothing may be sent afterwards."""
        await self._client.aclose()

    async def _body(self, ask: Request, response: httpx.Response) -> bytes:
        body = bytearray()
        try:
            async for chunk in response.aiter_bytes():
                body += chunk
                if len(body) > self._largest_body:
                    raise InvalidResponse(ask.path, f"it is larger than {self._largest_body} bytes")
        except _CUT:
            raise InvalidResponse(ask.path, f"it was cut off after {len(body)} bytes") from None
        return bytes(body)


def _reason(failure: Exception) -> str:
    """What went wrong on the way; httpx leaves the text of a time-out empty."""
    said = plain(str(failure))
    kind = "time-out" if isinstance(failure, httpx.TimeoutException) else type(failure).__name__
    return f"{kind}: {said}" if said else kind


def _is_loopback(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
