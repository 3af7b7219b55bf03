"""What the owner is shown of the comments that are held back."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from app.domain.moderation.rules import HoldReason
from app.domain.records import IssueSummary, ThreadRef
from app.domain.sites import Repository
from app.domain.threads import Comment
from app.ports.mirror import Mirror
from app.serving.moderation.holds import Holds, ThreadHolds

DEFAULT_LIMIT, MOST = 50, 500
"""Comments of a list."""


@dataclass(frozen=True, slots=True)
class HeldComment:
    """A comment that is held back, and why; `comment.url` leads to it on GitHub."""

    comment: Comment
    reason: HoldReason

    @property
    def url(self) -> str:
        """Return its address on GitHub, where it can be hidden, deleted, or approved by a reaction."""
        return self.comment.url


class HeldComments:
    """The comments that are held back, for the owner; `holds` is None if the settings hold nothing back.

    `is_post` tells whether readers may see a thread. All methods raise `StoreError`.
    """

    def __init__(self, mirror: Mirror, holds: Holds | None, is_post: Callable[[ThreadRef, IssueSummary], bool]) -> None:
        self._mirror = mirror
        self._holds = holds
        self._is_post = is_post

    async def newest(self, repo: Repository, *, limit: int = DEFAULT_LIMIT) -> tuple[HeldComment, ...]:
        """Return the newest of them in the blog's posts with the reasons, the newest first, at most 500."""
        reasons = {
            key: reason for holds in (await self._post_holds(repo)).values() for key, reason in holds.reasons.items()
        }
        ids = sorted(reasons, reverse=True)[: max(0, min(limit, MOST))]
        comments = await self._mirror.comments_by_id(repo, ids) if ids else {}
        return tuple(HeldComment(comments[key], reasons[key]) for key in ids if key in comments)

    async def ids(self, repo: Repository) -> Mapping[int, frozenset[int]]:
        """Return the ids of those that are held back of each post that has some, by number."""
        threads = await self._post_holds(repo)
        return {number: frozenset(threads[number].reasons) for number in sorted(threads)}

    async def counts(self, repo: Repository) -> Mapping[int, int]:
        """Return how many are held back of each post that has some, by number."""
        return {number: len(ids) for number, ids in (await self.ids(repo)).items()}

    async def total(self, repo: Repository) -> int:
        """Return how many are held back of all posts."""
        return sum((await self.counts(repo)).values())

    async def _post_holds(self, repo: Repository) -> Mapping[int, ThreadHolds]:
        """Return what is held back of each post that has some, by number."""
        if self._holds is None:
            return {}
        threads = {number: holds for number, holds in (await self._holds.of_site(repo)).items() if holds.reasons}
        if not threads:
            return {}
        summaries = (await self._mirror.site_snapshot(repo)).summaries
        posts = {summary.number for summary in summaries if self._is_post(ThreadRef(repo, summary.number), summary)}
        return {number: holds for number, holds in threads.items() if number in posts}
