"""Whether two titles can be those of one post: they share most of their words, or cannot be compared.

A title in another script is a translation, and one without letters says nothing. Emoji, accents, case and punctuation
do not count. Numbers do: "Review 2019" is not "Review 2020".
"""

import re
import unicodedata
from collections.abc import Collection
from difflib import SequenceMatcher
from functools import lru_cache

from app.domain.texts.excerpts import excerpt

_SHORTCODE = re.compile(r":[a-z0-9_+-]{2,40}:")
"""How GitHub's titles name emoji."""
_UNSPACED = "\u0e00-\u0eff\u1100-\u11ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af"
"""Thai, Lao, Hangul, Kana and ideographs, which are written without spaces between all words."""
_WORD = re.compile(rf"[{_UNSPACED}]+|[^\W_{_UNSPACED}]+")
_IS_UNSPACED = re.compile(f"[{_UNSPACED}]")
_MAX_LENGTH = 400
_LEAST_SHARE = 0.5
_LEAST_SIMILARITY = 0.75
_SAME_SHARE = 0.75
_LONGEST_QUOTE = 80


def quote(title: str) -> str:
    """Return a title for a message, in quotation marks and not too long."""
    return f"“{excerpt(title, _LONGEST_QUOTE)}”"


def agree(one: str, other: str) -> bool:
    """Return True if two titles can be those of one post.

    >>> agree("The Best Interview is No Interview", "Comments: the best interview is no interview 🎉")
    True
    >>> agree("The Best Interview is No Interview", "Serverless in the Wild")
    False
    """
    left, right = words(one), words(other)
    if not left or not right or not _scripts(left) & _scripts(right):
        return True
    if _have_other_numbers(left, right):
        return False
    if _weight(left & right) >= _LEAST_SHARE * min(_weight(left), _weight(right)):
        return True
    return _look_alike(one, other)


def are_the_same(one: str, other: str) -> bool:
    """Return True if two titles are the same but for a word or two: enough to suggest that they belong together."""
    left, right = words(one), words(other)
    if not left or not right or _weight(left & right) < _SAME_SHARE * _weight(left | right):
        return False
    return not _have_other_numbers(left, right)


def covers(text: str, title: str) -> bool:
    """Return True if most of a title stands in a text such as a path: many paths are made of the title."""
    title_words = words(title)
    return bool(title_words) and _weight(title_words & words(text)) >= _LEAST_SHARE * _weight(title_words)


@lru_cache(maxsize=20_000)
def words(text: str) -> frozenset[str]:
    """Return the words of a text in small letters without accents; pairs of letters where no spaces part the words."""
    decomposed = unicodedata.normalize("NFKD", _SHORTCODE.sub(" ", text[:_MAX_LENGTH].casefold()))
    plain = "".join(char for char in decomposed if unicodedata.category(char) not in {"Mn", "Me"})
    runs = _WORD.findall(unicodedata.normalize("NFC", plain))
    return frozenset(word for run in runs for word in (_pairs(run) if _IS_UNSPACED.match(run) else [run]))


def _pairs(run: str) -> list[str]:
    return [run[start : start + 2] for start in range(max(1, len(run) - 1))]


def _weight(some_words: Collection[str]) -> int:
    """Return how much words count: a long one more than "the"."""
    return sum(map(len, some_words))


def _scripts(some_words: Collection[str]) -> frozenset[str]:
    """Return the scripts of the letters; digits belong to each."""
    letters = [word[0] for word in some_words if not word[0].isdigit()]
    names = frozenset(unicodedata.name(letter, "?").partition(" ")[0] for letter in letters)
    return names or frozenset({"LATIN"})


def _have_other_numbers(left: frozenset[str], right: frozenset[str]) -> bool:
    """Return True if both titles have numbers, and none in common: two parts, or two years."""
    numbers = [{word for word in side if word.isdigit()} for side in (left, right)]
    return all(numbers) and not numbers[0] & numbers[1]


def _look_alike(one: str, other: str) -> bool:
    """Return True if two titles differ in a few letters, as by a spelling mistake or a hyphen."""
    left, right = sorted(title[:_MAX_LENGTH].casefold() for title in (one, other))  # the ratio depends on the order
    return SequenceMatcher(None, left, right, autojunk=False).ratio() >= _LEAST_SIMILARITY
