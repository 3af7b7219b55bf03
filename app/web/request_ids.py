"""X-Request-ID: the id of each request, in its response and in every line logged while it is served.

No standard defines the header. As proxies do, the service passes on an id that the client sends, if every consumer can
safely show it. Scripts of a page may read the header, so a blog's owner can report which request failed.
"""

import re
from collections.abc import Callable
from contextvars import ContextVar
from itertools import count

HEADER = b"x-request-id"
REQUEST_ID: ContextVar[str | None] = ContextVar("afterword.request_id", default=None)
"""The id of the request being served. Tasks that a request starts inherit it."""
_SAFE = re.compile(rb"[A-Za-z0-9._-]{1,128}")
_PREFIXES = 2**48


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
