"""A document: one finished response, encoded when a thread changes and not when a reader requests it."""

import gzip
import hashlib
import threading
import zlib
from contextlib import suppress
from dataclasses import dataclass

import brotli
from cachetools import LRUCache

from app.domain.records import ThreadRef

JSON = "application/json; charset=utf-8"
_MIN_COMPRESSED_BYTES = 256
_GZIP_LEVEL, _BROTLI_QUALITY = 5, 5
"""Measured on a page of 50 comments: 1 % larger than with 6 and 6, in five sixths of their time."""
_QUICK_GZIP_LEVEL, _QUICK_BROTLI_QUALITY = 3, 3
"""A tenth larger, in a third of the time: for what is hardly ever read twice."""
_SMALLEST_WINDOW, _LARGEST_WINDOW = 10, 22
"""The logarithms of Brotli's windows in bytes. One that just holds the body needs less memory, and as few bytes."""
_OBJECT_OVERHEAD = 1024
"""Estimated bytes of the Python objects around the bodies."""


_GZIP_FORMAT = 31
"""What zlib calls gzip with the largest window; `gzip.decompress` takes a third longer."""
_IDENTITY_BYTES = 2_000_000
"""How much of what readers without compression have read is kept."""


class CompressedBodies(dict[str, bytes]):
    """Bodies by content coding; `identity` is made from the gzip body when it is read, and kept only for a while.

    Hardly any reader asks for it, and it takes more than half of the memory. Making it takes as long as ten reads.
    """

    def __missing__(self, coding: str) -> bytes:
        if coding != "identity":
            raise KeyError(coding)
        return _decompress(self["gzip"])


_identities: LRUCache[bytes, bytes] = LRUCache(_IDENTITY_BYTES, getsizeof=len)
_lock = threading.Lock()


def _decompress(body: bytes) -> bytes:
    with _lock:
        identity = _identities.get(body)
    if identity is None:
        identity = zlib.decompress(body, _GZIP_FORMAT)
        with _lock, suppress(ValueError):  # it is larger than what is kept
            _identities[body] = identity
    return identity


@dataclass(frozen=True, slots=True)
class Document:
    """One finished response; immutable."""

    bodies: dict[str, bytes]
    """Content coding to bytes; `identity` can always be read."""
    etag: str
    content_type: str
    checked_at: float | None
    """When its content last agreed with GitHub, epoch seconds. The Age header counts from it."""
    refreshed_at: float | None = None
    """For a document of one thread: when GitHub was last asked for that thread alone, epoch seconds."""
    threads: tuple[ThreadRef, ...] = ()
    """For a document of several threads: those of its latest comments, which a read checks."""
    status: int = 200
    stale: bool = False
    pages: tuple[int, int] | None = None
    """(page, last page) of a list with numbered pages. The Link header is built from it."""
    github_media_type: str | None = None
    """The X-GitHub-Media-Type header, for GitHub-compatible documents."""
    last_modified: str | None = None
    """The Last-Modified header (RFC 9110, 8.8.2), for a GitHub-compatible document of one object."""
    content_security_policy: str | None = None
    """The Content-Security-Policy header, for documents that a browser may open as a page."""

    cache_tags: str | None = None
    """The tags by which a CDN purges it, separated by spaces; None if they are not sent."""

    @property
    def size(self) -> int:
        """Return its size in the document cache, in bytes."""
        return sum(map(len, self.bodies.values())) + _OBJECT_OVERHEAD


def weak_etag(*parts: bytes) -> str:
    """Return a weak ETag that depends on these bytes only; it is weak because all encodings share it."""
    return f'W/"{hashlib.blake2b(b"".join(parts), digest_size=16).hexdigest()}"'


def encode_body(body: bytes, *, quick: bool = False) -> dict[str, bytes]:
    """Return the body by content coding; a small body is not compressed.

    `quick` is for pages at a position or time that one reader chose: anybody may ask for any number of them.
    """
    if len(body) < _MIN_COMPRESSED_BYTES:
        return {"identity": body}
    quality = _QUICK_BROTLI_QUALITY if quick else _BROTLI_QUALITY
    bodies = CompressedBodies()
    window = min(_LARGEST_WINDOW, max(_SMALLEST_WINDOW, len(body).bit_length()))
    bodies["br"] = brotli.compress(body, mode=brotli.MODE_TEXT, quality=quality, lgwin=window)
    bodies["gzip"] = gzip.compress(body, _QUICK_GZIP_LEVEL if quick else _GZIP_LEVEL, mtime=0)
    return bodies
