"""The front: an ASGI application that answers reads from the catalogue before any framework is asked.

The routes behind it check a request's parameters and find out which document it means. The front remembers that for
each address it has seen, so that the next reader of the same address costs two dictionary look-ups and a write to the
socket: no routing, no validation, no database, no lock.
"""

from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from cachetools import LRUCache

from app.ports.metrics import KINDS
from app.render.keys import Key
from app.web.context import MEANT, WANTED, Serving
from app.web.document_response import LinkBase, answer
from app.web.request_ids import HEADER, REQUEST_ID
from app.web.routes.events import LISTENING, Listening, Stream

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]
Address = tuple[str | bytes | None, ...]
Fields = dict[bytes, bytes]

_ADDRESSES_BYTES = 16_000_000
_ALLOWANCE = 1_000
"""Bytes that the objects around an address weigh."""
_COPIES = 4
"""How often the text of an address is held: as itself, in the key, and in what the Link header is made of."""
_ALLOW_ORIGIN = b"access-control-allow-origin"
_NO_DOCUMENT = "other"
"""The kind under which answers are counted that are no documents."""


@dataclass(frozen=True, slots=True)
class Meant:
    """The document that an address means, where its pages are, and what the memory of it weighs in bytes."""

    key: Key
    where: LinkBase
    weight: int
    kind: str


class CachedReads:
    """Answers what is ready, and passes everything else on to the application behind."""

    def __init__(self, behind: Application, serving: Serving) -> None:
        self._behind = behind
        self._serving = serving
        self._served = serving.served
        self._meant: LRUCache[Address, Meant] = LRUCache(_ADDRESSES_BYTES, getsizeof=lambda meant: meant.weight)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One ASGI connection."""
        if scope["type"] != "http":
            await self._behind(scope, receive, send)
            return
        headers = _fields(scope)
        name = self._serving.request_ids.named(headers.get(HEADER))
        if scope["method"] in {"GET", "HEAD"}:
            answering = _without_body(send) if scope["method"] == "HEAD" else send
            stream = await self._read(scope, headers, name, receive, answering)
            if stream is not None:  # from here on nothing of the request but this is kept
                await stream.follow(scope["method"], receive, send)
        elif scope["method"] == "OPTIONS":
            await self._preflight(headers, name, send)
        else:
            with _named(name):
                await self._behind(scope, receive, self._completed(scope, headers, name, send))

    async def _read(self, scope: Scope, headers: Fields, name: bytes, receive: Receive, send: Send) -> Stream | None:
        """Answers, and returns the stream where one goes on from there."""
        address = (scope["path"], scope["query_string"], headers.get(b"accept"), headers.get(b"host"), scope["scheme"])
        meant = self._meant.get(address)
        document = self._serving.reads.ready(meant.key) if meant is not None else None
        if document is None or meant is None:
            same = {**scope, "method": "GET", "headers": list(headers.items())}
            with _named(name):
                return await self._ask_behind(address, same, receive, self._completed(same, headers, name, send))
        status, fields, body = answer(
            document, headers, now=self._serving.now(), origins=self._serving.origins, where=meant.where
        )
        fields.append((HEADER, name))
        self._served[meant.kind, status] += 1
        await send({"type": "http.response.start", "status": status, "headers": fields})
        await send({"type": "http.response.body", "body": body})
        return None

    async def _ask_behind(self, address: Address, scope: Scope, receive: Receive, send: Send) -> Stream | None:
        await self._behind(scope, receive, send)
        listening: Listening | None = scope.get(LISTENING)
        if listening is not None:
            return await listening.begin(scope, receive, send)
        meant = scope.get(MEANT)
        if meant is None:
            return None
        weight = _ALLOWANCE + _COPIES * sum(len(part) for part in address if part is not None)
        if weight <= self._meant.maxsize:
            key, where = meant
            self._meant[address] = Meant(key, where, weight, _kind(key))
        return None

    async def _preflight(self, headers: Fields, name: bytes, send: Send) -> None:
        fields = self._serving.origins.preflight(headers.get(b"origin"), headers.get(b"access-control-request-headers"))
        fields.append((HEADER, name))
        self._served[_NO_DOCUMENT, 204] += 1
        await send({"type": "http.response.start", "status": 204, "headers": fields})
        await send({"type": "http.response.body", "body": b""})

    def _completed(self, scope: Scope, headers: Fields, name: bytes, send: Send) -> Send:
        """What every answer of the application behind gets: its name, a place in the count, and CORS.

        A page may read an error too: every answer that says nothing about origins gets what documents have.
        """

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                fields = [*message.get("headers", ()), (HEADER, name)]
                if all(field.lower() != _ALLOW_ORIGIN for field, _ in fields):
                    fields += self._serving.origins.headers(headers.get(b"origin"))
                message = {**message, "headers": fields}
                self._served[_kind(scope.get(WANTED)), message["status"]] += 1
            await send(message)

        return sending


@contextmanager
def _named(name: bytes) -> Iterator[None]:
    """Meanwhile every line that is logged bears the request's name."""
    before = REQUEST_ID.set(name.decode())
    try:
        yield
    finally:
        REQUEST_ID.reset(before)


def _kind(key: Key | None) -> str:
    return _NO_DOCUMENT if key is None else KINDS.get(type(key), _NO_DOCUMENT)


def _fields(scope: Scope) -> Fields:
    """The request's headers by name, repeated ones joined into one list (RFC 9110, 5.3).

    The application behind gets them so too: were it to read the first of two Accept headers and the front the last, the
    answer to one reader's address would be kept as that of another's.
    """
    sent: list[tuple[bytes, bytes]] = scope["headers"]
    fields = dict(sent)
    if len(fields) == len(sent):
        return fields
    fields = {}
    for name, value in sent:
        fields[name] = fields[name] + b", " + value if name in fields else value
    return fields


def _without_body(send: Send) -> Send:
    """HEAD is GET without the body; the length that GET would have stays in the headers."""

    async def sending(message: Message) -> None:
        await send({**message, "body": b""} if message["type"] == "http.response.body" else message)

    return sending
