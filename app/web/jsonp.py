"""JSONP: a response of the GitHub-compatible API as a call of a function, for script elements (`?callback=show`).

`/**/show({"meta": {…}, "data": …})` has GitHub's form. `meta` holds the status and the headers that GitHub documents,
with `Link` as a list of `[url, {"rel": …}]`. The status of the response itself is 200, because no browser runs the
script of another one. Only an invalid name is an error, with status 400 and JSON.

jQuery makes a new name for each call, so names are no part of documents or their keys: the finished bytes are wrapped
here. A script element is subject to no CORS check and sends no Origin. If reads are limited to some origins, the page's
origin comes from `Referer` instead, which no page can forge, and no cache stores the response.
Follows https://docs.github.com/enterprise-server@2.22/rest/overview/resources-in-the-rest-api#json-p-callbacks
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode

import orjson
from starlette.types import Message, Scope

from app.domain.texts.excerpts import excerpt
from app.render.document import weak_etag
from app.render.github_api import rate_limit
from app.web.document_response import NO_STORE, CorsPolicy, Headers, etag_matches
from app.web.errors import ErrorDetails, error_response, is_github_path

_CONTENT_TYPE = b"application/javascript; charset=utf-8"
_NAME = r"[A-Za-z_$][A-Za-z0-9_$]{0,127}"
_CALLBACK = re.compile(rf"(?=.{{1,255}}\Z){_NAME}(?:\.{_NAME}|\[[0-9]{{1,9}}\])*")
_LONGEST_QUOTED = 100
_ORIGIN = re.compile(rb"[a-z]+://[^/?#]+")
_LINK = re.compile(r'<([^>]*)>; rel="([^"]*)"')
_META_HEADERS: Mapping[bytes, str] = {
    name.lower().encode(): name
    for name in (
        *("Cache-Control", "Content-Type", "ETag", "Last-Modified", "Location", "Retry-After", "Vary"),
        "X-GitHub-Media-Type",
    )
}
"""The headers that `meta` repeats, in GitHub's spelling."""
_REPLACED_HEADERS = frozenset({b"content-type", b"content-length", b"etag", b"last-modified", b"link", b"location"})
_CACHE_HEADERS = frozenset({b"cache-control", b"x-accel-expires", b"age", b"etag"})
_LINE_ENDS = ((b"\xe2\x80\xa8", b"\\u2028"), (b"\xe2\x80\xa9", b"\\u2029"))
"""They may stand in JSON, but before ES2019 in no string of JavaScript."""
_FOREIGN_PAGE = (
    "This service answers only the pages of the origins in AFTERWORD_ORIGINS. A script element tells its page's origin "
    "in Referer: do not switch that off."
)

Reply = tuple[int, Headers, bytes]
"""Status, headers and body."""


@dataclass(frozen=True, slots=True)
class JsonpCall:
    """A request with a callback: its name, and the request for the data alone."""

    name: str
    scope: Scope
    """Without the parameter, and without the headers that concern the form of the response."""
    headers: dict[bytes, bytes]
    """The headers of the request as it came."""

    @property
    def is_valid(self) -> bool:
        """Return whether the name is one that may be called."""
        return _CALLBACK.fullmatch(self.name) is not None


class RecordedReply:
    """An ASGI `send` that keeps the response."""

    def __init__(self) -> None:
        self._status, self._body = 500, b""
        self._headers: Headers = []

    async def send(self, message: Message) -> None:
        """Keep a message."""
        if message["type"] == "http.response.start":
            self._status, self._headers = message["status"], list(message["headers"])
        else:
            self._body += message.get("body", b"")

    @property
    def reply(self) -> Reply:
        """Return the response."""
        return self._status, self._headers, self._body


def parse_call(scope: Scope, headers: dict[bytes, bytes]) -> JsonpCall | None:
    """Return the call that a request makes; None for any other request. The last of several names counts."""
    if not is_github_path(scope["path"]):
        return None
    query = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True, encoding="utf-8")
    names = [value for name, value in query if name == "callback"]
    if not names:
        return None
    rest = urlencode([(name, value) for name, value in query if name != "callback"])
    form = {b"accept-encoding", b"if-none-match", b"if-modified-since"}
    fields = [(name, value) for name, value in headers.items() if name not in form]
    data_scope = {**scope, "method": "GET", "query_string": rest.encode(), "headers": fields}
    return JsonpCall(names[-1], data_scope, headers)


def is_foreign(call: JsonpCall, cors: CorsPolicy) -> bool:
    """Return whether reads are limited to origins, and the call does not come from a page of one of them."""
    if not cors.origins:
        return False
    match = _ORIGIN.match(call.headers.get(b"referer", b"").lower())
    return match is None or not cors.allows(match[0])


def refuse(call: JsonpCall, *, now: float, cors: CorsPolicy) -> Reply:
    """Return the response to a call from a page that may not read, or of a name that cannot be called."""
    if call.is_valid:
        return wrap(call, _error(call, ErrorDetails(403, _FOREIGN_PAGE)), now=now, cors=cors)
    return _error(call, ErrorDetails(400, f'Invalid callback: "{excerpt(call.name, _LONGEST_QUOTED)}"'))


def _error(call: JsonpCall, details: ErrorDetails) -> Reply:
    response = error_response(details, call.scope["path"])
    return response.status_code, response.raw_headers, bytes(response.body)


def wrap(call: JsonpCall, reply: Reply, *, now: float, cors: CorsPolicy) -> Reply:
    """Return the response that calls the function with `reply`; 304 if the browser has it. `now` in epoch seconds."""
    status, data_headers, data = reply
    meta = _meta(call, status, data_headers, now)
    headers = [(name, value) for name, value in data_headers if name not in _REPLACED_HEADERS]
    headers.append((b"cross-origin-resource-policy", b"cross-origin"))
    if cors.origins:
        headers = [(name, value) for name, value in headers if name not in _CACHE_HEADERS]
        headers.append((b"cache-control", NO_STORE))
    elif "ETag" in meta and status == 200:  # noqa: PLR2004 - OK
        etag = weak_etag(str(meta["ETag"]).encode(), call.name.encode(), orjson.dumps(meta.get("Link")))
        headers.append((b"etag", etag.encode()))
        if etag_matches(call.headers.get(b"if-none-match"), etag):
            return 304, headers, b""
    for line_end, escape in _LINE_ENDS:
        data = data.replace(line_end, escape)
    body = b'/**/%b({"meta":%b,"data":%b})\n' % (call.name.encode(), orjson.dumps(meta), data or b"null")
    return 200, [*headers, (b"content-type", _CONTENT_TYPE), (b"content-length", b"%d" % len(body))], body


def _meta(call: JsonpCall, status: int, headers: Headers, now: float) -> dict[str, Any]:
    """Return what GitHub's form says of the response with the data."""
    fields: dict[str, Any] = {}
    for name, value in headers:
        if name in _META_HEADERS:
            field, text = _META_HEADERS[name], value.decode("latin-1")
            fields[field] = f"{fields[field]}, {text}" if field in fields else text
    link = dict(headers).get(b"link")
    if link is not None:
        parameter = f"&callback={quote(call.name)}"
        pairs = _LINK.findall(link.decode("latin-1"))
        fields["Link"] = [[f"{url}{parameter}", {"rel": relation}] for url, relation in pairs]
    return {**rate_limit(now).headers(), **fields, "status": status}
