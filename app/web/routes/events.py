"""Server-sent events: a page hears when its thread changes, and reads it again.

A framework's stream keeps its whole stack, several tasks and a timer for each page that listens. Here the route only
checks who may listen to what and leaves that in the scope; once the framework's stack has unwound, the front sends the
head of the answer and waits for the disconnect, and everything else is said by `app.serving.event_streams`.

Each event carries the thread's version as its id. An id without data is remembered by the browser and dispatched to
nobody, so that a page which has heard nothing yet can resume too.
Follows https://html.spec.whatwg.org/multipage/server-sent-events.html
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from http import HTTPStatus
from typing import Annotated

import orjson
from fastapi import APIRouter, Header
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from app.domain.sites import Repository
from app.render.keys import PostKey
from app.serving.event_streams import Place, State, Subscribers
from app.web.context import serving
from app.web.document_response import NO_STORE, Headers
from app.web.errors import Refusal, documented, response
from app.web.routes import api
from app.web.routes.api import Ghissueid, Site

LISTENING = "afterword.listening"
"""Where in the scope of a request the route leaves what is to be listened to, for the front to stream."""
MEDIA = "text/event-stream"
_LIFE = b":\n\n"
_RETRY_AFTER = 30
_UNWANTED = re.compile(r"q=0(\.0{0,3})?")
_ANY = {MEDIA, "text/*", "*/*"}
_HEAD: Headers = [
    (b"content-type", MEDIA.encode()),
    (b"cache-control", NO_STORE),
    (b"x-accel-buffering", b"no"),
    (b"x-content-type-options", b"nosniff"),
]
_NO_ROOM = Refusal(
    HTTPStatus.SERVICE_UNAVAILABLE,
    "No more pages can listen here now. Read the post again later instead.",
    retry_after=_RETRY_AFTER,
)
_EXAMPLE = """retry: 3512

id: 1041

id: 1042
event: changed
data: {"ghissueid":41,"repo":"owner/blog","status":"open","comment_count":13,"version":1042}

"""


@dataclass(frozen=True, slots=True)
class Listening:
    """What a page wants to listen to, and where it left off."""

    listeners: Subscribers
    repo: Repository
    number: int
    last: str | None
    """The id of the last event that it heard; None where it never heard one."""

    async def begin(self, scope: Scope, receive: Receive, send: Send) -> "Stream | None":
        """Sends the head of the answer; None where there was no room, and that has been answered."""
        stream = Stream(self.listeners)
        place = self.listeners.join(self.repo, self.number, stream)
        if place is None:
            await response(_NO_ROOM, scope["path"])(scope, receive, send)
            return None
        stream.place = place
        try:
            state = await self.listeners.present(place)
            stream.greeting = greeting(self.listeners.retry_ms(), state, self.last)
            await send({"type": "http.response.start", "status": 200, "headers": _HEAD})
        except BaseException:
            self.listeners.leave(place)
            raise
        return stream


class Stream:
    """One page that listens, from its place to its socket; as small as can be, since there are thousands."""

    __slots__ = ("_listeners", "_send", "greeting", "place")
    _send: Send
    place: Place
    greeting: bytes

    def __init__(self, listeners: Subscribers) -> None:
        self._listeners = listeners

    async def follow(self, method: str, receive: Receive, send: Send) -> None:
        """Goes on until the page leaves or the service ends; to HEAD the head was the whole answer."""
        self._send = send
        try:
            if method == "HEAD":
                await self.end()
                return
            await self._say(self.greeting)
            del self.greeting
            self._listeners.greeted(self.place)
            while (await receive())["type"] != "http.disconnect":
                pass  # what a page sends along means nothing here
        finally:
            self._listeners.leave(self.place)

    async def _say(self, text: bytes) -> None:
        await self._send({"type": "http.response.body", "body": text, "more_body": True})

    async def tell(self, state: State) -> None:
        """Says that the thread has changed."""
        await self._say(changed(state))

    async def breathe(self) -> None:
        """Sends a comment, which no page hears."""
        await self._say(_LIFE)

    async def end(self) -> None:
        """Ends the answer; a browser comes back by itself."""
        await self._send({"type": "http.response.body", "body": b"", "more_body": False})


@lru_cache(maxsize=64)
def changed(state: State) -> bytes:
    """The event that all who listen to a thread are sent."""
    data = orjson.dumps(
        {
            "ghissueid": state.number,
            "repo": state.repo,
            "status": state.status,
            "comment_count": state.comment_count,
            "version": state.version,
        }
    )
    return b"id: %b\nevent: changed\ndata: %b\n\n" % (state.id.encode(), data)


def greeting(retry_ms: int, state: State | None, last: str | None) -> bytes:
    """The beginning of a stream: when to come back, and the present version to a page that never heard one.

    A page that left off elsewhere than at the present version is told at once. It may be a higher one than the present:
    then the store was made anew. `state` is None where it is not known yet; it follows then as an event.
    """
    retry = b"retry: %d\n\n" % retry_ms
    if state is None or last == state.id:
        return retry
    return retry + (b"id: %b\n\n" % state.id.encode() if last is None else changed(state))


def accepted(accept: str | None) -> bool:
    """False where an Accept header leaves no room for a stream of events: its sender would wait for ever."""
    if accept is None or not accept.strip():
        return True
    for part in accept.lower().split(","):
        name, *parameters = (piece.strip() for piece in part.split(";"))
        if name in _ANY and not any(_UNWANTED.fullmatch(parameter) for parameter in parameters):
            return True
    return False


class _Left(Response):
    """The framework's answer where the front is to answer: it sends nothing."""

    media_type = MEDIA

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Leaves the answering to the front."""


router = APIRouter(
    prefix="/api/v1",
    tags=["Comments"],
    dependencies=api.router.dependencies,
    responses=documented(404, 422, 503)
    | {406: documented(422)[422] | {"description": "The Accept header does not allow for `text/event-stream`."}},
)


@router.get(
    "/posts/{ghissueid}/events",
    summary="A post's changes, as they happen",
    response_model=None,
    response_class=_Left,
    responses={
        200: {
            "description": "A stream of server-sent events that does not end by itself.",
            "content": {MEDIA: {"schema": {"type": "string"}, "example": _EXAMPLE}},
        }
    },
)
async def events(
    request: Request,
    site: Site,
    ghissueid: Ghissueid,
    last_event_id: Annotated[
        str | None,
        Header(
            alias="Last-Event-ID",
            description="The id of the last event heard, as a browser sends it by itself when it comes back.",
        ),
    ] = None,
) -> Response:
    """An event `changed` each time the thread has changed, with its status and count: read it again then.

    Listen first and read then, so that no change falls in between. With `Last-Event-ID` a change that was missed is
    told at once. Comments (lines that begin with a colon) are signs of life.
    """
    served = serving(request)
    if served.listeners is None:
        raise HTTPException(HTTPStatus.NOT_FOUND)
    if not accepted(request.headers.get("accept")):
        raise HTTPException(HTTPStatus.NOT_ACCEPTABLE, "This address answers as text/event-stream; accept that")
    await served.reads.document(PostKey(site, ghissueid))
    request.scope[LISTENING] = Listening(served.listeners, site, ghissueid, last_event_id)
    return _Left()
