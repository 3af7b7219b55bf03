"""What the outline of a long thread is made from, followed from change to change."""

from array import array
from bisect import bisect_left
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from app.domain.outlines.reply_index import ReplyIndex
from app.domain.replies import CommentText
from app.domain.threads import GHOST, Comment, ThreadOutline
from app.domain.times import epoch

IsHeldBack = Callable[[Comment], bool]
_WEIGHT = 250
"""About how many bytes are kept of a comment besides its text."""


class _Facts(NamedTuple):
    """What the outline says of a comment."""

    id: int
    reaction_total: int
    updated_at: float
    is_hidden: bool
    is_pinned: bool
    is_held_back: bool


@dataclass(frozen=True, slots=True)
class CommentChanges:
    """The comments of a thread that were added, changed or removed."""

    comments: Collection[Comment]
    """As they are now."""
    removed_ids: Collection[int]
    total: int
    """How many comments the thread has now."""


class OutlineSource:
    """All comments of a thread in short, those held back among them. One thread at a time may use it."""

    def __init__(self, comments: Iterable[Comment], is_held_back: IsHeldBack | None = None) -> None:
        """Take the comments by ascending id; none of them is kept."""
        self._facts: list[_Facts] = []
        texts: list[CommentText] = []
        for comment in comments:
            self._facts.append(_facts(comment, is_held_back))
            texts.append(_text(comment))
        self._replies = ReplyIndex(texts)

    def __len__(self) -> int:
        return len(self._facts)

    @property
    def weight(self) -> int:
        """Return about how many bytes it takes."""
        return self._replies.weight + _WEIGHT * len(self._facts)

    def change(self, changes: CommentChanges, is_held_back: IsHeldBack | None = None) -> bool:
        """Take changes; return False if they are not all that happened: then it is of no more use."""
        texts: dict[int, CommentText | None] = dict.fromkeys(changes.removed_ids)
        for key in changes.removed_ids:
            self._put(key, None)
        for comment in changes.comments:
            texts[comment.id] = _text(comment)
            self._put(comment.id, _facts(comment, is_held_back))
        self._replies.change(texts)
        return len(self._facts) == changes.total

    def outline(self) -> ThreadOutline:
        """Return the outline; it equals that of `app.domain.threads.outline`."""
        facts = [item for item in self._facts if not item.is_held_back]
        totals = array("q", [item.reaction_total for item in facts])
        targets, visible_ids = self._replies.targets, {item.id for item in facts}
        targets_or_0 = [targets[item.id] or 0 for item in facts]
        return ThreadOutline(
            ids=array("q", [item.id for item in facts]),
            reaction_totals=totals,
            by_reactions=array("l", _by_reactions(totals)),
            update_times=array("d", [item.updated_at for item in facts]),
            reply_targets=array("q", [target if target in visible_ids else 0 for target in targets_or_0]),
            hidden=bytes(item.is_hidden for item in facts),
            pinned=tuple(position for position, item in enumerate(facts) if item.is_pinned),
        )

    def _put(self, key: int, facts: _Facts | None) -> None:
        position = bisect_left(self._facts, key, key=lambda item: item.id)
        is_here = position < len(self._facts) and self._facts[position].id == key
        self._facts[position : position + is_here] = [] if facts is None else [facts]


def _by_reactions(totals: Sequence[int]) -> list[int]:
    """Return the positions by descending total, then in their order."""
    return sorted(range(len(totals)), key=totals.__getitem__, reverse=True)


def _facts(comment: Comment, is_held_back: IsHeldBack | None) -> _Facts:
    return _Facts(
        id=comment.id,
        reaction_total=comment.reactions.total,
        updated_at=epoch(comment.updated_at),
        is_hidden=comment.hidden is not None,
        is_pinned=comment.pinned,
        is_held_back=is_held_back is not None and is_held_back(comment),
    )


def _text(comment: Comment) -> CommentText:
    return CommentText(comment.id, None if comment.author.login == GHOST else comment.author.login, comment.body)
