"""Who answers whom, in a thread that GitHub keeps flat.

A comment answers the nearest earlier comment whose words it quotes at its start, else the nearest earlier comment by
the first person it @mentions at its start who has one. Otherwise it stands alone.

The quote wins over the mention, because it points to one text where a mention points to a person, who may have written
twenty. Quoting or mentioning oneself counts: one goes on. Words quoted from the post itself are nobody's comment: then
the mention decides.

What is promised: a target is always earlier, so there is never a cycle. A decision depends on nothing but the comment
itself, the authors of earlier comments, and the earlier comments that hold the longest of the quoted words. So a later
comment changes no decision, and neither does an edit or the removal of an earlier one, unless it is the target, is by
a person mentioned, or holds those words before or after.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import reduce
from itertools import islice
from operator import and_

_LONGEST_TEXT = 65_536  # characters; GitHub refuses longer comments
_LONGEST_INTRODUCTION = 300  # characters before a quote: "On Mon, 3 Feb 2025 at 10:00, Alice wrote:"
_LINES_OF_INTRODUCTION = 3
_MOST_MENTIONS = 20
_TELLING_LETTERS = 4  # "> no" could be anybody's word
_WORDS_TO_LOOK_UP = 8  # the longest, which are the rarest
# Of comments that hold those words, the nearest ones are read for the words in their order, up to so many characters:
# enough for hundreds of usual comments, and a bound for threads that were written to cost time.
_CHARACTERS_TO_READ = 50_000

_QUOTED = re.compile(r"[ \t]{0,3}((?:>[ \t]{0,3})++)")
_QUOTED_LINE = re.compile(r"^[ \t]{0,3}>.*$", re.MULTILINE)
_LINK = re.compile(r"!?\[([^\[\]]*+)\]\([^()\s]*+\)")
_SEPARATION = re.compile(r"[\s,;:&+/*]*+(?:and[ \t]++)?+")
_MENTION = re.compile(
    r"@([a-z0-9][a-z0-9-]{0,38}+(?:\[bot\])?+)(?![\w@/-]|\.\w|\[)",
    re.IGNORECASE | re.ASCII,
)
_CODE_INDENT = re.compile(r"(?:[ ]{4}| {0,3}\t)")
_BLANK_LINES = re.compile(r"(?:[ \t]*+\n)++")
_ASCII_SPACES = str.maketrans({code: " " for code in range(128) if not chr(code).isalnum()})
_NO_WORD = re.compile(r"[\W_]++")
# Scripts without spaces between words: each character is a word, so that a part of a sentence can be quoted.
_IDEOGRAPH = re.compile(r"[\u0e00-\u0eff\u2e80-\ua4cf\uf900-\ufaff\U00020000-\U0003ffff]")


@dataclass(frozen=True, slots=True)
class Remark:
    """What the decision needs of one comment."""

    id: int
    author: str | None  # login; None for a deleted account
    text: str  # Markdown as written; "" when unknown


@dataclass(frozen=True, slots=True)
class _Start:
    """What a comment begins with."""

    quote: str  # its words, in lower case, with one space between them; "" when nothing is quoted
    mentions: tuple[str, ...]  # logins in lower case


@dataclass(slots=True)
class _Earlier:
    """The comments before the one that is looked at, by place in the thread."""

    asked: frozenset[str]  # words by which quotes are found: no others are kept
    words: list[str] = field(default_factory=list)
    by_word: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))  # one bit per place
    by_words: dict[str, int] = field(default_factory=dict)
    by_author: dict[str, int] = field(default_factory=dict)

    def add(self, remark: Remark) -> None:
        place = len(self.words)
        words = _words(_QUOTED_LINE.sub("", _lines(remark.text))) if self.asked else ""
        self.words.append(f" {words} ")
        bit = 1 << place
        for word in self.asked.intersection(words.split()):
            self.by_word[word] |= bit
        if words:
            self.by_words[words] = place
        if remark.author:
            self.by_author[remark.author.lower()] = place

    def containing(self, quote: str) -> int | None:
        """Return the nearest place whose own words contain the quoted ones."""
        if not _is_telling(quote):
            return self.by_words.get(quote)
        needle = f" {quote} "
        places = reduce(and_, (self.by_word.get(word, 0) for word in _longest(quote)))
        to_read = _CHARACTERS_TO_READ
        while places and to_read > 0:
            place = places.bit_length() - 1
            if needle in self.words[place]:
                return place
            to_read -= len(self.words[place])
            places ^= 1 << place
        return None

    def by_person(self, mentions: Sequence[str]) -> int | None:
        """Return the nearest place of the first person mentioned who wrote something."""
        for login in mentions:
            # An app is mentioned without the suffix that its comments carry.
            for name in (login, f"{login}[bot]"):
                if name in self.by_author:
                    return self.by_author[name]
        return None


def reply_targets(remarks: Sequence[Remark]) -> dict[int, int | None]:
    """Return for each comment's id the id of the comment that it answers, or None.

    `remarks` are in ascending order, oldest first.
    """
    starts = [_start(_lines(remark.text)) for remark in remarks]
    asked = frozenset(word for start in starts for word in _longest(start.quote))
    earlier = _Earlier(asked)
    targets: dict[int, int | None] = {}
    for remark, start in zip(remarks, starts, strict=True):
        place = earlier.containing(start.quote)
        if place is None:
            place = earlier.by_person(start.mentions)
        targets[remark.id] = None if place is None else remarks[place].id
        earlier.add(remark)
    return targets


def _lines(text: str) -> str:
    return text[:_LONGEST_TEXT].replace("\r\n", "\n").replace("\r", "\n")


def _start(text: str) -> _Start:
    blank = _BLANK_LINES.match(text)
    begun = text[blank.end() :] if blank else text
    if _CODE_INDENT.match(begun):
        return _Start("", ())
    lines = begun.split("\n")
    first = _first_quoted(lines)
    if first is None:
        return _Start("", tuple(_mentions(begun)))
    last = next((at for at in range(first, len(lines)) if not _QUOTED.match(lines[at])), len(lines))
    mentions = tuple(_mentions(begun)) or tuple(_mentions("\n".join(lines[last:])))
    return _Start(_quoted_words(lines[first:last]), mentions)


def _first_quoted(lines: Sequence[str]) -> int | None:
    """Return where the quote at the start begins: at once, or after "... wrote:" or the people it is for."""
    first = next((at for at, line in enumerate(lines[: _LINES_OF_INTRODUCTION + 1]) if _QUOTED.match(line)), None)
    if not first:
        return first
    introduction = "\n".join(lines[:first]).rstrip()
    if len(introduction) > _LONGEST_INTRODUCTION or introduction.startswith(("```", "~~~")):
        return None
    people_only = _after_mentions(introduction) == len(introduction)
    return first if introduction.endswith(":") or people_only else None


def _quoted_words(lines: Sequence[str]) -> str:
    """Return the words of the outermost level: what is deeper was a quote in the quoted comment already."""
    levels: defaultdict[int, list[str]] = defaultdict(list)
    for line in lines:
        mark = _QUOTED.match(line)
        if mark and line[mark.end() :].strip():
            levels[mark[1].count(">")].append(line[mark.end() :])
    return _words("\n".join(levels[min(levels)])) if levels else ""


def _mentions(text: str) -> Iterator[str]:
    return (found[1].lower() for found in islice(_mention_matches(text), _MOST_MENTIONS))


def _mention_matches(text: str) -> Iterator[re.Match[str]]:
    position = _separated(text, 0)
    while found := _MENTION.match(text, position):
        yield found
        position = _separated(text, found.end())


def _after_mentions(text: str) -> int:
    return max((_separated(text, found.end()) for found in _mention_matches(text)), default=0)


def _separated(text: str, position: int) -> int:
    found = _SEPARATION.match(text, position)
    return found.end() if found else position


def _words(text: str) -> str:
    """Return the words alone, so that neither case, white space nor Markdown's punctuation matters."""
    plain = _LINK.sub(r"\1", text) if "](" in text else text
    if plain.isascii():
        return " ".join(plain.lower().translate(_ASCII_SPACES).split())
    spaced = _IDEOGRAPH.sub(r" \g<0> ", unicodedata.normalize("NFKC", plain).casefold())
    return " ".join(_NO_WORD.sub(" ", spaced).split())


def _longest(quote: str) -> list[str]:
    return sorted(dict.fromkeys(quote.split()), key=len)[-_WORDS_TO_LOOK_UP:]


def _is_telling(quote: str) -> bool:
    letters = len(quote) - quote.count(" ")
    return letters + 2 * len(_IDEOGRAPH.findall(quote)) >= _TELLING_LETTERS
