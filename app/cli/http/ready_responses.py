"""Finished responses by what a request says: most requests repeat the address and the fields of others.

What `CachedReads` finds out about one request is kept here, so that a connection can answer the next ones from their
heads alone. A response is ready while the document cache holds its document and the document needs no check; otherwise
the request takes the longer way. No body is copied: a response knows its slot in the cache.
"""

import math
from collections.abc import Callable, Sequence

from uvicorn.protocols.http.httptools_impl import STATUS_LINE

from app.cli.http.field_names import write_fields
from app.cli.http.plain_heads import PlainHeads, Selector, select
from app.cli.http.turns import Turns
from app.web.access_log import write_line
from app.web.cached_reads import CachedReads, Selection
from app.web.document_response import Headers, freshness

_MAX_BYTES = 8_000_000
_OVERHEAD = 2_500
"""The size in bytes of a response and the objects around it."""
_HEAD_OVERHEAD = 200
_LONGEST_HEAD = 4_096
"""Bytes of the longest head that is kept, or read without the parser."""
_MOST_SEEN = 10_000
_SCHEME = "http"
_METHODS = frozenset({b"GET", b"HEAD"})
_LARGE_BODY = 24_576
"""Bytes. Copying more costs more than passing them to the system apart from the head."""


class ReadyResponse:
    """The response of a cached document to the requests with one selector."""

    __slots__ = (
        *("_coding", "_checked_at", "_edition", "_etag", "_fields", "_fresh_from", "_fresh_until", "_is_shareable"),
        *("_lead", "_lead_from", "_lead_until", "_server_fields", "_slot", "_status_line", "counter"),
        *("method", "path", "status"),
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
        self._server_fields: Headers = []
        self._lead, self._lead_from, self._lead_until = b"", 0.0, 0.0

    def is_current(self, now: float) -> bool:
        """Return whether the response may be sent at a time in epoch seconds."""
        return (
            self._fresh_from <= now <= self._fresh_until
            and self._slot.document is not None
            and self._edition.is_current
        )

    def lead(self, now: float, server_fields: Headers) -> bytes | None:
        """Return the head, up to the id of the request; None if the response may not be sent now.

        `server_fields` are those that the server adds, another list when they change.
        """
        if not self._lead_from <= now < self._lead_until or server_fields is not self._server_fields:
            self._renew_lead(now, server_fields)
        if not self._fresh_from <= now <= self._fresh_until or not self._edition.is_current:
            return None
        slot = self._slot
        if slot.document is None:
            return None
        slot.is_used = True
        return self._lead

    def _renew_lead(self, now: float, server_fields: Headers) -> None:
        """Write the fields that depend on the time, and note until when they hold."""
        age, self._lead_from, self._lead_until = None, -math.inf, math.inf
        if self._checked_at is not None:
            age = max(0, int(now - self._checked_at))
            self._lead_until = self._checked_at + age + 1
            if age > 0:
                self._lead_from = self._checked_at + age
        self._server_fields = server_fields
        fresh = write_fields(freshness(age, is_shareable=self._is_shareable))
        lines = (self._status_line, write_fields(server_fields), self._etag, fresh, self._fields)
        self._lead = b"".join((*lines, b"X-Request-ID: "))

    def body(self) -> bytes:
        """Return the body, in its coding."""
        document = self._slot.document
        return b"" if self._coding is None or document is None else document.bodies[self._coding]


Client = tuple[str, int] | None
"""The address and port of a client."""
LogResponse = Callable[[ReadyResponse, int, bytes, Client], None]
"""Logs a response with the size of its body in bytes, the id of its request, and its client."""


def write_access_log(*, addresses: bool) -> LogResponse:
    """Return what writes the lines that `AccessLog` writes of the other responses."""

    def log(response: ReadyResponse, size: int, request_id: bytes, client: Client) -> None:
        fields = {"method": response.method, "path": response.path, "status": response.status, "bytes": size, "ms": 0.0}
        if client and addresses:
            fields["address"] = client[0]
        write_line(fields, request_id.decode("latin-1"))

    return log


class ReadyResponses:
    """The finished responses of one process."""

    def __init__(self, reads: CachedReads, now: Callable[[], float], log: LogResponse | None = None) -> None:
        self._reads = reads
        self._now = now
        self._log = log
        self._request_ids = reads.request_ids
        self._counts = reads.response_counts
        self._plain_heads = PlainHeads()
        self.turns = Turns()
        self._heads: dict[bytes, ReadyResponse] = {}
        """By heads that came more than once, byte for byte."""
        self._seen_hashes: set[int] = set()
        """Of heads that came once. Most never come again, and would only use up the room of others."""
        self._responses: dict[Selector, ReadyResponse] = {}
        self._bytes = 0

    def respond(self, head: bytes, server_fields: Headers, client: Client) -> tuple[bytes, ...] | None:
        """Return the bytes of the response to what may be a whole head; None if the parser has to read it.

        `server_fields` are those that the server adds to each head.
        """
        response = self._heads.get(head)
        parts = None if response is None else self.write(response, server_fields, client)
        if parts is not None or len(head) > _LONGEST_HEAD:
            return parts
        plain_head = self._plain_heads.read(head)
        if plain_head is None:
            return None
        selector, client_id = plain_head
        response = self._responses.get(selector)
        parts = None if response is None else self.write(response, server_fields, client, client_id)
        if response is not None and client_id is None:
            self._keep_repeated(head, response)
        return parts

    def find(self, method: bytes, url: bytes, fields: Sequence[tuple[bytes, bytes]]) -> ReadyResponse | None:
        """Return the response to a request of HTTP/1.1 whose connection stays open; None if it takes the longer way.

        The names of `fields` are in lower case.
        """
        key = select(method, url, fields)
        if key is None:
            return None
        response = self._responses.get(key)
        if response is not None and response.is_current(self._now()):
            return response
        response = self._make(method, url, fields)
        if response is not None:
            previous = self._responses.get(key)
            size = 0 if previous is not None else _OVERHEAD + sum(len(part) for part in key if part is not None)
            self._add_bytes(size)
            self._responses[key] = response
        return response

    def _make(self, method: bytes, url: bytes, fields: Sequence[tuple[bytes, bytes]]) -> ReadyResponse | None:
        if method not in _METHODS or not _is_plain(url):
            return None
        path, _, query = url.partition(b"?")
        text = path.decode("ascii")
        selection = self._reads.select(text, query, _SCHEME, dict(fields))
        return None if selection is None else ReadyResponse(method.decode("ascii"), text, selection)

    def learn(self, head: bytes, fields: Sequence[tuple[bytes, bytes]]) -> None:
        """Learn to read such heads: the parser has read this whole one as these fields, and `find` had a response."""
        if len(head) <= _LONGEST_HEAD:
            self._plain_heads.learn(head, fields)

    def _keep_repeated(self, head: bytes, response: ReadyResponse) -> None:
        """Keep a head that was seen before: the next one needs not be read."""
        if head in self._heads:
            self._heads[head] = response
        elif hash(head) not in self._seen_hashes:
            if len(self._seen_hashes) >= _MOST_SEEN:
                self._seen_hashes.clear()
            self._seen_hashes.add(hash(head))
        else:
            self._add_bytes(_HEAD_OVERHEAD + len(head))
            self._heads[head] = response

    def _add_bytes(self, count: int) -> None:
        """Count what is kept. At the limit all of it goes, and returns with the next requests."""
        self._bytes += count
        if self._bytes > _MAX_BYTES:
            self._heads.clear()
            self._responses.clear()
            self._bytes = count

    def write(
        self, response: ReadyResponse, server_fields: Headers, client: Client, client_id: bytes | None = None
    ) -> tuple[bytes, ...] | None:
        """Return the bytes of a response, and count it; None if it may not be sent now.

        `client_id` is the id that the client gave the request.
        """
        lead = response.lead(self._now(), server_fields)
        if lead is None:
            return None
        request_id = self._request_ids.accept_or_create(client_id)
        self._counts[response.counter] += 1
        body = response.body()
        if self._log is not None:
            self._log(response, len(body), request_id, client)
        if len(body) < _LARGE_BODY:
            return (b"%b%b\r\n\r\n%b" % (lead, request_id, body),)
        return (b"%b%b\r\n\r\n" % (lead, request_id), body)


def _is_plain(url: bytes) -> bool:
    """Return whether the parts of a URL are easily told: it is a path in ASCII without escapes, and a query."""
    path = url.partition(b"?")[0]
    return url.isascii() and url[:1] == b"/" and url[1:2] != b"/" and b"%" not in path and b"#" not in url
