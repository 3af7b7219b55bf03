"""Which comment each comment of a long thread answers, followed from change to change.

The rules are those of `app.domain.replies`, which says on what a decision depends: only what depends on a changed
comment is decided again.
"""

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from sys import getsizeof

from app.domain.replies import (
    CommentText,
    Search,
    Start,
    author_names,
    is_distinctive,
    longest_words,
    own_words,
    start,
    target_indexes,
)

_MOST_COMPARED = 40_000
"""Pairs of a changed comment and a later one that are compared; above it, all comments are decided again."""
_MOST_DECIDED = 40
"""Comments that are decided again one by one."""


@dataclass(frozen=True, slots=True)
class _Parts:
    """What decisions need of a comment."""

    author: str | None
    """In lower case."""
    start: Start
    text: str
    """The comment's text. In a thread in which one quotes: its own words, between spaces."""

    @property
    def weight(self) -> int:
        """Return about how many bytes it takes."""
        return getsizeof(self.text) + getsizeof(self.start.quote) + 400


def _parts(comment: CommentText) -> _Parts:
    author = comment.author.lower() if comment.author else None
    return _Parts(author, start(comment.text), comment.text)


def _with_words(parts: _Parts) -> _Parts:
    return replace(parts, text=f" {own_words(parts.text)} ")


class ReplyIndex:
    """The comments of one thread by ascending id, and the target of each."""

    def __init__(self, comments: Iterable[CommentText]) -> None:
        self.targets: dict[int, int | None] = {}
        """The id of the comment that each one answers, or None, by id."""
        self._ids: list[int] = []
        self._parts: list[_Parts] = []
        self.weight = 0
        """About how many bytes all of it takes."""
        self._has_words = False
        """Whether any comment quoted: then the words of all are known."""
        for comment in comments:
            self._ids.append(comment.id)
            self._parts.append(_parts(comment))
        self._find_words(self._parts)
        self._decide_all()
        self._weigh()

    def change(self, comments: Mapping[int, CommentText | None]) -> None:
        """Replace, add or remove (None) comments by id."""
        changes: dict[int, tuple[_Parts | None, _Parts | None]] = {}
        new_parts = {key: None if text is None else _parts(text) for key, text in sorted(comments.items())}
        self._find_words(parts for parts in new_parts.values() if parts is not None)
        for key, parts in new_parts.items():
            before, after = self._find(key), _with_words(parts) if parts is not None and self._has_words else parts
            if before != after:
                changes[key] = before, after
                self._put(key, after)
        if not changes:
            return
        first = bisect_left(self._ids, min(changes))
        if len(changes) * (len(self._ids) - first) > _MOST_COMPARED:
            self._decide_all()
            return
        positions = [
            position
            for position in range(first, len(self._ids))
            if any(self._depends(position, key, *change) for key, change in changes.items())
        ]
        if len(positions) > _MOST_DECIDED:
            self._decide_all()
            return
        for position in positions:
            self.targets[self._ids[position]] = self._decide(position)

    def _find_words(self, parts: Iterable[_Parts]) -> None:
        """Find the words of all comments as soon as some quote: most threads have none who does."""
        if not self._has_words and any(item.start.quote for item in parts):
            self._has_words = True
            self._parts = [_with_words(item) for item in self._parts]
            self._weigh()

    def _find(self, key: int) -> _Parts | None:
        position = bisect_left(self._ids, key)
        return self._parts[position] if position < len(self._ids) and self._ids[position] == key else None

    def _put(self, key: int, parts: _Parts | None) -> None:
        position = bisect_left(self._ids, key)
        is_here = position < len(self._ids) and self._ids[position] == key
        end = position + is_here
        self.weight += (0 if parts is None else parts.weight) - sum(item.weight for item in self._parts[position:end])
        self._ids[position:end] = [] if parts is None else [key]
        self._parts[position:end] = [] if parts is None else [parts]
        if parts is None:
            self.targets.pop(key, None)

    def _depends(self, position: int, key: int, before: _Parts | None, after: _Parts | None) -> bool:
        """Return True if the decision about a comment may be another one after the change of the comment `key`."""
        own_id, parts = self._ids[position], self._parts[position]
        if own_id <= key:
            return own_id == key
        if not parts.start.quote and not parts.start.mentions:
            return False
        if self.targets.get(own_id) == key:
            return True
        states = [state for state in (before, after) if state is not None]
        if parts.start.quote and any(_has_all(_needles(parts.start.quote), state.text) for state in states):
            return True
        if before is not None and after is not None and before.author == after.author:
            return False
        names = {name for login in parts.start.mentions for name in author_names(login)}
        return any(state.author in names for state in states)

    def _decide_all(self) -> None:
        words = [parts.text[1:-1] if self._has_words else "" for parts in self._parts]
        indexes = target_indexes([parts.author for parts in self._parts], [parts.start for parts in self._parts], words)
        self.targets = {
            key: None if index is None else self._ids[index] for key, index in zip(self._ids, indexes, strict=True)
        }

    def _weigh(self) -> None:
        self.weight = sum(parts.weight for parts in self._parts)

    def _decide(self, position: int) -> int | None:
        """Return the id of the comment that the one at a position answers."""
        parts = self._parts[position]
        index = self._nearest_with_quote(parts.start.quote, position) if parts.start.quote else None
        if index is None:
            index = self._nearest_by_author(parts.start.mentions, position)
        return None if index is None else self._ids[index]

    def _nearest_with_quote(self, quote: str, end: int) -> int | None:
        search, needles = Search(quote), _needles(quote)
        for index in range(end - 1, -1, -1):
            text = self._parts[index].text
            if not _has_all(needles, text):
                continue
            if search.needle in text if is_distinctive(quote) else search.needle == text:
                return index
            if not search.goes_on_after(text):
                return None
        return None

    def _nearest_by_author(self, mentions: Sequence[str], end: int) -> int | None:
        names = (name for login in mentions for name in author_names(login))
        return next((i for name in names for i in range(end - 1, -1, -1) if self._parts[i].author == name), None)


def _needles(quote: str) -> Sequence[str]:
    """Return what all of a comment's words, between spaces, contain if the quote is looked for in them."""
    return [f" {word} " for word in longest_words(quote)]


def _has_all(needles: Sequence[str], words: str) -> bool:
    return all(needle in words for needle in needles)
