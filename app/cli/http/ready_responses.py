"""Finished responses by what a request says: most requests repeat the address and the fields of others.

What `CachedReads` finds out about one request is kept here, so that a connection can answer the next ones from their
heads alone. A response is ready while the document cache holds its document and the document needs no check; otherwise
the request takes the longer way. No body is copied: a response knows its slot in the cache.
"""

from collections.abc import Callable, Sequence

from uvicorn.protocols.http.httptools_impl import STATUS_LINE

from app.cli.http.field_names import write_fields
from app.web.cached_reads import CachedReads, RequestHeaders, Selection
from app.web.document_response import SELECTING_HEADERS, Headers, freshness

_MAX_BYTES = 8_000_000
_OVERHEAD = 1_500
"""The size in bytes of the objects around a response."""
_LONGEST_HEAD = 2_000
"""Bytes of the longest head that is kept."""
_SELECTING = (b"accept", b"host", *SELECTING_HEADERS)
_UNUSUAL = frozenset({b"content-length", b"transfer-encoding", b"expect", b"upgrade"})
"""The fields of requests that have a body, or want more than a response."""
_SCHEME = "http"
_METHODS = frozenset({b"GET", b"HEAD"})

Selector = tuple[bytes | None, ...]
"""What a response depends on: method, address, and the fields that `CachedReads` and the documents read."""


class ReadyResponse:
    """The response of a cached document to the requests with one selector."""

    __slots__ = (
        *("_age", "_slot", "_checked_at", "_coding", "_edition", "_etag", "_fields", "_fresh_from", "_fresh_until"),
        *("_is_shareable", "_lead", "_server_fields", "_status_line", "counter", "method", "path", "status"),
    )

    def __init__(self, method: str, path: str, selection: Selection) -> None:
        response, ready = selection.response, selection.ready
        self.method, self.path, self.status = method, path, response.status
        self.counter = selection.match.kind, response.status
        """What counts this response."""
        self._slot, self._edition = ready.slot, selection.match.edition
        self._fresh_from, self._fresh_until = ready.fresh_from, ready.fresh_until
        self._coding = None if method == "HEAD" else response.coding
        self._status_line = STATUS_LINE[response.status]
        self._etag = write_fields([(b"etag", ready.document.etag.encode())])
        self._checked_at, self._is_shareable = ready.document.checked_at, response.is_shareable
        self._fields = write_fields(response.fields)
        self._age: int | None = -1
        self._server_fields: Headers = []
        self._lead = b""

    def is_current(self, now: float) -> bool:
        """Return whether the response may be sent at a time in epoch seconds."""
        return (
            self._fresh_from <= now <= self._fresh_until
            and self._slot.document is not None
            and self._edition.is_current
        )

    def parts(self, now: float, request_id: bytes, server_fields: Headers) -> tuple[bytes, bytes]:
        """Return head and body; `server_fields` are those that the server adds, another list when they change."""
        age = None if self._checked_at is None else max(0, int(now - self._checked_at))
        if age != self._age or server_fields is not self._server_fields:
            self._age, self._server_fields = age, server_fields
            fresh = write_fields(freshness(age, is_shareable=self._is_shareable))
            lines = (self._status_line, write_fields(server_fields), self._etag, fresh, self._fields)
            self._lead = b"".join((*lines, b"X-Request-ID: "))
        self._slot.is_used = True
        document = self._slot.document
        body = b"" if self._coding is None or document is None else document.bodies[self._coding]
        return b"%b%b\r\n\r\n" % (self._lead, request_id), body


Client = tuple[str, int] | None
"""The address and port of a client."""
LogResponse = Callable[[ReadyResponse, int, bytes, Client], None]
"""Logs a response with the size of its body in bytes, the id of its request, and its client."""


class ReadyResponses:
    """The finished responses of one process."""

    def __init__(self, reads: CachedReads, now: Callable[[], float], log: LogResponse | None = None) -> None:
        self._reads = reads
        self._now = now
        self._log = log
        self._request_ids = reads.request_ids
        self._heads: dict[bytes, ReadyResponse] = {}
        self._responses: dict[Selector, ReadyResponse] = {}
        self._bytes = 0

    def repeat(self, head: bytes) -> ReadyResponse | None:
        """Return the response to a head that was seen before; None if it has to be looked at again."""
        response = self._heads.get(head)
        return response if response is not None and response.is_current(self._now()) else None

    def find(self, method: bytes, url: bytes, fields: Sequence[tuple[bytes, bytes]]) -> ReadyResponse | None:
        """Return the response to a request of HTTP/1.1 whose connection stays open; None if it takes the longer way.

        The names of `fields` are in lower case.
        """
        by_name = dict(fields)
        if len(by_name) < len(fields) or not _UNUSUAL.isdisjoint(by_name):
            return None
        selector = (method, url, *map(by_name.get, _SELECTING))
        response = self._responses.get(selector)
        if response is not None and response.is_current(self._now()):
            return response
        return self._make(selector, by_name)

    def _make(self, selector: Selector, by_name: RequestHeaders) -> ReadyResponse | None:
        method, url = selector[0], selector[1]
        if method is None or url is None or method not in _METHODS or not _is_plain(url):
            return None
        path, _, query = url.partition(b"?")
        text = path.decode("ascii")
        selection = self._reads.select(text, query, _SCHEME, by_name)
        if selection is None:
            return None
        response = ReadyResponse(method.decode("ascii"), text, selection)
        self._add_bytes(sum(len(part) for part in selector if part is not None))
        self._responses[selector] = response
        return response

    def keep(self, head: bytes, response: ReadyResponse) -> None:
        """Keep a whole head, which `find` answered with this response and which names no id of its own."""
        if len(head) <= _LONGEST_HEAD and head not in self._heads:
            self._add_bytes(len(head))
            self._heads[head] = response

    def _add_bytes(self, count: int) -> None:
        """Count what is kept. At the limit all of it goes, and returns with the next requests."""
        self._bytes += count + _OVERHEAD
        if self._bytes > _MAX_BYTES:
            self._heads.clear()
            self._responses.clear()
            self._bytes = count + _OVERHEAD

    def write(
        self, response: ReadyResponse, server_fields: Headers, client: Client, client_id: bytes | None = None
    ) -> bytes:
        """Return the bytes of a response that `repeat` or `find` returned, and count it.

        `server_fields` are those that the server adds to each head. `client_id` is the id that the client gave the
        request.
        """
        request_id = self._request_ids.accept_or_create(client_id)
        self._reads.count(*response.counter)
        head, body = response.parts(self._now(), request_id, server_fields)
        if self._log is not None:
            self._log(response, len(body), request_id, client)
        return head + body


def _is_plain(url: bytes) -> bool:
    """Return whether the parts of a URL are easily told: it is a path in ASCII without escapes, and a query."""
    path = url.partition(b"?")[0]
    return url.isascii() and url[:1] == b"/" and url[1:2] != b"/" and b"%" not in path and b"#" not in url
