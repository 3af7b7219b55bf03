"""The access log: one line for each request, written when its answer has ended.

An ASGI layer around everything, put there only where the log is wanted, so that it costs nothing where it is not. A
line has no query, no referrer and no user agent: a page may put into them whatever it likes, and none of it is needed
to find out what went wrong. The reader's address is left out unless the owner asks for it.
"""

import logging
from collections.abc import Callable

from app.web.cached_reads import Application, Message, Receive, Scope, Send
from app.web.request_ids import HEADER, REQUEST_ID

_log = logging.getLogger("app.access")


class AccessLog:
    """Logs what the application behind answers; `now` gives seconds, of whatever clock."""

    def __init__(self, behind: Application, *, now: Callable[[], float], addresses: bool) -> None:
        self._behind = behind
        self._now = now
        self._addresses = addresses

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One ASGI connection."""
        if scope["type"] != "http":
            await self._behind(scope, receive, send)
            return
        seen = _Seen(send)
        began = self._now()
        try:
            await self._behind(scope, receive, seen.send)
        finally:
            self._tell(scope, seen, self._now() - began)

    def _tell(self, scope: Scope, seen: "_Seen", seconds: float) -> None:
        fields: dict[str, object] = {
            "method": scope["method"],
            "path": scope["path"],
            "status": seen.status,
            "bytes": seen.bytes,
            "ms": round(seconds * 1000, 1),
        }
        client = scope.get("client")
        if self._addresses and client:
            fields["address"] = client[0]
        token = REQUEST_ID.set(seen.request_id)
        _log.info("request", extra=fields)
        REQUEST_ID.reset(token)


class _Seen:
    """What went out to a reader."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.status: int | None = None
        """None where the request ended without an answer."""
        self.bytes = 0
        self.request_id: str | None = None

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            said = dict(message.get("headers", ())).get(HEADER)
            self.request_id = said.decode("latin-1") if said is not None else None
        else:
            self.bytes += len(message.get("body", b""))
        await self._send(message)
