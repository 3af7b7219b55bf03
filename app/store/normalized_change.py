"""Normalize a change, so that every store applies it alike: each issue and each comment once. Pure.

A page may overlap the previous one, and a change may list a comment that it also removes. Both are settled before the
mirror is changed. So the numbers that a store reports are the difference between before and after.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from app.domain.records import REPOSITORY_NUMBER, SiteRecord
from app.domain.threads import Approval, Comment, ImageSize, Issue
from app.ports.mirror import Change

MONTH = 31 * 24 * 3600.0
"""Seconds that an ETag stays stored after its last replacement."""
_MOST_IMAGE_SIZES = 500
"""Sizes that a comment keeps: one that is edited every day has other images each time."""

_Item = TypeVar("_Item", Comment, Issue)


@dataclass(frozen=True, slots=True)
class NormalizedChange:
    """The issues and comments of a change."""

    issues: Mapping[int, Issue]
    """By number, without that of the tombstone."""
    comments: Mapping[int, Comment]
    """By id, without those to remove."""
    listed_ids: Mapping[int, frozenset[int]]
    """The ids that GitHub listed for each number of `complete_threads` whose read was not overtaken.

    Those to remove are among them."""


def deduplicate(change: Change, version: Callable[[int], int]) -> NormalizedChange:
    """Return the newest version of each issue and comment, the last of equally new ones.

    `version` returns the stored version of a number. If that is later than the change's base version, the read was
    overtaken. Its comments are only added: the number has no listed ids.
    """
    deleted = None if change.tombstone is None else change.tombstone.number
    issues = _newest((issue.number, issue) for issue in change.issues if issue.number != deleted)
    comments = _newest((comment.id, comment) for comment in change.comments if comment.number != deleted)
    overtaken_reads = {
        number for number, base_version in change.base_versions.items() if version(number) > base_version
    }
    listed_ids: dict[int, set[int]] = {n: set() for n in change.complete_threads - overtaken_reads if n != deleted}
    for comment in comments.values():
        if comment.number in listed_ids:
            listed_ids[comment.number].add(comment.id)
    return NormalizedChange(
        issues,
        {key: comment for key, comment in comments.items() if key not in change.removed_comments},
        {number: frozenset(ids) for number, ids in listed_ids.items()},
    )


def site_after(change: Change, before: SiteRecord | None) -> SiteRecord | None:
    """Return the site's record after a change; raise TypeError if it updates an unknown field."""
    record = before or change.site
    return None if record is None else replace(record, **change.site_update)


def numbers_to_version(
    changed_numbers: Iterable[int], before: SiteRecord | None, after: SiteRecord | None
) -> list[int]:
    """Return the numbers that get new versions, in order: last the repository's if its names or visibility changed."""
    states = [record and record.public_state for record in (before, after)]
    return sorted(changed_numbers) + [REPOSITORY_NUMBER] * (states[0] != states[1])


def is_newer(updated_at: str, stored_at: str) -> bool:
    """Return True if a version updated at `updated_at` replaces one updated at `stored_at`.

    An equal time replaces too: reactions, pins and counts change without a new `updated_at`.
    """
    return updated_at >= stored_at


def with_image_sizes(
    stored_sizes: Mapping[str, ImageSize], new_sizes: Mapping[str, ImageSize]
) -> Mapping[str, ImageSize]:
    """Return the sizes that a comment has after others were learnt, the latest last."""
    sizes = {name: size for name, size in stored_sizes.items() if name not in new_sizes} | dict(new_sizes)
    return dict(list(sizes.items())[-_MOST_IMAGE_SIZES:])


def is_another_approval(stored_approval: Approval | None, approval: Approval) -> bool:
    """Return True if readers may be shown something else by a new approval."""
    before = None if stored_approval is None else (stored_approval.rule, stored_approval.text)
    return before != (approval.rule, approval.text) and not (before is None and approval.text is None)


def with_known_closer(issue: Issue, stored_source: Mapping[str, Any]) -> Issue:
    """Return the issue with the stored `closed_by` if it was closed by the same event and does not say by whom.

    GitHub says so only in the response for a single issue. Without this, each list would remove it again.
    """
    closed_at = issue.source.get("closed_at")
    if "closed_by" in issue.source or closed_at is None or closed_at != stored_source.get("closed_at"):
        return issue
    closed_by = stored_source.get("closed_by")
    return issue if closed_by is None else replace(issue, source={**issue.source, "closed_by": closed_by})


def _newest(items: Iterable[tuple[int, _Item]]) -> dict[int, _Item]:
    newest: dict[int, _Item] = {}
    for key, item in items:
        if key not in newest or is_newer(item.updated_at, newest[key].updated_at):
            newest[key] = item
    return newest
