"""Heads of plain requests, read without a parser: only what the parser has read before in the same way.

A head is lines of printable bytes that end with CRLF; each field is a name, a colon, a blank and a value. Every name
must be one that the parser has accepted, in the same spelling. So this reader cannot find a request in bytes in which
the parser would find another one, or none: it knows no name with a blank, no folded line and no line without a colon.

A name is never learned if it says how long a request is, or changes the protocol. `Connection` itself belongs
to what selects a response, so its values too are those that the parser has read.
"""

from collections.abc import Sequence

from app.web.context import REQUEST_ID_HEADER
from app.web.document_response import SELECTING_HEADERS

_SELECTING = (b"accept", b"host", b"connection", *SELECTING_HEADERS)
_POSITIONS = {name: position for position, name in enumerate((*_SELECTING, REQUEST_ID_HEADER), start=1)}
_UNUSUAL = frozenset({b"content-length", b"transfer-encoding", b"expect", b"upgrade", b"proxy-connection"})
"""The names of requests that have a body, or want more than a response."""
_UNIMPORTANT = 0
_PRINTABLE = b"\t" + bytes(range(0x20, 0x7F)) + bytes(range(0x80, 0x100))
_END = b"\r\n\r\n"
_LONGEST_NAME = 64
_MOST_NAMES = 500

Selector = tuple[bytes | None, ...]
"""What selects a response: the request's first line, and the fields that `CachedReads` and the documents read."""


def select(method: bytes, url: bytes, fields: Sequence[tuple[bytes, bytes]]) -> Selector | None:
    """Return what selects the response to a request of HTTP/1.1; None for an unusual one, or one that repeats fields.

    The names of `fields` are in lower case.
    """
    by_name = dict(fields)
    if len(by_name) < len(fields) or not _UNUSUAL.isdisjoint(by_name):
        return None
    return (b"%b %b HTTP/1.1" % (method, url), *map(by_name.get, _SELECTING))


class PlainHeads:
    """Reads heads whose names it has learned from others."""

    def __init__(self) -> None:
        self._positions: dict[bytes, int] = {}
        """Where the value of a field belongs, by its name."""

    def read(self, head: bytes) -> tuple[Selector, bytes | None] | None:
        """Return what selects the response to a request, and the id that the client gave it.

        Return None if only the parser can read it.
        """
        lines = head.split(b"\r\n")
        if head[-4:] != _END or head.translate(None, _PRINTABLE) != b"\r\n" * (len(lines) - 1):
            return None
        values: list[bytes | None] = [None] * (len(_POSITIONS) + 1)
        values[0] = lines[0]
        positions = self._positions
        for line in lines[1:-2]:
            name, colon, value = line.partition(b": ")
            position = positions.get(name)
            if position is None or not colon:
                return None
            if position:
                if values[position] is not None:
                    return None
                values[position] = value
        client_id = values.pop()
        if client_id is not None and client_id != client_id.strip(b"\t "):
            return None
        return tuple(values), client_id

    def learn(self, head: bytes, fields: Sequence[tuple[bytes, bytes]]) -> None:
        """Learn the names in a head that the parser has read as these fields, unless it reads any otherwise."""
        pairs = [line.partition(b": ")[::2] for line in head.split(b"\r\n")[1:-2]]
        if [(name.lower(), value) for name, value in pairs] != list(fields):
            return
        for name, _ in pairs:
            if name not in self._positions and len(name) <= _LONGEST_NAME and name.lower() not in _UNUSUAL:
                if len(self._positions) >= _MOST_NAMES:
                    self._positions.clear()
                self._positions[name] = _POSITIONS.get(name.lower(), _UNIMPORTANT)
