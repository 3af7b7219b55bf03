"""Requests to the service's own public address, as a reader's browser sends them: what arrives, and when.

Nothing is retried, decoded or followed: the doctor judges what a proxy or CDN makes of the responses.
"""

import asyncio
from collections.abc import Mapping
from contextlib import aclosing
from dataclasses import dataclass
from time import perf_counter
from typing import Self

import httpx

from app.domain.errors import Unreachable
from app.github.requests import USER_AGENT
from app.outbound.http import failure_reason, is_loopback

MAX_BODY_BYTES = 128 * 1024
"""What is read here has less; an encoded body can be a thousand times as large."""
_EVENT_STREAM = {"Accept": "text/event-stream", "Accept-Encoding": "gzip, br"}
_HEARTBEAT = b"\n:\n"
_SECONDS = 10.0
_TIMEOUT = httpx.Timeout(_SECONDS, connect=5.0)


@dataclass(frozen=True, slots=True)
class PublicResponse:
    """A response as it came, its body still encoded."""

    status: int
    headers: httpx.Headers
    body: bytes

    def values(self, name: str) -> list[str]:
        """Return all values of a header field, one for each line that has it."""
        return self.headers.get_list(name)

    def decoded_body(self) -> bytes:
        """Return the body without its content coding; b"" if that cannot be decoded."""
        fields = {name: value for name, value in self.headers.items() if name in {"content-encoding", "content-type"}}
        try:
            return httpx.Response(self.status, headers=fields, content=self.body).content
        except httpx.DecodingError:
            return b""


@dataclass(frozen=True, slots=True)
class StreamStart:
    """The beginning of a stream of events."""

    status: int | None
    """None if not even the headers arrived."""
    headers: httpx.Headers
    text: bytes
    """What arrived in time; b"" if nothing did."""
    seconds: float
    """Until the first heartbeat, or until the wait was over."""

    @property
    def is_live(self) -> bool:
        """Return True if a heartbeat arrived."""
        return _HEARTBEAT in self.text


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
                asyncio.timeout(_SECONDS),
                self._client.stream(method, url, headers=_headers(headers)) as response,
            ):
                body = bytearray()
                async for chunk in response.aiter_raw():
                    body += chunk
                    if len(body) > MAX_BODY_BYTES:
                        break
                return PublicResponse(response.status_code, response.headers, bytes(body))
        except TimeoutError:
            raise Unreachable(path, f"no complete response within {_SECONDS:.0f} seconds") from None
        except (httpx.TransportError, httpx.InvalidURL) as error:
            raise Unreachable(path, failure_reason(error)) from None

    async def first_events(self, path: str, *, wait: float) -> StreamStart:
        """Return what a stream of events sends until its first heartbeat, or for `wait` seconds.

        The first event proves nothing: a proxy passes on what came together with the headers, and holds back the rest.
        """
        text, start = bytearray(), perf_counter()
        status, headers = None, httpx.Headers()
        url, timeout = f"{self.base_url}{path}", httpx.Timeout(wait + 1, connect=5.0)
        request = self._client.build_request("GET", url, headers=_headers(_EVENT_STREAM), timeout=timeout)
        try:
            async with asyncio.timeout(wait):
                response = await self._client.send(request, stream=True)
                status, headers = response.status_code, response.headers
                async with aclosing(response):
                    async for chunk in response.aiter_raw():
                        text += chunk
                        if _HEARTBEAT in text or len(text) > MAX_BODY_BYTES:
                            break
        except (TimeoutError, httpx.ReadTimeout):
            pass  # what arrived is the finding
        except httpx.TransportError as error:
            raise Unreachable(path, failure_reason(error)) from None
        return StreamStart(status, headers, bytes(text), perf_counter() - start)


def _headers(headers: Mapping[str, str] | None) -> dict[str, str]:
    return {"User-Agent": USER_AGENT, "Accept-Encoding": "identity", **(headers or {})}
