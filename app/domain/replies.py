"""Which comment a comment answers, in a thread that GitHub keeps flat.

A comment answers the nearest earlier comment that contains the words quoted at its start. Without such a quote it
answers the nearest earlier comment of the first person @mentioned at its start who has one. Else it answers none.

The quote wins over the mention: it points to one text, a mention to a person who may have written twenty. A quote or
mention of oneself counts: people continue. Words quoted from the post itself are in no comment: the mention decides.

Guarantees: a target is always earlier, so there is never a cycle. A decision depends only on the comment itself, the
authors of earlier comments, and the earlier comments that contain the longest of the quoted words. So a later comment
changes no decision. The edit or removal of an earlier comment changes one only if that comment is the target, is by a
person mentioned, or contains those words before or after.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import reduce
from itertools import islice
from operator import and_

_MAX_TEXT_LENGTH = 65_536  # characters; GitHub refuses longer comments
_MAX_INTRODUCTION_LENGTH = 300  # characters before a quote: "On Mon, 3 Feb 2025 at 10:00, Alice wrote:"
_MAX_INTRODUCTION_LINES = 3
_MAX_MENTIONS = 20
_DISTINCTIVE_LETTERS = 4  # "> no" could quote any comment
_WORDS_TO_FIND = 8  # the longest ones, because they are the rarest
# Among comments that contain those words, the nearest are searched for the words in their order, up to this many
# characters and comments. That is enough for usual threads, and the time for a hostile one grows with its length only.
_CHARACTERS_TO_SEARCH = 50_000
_COMMENTS_TO_SEARCH = 200

_QUOTE_MARKS = re.compile(r"[ \t]{0,3}((?:>[ \t]{0,3})++)")
_QUOTED_LINE = re.compile(r"^[ \t]{0,3}>.*$", re.MULTILINE)
_LINK = re.compile(r"!?\[([^\[\]]*+)\]\([^()\s]*+\)")
_SEPARATORS = re.compile(r"[\s,;:&+/*]*+(?:and[ \t]++)?+")
_MENTION = re.compile(r"@([a-z0-9][a-z0-9-]{0,38}+(?:\[bot\])?+)(?![\w@/-]|\.\w|\[)", re.IGNORECASE | re.ASCII)
_CODE_INDENT = re.compile(r"(?:[ ]{4}| {0,3}\t)")
_BLANK_LINES = re.compile(r"(?:[ \t]*+\n)++")
_ASCII_SPACES = str.maketrans({code: " " for code in range(128) if not chr(code).isalnum()})
_NON_WORD = re.compile(r"[\W_]++")
# Scripts without spaces between words: each character is a word, so that part of a sentence can be quoted.
_IDEOGRAPH = re.compile(r"[\u0e00-\u0eff\u2e80-\ua4cf\uf900-\ufaff\U00020000-\U0003ffff]")


@dataclass(frozen=True, slots=True)
class CommentText:
    """What the decision needs of one comment."""

    id: int
    author: str | None  # login; None for a deleted account
    text: str  # Markdown as written; "" if unknown


@dataclass(frozen=True, slots=True)
class Start:
    """The start of a comment."""

    quote: str  # its words in lower case with one space between them; "" without a quote
    mentions: tuple[str, ...]  # logins in lower case


class Search:
    """How much of the earlier comments is still searched for one quote."""

    def __init__(self, quote: str) -> None:
        self.needle = f" {quote} "
        self._characters, self._comments = _CHARACTERS_TO_SEARCH, _COMMENTS_TO_SEARCH

    def goes_on_after(self, text: str) -> bool:
        """Return True if further comments are searched after one that lacks the quote."""
        self._characters -= len(text)
        self._comments -= 1
        return self._characters > 0 and self._comments > 0


@dataclass(slots=True)
class _EarlierComments:
    """The comments before the current one, by index in the thread."""

    quote_words: frozenset[str]  # words that find quotes: others are not indexed
    texts: list[str] = field(default_factory=list)  # the words of each comment
    bits_by_word: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))  # one bit per index
    index_by_text: dict[str, int] = field(default_factory=dict)
    index_by_author: dict[str, int] = field(default_factory=dict)

    def add(self, author: str | None, words: str) -> None:
        index = len(self.texts)
        self.texts.append(f" {words} ")
        bit = 1 << index
        for word in self.quote_words.intersection(words.split()):
            self.bits_by_word[word] |= bit
        if words:
            self.index_by_text[words] = index
        if author:
            self.index_by_author[author.lower()] = index

    def nearest_with_quote(self, quote: str) -> int | None:
        """Return the index of the nearest comment whose own words contain the quoted ones."""
        if not is_distinctive(quote):
            return self.index_by_text.get(quote)
        search = Search(quote)
        candidates = reduce(and_, (self.bits_by_word.get(word, 0) for word in longest_words(quote)))
        while candidates:
            index = candidates.bit_length() - 1
            if search.needle in self.texts[index]:
                return index
            if not search.goes_on_after(self.texts[index]):
                return None
            candidates ^= 1 << index
        return None

    def nearest_by_author(self, mentions: Sequence[str]) -> int | None:
        """Return the index of the nearest comment of the first person mentioned who wrote one."""
        names = (name for login in mentions for name in author_names(login))
        return next((self.index_by_author[name] for name in names if name in self.index_by_author), None)


def reply_targets(comments: Sequence[CommentText]) -> dict[int, int | None]:
    """Return for each comment's id the id of the comment that it answers, or None.

    `comments` are in ascending order, oldest first.
    """
    starts = [start(comment.text) for comment in comments]
    has_quotes = any(item.quote for item in starts)
    words = [own_words(comment.text) if has_quotes else "" for comment in comments]
    indexes = target_indexes([comment.author for comment in comments], starts, words)
    return {
        comment.id: None if index is None else comments[index].id
        for comment, index in zip(comments, indexes, strict=True)
    }


def target_indexes(
    authors: Sequence[str | None], starts: Sequence[Start], words: Sequence[str]
) -> Iterator[int | None]:
    """Yield for each comment the index of the one that it answers; `words` are only needed if any comment quotes."""
    earlier = _EarlierComments(frozenset(word for item in starts for word in longest_words(item.quote)))
    for author, item, text in zip(authors, starts, words, strict=True):
        index = earlier.nearest_with_quote(item.quote)
        yield earlier.nearest_by_author(item.mentions) if index is None else index
        earlier.add(author, text)


def author_names(login: str) -> tuple[str, str]:
    """Return by which logins an author may be meant: an app is mentioned without the suffix of its login."""
    return login, f"{login}[bot]"


def own_words(text: str) -> str:
    """Return the words of a comment without the lines that it quotes."""
    return _words(_QUOTED_LINE.sub("", _lines(text)))


def _lines(text: str) -> str:
    return text[:_MAX_TEXT_LENGTH].replace("\r\n", "\n").replace("\r", "\n")


def start(comment_text: str) -> Start:
    """Return what the start of a comment quotes and mentions."""
    text = _lines(comment_text)
    blank = _BLANK_LINES.match(text)
    content = text[blank.end() :] if blank else text
    if _CODE_INDENT.match(content):
        return Start("", ())
    lines = content.split("\n")
    first = _first_quoted(lines)
    if first is None:
        return Start("", tuple(_mentions(content)))
    end = next((index for index in range(first, len(lines)) if not _QUOTE_MARKS.match(lines[index])), len(lines))
    mentions = tuple(_mentions(content)) or tuple(_mentions("\n".join(lines[end:])))
    return Start(_quoted_words(lines[first:end]), mentions)


def _first_quoted(lines: Sequence[str]) -> int | None:
    """Return the index of the first quoted line: 0, or after "... wrote:" or mentions; None without a quote."""
    first_lines = lines[: _MAX_INTRODUCTION_LINES + 1]
    first = next((index for index, line in enumerate(first_lines) if _QUOTE_MARKS.match(line)), None)
    if not first:
        return first
    introduction = "\n".join(lines[:first]).rstrip()
    if len(introduction) > _MAX_INTRODUCTION_LENGTH or introduction.startswith(("```", "~~~")):
        return None
    has_only_mentions = _end_of_mentions(introduction) == len(introduction)
    return first if introduction.endswith(":") or has_only_mentions else None


def _quoted_words(lines: Sequence[str]) -> str:
    """Return the words of the outermost level: deeper levels were quotes in the quoted comment."""
    levels: defaultdict[int, list[str]] = defaultdict(list)
    for line in lines:
        marks = _QUOTE_MARKS.match(line)
        if marks and line[marks.end() :].strip():
            levels[marks[1].count(">")].append(line[marks.end() :])
    return _words("\n".join(levels[min(levels)])) if levels else ""


def _mentions(text: str) -> Iterator[str]:
    return (match[1].lower() for match in islice(_mention_matches(text), _MAX_MENTIONS))


def _mention_matches(text: str) -> Iterator[re.Match[str]]:
    position = _skip_separators(text, 0)
    while match := _MENTION.match(text, position):
        yield match
        position = _skip_separators(text, match.end())


def _end_of_mentions(text: str) -> int:
    return max((_skip_separators(text, match.end()) for match in _mention_matches(text)), default=0)


def _skip_separators(text: str, position: int) -> int:
    match = _SEPARATORS.match(text, position)
    return match.end() if match else position


def _words(text: str) -> str:
    """Return the words without case, white space and Markdown's punctuation."""
    text_only = _LINK.sub(r"\1", text) if "](" in text else text
    if text_only.isascii():
        return " ".join(text_only.lower().translate(_ASCII_SPACES).split())
    word_per_character = _IDEOGRAPH.sub(r" \g<0> ", unicodedata.normalize("NFKC", text_only).casefold())
    return " ".join(_NON_WORD.sub(" ", word_per_character).split())


def longest_words(quote: str) -> list[str]:
    """Return the words of a quote by which it is found."""
    return sorted(dict.fromkeys(quote.split()), key=len)[-_WORDS_TO_FIND:]


def is_distinctive(quote: str) -> bool:
    """Return True if a part of a comment can be told by its words; otherwise the whole comment has to have them."""
    letters = len(quote) - quote.count(" ")
    return letters + 2 * len(_IDEOGRAPH.findall(quote)) >= _DISTINCTIVE_LETTERS
