"""The access log: one line for each request, written when its response has ended.

An outermost ASGI middleware, installed only if the access log is on, so it costs nothing otherwise. A line has no
query, no referrer and no user agent: pages may put personal data there, and no diagnosis needs them. The line has the
reader's address only if the owner configures it.
"""

import logging
from collections.abc import Callable

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.web.context import REQUEST_ID, REQUEST_ID_HEADER

_log = logging.getLogger("app.access")


class AccessLog:
    """Middleware that logs each response of an application; `now` returns seconds of any monotonic clock."""

    def __init__(self, app: ASGIApp, *, now: Callable[[], float], addresses: bool) -> None:
        self._app = app
        self._now = now
        self._addresses = addresses

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one ASGI connection."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        recorder = _ResponseRecorder(send)
        start = self._now()
        try:
            await self._app(scope, receive, recorder.send)
        finally:
            self._write_line(scope, recorder, self._now() - start)

    def _write_line(self, scope: Scope, response: "_ResponseRecorder", seconds: float) -> None:
        fields: dict[str, object] = {"method": scope["method"], "path": scope["path"], "status": response.status}
        fields |= {"bytes": response.bytes, "ms": round(seconds * 1000, 1)}
        client = scope.get("client")
        if self._addresses and client:
            fields["address"] = client[0]
        write_line(fields, response.request_id)


def write_line(fields: dict[str, object], request_id: str | None) -> None:
    """Log one response: `method`, `path`, `status`, `bytes`, `ms`, and `address` if the owner wants it."""
    token = REQUEST_ID.set(request_id)
    _log.info("request", extra=fields)
    REQUEST_ID.reset(token)


class _ResponseRecorder:
    """A `send` that records status, size and request id of the response it passes on."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.status: int | None = None
        """None if the request ended without a response."""
        self.bytes = 0
        self.request_id: str | None = None

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            request_id = dict(message.get("headers", ())).get(REQUEST_ID_HEADER)
            self.request_id = request_id.decode("latin-1") if request_id is not None else None
        else:
            self.bytes += len(message.get("body", b""))
        await self._send(message)
