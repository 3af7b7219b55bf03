"""A change brought into the form in which both mirrors apply it: each issue and each comment once. Pure.

A page may overlap the one before it, and a comment may be listed in the same breath as it is removed. Folding settles
that before anything is touched, so that what a mirror reports as changed is the difference between before and after.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TypeVar

from app.domain.threads import Comment, Issue
from app.ports.mirror import Change, SiteRecord

MONTH = 31 * 24 * 3600.0
"""So long an ETag is kept that was not replaced."""

_Item = TypeVar("_Item", Comment, Issue)


@dataclass(frozen=True, slots=True)
class Folded:
    """What is to be put into a mirror."""

    issues: Mapping[int, Issue]
    """By number, without that of the absence."""
    comments: Mapping[int, Comment]
    """By id, without those to be removed."""
    listed: Mapping[int, frozenset[int]]
    """The ids that GitHub listed for each number of `whole` that was not overtaken, those to be removed among them."""


def fold(change: Change, overtaken: frozenset[int]) -> Folded:
    """The newest state of each issue and comment of a change; of equally new ones the last.

    The comments of `overtaken` numbers are only to be added.
    """
    absent = None if change.absence is None else change.absence.number
    issues = _newest((issue.number, issue) for issue in change.issues if issue.number != absent)
    comments = _newest((comment.id, comment) for comment in change.comments if comment.number != absent)
    listed: dict[int, set[int]] = {number: set() for number in change.whole - overtaken if number != absent}
    for comment in comments.values():
        if comment.number in listed:
            listed[comment.number].add(comment.id)
    return Folded(
        issues,
        {key: comment for key, comment in comments.items() if key not in change.removed},
        {number: frozenset(ids) for number, ids in listed.items()},
    )


def record_of(change: Change, kept: SiteRecord | None) -> SiteRecord | None:
    """The site's record after a change; TypeError where it notes what is no field of it."""
    record = change.site or kept
    return None if record is None else replace(record, **change.noted)


def tells_more(before: SiteRecord | None, after: SiteRecord | None) -> bool:
    """True where the repository's name, or whether it may be seen, is another than before."""
    told = [record and (record.full_name, record.private) for record in (before, after)]
    return told[0] != told[1]


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
