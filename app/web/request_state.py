"""What the routes report about one request to `CachedReads`, the middleware around them.

`CachedReads` creates the state and puts it into the ASGI scope; routes find it with `request_state`.
"""

from dataclasses import dataclass
from typing import Any

from starlette.types import Scope

from app.render.keys import Key
from app.web.document_response import LinkBase
from app.web.event_stream import EventStreamRequest

_KEY = "afterword"
"""The item of `scope["state"]` that holds the `RequestState`."""


@dataclass(frozen=True, slots=True)
class CachedRead:
    """The document that a URL names, and the base of its links. The next read of this URL needs no route."""

    key: Key
    link_base: LinkBase


@dataclass(slots=True)
class RequestState:
    """The id of a request, and what its route reported."""

    request_id: bytes
    requested_key: Key | None = None
    """The key of the requested document, even if it cannot be read. Metrics count the response by its kind."""
    cached_read: CachedRead | None = None
    """Set if the document was read."""
    event_stream: EventStreamRequest | None = None
    """Set if the response is an event stream, which `CachedReads` opens."""


def with_request_state(scope: Scope, state: RequestState) -> dict[str, Any]:
    """Return a copy of an ASGI scope that holds this state."""
    return {**scope, "state": {**scope.get("state", {}), _KEY: state}}


def request_state(scope: Scope) -> RequestState:
    """Return the state of a request that came through `CachedReads`."""
    state: RequestState = scope["state"][_KEY]
    return state
