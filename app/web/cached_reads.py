"""The outermost middleware: it serves reads from the document cache before any framework code runs.

The routes validate a request's parameters and choose its document. `CachedReads` remembers the document's key for each
URL, so the next read of a URL costs two dictionary look-ups and one write to the socket. It needs no routing, no
validation, no database and no lock.
"""

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cachetools import LRUCache
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.render.keys import DOCUMENT_KINDS, Key
from app.serving.reader import ReadyDocument
from app.serving.terms.edition import Edition
from app.web.context import (
    PUBLIC_URL_ADVICE,
    REQUEST_ID,
    REQUEST_ID_HEADER,
    RequestState,
    WebContext,
    with_request_state,
)
from app.web.document_response import DocumentResponse, LinkBase, build_response, select_response

if TYPE_CHECKING:
    from app.web.event_stream import EventStream
    from app.web.jsonp import JsonpCall

_log = logging.getLogger(__name__)

CacheKey = tuple[str | bytes | None, ...]
"""What selects a document (RFC 9111, 2): path and query, the headers Accept and Host, and the scheme."""
RequestHeaders = dict[bytes, bytes]

_MATCHED_KEYS_BYTES = 8_000_000
_OVERHEAD = 1_000
"""The size in bytes of the objects around a URL's text."""
_COPIES = 4
"""How many copies of a URL's text a matched key holds: the URL, the document's key, and the base of its links."""
_JSONP_PARAMETER = b"callback="
_ALLOW_ORIGIN = b"access-control-allow-origin"
_NO_DOCUMENT = "other"
"""The kind that counts responses without a document."""
_OWNER_PATHS = frozenset({"/metrics", "/readyz", "/status"})
"""What is for the owner: no page's script may read it."""
_OWNER_FOLDERS = ("/owner", "/api/v1/owner")
"""The paths of the owner's page and API, which there are only with a token."""
_NOSNIFF = (b"x-content-type-options", b"nosniff")
_PROXY_HEADERS = (b"forwarded", b"via", b"x-forwarded-")
"""How the names of headers begin that only a proxy adds."""


@dataclass(frozen=True, slots=True)
class MatchedKey:
    """The document that a URL matches, the base of its links, its kind in metrics, and its size here in bytes."""

    key: Key
    link_base: LinkBase
    kind: str
    size: int
    edition: Edition
    """How long the URL matches it."""


@dataclass(frozen=True, slots=True)
class Selection:
    """A response that can be sent at once, and how long it can."""

    match: MatchedKey
    ready: ReadyDocument
    response: DocumentResponse


class CachedReads:
    """Middleware that serves cached documents, and forwards everything else to the application."""

    def __init__(
        self, app: ASGIApp, context: WebContext, *, application: Callable[[], Awaitable[object]] | None = None
    ) -> None:
        """Without `application`, `app` serves everything; otherwise reads only, until `application` has returned."""
        self._application = application
        self.request_ids = context.request_ids
        self.response_counts = context.monitoring.response_counts
        """Of `Monitoring`: who sends a response that `select` found, counts it there."""
        self._use(app, context)
        self._expects_proxy = context.public_url is not None
        self._matched_keys: LRUCache[CacheKey, MatchedKey] = LRUCache(
            _MATCHED_KEYS_BYTES, getsizeof=lambda key: key.size
        )

    def _use(self, app: ASGIApp, context: WebContext) -> None:
        self._app = app
        self._context = context
        self._owner_folders = _OWNER_FOLDERS if context.features.owner is not None else ()

    def complete(self, app: ASGIApp, context: WebContext) -> None:
        """Forward to this application from now on; its context has the parts that were missing."""
        self._use(app, context)
        self._application = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one ASGI connection."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = _join_headers(scope)
        request_id = self._context.request_ids.accept_or_create(headers.get(REQUEST_ID_HEADER))
        is_read = scope["method"] in {"GET", "HEAD"}
        if self._application is not None and (not is_read or _JSONP_PARAMETER in scope["query_string"]):
            await self._application()
        if is_read:
            send_read = _omit_body(send) if scope["method"] == "HEAD" else send
            if _JSONP_PARAMETER in scope["query_string"]:
                from app.web import jsonp  # noqa: PLC0415 - seldom needed

                call = jsonp.parse_call(scope, headers)
                if call is not None:
                    await self._call_back(call, request_id, receive, send_read)
                    return
            stream = await self._read(scope, headers, request_id, receive, send_read)
            if stream is not None:  # the framework's stack has unwound, so thousands of streams cost little memory
                await stream.run(scope["method"], receive, send)
        elif scope["method"] == "OPTIONS":
            await self._send_preflight(scope["path"], headers, request_id, send)
        else:
            await self._call_app(scope, headers, RequestState(request_id), receive, send)

    async def _read(
        self, scope: Scope, headers: RequestHeaders, request_id: bytes, receive: Receive, send: Send
    ) -> "EventStream | None":
        """Respond to a read. Return the event stream if the response is one."""
        accept, host = headers.get(b"accept"), headers.get(b"host")
        cache_key: CacheKey = (scope["path"], scope["query_string"], accept, host, scope["scheme"])
        match = self._matched_keys.get(cache_key)
        is_valid = match is not None and match.edition.is_current
        document = self._context.reader.ready(match.key) if match is not None and is_valid else None
        if document is None or match is None:
            state = RequestState(request_id, is_head=scope["method"] == "HEAD")
            get = {**scope, "method": "GET", "headers": list(headers.items())}
            stream = await self._call_app(get, headers, state, receive, send)
            self._remember(cache_key, state)
            return stream
        status, fields, body = build_response(
            document, headers, now=self._context.now(), cors=self._context.cors, link_base=match.link_base
        )
        fields.append((REQUEST_ID_HEADER, request_id))
        self.response_counts[match.kind, status] += 1
        await send({"type": "http.response.start", "status": status, "headers": fields})
        await send({"type": "http.response.body", "body": body})
        return None

    def select(self, path: str, query: bytes, scheme: str, headers: RequestHeaders) -> Selection | None:
        """Return the response to a GET that can be sent at once; None if only the application can answer.

        `headers` are the request's, none of them repeated, their names in lower case.
        """
        if _JSONP_PARAMETER in query:
            return None
        match = self._matched_keys.get((path, query, headers.get(b"accept"), headers.get(b"host"), scheme))
        if match is None or not match.edition.is_current:
            return None
        ready = self._context.reader.find_ready(match.key)
        if ready is None:
            return None
        response = select_response(ready.document, headers, self._context.cors, match.link_base)
        return Selection(match, ready, response)

    async def _call_back(self, call: "JsonpCall", request_id: bytes, receive: Receive, send: Send) -> None:
        """Respond to a read with the call of a function."""
        from app.web import jsonp  # noqa: PLC0415 - as above

        context, data = self._context, jsonp.RecordedReply()
        if call.is_valid and not jsonp.is_foreign(call, context.cors):
            await self._read(call.scope, dict(call.scope["headers"]), request_id, receive, data.send)
            reply = jsonp.wrap(call, data.reply, now=context.now(), cors=context.cors)
        else:
            reply = jsonp.refuse(call, now=context.now(), cors=context.cors)
            send = self._complete_response(call.scope["path"], call.headers, RequestState(request_id), send)
        status, fields, body = reply
        await send({"type": "http.response.start", "status": status, "headers": fields})
        await send({"type": "http.response.body", "body": body})

    async def _call_app(
        self, scope: Scope, headers: RequestHeaders, state: RequestState, receive: Receive, send: Send
    ) -> "EventStream | None":
        """Forward a request, and open the event stream that its route accepts. Log the request's id with every line."""
        if not self._expects_proxy and any(name.startswith(_PROXY_HEADERS) for name in headers):
            self._expects_proxy = True  # one warning is enough
            _log.warning("A proxy forwards requests to Afterword. %s", PUBLIC_URL_ADVICE)
        send = self._complete_response(scope["path"], headers, state, send)
        token = REQUEST_ID.set(state.request_id.decode())
        try:
            await self._app(with_request_state(scope, state), receive, send)
            if state.event_stream is None:
                return None
            from app.web.event_stream import open_stream  # noqa: PLC0415 - there are pages that never need it

            return await open_stream(state.event_stream, scope, receive, send)
        finally:
            REQUEST_ID.reset(token)

    def _remember(self, cache_key: CacheKey, state: RequestState) -> None:
        """Store the key of a document that a route read."""
        if state.key is None or state.link_base is None:
            return
        size = _OVERHEAD + _COPIES * sum(len(part) for part in cache_key if part is not None)
        if size <= self._matched_keys.maxsize:
            kind, edition = _kind(state.key), state.edition
            self._matched_keys[cache_key] = MatchedKey(state.key, state.link_base, kind, size, edition)

    async def _send_preflight(self, path: str, headers: RequestHeaders, request_id: bytes, send: Send) -> None:
        fields = [(REQUEST_ID_HEADER, request_id), _NOSNIFF]
        if not self._is_for_owner(path):
            fields += self._context.cors.preflight_headers(
                headers.get(b"origin"), headers.get(b"access-control-request-headers")
            )
        self.response_counts[_NO_DOCUMENT, 204] += 1
        await send({"type": "http.response.start", "status": 204, "headers": fields})
        await send({"type": "http.response.body", "body": b""})

    def _is_for_owner(self, path: str) -> bool:
        folders = self._owner_folders
        return path in _OWNER_PATHS or any(path == folder or path.startswith(f"{folder}/") for folder in folders)

    def _complete_response(self, path: str, headers: RequestHeaders, state: RequestState, send: Send) -> Send:
        """Return a `send` that counts the application's response and adds its request id, nosniff and CORS headers.

        Scripts may read an error response too, so every response without CORS headers gets those of documents.
        """

        async def send_completed(message: Message) -> None:
            if message["type"] == "http.response.start":
                fields = [*message.get("headers", ()), (REQUEST_ID_HEADER, state.request_id)]
                names = {name.lower() for name, _ in fields}
                if not self._is_for_owner(path) and _ALLOW_ORIGIN not in names:
                    cors_fields = self._context.cors.headers(headers.get(b"origin"))
                    fields += [field for field in cors_fields if field not in fields]
                if _NOSNIFF[0] not in names:
                    fields.append(_NOSNIFF)
                message = {**message, "headers": fields}
                self.response_counts[_kind(state.key), message["status"]] += 1
            await send(message)

        return send_completed


def _kind(key: Key | None) -> str:
    return _NO_DOCUMENT if key is None else DOCUMENT_KINDS.get(type(key), _NO_DOCUMENT)


def _join_headers(scope: Scope) -> RequestHeaders:
    """Return the request's headers by name, repeated fields joined into one list (RFC 9110, 5.3).

    The application receives the same joined headers. If it read the first of two Accept headers and `CachedReads` the
    last, the cache key of one header would match the document of the other.
    """
    pairs: list[tuple[bytes, bytes]] = scope["headers"]
    headers = dict(pairs)
    if len(headers) == len(pairs):
        return headers
    headers = {}
    for name, value in pairs:
        headers[name] = headers[name] + b", " + value if name in headers else value
    return headers


def _omit_body(send: Send) -> Send:
    """Return a `send` for HEAD, which is GET without the body; the headers keep the length of the body for GET."""

    async def send_without_body(message: Message) -> None:
        await send({**message, "body": b""} if message["type"] == "http.response.body" else message)

    return send_without_body
