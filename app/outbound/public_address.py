"""Requests to the service's own public address, as a reader's browser sends them: what arrives, and when.

Nothing is retried, decoded or followed: the doctor judges what a proxy or CDN makes of the responses.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from time import perf_counter
from typing import Self

import httpx

from app.domain.errors import Unreachable
from app.github.requests import USER_AGENT
from app.outbound.http import failure_reason, is_loopback

MAX_BODY_BYTES = 4 * 2**20
_TIMEOUT = httpx.Timeout(10.0, connect=5.0)


@dataclass(frozen=True, slots=True)
class PublicResponse:
    """A response as it came, its body still encoded."""

    status: int
    headers: httpx.Headers
    body: bytes

    def values(self, name: str) -> list[str]:
        """Return all values of a header field, one for each line that has it."""
        return self.headers.get_list(name)

    def decoded(self) -> bytes:
        """Return the body without its content coding; b"" if that cannot be decoded."""
        fields = {name: value for name, value in self.headers.items() if name in {"content-encoding", "content-type"}}
        try:
            return httpx.Response(self.status, headers=fields, content=self.body).content
        except httpx.DecodingError:
            return b""


@dataclass(frozen=True, slots=True)
class StreamStart:
    """The beginning of a stream of events."""

    status: int
    headers: httpx.Headers
    text: bytes
    """What arrived in time; b"" if nothing did."""
    seconds: float
    """Until the first event was complete, or the wait was over."""


class PublicAddress:
    """Sends requests to a base address. Raises `Unreachable` if no response comes."""

    def __init__(self, base_url: str) -> None:
        self.base_url = base_url
        self._client = httpx.AsyncClient(timeout=_TIMEOUT, follow_redirects=False, trust_env=not is_loopback(base_url))

    async def __aenter__(self) -> Self:
        """Return the open client."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close all connections."""
        await self._client.aclose()

    async def send(
        self, method: str, path: str, headers: Mapping[str, str] | None = None, *, base_url: str | None = None
    ) -> PublicResponse:
        """Return the response to a request without a body; `base_url` replaces the own one."""
        url = f"{self.base_url if base_url is None else base_url}{path}"
        try:
            async with (
                asyncio.timeout(_TIMEOUT.read),
                self._client.stream(method, url, headers=_headers(headers)) as response,
            ):
                body = bytearray()
                async for chunk in response.aiter_raw():
                    body += chunk
                    if len(body) > MAX_BODY_BYTES:
                        break
                return PublicResponse(response.status_code, response.headers, bytes(body))
        except (httpx.TransportError, httpx.InvalidURL, TimeoutError) as error:
            raise Unreachable(path, failure_reason(error)) from None

    async def first_event(self, path: str, *, wait: float) -> StreamStart:
        """Return what a stream of events sends until its first event is complete, or for `wait` seconds."""
        headers, start = _headers({"Accept": "text/event-stream", "Accept-Encoding": "gzip, br"}), perf_counter()
        try:
            async with (
                asyncio.timeout(_TIMEOUT.read),
                self._client.stream("GET", f"{self.base_url}{path}", headers=headers) as response,
            ):
                text = await _first_event(response, wait)
                return StreamStart(response.status_code, response.headers, text, perf_counter() - start)
        except (httpx.TransportError, TimeoutError) as error:
            raise Unreachable(path, failure_reason(error)) from None


async def _first_event(response: httpx.Response, wait: float) -> bytes:
    text = bytearray()
    try:
        async with asyncio.timeout(wait):
            async for chunk in response.aiter_raw():
                text += chunk
                if b"data:" in text or len(text) > MAX_BODY_BYTES:
                    break
    except (TimeoutError, httpx.ReadTimeout):
        pass  # what arrived is the finding
    return bytes(text)


def _headers(headers: Mapping[str, str] | None) -> dict[str, str]:
    return {"User-Agent": USER_AGENT, "Accept-Encoding": "identity", **(headers or {})}
