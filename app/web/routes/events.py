"""The route of a post's event stream: it checks the request; `app.web.event_stream` streams."""

import re
from http import HTTPStatus
from typing import Annotated, Literal

from fastapi import Header, Query
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from app.render.keys import PostKey
from app.web.context import EventStreamRequest, client_of, read_document, request_state, web_context
from app.web.errors import problem_responses
from app.web.event_stream import CONTENT_TYPE
from app.web.parameters import OPENAPI_FURTHER_IDS, Ghissueid, Site, read_router
from app.web.reads.parsing import MAX_FURTHER_POSTS, parse_ids

_ZERO_WEIGHT = re.compile(r"q=0(\.0{0,3})?")
_ACCEPTABLE = {CONTENT_TYPE, "text/*", "*/*"}
_EXAMPLE = """retry: 3512

id: 1041
event: current
data: {"ghissueid":41,"repo":"owner/blog","status":"open","comment_count":12,"version":1041}

id: 1042
event: changed
data: {"ghissueid":41,"repo":"owner/blog","status":"open","comment_count":13,"version":1042}

"""
_DESCRIPTION = """\
An event `changed` each time the thread has changed, with its status and count: read it again then.

A new stream begins with an event `current`. If its `version` is not that of the comments you have, they came from a
cache: read them again. With `Last-Event-ID` a change that was missed is told at once instead. Add `?version=` and the
event's `version` to the address that you read: the service ignores it, and no cache between has an older copy under it.
Comments (lines that begin with a colon) are signs of life.

One stream can tell of several posts: `ids` names further ones. Each of these begins with an event `current`, also after
a `Last-Event-ID`."""


def accepts_event_stream(accept: str | None) -> bool:
    """Return whether an Accept header allows an event stream; a client that does not would wait without end."""
    if accept is None or not accept.strip():
        return True
    for part in accept.lower().split(","):
        name, *parameters = (piece.strip() for piece in part.split(";"))
        if name in _ACCEPTABLE and not any(_ZERO_WEIGHT.fullmatch(parameter) for parameter in parameters):
            return True
    return False


class _NoResponse(Response):
    """A response that sends nothing, because `CachedReads` sends the stream."""

    media_type = CONTENT_TYPE

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send nothing."""


router = read_router("Comments", prefix="/api/v1")


@router.get(
    "/posts/{ghissueid}/events",
    summary="A post's changes, as they happen",
    description=_DESCRIPTION,
    response_class=_NoResponse,
    responses=problem_responses({406: "The Accept header does not allow for `text/event-stream`."})
    | {
        200: {
            "description": "A stream of server-sent events that does not end by itself.",
            "content": {CONTENT_TYPE: {"schema": {"type": "string"}, "example": _EXAMPLE}},
        }
    },
    openapi_extra={"parameters": [OPENAPI_FURTHER_IDS]},
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
    probe: Annotated[
        Literal["true", "false"] | None,
        Query(description="Whether a sign of life follows at once: without it, a proxy holds the stream back."),
    ] = None,
) -> Response:
    """Accept a subscription to a thread that can be read, and to further ones as soon as they can be read."""
    context = web_context(request)
    if context.features.subscribers is None:
        raise HTTPException(HTTPStatus.NOT_FOUND)
    if not accepts_event_stream(request.headers.get("accept")):
        raise HTTPException(HTTPStatus.NOT_ACCEPTABLE, "This address answers as text/event-stream; accept that")
    further = parse_ids(request.query_params.get("ids"), MAX_FURTHER_POSTS) or ()
    await read_document(context, request, PostKey(site, ghissueid))
    numbers = tuple(number for number in further if number != ghissueid)
    subscribers, is_probe = context.features.subscribers, probe == "true"
    stream = EventStreamRequest(
        *(subscribers, site, ghissueid, last_event_id, numbers),
        is_probe=is_probe,
        limit=context.features.limits.subscriptions,
        client=client_of(context, request),
    )
    request_state(request.scope).event_stream = stream
    return _NoResponse()
