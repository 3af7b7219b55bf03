"""A change brought into the form in which both mirrors apply it: each issue and each comment once. Pure.

A page may overlap the one before it, and a comment may be listed in the same breath as it is removed. Folding settles
that before anything is touched, so that what a mirror reports as changed is the difference between before and after.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from app.domain.threads import Comment, Issue
from app.engine.ports import Change

_Item = TypeVar("_Item", Comment, Issue)


@dataclass(frozen=True, slots=True)
class Folded:
    """What is to be put into a mirror."""

    issues: Mapping[int, Issue]
    """By number, without that of the absence."""
    comments: Mapping[int, Comment]
    """By id, without those to be removed."""
    listed: Mapping[int, frozenset[int]]
    """The ids that GitHub listed for each number of `whole`, those to be removed among them."""


def fold(change: Change) -> Folded:
    """The newest state of each issue and comment of a change; of equally new ones the last."""
    absent = None if change.absence is None else change.absence.number
    issues = _newest((issue.number, issue) for issue in change.issues if issue.number != absent)
    comments = _newest((comment.id, comment) for comment in change.comments if comment.number != absent)
    listed: dict[int, set[int]] = {number: set() for number in change.whole if number != absent}
    for comment in comments.values():
        if comment.number in listed:
            listed[comment.number].add(comment.id)
    return Folded(
        issues,
        {key: comment for key, comment in comments.items() if key not in change.removed},
        {number: frozenset(ids) for number, ids in listed.items()},
    )


def supersedes(said: str, kept: str) -> bool:
    """True where what was updated at `said` replaces what was updated at `kept`.

    Equal times do: reactions, pins and counts change without a new `updated_at`.
    """
    return said >= kept


def _newest(items: Iterable[tuple[int, _Item]]) -> dict[int, _Item]:
    found: dict[int, _Item] = {}
    for key, item in items:
        if key not in found or supersedes(item.updated_at, found[key].updated_at):
            found[key] = item
    return found
