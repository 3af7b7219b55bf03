"""X-Request-ID: a name for each request, in its answer and in every line that is logged meanwhile.

There is no standard for it; the usage of proxies is followed, which pass on a name that is there. The name that a
reader sends is taken over if it is harmless wherever it may be shown. A page may read the one of its answer, so that
its owner can be told which request went wrong.
"""

import re
from collections.abc import Callable
from contextvars import ContextVar
from itertools import count

HEADER = b"x-request-id"
REQUEST_ID: ContextVar[str | None] = ContextVar("afterword.request_id", default=None)
"""That of the request being answered; tasks that a request starts inherit it."""
_HARMLESS = re.compile(rb"[A-Za-z0-9._-]{1,128}")
_PREFIXES = 2**48


class RequestIds:
    """Names requests: a prefix that tells processes apart, and a number."""

    def __init__(self, prefix: str) -> None:
        self._prefix = prefix.encode()
        self._numbers = count(1)

    def named(self, said: bytes | None) -> bytes:
        """What the request says its name is, if that is harmless, else a new one."""
        if said is not None and _HARMLESS.fullmatch(said):
            return said
        return b"%b-%d" % (self._prefix, next(self._numbers))


def request_ids(chance: Callable[[], float]) -> RequestIds:
    """Names with a prefix of twelve hexadecimal digits; `chance` gives numbers from 0 up to 1."""
    return RequestIds(f"{int(chance() * _PREFIXES):012x}")
