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
_SPACELESS = "\u0e00-\u0eff\u1100-\u11ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af"
"""Thai, Lao, Hangul, Kana and ideographs, which are written without spaces between all words."""
_WORD = re.compile(rf"[{_SPACELESS}]+|[^\W_{_SPACELESS}]+")
_IS_SPACELESS = re.compile(f"[{_SPACELESS}]")
_MAX_LENGTH = 400
_LEAST_SHARE = 0.5
_LEAST_SIMILARITY = 0.75
_SAME_SHARE = 0.75
_LONGEST_QUOTE = 80


def quote(title: str) -> str:
    """Return a title for a message, in quotation marks and not too long."""
    return f"“{excerpt(title, _LONGEST_QUOTE)}”"


def agree(title: str, other: str) -> bool:
    """Return True if two titles can be those of one post.

    >>> agree("The Best Interview is No Interview", "Comments: the best interview is no interview 🎉")
    True
    >>> agree("The Best Interview is No Interview", "Serverless in the Wild")
    False
    """
    title_words, other_words = words(title), words(other)
    if not title_words or not other_words or not _scripts(title_words) & _scripts(other_words):
        return True
    if _have_other_numbers(title_words, other_words):
        return False
    if _weight(title_words & other_words) >= _LEAST_SHARE * min(_weight(title_words), _weight(other_words)):
        return True
    return _are_similar(title, other)


def are_the_same(title: str, other: str) -> bool:
    """Return True if two titles are the same but for a word or two: enough to suggest that they belong together."""
    title_words, other_words = words(title), words(other)
    if not title_words or not other_words:
        return False
    if _weight(title_words & other_words) < _SAME_SHARE * _weight(title_words | other_words):
        return False
    return not _have_other_numbers(title_words, other_words)


def covers(text: str, title: str) -> bool:
    """Return True if most of a title stands in a text such as a path: many paths are made of the title."""
    title_words = words(title)
    return bool(title_words) and _weight(title_words & words(text)) >= _LEAST_SHARE * _weight(title_words)


@lru_cache(maxsize=20_000)
def words(text: str) -> frozenset[str]:
    """Return the words of a text in small letters without accents; pairs of letters where no spaces part the words."""
    letters = unicodedata.normalize("NFKD", _SHORTCODE.sub(" ", text[:_MAX_LENGTH].casefold()))
    plain = "".join(char for char in letters if unicodedata.category(char) not in {"Mn", "Me"})
    runs = _WORD.findall(unicodedata.normalize("NFC", plain))
    return frozenset(word for run in runs for word in (_pairs(run) if _IS_SPACELESS.match(run) else [run]))


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


def _have_other_numbers(title_words: frozenset[str], other_words: frozenset[str]) -> bool:
    """Return True if both titles have numbers, and none in common: two parts, or two years."""
    numbers = [{word for word in side if word.isdigit()} for side in (title_words, other_words)]
    return all(numbers) and not numbers[0] & numbers[1]


def _are_similar(title: str, other: str) -> bool:
    """Return True if two titles differ in a few letters, as by a spelling mistake or a hyphen."""
    first, second = sorted(text[:_MAX_LENGTH].casefold() for text in (title, other))  # the ratio depends on the order
    return SequenceMatcher(None, first, second, autojunk=False).ratio() >= _LEAST_SIMILARITY
