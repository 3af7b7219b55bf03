"""One stream of server-sent events: what a route accepts, `CachedReads` opens and a reader's socket receives.

A framework's streaming response keeps its whole stack, several tasks and a timer for each subscribed page. Here the
route only checks the request and leaves an `EventStreamRequest` in the request's state. When the framework's stack has
unwound, `CachedReads` opens the stream: it sends the status and headers, then waits for the disconnect.
`app.serving.event_streams` sends everything else.

Each event carries the thread's version as its id, so a page that reconnects receives what it missed. The first event of
a new page, `current`, tells it whether the comments that it has read from some cache are the current ones.
Follows https://html.spec.whatwg.org/multipage/server-sent-events.html
"""

import asyncio
from collections.abc import Sequence
from functools import lru_cache
from http import HTTPStatus

import orjson
from starlette.types import Receive, Scope, Send

from app.serving.event_streams import Subscription, ThreadEvent
from app.web.context import EventStreamRequest
from app.web.document_response import Headers
from app.web.errors import ErrorDetails, error_response

CONTENT_TYPE = "text/event-stream"
_HEARTBEAT = b":\n\n"
_RETRY_AFTER = 30
_PROBE_DELAY = 0.1
"""Seconds."""
_HEADERS: Headers = [
    (b"content-type", CONTENT_TYPE.encode()),
    (b"cache-control", b"no-store, no-transform"),  # a proxy that compresses would hold each event back
    (b"x-accel-buffering", b"no"),
    (b"x-content-type-options", b"nosniff"),
]
_TOO_MANY_OF_CLIENT = ErrorDetails(
    HTTPStatus.TOO_MANY_REQUESTS,
    "Too many pages listen from your address. Read the post again later instead.",
    retry_after=_RETRY_AFTER,
)
_TOO_MANY_SUBSCRIBERS = ErrorDetails(
    HTTPStatus.SERVICE_UNAVAILABLE,
    "No more pages can listen here now. Read the post again later instead.",
    retry_after=_RETRY_AFTER,
)


class EventStream:
    """A subscribed page, from its subscriptions to its socket. It is small, because there are thousands."""

    __slots__ = (
        "_client",
        "_count",
        "_has_ended",
        "_limit",
        "_send",
        "_subscribers",
        "is_probe",
        "subscriptions",
        "welcome",
    )
    _send: Send
    subscriptions: Sequence[Subscription]
    welcome: bytes

    def __init__(self, request: EventStreamRequest) -> None:
        self._subscribers = request.subscribers
        self._limit, self._client, self._count = request.limit, request.client, 0
        self._has_ended = False
        self.is_probe = request.is_probe
        self.subscriptions = ()

    def subscribe(self, request: EventStreamRequest) -> ErrorDetails | None:
        """Subscribe to all threads of a request, or to none if there is no room: return why."""
        numbers = (request.number, *request.further)
        if not self._limit.open(self._client, len(numbers)):
            return _TOO_MANY_OF_CLIENT
        self._count = len(numbers)
        for number in numbers:
            subscription = self._subscribers.subscribe(request.repo, number, self)
            if subscription is None:
                self.unsubscribe()
                return _TOO_MANY_SUBSCRIBERS
            self.subscriptions = (*self.subscriptions, subscription)
        return None

    def unsubscribe(self) -> None:
        """End all subscriptions."""
        for subscription in self.subscriptions:
            self._subscribers.unsubscribe(subscription)
        self._limit.close(self._client, self._count)
        self._count = 0

    async def run(self, method: str, receive: Receive, send: Send) -> None:
        """Stream until the page disconnects or the service ends; to HEAD send nothing more."""
        self._send = send
        try:
            if method == "HEAD":
                await self.end()
                return
            await self._send_text(self.welcome)
            del self.welcome
            for subscription in self.subscriptions:
                self._subscribers.finish_welcome(subscription)
            if self.is_probe:
                await asyncio.sleep(_PROBE_DELAY)  # a proxy passes on what came together with the headers
                await self.send_heartbeat()
            while (await receive())["type"] != "http.disconnect":
                pass  # the body of the request has no meaning here
        finally:
            self.unsubscribe()

    async def _send_text(self, text: bytes) -> None:
        if not self._has_ended:  # the end of one thread's subscription ends the stream
            await self._send({"type": "http.response.body", "body": text, "more_body": True})

    async def send_event(self, event: ThreadEvent) -> None:
        """Send the event that the thread changed."""
        await self._send_text(event_message(event))

    async def send_heartbeat(self) -> None:
        """Send a comment, which dispatches no event in the page."""
        await self._send_text(_HEARTBEAT)

    async def end(self) -> None:
        """End the response; a browser reconnects."""
        if not self._has_ended:
            self._has_ended = True
            await self._send({"type": "http.response.body", "body": b"", "more_body": False})


async def open_stream(request: EventStreamRequest, scope: Scope, receive: Receive, send: Send) -> EventStream | None:
    """Send the status and headers and return the stream.

    Return None if there are too many subscribers; the response says so then.
    """
    stream = EventStream(request)
    refusal = stream.subscribe(request)
    if refusal is not None:
        await error_response(refusal, scope["path"])(scope, receive, send)
        return None
    try:
        event, *further = [await request.subscribers.current_event(item) for item in stream.subscriptions]
        stream.welcome = welcome_message(request.subscribers.retry_ms(), event, request.last_event_id)
        stream.welcome += b"".join(event_message(item, "current") for item in further if item is not None)
        await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
    except BaseException:
        stream.unsubscribe()
        raise
    return stream


@lru_cache(maxsize=64)
def event_message(event: ThreadEvent, name: str = "changed") -> bytes:
    """Return the text of an event; all subscribers of a thread receive the same."""
    thread = {"ghissueid": event.number, "repo": event.repo, "status": event.status}
    data = orjson.dumps(thread | {"comment_count": event.comment_count, "version": event.version})
    return b"id: %b\nevent: %b\ndata: %b\n\n" % (event.id.encode(), name.encode(), data)


def welcome_message(retry_ms: int, current: ThreadEvent | None, last_event_id: str | None) -> bytes:
    """Return the beginning of a stream: when to reconnect, and what the page missed.

    A page without a last event receives the event `current`. One with another last event receives the event `changed`;
    its id may even be higher than the current one, if the store was created again. `current` is None if the thread
    cannot be read yet; the event follows later.
    """
    retry = b"retry: %d\n\n" % retry_ms
    if current is None or last_event_id == current.id:
        return retry
    return retry + event_message(current, "current" if last_event_id is None else "changed")
