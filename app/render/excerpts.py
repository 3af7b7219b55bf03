"""The first words of a comment, as the title of an entry in a feed.

Quotations, code and tables are skipped: they say what others wrote. Control characters and those that turn the
direction of a text are left out, because feed readers show titles in lists and terminals.
"""

import re
import threading
from hashlib import blake2b
from html import unescape

import nh3
from cachetools import LRUCache

from app.domain.texts.excerpts import excerpt

_MAX_HTML = 8_000
"""Characters of HTML that are searched for words."""
_BLOCK = re.compile(r"<(?=/?(?:blockquote|br|d[dt]|details|div|h[1-6]|li|ol|p|pre|section|summary|table|ul)\b)")
_FOREIGN_ELEMENTS = frozenset({"blockquote", "pre", "table", "style", "script", "svg", "math"})
_INVISIBLE = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff]")
_MOST_EXCERPTS = 2_000
_first_words: LRUCache[bytes, str] = LRUCache(_MOST_EXCERPTS)
"""The first words of comments by the digest of their texts: a feed is made again with each new comment."""
_lock = threading.Lock()
_CLEANER = nh3.Cleaner(tags=set(), attributes={}, clean_content_tags=set(_FOREIGN_ELEMENTS))


def first_words(html: str, text: str, limit: int) -> str:
    """Return the first words of a comment in at most `limit` characters; empty if it has none, but pictures.

    `html` is sanitized; `text` is the same without markup, for a comment that has nothing but quotations and code.
    """
    source = "\0".join((str(limit), html, text)).encode("utf-8", "surrogatepass")
    key = blake2b(source, digest_size=16).digest()
    with _lock:  # documents are rendered in several threads
        words = _first_words.get(key)
    if words is None:
        words = _find_words(html, text, limit)
        with _lock:
            _first_words[key] = words
    return words


def _find_words(html: str, text: str, limit: int) -> str:
    own = unescape(_CLEANER.clean(_BLOCK.sub(" <", html[:_MAX_HTML])))
    return excerpt(visible(own), limit) or excerpt(visible(text), limit)


def visible(text: str) -> str:
    """Return a text without control characters and those that turn its direction."""
    return _INVISIBLE.sub("", text)
