"""The application before it is there: FastAPI, the routes and the pages take longer to import than all else.

Until then documents at the usual addresses are served from the cache and the mirror. A request for anything else, or
one that fails, waits for the application.
"""

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from app.domain.errors import AfterwordError
from app.render.keys import Key
from app.web.context import WebContext, read_document, request_state
from app.web.document_response import build_response
from app.web.reads.usual import usual_key


class EarlyReads:
    """An ASGI application that serves documents; `application` waits for the one that serves everything."""

    def __init__(self, context: WebContext, application: Callable[[], Awaitable[ASGIApp]]) -> None:
        self._context = context
        self._application = application

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one ASGI connection that came through `CachedReads`."""
        if scope["type"] == "http" and scope["method"] == "GET":
            request = Request(scope)
            try:
                key = await usual_key(self._context, request)
                if key is not None:
                    await self._serve(request, key, send)
                    return
            except AfterwordError:
                pass  # the application says it, unless it knows more by then
        await (await self._application())(scope, receive, send)

    async def _serve(self, request: Request, key: Key, send: Send) -> None:
        """Do what `serve_document` does."""
        context, state = self._context, request_state(request.scope)
        state.key = key
        document = await read_document(context, request, key)
        state.link_base = context.link_base(request, key)
        headers = dict(request.scope["headers"])
        status, fields, body = build_response(
            document, headers, now=context.now(), cors=context.cors, link_base=state.link_base
        )
        await send({"type": "http.response.start", "status": status, "headers": fields})
        await send({"type": "http.response.body", "body": body})
