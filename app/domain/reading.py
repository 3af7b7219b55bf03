"""Judge whether a read of several pages can be believed. Pure."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from app.domain.threads import Comment, Issue
from app.domain.times import epoch

MAX_READINGS = 3
"""How often a thread is read in a row until its pages and its count agree."""


@dataclass(frozen=True, slots=True)
class Reading:
    """Every comment of a thread by id, as its pages had them one after the other."""

    comments: tuple[Comment, ...]
    page_count: int
    began_at: float | None
    """When GitHub sent the first page, by its own clock; None if it did not say."""
    is_unchanged: bool = False
    """True if GitHub said of every page that it is as the mirror has it."""
    etags: Mapping[str, str] = field(default_factory=dict)
    """The validators of the pages that were sent, to be stored with the comments."""


def is_steady(reading: Reading, previous: Reading | None, before: Issue, after: Issue) -> bool:
    """Return True if nothing can have moved during the read, or if two reads in a row had one result.

    `before` and `after` are the issue as requested around the read. GitHub's times have whole seconds: a comment that
    replaces a deleted one within a second moves neither the issue's count nor its time. So equal counts are believed
    only if the issue changed in an earlier second than the read.
    """
    if (before.comment_count, before.updated_at) != (after.comment_count, after.updated_at):
        return False
    if previous is not None and list(map(_visible, previous.comments)) == list(map(_visible, reading.comments)):
        return True
    agrees = len(reading.comments) == after.comment_count
    return agrees and reading.began_at is not None and epoch(after.updated_at) < reading.began_at


def digest(comments: Sequence[Comment]) -> str:
    """Return what tells one list of comments from another, in all that readers see of them.

    Hiding, pins and reactions do not change `updated_at`.
    """
    return hashlib.blake2b(
        "".join(map(repr, map(_visible, comments))).encode("utf-8", "replace"), digest_size=8
    ).hexdigest()


def _visible(c: Comment) -> tuple[object, ...]:
    """Return all that readers see of a comment."""
    return c.id, c.url, c.updated_at, c.hidden, c.pinned, c.author, c.association, c.reactions
