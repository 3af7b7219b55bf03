"""A connection that answers plain reads of cached documents at once, before the framework sees them.

uvicorn makes a scope, a task and two messages of each request; for a cached document this costs three times what
finding and sending it does. Here

- a head that stands alone in what has arrived is answered without the parser if it equals an earlier one, byte for
  byte, or if all names in it are known (`plain_heads`);
- any other is read by uvicorn's parser, and answered when it is complete, if its response is ready;
- everything else goes the longer way untouched: other methods, bodies, `Expect`, upgrades, HTTP/1.0,
  `Connection: close`, repeated fields, whatever follows a request whose response is not complete, and whatever arrives
  while the client does not read.

So a request never overtakes another, and the limits of `Connection` hold for both ways. Pipelined requests take turns
(`turns`): the loop would answer all of them before it looks at another socket.
"""

import asyncio
import logging
from asyncio import TimerHandle
from collections.abc import Callable
from typing import Any

import uvicorn
from typing_extensions import override

from app.cli.http.connection import Connection
from app.cli.http.ready_responses import ReadyResponses, write_access_log
from app.settings import Settings
from app.web.cached_reads import CachedReads
from app.web.context import REQUEST_ID_HEADER

_log = logging.getLogger(__name__)
_TESTED_UVICORN = "0.54.0"
"""The version whose protocol this module knows."""
_MOST_AT_ONCE = 2
"""Responses before pipelined requests wait for a turn. Thousands of connections may send some at the same time."""


def knows_server() -> bool:
    """Return whether this module was tested with the version of uvicorn that is installed; say so if it was not."""
    is_known = uvicorn.__version__ == _TESTED_UVICORN
    if not is_known:
        _log.warning(
            "Cached documents take the longer way: Afterword knows uvicorn %s, and %s is installed. "
            "Install the versions of requirements.lock.",
            _TESTED_UVICORN,
            uvicorn.__version__,
        )
    return is_known


def choose_responses(settings: Settings, reads: CachedReads, now: Callable[[], float]) -> ReadyResponses | None:
    """Return what sends cached documents before the framework; None if the framework sends all."""
    if not settings.fast_reads or not knows_server():
        return None
    log = write_access_log(addresses=settings.log_addresses) if settings.access_log else None
    return ReadyResponses(reads, now, log)


class ReadyConnection(Connection):
    """A connection that answers at once what `responses` has."""

    def __init__(self, *args: Any, responses: ReadyResponses, **options: Any) -> None:
        super().__init__(*args, **options)
        self._responses = responses
        self._ready: tuple[bytes, ...] | None = None
        """The bytes of the response to the request whose head is complete."""
        self._is_between = True
        """Whether the parser is between two requests."""
        self._is_simple = True
        """Whether every request so far leaves the connection open and in HTTP/1.1."""
        self._requests_begun = 0
        """How many requests began in what has arrived last."""
        self._is_last_ready = False
        """Whether the last of them had a ready response."""
        self._sent_in_turn = 0
        self._waits_for_turn = False
        self._idle_since: float | None = None
        """The loop's time of the last response; None if something has arrived since then."""
        self._idle_timer: TimerHandle | None = None

    @override
    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn has it
        super().connection_made(transport)
        if self.scheme != "http":  # addresses in responses would differ
            self._is_simple = False

    def _may_respond(self) -> bool:
        """Return whether a response can be sent now: none is under way, and the client reads."""
        return (
            self._is_simple
            and not self.pipeline
            and (self.cycle is None or self.cycle.response_complete)
            and not self.flow.write_paused
            and not self.transport.is_closing()
        )

    @override
    def data_received(self, data: bytes) -> None:
        is_alone = self._is_between and not self._unparsed and not self._is_refused and self._may_respond()
        parts = self._responses.respond(data, self.server_state.default_headers, self.client) if is_alone else None
        if parts is not None:
            if self.timeout_keep_alive_task is not None:
                self._unset_keepalive_if_required()
            self._send(parts)
            return
        if not self._is_refused:
            self._idle_since = None
        self._requests_begun, self._is_last_ready = 0, False
        super().data_received(data)
        if is_alone and self._is_last_ready and self._requests_begun == 1 and self._is_between:
            self._responses.learn(data, self.headers)

    @override
    def _may_parse(self) -> bool:
        return self._sent_in_turn < _MOST_AT_ONCE and super()._may_parse()

    @override
    def _parse_waiting(self) -> None:
        self._sent_in_turn = 0
        super()._parse_waiting()
        if self._sent_in_turn >= _MOST_AT_ONCE and self._unparsed and not self._waits_for_turn:
            self._waits_for_turn = True
            self._responses.turns.wait(self)

    def take_turn(self) -> None:
        """Respond to some of the requests that wait."""
        self._waits_for_turn = False
        self._parse_waiting()
        if not self._unparsed and not self.pipeline and not self.transport.is_closing():
            self.flow.resume_reading()

    def _send(self, parts: tuple[bytes, ...]) -> None:
        if len(parts) == 1:
            self.transport.write(parts[0])
        else:
            self.transport.writelines(parts)
        self.server_state.total_requests += 1
        self._deadline, self._head_bytes = None, 0  # empty lines before a request count as a head that has begun
        self._idle_since = self._used_at = self.loop.time()
        if self._idle_timer is None:
            self._idle_timer = self.loop.call_later(self.timeout_keep_alive, self._close_if_idle)

    def _close_if_idle(self) -> None:
        """Close a connection that has been idle for uvicorn's time; a timer for each response would cost more."""
        self._idle_timer = None
        if self._idle_since is None or self.transport.is_closing():
            return
        seconds = self._idle_since + self.timeout_keep_alive - self.loop.time()
        if seconds > 0:
            self._idle_timer = self.loop.call_later(seconds, self._close_if_idle)
        else:
            self.transport.close()

    @override
    def on_message_begin(self) -> None:
        self._is_between = False
        self._requests_begun += 1
        super().on_message_begin()

    @override
    def on_headers_complete(self) -> None:
        parser = self.parser
        if parser.should_upgrade() or not parser.should_keep_alive() or parser.get_http_version() != "1.1":
            self._is_simple = False
        if self._may_respond():
            self._ready = self._find_ready(parser.get_method())
        if self._ready is None:
            self._idle_since = None  # a response is under way
            super().on_headers_complete()

    def _find_ready(self, method: bytes) -> tuple[bytes, ...] | None:
        response = self._responses.find(method, self.url, self.headers)
        if response is None:
            return None
        client_id = next((value for name, value in self.headers if name == REQUEST_ID_HEADER), None)
        return self._responses.write(response, self.server_state.default_headers, self.client, client_id)

    @override
    def on_message_complete(self) -> None:
        self._is_between = True
        if self._ready is None:
            super().on_message_complete()
            return
        parts, self._ready = self._ready, None
        self._sent_in_turn += 1
        self._has_completed = self._is_last_ready = True
        self._send(parts)

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        if self._idle_timer is not None:
            self._idle_timer.cancel()
        super().connection_lost(exc)
