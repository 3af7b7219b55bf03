"""How a route serves a document: read it by its key, and report it for later reads of the same URL."""

from starlette.requests import Request
from starlette.responses import Response

from app.render.keys import Key
from app.web.context import web_context
from app.web.document_response import build_response
from app.web.request_state import CachedRead, request_state


async def serve_document(request: Request, key: Key) -> Response:
    """Return the document of a key as a response. `CachedReads` serves the next reads of this URL without a route."""
    context, state = web_context(request), request_state(request.scope)
    state.requested_key = key
    document = await context.reader.document(key)
    state.cached_read = CachedRead(key, context.link_base(request))
    status, headers, body = build_response(
        document,
        dict(request.scope["headers"]),
        now=context.now(),
        cors=context.cors,
        link_base=state.cached_read.link_base,
    )
    response = Response(body, status)
    response.raw_headers = headers
    return response
