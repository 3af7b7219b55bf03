"""Words that hold a comment back: whole words, regardless of case and Unicode form.

Text and words are compared after compatibility normalization and case folding, without characters that show nothing:
`Ｃasino`, `CASINO` and one with a soft hyphen inside are one word. A word ends where no letter, digit, mark or
underscore follows. Chinese, Japanese, Thai, Lao, Khmer and Burmese have no spaces: their words match anywhere.
"""

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from app.domain.texts.spaceless import is_spaceless

_ANY = "*"
_MOST_WORDS, _LONGEST_WORD = 1_000, 200


@dataclass(frozen=True, slots=True)
class HoldWord:
    """A word or phrase; `*` at its start or end stands for further letters."""

    spelling: str
    """As the owner wrote it."""
    text: str
    """Without `*`, normalized."""
    opens_left: bool
    """Whether letters may stand before it."""
    opens_right: bool

    def is_in(self, text: str) -> bool:
        """Return True if a normalized text contains it."""
        position = text.find(self.text)
        while position >= 0:
            end = position + len(self.text)
            starts_word = self.opens_left or _is_boundary(text[position - 1 : position], self.text[0])
            if starts_word and (self.opens_right or _is_boundary(text[end : end + 1], self.text[-1])):
                return True
            position = text.find(self.text, position + 1)
        return False


def parse_hold_words(value: str) -> tuple[HoldWord, ...]:
    """Return the words of a list with commas; raise a ValueError for one that cannot be meant."""
    words = dict.fromkeys(" ".join(part.split()) for part in value.replace("\n", ",").split(","))
    words.pop("", None)
    if len(words) > _MOST_WORDS:
        raise ValueError(f"there are {len(words)} words. Name {_MOST_WORDS} at most")
    return tuple(map(_hold_word, words))


def first_hold_word(words: Iterable[HoldWord], text: str) -> str | None:
    """Return the first of the words that a text contains, as the owner wrote it, or None."""
    normalized_text = normalize(text)
    return next((word.spelling for word in words if word.is_in(normalized_text)), None)


def normalize(text: str) -> str:
    """Return a text in the one form in which words are compared."""
    if text.isascii():
        return " ".join(text.lower().split())
    caseless = unicodedata.normalize("NFKC", unicodedata.normalize("NFKD", text).casefold())
    caseless = unicodedata.normalize("NFKC", unicodedata.normalize("NFKD", caseless).casefold())
    return " ".join("".join(char for char in caseless if unicodedata.category(char) != "Cf").split())


def _hold_word(spelling: str) -> HoldWord:
    text = normalize(spelling.strip(_ANY))
    if not text.strip():
        raise ValueError(f"{spelling!r} would hold every comment back. Write letters beside the `*`")
    if _ANY in text:
        raise ValueError(f"{spelling!r} has a `*` inside. It may stand at the start and at the end of a word")
    if len(text) > _LONGEST_WORD:
        raise ValueError(f"the word {spelling[:20]!r}… is too long. Write {_LONGEST_WORD} characters at most")
    return HoldWord(spelling, text, opens_left=spelling[0] == _ANY, opens_right=spelling[-1] == _ANY)


def _is_boundary(neighbour: str, edge: str) -> bool:
    """Return True if a word ends between its character at an edge and the neighbour, which may be empty."""
    return not (_is_part(neighbour) and _is_part(edge)) or is_spaceless(edge)


def _is_part(char: str) -> bool:
    return bool(char) and (char.isalnum() or char == "_" or unicodedata.category(char)[0] == "M")
