"""Calls a CDN to purge documents by their cache tags: one POST, with the tags in its body and in a header.

    POST /purge HTTP/1.1
    Content-Type: application/json
    Surrogate-Key: afterword-41 afterword-site

    {"tags": ["afterword-41", "afterword-site"]}

- Cloudflare reads `tags`: https://developers.cloudflare.com/api/resources/cache/methods/purge/
- Fastly reads the header, or `surrogate_keys`: https://www.fastly.com/documentation/reference/api/purging/
- Varnish has no JSON: its configuration reads the header.
"""

import asyncio
import re
from collections.abc import Sequence
from urllib.parse import urlsplit

import httpx
import orjson

from app.domain.errors import PurgeFailed
from app.outbound.http import failure_reason, is_loopback

_TIMEOUT = httpx.Timeout(10.0)
_SECONDS_PER_CALL = 20.0
"""A CDN that sends a byte now and then holds up no later purge."""
_LONGEST_WAIT = 300
_SECONDS = re.compile(r"[0-9]{1,6}")


class HttpPurges:
    """Calls one address. `header` is the name and value of a header that proves who calls; it is never logged."""

    def __init__(
        self, url: str, *, field: str, header: tuple[str, str] | None = None, seconds: float = _SECONDS_PER_CALL
    ) -> None:
        self._url = url
        self._seconds = seconds
        self._field = field
        self._headers = dict([header]) if header else {}
        self._client = httpx.AsyncClient(timeout=_TIMEOUT, follow_redirects=False, trust_env=not is_loopback(url))

    async def purge(self, tags: Sequence[str]) -> None:
        """Send one call; raise `PurgeFailed` unless its response is a success."""
        headers = {**self._headers, "Content-Type": "application/json", "Surrogate-Key": " ".join(tags)}
        host = urlsplit(self._url).netloc
        try:
            request = self._client.stream("POST", self._url, headers=headers, content=orjson.dumps({self._field: tags}))
            async with asyncio.timeout(self._seconds), request as response:
                if response.is_success:
                    return
                status, wait = response.status_code, response.headers.get("Retry-After", "")
        except TimeoutError:
            raise PurgeFailed(host, "time-out") from None
        except (httpx.TransportError, httpx.InvalidURL, UnicodeError) as failure:
            raise PurgeFailed(host, failure_reason(failure)) from None
        raise PurgeFailed(host, f"status {status}", min(int(wait), _LONGEST_WAIT) if _SECONDS.fullmatch(wait) else None)

    async def aclose(self) -> None:
        """Close the connection; no call may follow."""
        await self._client.aclose()
