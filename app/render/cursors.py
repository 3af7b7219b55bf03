"""Cursors: where the next page of a list begins, as opaque text.

A cursor holds the last shown comment's place in the order and not its number on the page, so that comments which
arrive or vanish between two pages move nothing: no comment comes twice, none is lost. What cannot be held is the
place of a comment whose own reactions change meanwhile: in their order it may move across the cursor. A snapshot would
hold it, at the price of a state per reader.

It is bound to its list by a digest and not signed: whoever makes one up gets a page that anybody may ask for.
"""

import re
import struct
from base64 import urlsafe_b64decode, urlsafe_b64encode
from hashlib import blake2b

from app.domain.errors import InvalidCursor
from app.domain.sites import Repository
from app.render.keys import Order

_LAYOUT = struct.Struct(">8sqq")
"""The list's digest, the total of reactions, the comment's id: 24 bytes, hence 32 characters without padding."""
_TEXT = re.compile(r"[A-Za-z0-9_-]{32}")


def in_thread(repo: Repository, number: int, order: Order) -> bytes:
    """The list of a thread's comments in one order."""
    return _digest(f"thread {repo.key} {number} {order}")


def of_site() -> bytes:
    """The list of a blog's newest comments; ids are GitHub's and unique, so that no repository need be named."""
    return _digest("site")


def cursor(listing: bytes, *, comment_id: int, total: int = 0) -> str:
    """The text that stands for "after this comment"; `total` is that of its reactions, where they order the list."""
    return urlsafe_b64encode(_LAYOUT.pack(listing, total, comment_id)).decode("ascii")


def place(listing: bytes, text: str) -> tuple[int, int]:
    """The (total, comment id) of a cursor of this list; BadCursor for any other text."""
    if _TEXT.fullmatch(text) is None:
        raise InvalidCursor
    bound_to, total, comment_id = _LAYOUT.unpack(urlsafe_b64decode(text))
    if bound_to != listing or total < 0 or comment_id < 0:
        raise InvalidCursor
    return total, comment_id


def _digest(name: str) -> bytes:
    return blake2b(name.encode(), digest_size=8).digest()
