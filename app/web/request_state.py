"""One request: its id, and what its route reports to `CachedReads`, the middleware around the routes.

`CachedReads` creates the state and puts it into the ASGI scope; routes find it with `request_state`.

Each response has the id in the header X-Request-ID, and each line logged while the request is served has it too. No
standard defines the header. As proxies do, the service passes on an id that the client sends, if every consumer can
safely show it. Scripts of a page may read the header, so a blog's owner can report which request failed.
"""

import re
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from itertools import count
from typing import Any

from starlette.types import Scope

from app.domain.sites import Repository
from app.render.keys import Key
from app.serving.event_streams import Subscribers
from app.web.document_response import LinkBase

REQUEST_ID_HEADER = b"x-request-id"
REQUEST_ID: ContextVar[str | None] = ContextVar("afterword.request_id", default=None)
"""The id of the request being served. Tasks that a request starts inherit it."""
_SAFE = re.compile(rb"[A-Za-z0-9._-]{1,128}")
_PREFIXES = 2**48
_KEY = "afterword"
"""The item of `scope["state"]` that holds the `RequestState`."""


class RequestIds:
    """A sequence of request ids: a prefix that identifies the process, and a number."""

    def __init__(self, prefix: str) -> None:
        self._prefix = prefix.encode()
        self._numbers = count(1)

    def accept_or_create(self, client_id: bytes | None) -> bytes:
        """Return the id that the client sent if it is safe, else the next id of this process."""
        if client_id is not None and _SAFE.fullmatch(client_id):
            return client_id
        return b"%b-%d" % (self._prefix, next(self._numbers))


def request_ids(random: Callable[[], float]) -> RequestIds:
    """Return ids with a prefix of twelve hexadecimal digits; `random` returns numbers in [0, 1)."""
    return RequestIds(f"{int(random() * _PREFIXES):012x}")


@dataclass(frozen=True, slots=True)
class EventStreamRequest:
    """The thread that a page subscribes to, and the last event that it received."""

    subscribers: Subscribers
    repo: Repository
    number: int
    last_event_id: str | None
    """The id of the last event received; None if the page has received none."""


@dataclass(slots=True)
class RequestState:
    """The id of a request, and what its route reported."""

    request_id: bytes
    key: Key | None = None
    """The key of the requested document, even if it cannot be read. Metrics count the response by its kind."""
    link_base: LinkBase | None = None
    """The base of the document's links, set if the document was read. The next read of this URL needs no route."""
    event_stream: EventStreamRequest | None = None
    """Set if the response is an event stream, which `CachedReads` opens."""


def with_request_state(scope: Scope, state: RequestState) -> dict[str, Any]:
    """Return a copy of an ASGI scope that holds this state."""
    return {**scope, "state": {**scope.get("state", {}), _KEY: state}}


def request_state(scope: Scope) -> RequestState:
    """Return the state of a request that came through `CachedReads`."""
    state: RequestState = scope["state"][_KEY]
    return state
