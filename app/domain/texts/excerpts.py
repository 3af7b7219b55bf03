"""Shorten a text for a person: at a word if one ends in the later half, else between two grapheme clusters.

A grapheme cluster is what a reader takes for one character: a letter with its accents, a flag, a family of emoji.
The rules are those of https://www.unicode.org/reports/tr29/, a little stricter: what Python's version of Unicode does
not know is cut on neither side.
"""

import re
import unicodedata

ELLIPSIS = "…"
_LOOSE_ENDS = frozenset(" .,;:-–—([{«“„‘¿¡،、。")
"""What looks wrong before an ellipsis."""
_MARKS = frozenset({"Mn", "Mc", "Me"})
_CONTINUES = re.compile(
    "[\u200c\u200d\u0e33\u0eb3\u1160-\u11ff\ud7b0-\ud7ff\uff9e\uff9f"  # joiners, Thai and Lao vowels, Hangul, Kana
    "\U00016d63\U00016d67-\U00016d6a\U0001f3fb-\U0001f3ff\U000e0020-\U000e007f]"  # Kirat Rai, skin tones, tags
)
"""What belongs to the character before it, and is no mark."""
_BEGINS = re.compile(
    "[\u200d\u0600-\u0605\u06dd\u070f\u0890\u0891\u08e2\u0d4e\U000110bd\U000110cd\U000111c2\U000111c3\U000113d1"
    "\U0001193f\U00011941\U00011a3a\U00011a84-\U00011a89\U00011d46\U00011f02]"
)
"""What belongs to the character after it."""
_PAIR = re.compile(
    "[\u1100-\u115f\ua960-\ua97c][\u1100-\u115f\ua960-\ua97c\uac00-\ud7a3]|[\ud800-\udbff][\udc00-\udfff]"
)
"""Two letters of one Hangul syllable (`_CONTINUES` has those that only follow), and two surrogates of one character."""
_VIRAMA = 9
"""The combining class of what joins two consonants of an Indic script into one sign."""
_FIRST_MARK = "\u0300"
_EMOJI = range(0x1F000, 0x1FB00)
_SUPPLEMENTARY_IDEOGRAPHS = 0x20000


def excerpt(text: str, limit: int) -> str:
    """Return a text in one line of at most `limit` characters (at least 1). It ends with `…` if it was cut.

    >>> excerpt("A long walk in the park", 14)
    'A long walk…'
    """
    line = " ".join(text.split())
    if len(line) <= limit:
        return line
    ends = _cluster_ends(line, limit - 1)
    words = [end for end in ends if line[end] == " "]
    if words and words[-1] >= limit // 2:
        del ends[ends.index(words[-1]) + 1 :]
    while len(ends) > 1 and line[ends[-2] : ends[-1]] in _LOOSE_ENDS:
        ends.pop()
    return line[: ends[-1]] + ELLIPSIS


def first_grapheme(text: str) -> str:
    """Return the first character as a reader sees it: a letter with its marks, a whole emoji; "" if there is none."""
    ends = _cluster_ends(text, len(text) - 1)
    return text[: ends[1]] if len(ends) > 1 else text


def _cluster_ends(line: str, last: int) -> list[int]:
    """Return the positions from 0 to `last` at which the clusters of a line begin; the line is longer than that."""
    ends = [0]
    flags, is_linked = 0, False
    for position in range(1, last + 1):
        before, char = line[position - 1], line[position]
        flags = flags + 1 if _is_flag_letter(before) else 0
        is_mark = _continues(char)
        is_linked = unicodedata.combining(before) == _VIRAMA or (is_linked and _continues(before))
        is_pair = _is_flag_letter(char) and flags % 2 == 1
        if not (is_mark or is_pair or is_linked or _joins(before, char)):
            ends.append(position)
    return ends


def _continues(char: str) -> bool:
    """Return True for what belongs to the character before it."""
    if char < _FIRST_MARK:
        return False
    return unicodedata.category(char) in _MARKS or _CONTINUES.match(char) is not None or _is_unknown(char)


def _joins(before: str, char: str) -> bool:
    if before < _FIRST_MARK:
        return False
    return _BEGINS.match(before) is not None or _is_unknown(before) or _PAIR.match(before + char) is not None


def _is_flag_letter(char: str) -> bool:
    return "\U0001f1e6" <= char <= "\U0001f1ff"


def _is_unknown(char: str) -> bool:
    """Return True for what a later Unicode may call a mark. New emoji and ideographs are none."""
    code = ord(char)
    return unicodedata.category(char) == "Cn" and code not in _EMOJI and code < _SUPPLEMENTARY_IDEOGRAPHS
