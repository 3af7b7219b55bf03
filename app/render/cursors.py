"""Cursors: opaque text that says after which comment the next page of a list begins.

A cursor holds the sort position of the last comment on a page, not an offset. So comments that are added or deleted
between two pages cause no duplicate and no gap. One case remains: if a comment gains reactions between two pages, it
may move across the cursor in the order by reactions. Preventing that would need a snapshot per reader.

A cursor is bound to its list by a digest. It is not signed, since a forged cursor yields only a page that is public.
"""

import re
import struct
from base64 import urlsafe_b64decode, urlsafe_b64encode
from hashlib import blake2b

from app.domain.errors import InvalidCursor
from app.domain.sites import Repository
from app.render.keys import Order

_LAYOUT = struct.Struct(">8sqq")
"""List digest, total of reactions, comment id: 24 bytes, which are 32 characters of base64 without padding."""
CURSOR = re.compile(r"[A-Za-z0-9_-]{32}")
"""The form of a cursor."""


def thread_list(repo: Repository, number: int, order: Order) -> bytes:
    """Return the digest of the list of a thread's comments in one order."""
    return _digest(f"thread {repo.key} {number} {order}")


def site_list() -> bytes:
    """Return the digest of the list of a blog's newest comments.

    It names no repository: GitHub's comment ids are unique across repositories.
    """
    return _digest("site")


def encode(list_digest: bytes, *, comment_id: int, total: int = 0) -> str:
    """Return the cursor for "after this comment"; `total` is its total of reactions if the list is sorted by it."""
    return urlsafe_b64encode(_LAYOUT.pack(list_digest, total, comment_id)).decode("ascii")


def position(list_digest: bytes, text: str) -> tuple[int, int]:
    """Return the (total of reactions, comment id) of a cursor. Raise InvalidCursor if it is none of this list."""
    if CURSOR.fullmatch(text) is None:
        raise InvalidCursor
    cursor_digest, total, comment_id = _LAYOUT.unpack(urlsafe_b64decode(text))
    if cursor_digest != list_digest or total < 0 or comment_id < 0:
        raise InvalidCursor
    return total, comment_id


def _digest(name: str) -> bytes:
    return blake2b(name.encode(), digest_size=8).digest()
