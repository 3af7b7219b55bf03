"""A thread: the issue behind a post, with its comments, as GitHub returned them.

Times are GitHub's own text, RFC 3339 in UTC with seconds (`2020-07-01T09:30:00Z`): later times compare greater. Each
value keeps GitHub's whole object in `source`, so that a new view never needs another backfill.
"""

from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from app.domain.replies import CommentText, reply_targets
from app.domain.sites import FeedIdentity, Repository
from app.domain.times import epoch

GHOST = "ghost"
"""The login that GitHub shows in place of a deleted account."""

GHOST_ID = 10137
"""That account's id; it leads to the avatar."""

REACTIONS = ("+1", "-1", "laugh", "hooray", "confused", "heart", "rocket", "eyes")
"""The kinds of reaction, in GitHub's order."""


ImageSize = tuple[int, int]
"""The width and height of an image in CSS pixels, as a browser shows it without other instructions."""


class Status(StrEnum):
    """What a post's page is told about its thread."""  # published in OpenAPI

    OPEN = "open"
    CLOSED = "closed"
    LOCKED = "locked"
    MISSING = "missing"
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class Author:
    """The author of an issue or comment; a deleted account is `ghost`."""

    login: str
    url: str
    avatar_url: str
    is_bot: bool = False
    id: int = GHOST_ID


@dataclass(frozen=True, slots=True)
class Reactions:
    """The number of reactions by kind, without kinds that have none."""

    total: int = 0
    counts: Mapping[str, int] | None = None


@dataclass(frozen=True, slots=True)
class Approval:
    """What GitHub said of the reactions that may approve a comment; `app.domain.moderation.rules` decides by it."""

    rule: str
    """What tells the rule, a reaction and the accounts that approve by it, from others."""
    total: int
    """How many of that reaction the comment had."""
    updated_at: str
    """The comment's time of the last change."""
    requested_at: float
    """When GitHub was asked, epoch seconds."""
    reacted_at: str | None = None
    """When an approver reacted, the latest if several did; None if none has."""
    text: str | None = None
    """The digest of the approved text; None if none is."""


@dataclass(frozen=True, slots=True)
class Comment:
    """One comment of a thread; `number` is its issue's."""

    id: int
    number: int
    author: Author
    association: str
    created_at: str
    updated_at: str
    body: str
    body_text: str
    body_html: str
    url: str
    reactions: Reactions
    pinned: bool
    hidden: str | None
    """GitHub's reason (`spam`, `abuse`, `off-topic`, `outdated`, `resolved`, `duplicate`), in lower case, or None."""
    source: Mapping[str, Any]
    image_sizes: Mapping[str, ImageSize] | None = None
    """The known sizes of its images by their names (`sanitize.image_name`); None if GitHub's text is all we have."""
    approval: Approval | None = None
    """None if GitHub was not asked who reacted to it."""

    @property
    def edited_at(self) -> str | None:
        """Return when its text last changed, or None if it never did."""
        return self.updated_at if self.updated_at != self.created_at else None


@dataclass(frozen=True, slots=True)
class Issue:
    """The issue of a thread, or a pull request, which is never a post."""

    id: int
    number: int
    repository_url: str
    title: str
    author: Author
    is_pull_request: bool
    state: str
    locked: bool
    comment_count: int
    """GitHub's own count of the comments."""
    labels: tuple[str, ...]
    created_at: str
    updated_at: str
    url: str
    reactions: Reactions
    source: Mapping[str, Any]
    pinned_comment: Comment | None = None


@dataclass(frozen=True, slots=True)
class ThreadOutline:
    """The comments of one version of a thread, by ascending id: position 0 is the oldest. 41 bytes for each."""

    ids: Sequence[int] = ()
    reaction_totals: Sequence[int] = ()
    by_reactions: Sequence[int] = ()
    """The positions by descending total of reactions, then by ascending id."""
    update_times: Sequence[float] = ()
    """Epoch seconds."""
    reply_targets: Sequence[int] = ()
    """The id of the comment that each one replies to, or 0."""
    hidden: bytes = b""
    """1 for each comment that is hidden, else 0."""
    pinned: Sequence[int] = ()
    """The positions of the pinned comments."""

    def __len__(self) -> int:
        return len(self.ids)

    def position(self, comment_id: int) -> int | None:
        """Return the position of a comment, or None if it is not in the thread."""
        index = bisect_left(self.ids, comment_id)
        return index if index < len(self.ids) and self.ids[index] == comment_id else None

    def reply_target(self, comment_id: int) -> int | None:
        """Return the id of the comment that a comment replies to, or None."""
        position = self.position(comment_id)
        return None if position is None else self.reply_targets[position] or None

    def visible_reply_target(self, comment_id: int) -> int | None:
        """Return the id of the comment that a comment replies to; None also if that one is hidden."""
        target = self.reply_target(comment_id)
        position = None if target is None else self.position(target)
        return None if position is None or self.hidden[position] else target


NO_COMMENTS = ThreadOutline()
"""The outline of a thread without comments, and of what is no thread."""


def outline(comments: Iterable[Comment], is_held_back: Callable[[Comment], bool] | None = None) -> ThreadOutline:
    """Return the outline of a thread whose comments come by ascending id; none of them is kept.

    What `is_held_back` says so of is left out, also as the target of a reply.
    """
    texts: list[CommentText] = []
    ids, totals, update_times, hidden, pinned = array("q"), array("q"), array("d"), bytearray(), []
    for comment in comments:
        author = None if comment.author.login == GHOST else comment.author.login
        texts.append(CommentText(comment.id, author, comment.body))
        if is_held_back is not None and is_held_back(comment):
            continue
        if comment.pinned:
            pinned.append(len(ids))
        ids.append(comment.id)
        totals.append(comment.reactions.total)
        update_times.append(epoch(comment.updated_at))
        hidden.append(comment.hidden is not None)
    targets = reply_targets(texts)
    excluded_ids = {text.id for text in texts} - set(ids) if len(ids) < len(texts) else frozenset[int]()
    return ThreadOutline(
        ids=ids,
        reaction_totals=totals,
        by_reactions=array("l", sorted(range(len(ids)), key=lambda position: (-totals[position], position))),
        update_times=update_times,
        reply_targets=array("q", [0 if targets[key] in excluded_ids else targets[key] or 0 for key in ids]),
        hidden=bytes(hidden),
        pinned=tuple(pinned),
    )


@dataclass(frozen=True, slots=True)
class Thread:
    """What readers see of a number: the issue and its comments, or that there is none."""

    repo: Repository
    number: int
    issue: Issue | None
    """None if the status is missing or gone."""
    comments: tuple[Comment, ...]
    """By ascending id: at least those that the document shows. Its outline has all of them."""
    comment_count: int
    status: Status
    checked_at: float | None
    """When this last agreed with GitHub, epoch seconds."""
    stale: bool = False
    """True if the last check that was due failed."""
    refreshed_at: float | None = None
    """When GitHub last responded for this thread itself: what lists of changes do not show is as old as that."""
    version: int = 0
    """The version of its latest change in the mirror."""
    outline: ThreadOutline = NO_COMMENTS
    """Without comments, and `comment_count` 0, only if GitHub said so or there is no issue."""
    feeds: FeedIdentity | None = None
    """What the feeds of `repo` are known by; None before GitHub was asked for the repository."""
