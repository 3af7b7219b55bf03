"""Cursors: opaque text that says after which comment the next page of a list begins.

A cursor holds the sort position of the last comment on a page, not an offset. So comments that are added or deleted
between two pages cause no duplicate and no gap. One case remains: if a comment gains reactions between two pages, it
may move across the cursor in the order by reactions. Preventing that would need a snapshot per reader.

A cursor is bound to its list by a digest, and signed. An unsigned one, such as that of an earlier version on a page
that was built years ago, is valid only while its comment is in the list, and in the order by reactions only with its
present total. A cursor of another list is refused before the mirror is read; one that was made up before anything is
rendered, unless the list is empty.
"""

import hmac
import re
import struct
from base64 import urlsafe_b64decode, urlsafe_b64encode
from hashlib import blake2b
from typing import NamedTuple

from app.domain.errors import InvalidCursor
from app.domain.sites import Repository
from app.render.keys import Order

_LAYOUT = struct.Struct(">8sqq")
"""Mark, total of reactions, comment id: 24 bytes, which are 32 characters of base64 without padding."""
_HALF = 4
"""The mark is this many bytes of the list's digest and as many of the signature; before 0.4.0 all of the digest."""
CURSOR = re.compile(r"[A-Za-z0-9_-]{32}")
"""The form of a cursor."""


class Position(NamedTuple):
    """What a cursor says."""

    total: int
    """The total of reactions of the last comment on the page."""
    comment_id: int
    is_signed: bool
    """True if the cursor was made with this secret."""


def thread_list(repo: Repository, number: int, order: Order) -> bytes:
    """Return the digest of the list of a thread's comments in one order."""
    return _digest(f"thread {repo.key} {number} {order}")


def site_list() -> bytes:
    """Return the digest of the list of a blog's newest comments.

    It names no repository: GitHub's comment ids are unique across repositories.
    """
    return _digest("site")


def encode(list_digest: bytes, *, comment_id: int, total: int = 0, secret: bytes) -> str:
    """Return the cursor for "after this comment"; `total` is its total of reactions if the list is sorted by it."""
    mark = list_digest[:_HALF] + _signature(list_digest, total, comment_id, secret)
    return urlsafe_b64encode(_LAYOUT.pack(mark, total, comment_id)).decode("ascii")


def position(list_digest: bytes, text: str, *, secret: bytes) -> Position:
    """Return the position of a cursor. Raise InvalidCursor if it is none of this list."""
    if CURSOR.fullmatch(text) is None:
        raise InvalidCursor
    mark, total, comment_id = _LAYOUT.unpack(urlsafe_b64decode(text))
    if mark[:_HALF] != list_digest[:_HALF] or total < 0 or comment_id < 0:
        raise InvalidCursor
    is_signed = hmac.compare_digest(mark[_HALF:], _signature(list_digest, total, comment_id, secret))
    return Position(total, comment_id, is_signed)


def require_list(list_digest: bytes, text: str) -> None:
    """Raise InvalidCursor if a text is no cursor of a list, signed or not."""
    position(list_digest, text, secret=b"")


def _signature(list_digest: bytes, total: int, comment_id: int, secret: bytes) -> bytes:
    content = list_digest + struct.pack(">qq", total, comment_id)
    return blake2b(content, digest_size=_HALF, key=secret[: blake2b.MAX_KEY_SIZE]).digest()


def _digest(name: str) -> bytes:
    return blake2b(name.encode(), digest_size=8).digest()
