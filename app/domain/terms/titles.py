"""How a term stands in the title of an issue. Pure text; no title is ever searched for a part of a word.

Titles and terms compare without regard to case, to percent-encoding, and to what an address may have or lack: `http://`
or `https://`, slashes at its ends, `.html`.
"""

import re
import unicodedata
from enum import IntEnum
from urllib.parse import unquote

from app.domain.texts.spaceless import is_spaceless

_SCHEME = re.compile(r"https?://")
_PAGE_SUFFIX = re.compile(r"\.html?$")
_HOST_BEFORE = re.compile(r"(?:^|[\s\"'(<\[|])(?:https?://[^\s/]+|(?:[a-z0-9-]+\.)+[a-z]{2,}(?::\d+)?)/$")
_END_OF_ADDRESS = re.compile(r"/?(?:\.html?)?/?(?:$|[\s\"')>\]|,;]|[.:!?](?:\s|$))")
_START_OF_ADDRESS = re.compile(r"(?:^|[\s\"'(<\[|])$")
_SEPARATOR_BEFORE = re.compile(r"(?:^|[\])}>»”|]\s*|(?<!\w)[\[({<«“‘\"']|\s[-–—·•/]+\s+|:\s+)$")
_SEPARATOR_AFTER = re.compile(r"(?:$|\s*[\[({<«“|]|[\])}>»”’\"'](?!\w)|\s+[-–—·•/]+\s)")
_JOINERS = frozenset("-/%~+.@#&=?'’")
"""What joins letters to one word or one path if letters stand on both sides of it."""
_NAME_ENDINGS = frozenset("#+")
"""What makes another name of the letters before it: C# and C++ are not C."""
_MOST_OCCURRENCES = 5
"""The most occurrences in one title that are looked at; of more, the term is a letter or the title a trick."""
_LONGEST_TITLE = 256
"""In characters, at GitHub."""


class Relation(IntEnum):
    """How a term stands in a title; a higher value is a better match."""

    INSIDE = 0
    """In a longer word, a longer path, or not at all."""
    WORDS = 1
    """As whole words of a longer phrase: `git` in `Learning git`."""
    PART = 2
    """As a whole part: an address beside other words, or a phrase beside a separator, as in `Git | My blog`."""
    SAME = 3
    """Nothing else is in the title."""


def comparable(text: str) -> str:
    """Return a title or term in the form that is compared; empty only if the text is white space.

    Bytes that are no UTF-8, as in addresses in GBK, stay apart from each other.
    """
    decoded = unicodedata.normalize("NFC", unquote(text, errors="surrogateescape")).casefold()
    text = " ".join(decoded.split()) or text.strip()
    return _PAGE_SUFFIX.sub("", _SCHEME.sub("", text, count=1).strip("/")) or text


def relation(title: str, term: str) -> Relation:
    """Return the best way in which a term stands anywhere in a title; both are `comparable`."""
    if title == term:
        return Relation.SAME
    best, start = Relation.INSIDE, title.find(term)
    for _ in range(_MOST_OCCURRENCES):
        if start < 0 or best is Relation.PART:
            break
        best = max(best, _relation_at(title, start, start + len(term)))
        start = title.find(term, start + 1)
    return best


def _relation_at(title: str, start: int, end: int) -> Relation:
    is_inside = _goes_on(title[start], title[max(0, start - 2) : start][::-1])
    is_inside = is_inside or _goes_on(title[end - 1], title[end : end + 2]) or title[end : end + 1] in _NAME_ENDINGS
    is_address = _is_address(title[start:end])
    if is_inside and not is_address:
        return Relation.INSIDE
    before, after = title[max(0, start - _LONGEST_TITLE) : start], title[end : end + _LONGEST_TITLE]
    if is_address and (_START_OF_ADDRESS.search(before) or _HOST_BEFORE.search(before)):
        return Relation.PART if _END_OF_ADDRESS.match(after) else Relation.INSIDE
    if is_inside:
        return Relation.INSIDE
    is_part = _SEPARATOR_BEFORE.search(before) and _SEPARATOR_AFTER.match(after)
    return Relation.PART if is_part else Relation.WORDS


def _is_address(term: str) -> bool:
    """Return whether a term can be nothing but a path or an address."""
    return "/" in term and " " not in term


def _goes_on(edge: str, beyond: str) -> bool:
    """Return whether a word or path goes on beyond the edge of a term; `beyond` is read away from it."""
    if not beyond:
        return False
    if beyond[0] in _JOINERS:
        return len(beyond) > 1 and _is_letter(beyond[1])
    return _is_letter(beyond[0]) and not (is_spaceless(edge) and is_spaceless(beyond[0]))


def _is_letter(char: str) -> bool:
    return char.isalnum() or char == "_" or unicodedata.category(char) in {"Mn", "Mc"}
