"""One connection to a client: uvicorn's protocol, with limits on what a client may hold without using it.

uvicorn limits neither the size nor the time of a request's head, parses all pipelined requests at once, and closes no
connection whose client does not read. Here

- a head of more than 32 KiB is refused with 431, a URL of more than about 16 KiB with 414;
- pipelined requests are parsed only when the ones before them are answered, so that they cost what their bytes cost;
- all bodies that are under way have one bound (`held_bodies`), and so have all connections (`open_connections`);
- a connection is closed if a head or a body is not complete in time, or if its client has read nothing for a while;
- names of headers are written as GitHub writes them (`Link`, `ETag`), because some clients know no other spelling.
  uvicorn writes them in lower case.

`Server` calls `enforce_deadlines` every few seconds: a timer for each connection would cost more than all of them.
"""

import asyncio
import sys
from fcntl import ioctl
from http import HTTPStatus
from termios import TIOCOUTQ
from typing import Any

import orjson
from typing_extensions import override
from uvicorn._types import ASGI3Application, ASGISendEvent
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

from app.cli.http.field_names import canonical_name, require_valid_value
from app.cli.http.held_bodies import HeldBodies
from app.cli.http.open_connections import make_room, most_connections
from app.serving.clients.addresses import client_key, network_key

_MAX_HEAD = 32 * 1024
_MAX_URL = 16 * 1024
"""Bytes. The longest URL that is valid here names 500 posts by sixteen digits each."""
_FRAMING = 7
"""How many bytes of a chunked body may belong to one byte of content."""
_SLICE = 4096
"""Bytes of a body, or of a head, that are parsed at once."""
_HEAD_END = b"\r\n\r\n"
_HEAD_SECONDS = 15.0
_BODY_SECONDS = 20.0
"""Longer than a webhook's delivery takes: its route ends with an error before."""
_WRITE_SECONDS = 15.0
_DISCARD_SECONDS = 5.0
_WITHOUT_BODY = frozenset({HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED})


def problem_body(status: HTTPStatus, detail: str) -> bytes:
    """Return the body of an error that no application answers (RFC 9457); clients of GitHub's API read `message`."""
    return orjson.dumps(
        {"type": "about:blank", "title": status.phrase, "status": status, "detail": detail, "message": detail}
    )


def _refusal(status: HTTPStatus, detail: str) -> bytes:
    body = problem_body(status, detail)
    head = (
        f"HTTP/1.1 {status.value} {status.phrase}\r\nContent-Type: application/problem+json\r\n"
        f"Content-Length: {len(body)}\r\nCache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n"
        "Access-Control-Allow-Origin: *\r\nConnection: close\r\n\r\n"
    )
    return head.encode() + body


_HEAD_TOO_LARGE = _refusal(
    HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, f"The head of a request may have {_MAX_HEAD} bytes. Send fewer cookies."
)
_MALFORMED = _refusal(HTTPStatus.BAD_REQUEST, "This is no request of HTTP/1.1.")
_URL_TOO_LONG = _refusal(HTTPStatus.REQUEST_URI_TOO_LONG, f"A URL may have {_MAX_URL} bytes. Split the request.")


class _Exchange(RequestResponseCycle):
    """A request and its response, whose head has the names that GitHub writes."""

    @override
    async def send(self, message: ASGISendEvent) -> None:
        if self.response_started or message["type"] != "http.response.start":
            await super().send(message)
            return
        if self.flow.write_paused and not self.disconnected:
            await self.flow.drain()
        if not self.disconnected:
            self.response_started, self.waiting_for_100_continue = True, False
            self.transport.write(self._head(message["status"], [*self.default_headers, *message.get("headers", ())]))

    def _head(self, status: int, headers: list[tuple[bytes, bytes]]) -> bytes:
        """Return the head, and note what it says of the body and the connection, as uvicorn does."""
        lines = [STATUS_LINE[status]]
        says_close = False
        for field_name, value in headers:
            name = canonical_name(field_name)
            require_valid_value(name, value)
            if name == b"Content-Length":
                self.expected_content_length, self.chunked_encoding = int(value), False
            elif name == b"Connection":
                says_close = b"close" in value.lower()
                self.keep_alive = self.keep_alive and not says_close
            lines += (name, b": ", value, b"\r\n")
        if not self.keep_alive and not says_close:
            lines.append(b"Connection: close\r\n")
        if self.chunked_encoding is None and self.scope["method"] != "HEAD" and status not in _WITHOUT_BODY:
            self.chunked_encoding = True
            lines.append(b"Transfer-Encoding: chunked\r\n")
        return b"".join((*lines, b"\r\n"))


class Connection(HttpToolsProtocol):
    """A connection with limits."""

    url = b""  # before the first request
    bodies = HeldBodies()
    """Those of all connections of this process."""
    most = 0
    """How many connections may be open; 0 before the first one."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._unparsed = b""
        """What has arrived, with what waits behind a request that is not answered."""
        self._position = 0
        """Up to where it is parsed."""
        self._head_bytes = 0
        """Bytes of a head that is not complete."""
        self._complete_cycle: RequestResponseCycle | None = None
        """The last request whose body is complete. If a later one has begun, its body is under way."""
        self._body_cycle: RequestResponseCycle | None = None
        """The request whose body has a deadline."""
        self._framing_bytes = 0
        """Bytes of a body's framing and trailers beyond what its content explains."""
        self._has_completed = False
        """Whether the part that is being parsed has completed a request."""
        self._is_in_body = False
        self._is_refused = False
        self._refusal: bytes | None = None
        """The response to what is no request, until it can be sent."""
        self._current_cycle: RequestResponseCycle | None = None
        """The request whose response is under way, or was the last."""
        self._deadline: float | None = self.loop.time() + _HEAD_SECONDS
        """When the request that is under way has to be complete; None if none is."""
        self._unread_bytes = 0
        self._unread_since = 0.0
        self._used_at = self.loop.time()
        """When a request or a response was complete last: a head that trickles in is idle."""

    @override
    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn has it
        super().connection_made(transport)
        if not self.most:
            Connection.most = most_connections()
        if len(self.connections) > self.most:
            connections = (connection for connection in self.connections if isinstance(connection, Connection))
            make_room(connections, self, most=self.most, now=self.loop.time())

    def idle_since(self) -> float | None:
        """Return the loop's time since when no request is under way; None if one is."""
        is_busy = self.cycle is not None and not self.cycle.response_complete
        return None if is_busy or self.pipeline or self.is_closing() else self._used_at

    def used_at(self) -> float:
        """Return the loop's time when a request or a response was complete last, or the connection was made."""
        return self._used_at

    def owner(self) -> str:
        """Return the client whose connection it is; behind a proxy, the proxy."""
        address = self.client[0] if self.client is not None else ""
        return network_key(client_key(address)) if ":" in address else address

    def is_closing(self) -> bool:
        """Return True if it takes no place any more."""
        return self.transport.is_closing()

    def waits_for_service(self) -> bool:
        """Return True if its request is complete, and the response has not begun."""
        cycle = self._current_cycle
        return cycle is not None and not cycle.response_started and not cycle.more_body and not self.flow.write_paused

    def close_at_once(self) -> None:
        """Close the connection, and forget what it has sent."""
        self.transport.abort()

    @override
    def data_received(self, data: bytes) -> None:
        is_alone = len(data) <= _SLICE and not self._unparsed and not self._is_refused and not self.pipeline
        if is_alone and data.find(_HEAD_END, 0, -len(_HEAD_END)) < 0:
            self._parse(data)
        elif not self._is_refused:
            self._unparsed = self._unparsed[self._position :] + data
            self._position = 0
            self._parse_waiting()

    def _parse_waiting(self) -> None:
        """Parse what has arrived, up to a request that has to wait: one head at a time."""
        while self._position < len(self._unparsed) and self._may_parse():
            end = self._position + _SLICE
            head_end = -1 if self._is_in_body else self._unparsed.find(_HEAD_END, self._position, end)
            part = self._unparsed[self._position : end if head_end < 0 else head_end + len(_HEAD_END)]
            self._position += len(part)
            self._parse(part)
        if self._position < len(self._unparsed) and not self._is_refused:
            self.flow.pause_reading()
        else:
            self._unparsed, self._position = b"", 0

    def _may_parse(self) -> bool:
        return not self.pipeline and not self._is_refused and not self.transport.is_closing()

    def _parse(self, part: bytes) -> None:
        self._has_completed = False
        super().data_received(part)
        if self.cycle is not self._complete_cycle:
            self._continue_body(len(part))
        elif self._has_completed:
            # a body behind its response has stopped uvicorn's timer of an idle connection
            is_idle = self.cycle is not None and self.cycle.response_complete and not self.pipeline
            self._head_bytes, self._used_at = 0, self.loop.time()
            if not self._is_refused:
                self._deadline = self.loop.time() + _HEAD_SECONDS if is_idle else None
        else:
            self._continue_head(len(part))

    def _continue_body(self, size: int) -> None:
        """Set the deadline of a body when its head is complete; end one that has endless trailers."""
        self._head_bytes = 0
        if not self.cycle.response_complete:  # else its body is dropped as it arrives
            self.bodies.add(self, size)
        if self._body_cycle is not self.cycle:
            self._body_cycle, self._deadline = self.cycle, self.loop.time() + _BODY_SECONDS
            self._framing_bytes = 0  # the first part is mostly the head
        else:
            self._framing_bytes += size
        if self._framing_bytes > _MAX_HEAD:
            self.transport.abort()

    def _continue_head(self, size: int) -> None:
        self._head_bytes += size
        if self._deadline is None:
            self._deadline = self.loop.time() + _HEAD_SECONDS
        if self._head_bytes > _MAX_HEAD:
            self._refuse(_HEAD_TOO_LARGE)
        elif len(self.url) > _MAX_URL:
            self._refuse(_URL_TOO_LONG)

    def _refuse(self, response: bytes) -> None:
        """Respond to what is no request, when those before it are answered, and take no more."""
        if not self._is_refused and not self.transport.is_closing():
            self._is_refused, self._refusal = True, response
            self._send_refusal()

    def _send_refusal(self) -> None:
        """Send the refusal, and discard what else arrives: a connection closed with unread data would lose it."""
        is_responding = self.cycle is not None and not self.cycle.response_complete
        if self._refusal is None or self.pipeline or is_responding or self.transport.is_closing():
            return
        self._deadline = self.loop.time() + _DISCARD_SECONDS
        self.url, self.headers = b"", []
        self.transport.write(self._refusal)
        self.transport.write_eof()
        self._refusal = None

    @override
    def send_400_response(self, msg: str) -> None:
        self._refuse(_MALFORMED)

    @override
    def _start_asgi_task(self, cycle: RequestResponseCycle, app: ASGI3Application) -> None:
        self._current_cycle = cycle
        cycle.__class__ = _Exchange  # uvicorn has no other way to make one: it differs by a method only
        super()._start_asgi_task(cycle, app)

    @override
    def _unsupported_upgrade_warning(self) -> None:
        self._position = len(self._unparsed)  # as uvicorn does: what arrived with the request is of another protocol

    @override
    def on_headers_complete(self) -> None:
        self._is_in_body = True
        super().on_headers_complete()

    @override
    def on_body(self, body: bytes) -> None:
        # a chunk of one byte has five of framing
        self._framing_bytes = max(0, self._framing_bytes - _FRAMING * len(body))
        super().on_body(body)

    @override
    def on_message_complete(self) -> None:
        self._complete_cycle, self._has_completed, self._is_in_body = self.cycle, True, False
        if self._body_cycle is self.cycle:
            self.bodies.complete(self)
        super().on_message_complete()

    @override
    def on_response_complete(self) -> None:
        if self._body_cycle is not None:
            self._body_cycle = None
            self.bodies.remove(self)
        self._used_at = self.loop.time()
        super().on_response_complete()
        self._send_refusal()
        if self._unparsed and not self.pipeline:
            self._parse_waiting()

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self._unparsed = b""
        self.bodies.remove(self)
        self.pipeline.clear()
        if self._current_cycle is not None:  # uvicorn tells only the last request that it has parsed
            self._current_cycle.disconnected = True
            self._current_cycle.message_event.set()
        super().connection_lost(exc)

    def give_up(self) -> None:
        """Close the connection at once, and forget what has arrived."""
        self._unparsed = b""
        self.cycle.body.clear()
        self.transport.abort()

    def enforce_deadlines(self, now: float) -> None:
        """Close the connection if its client takes too long; `now` is the loop's time."""
        if self._deadline is not None and now > self._deadline:
            if not self._is_responding():
                self.transport.abort()
                return
            self._deadline = None
        unread_bytes = self._count_unread()
        if not unread_bytes or unread_bytes < self._unread_bytes or not self._unread_bytes:
            self._unread_since = now
        elif now - self._unread_since > _WRITE_SECONDS:
            self.transport.abort()
        self._unread_bytes = unread_bytes

    def _is_responding(self) -> bool:
        """Return True while a complete request has no whole response: then only the service is late."""
        cycle = self._current_cycle
        return cycle is not None and not cycle.response_complete and not cycle.more_body

    def _count_unread(self) -> int:
        """Return how much of the response the client has not acknowledged, once it does not fit the system's buffer."""
        buffered_bytes = self.transport.get_write_buffer_size()
        if not buffered_bytes:
            return 0
        descriptor = self.transport.get_extra_info("socket").fileno()
        return buffered_bytes + int.from_bytes(ioctl(descriptor, TIOCOUTQ, bytes(4)), sys.byteorder)
