"""Asks GitHub who reacted to the comments that wait for approval: in the background, the newest first.

GitHub reports no reaction. A check of a thread, after a reader has read it, shows that a comment has more of them than
before; then GitHub is asked within seconds. The rate budget bounds the requests of an hour: half of what a token
allows, twelve without one. What was asked is stored, so a start asks nothing twice.

A day later it is asked again, a few comments at a time and after those that wait: one account may have reacted while an
approver took the reaction back. With a token GitHub's "unchanged" costs nothing; without one it is asked slowly.
"""

import logging
from collections.abc import Mapping, Sequence
from heapq import nsmallest
from typing import Protocol

import orjson

from app.domain.errors import RateLimited
from app.domain.moderation.rules import REVIEW_AFTER, ModerationRules, needs_request, review_due
from app.domain.records import SiteRecord, ThreadRef, repository_object_key
from app.domain.sites import Repository
from app.domain.threads import Comment
from app.domain.times import is_ahead, is_within, rfc3339
from app.jobs.periodic import run_periodically
from app.ports.clock import Clock
from app.ports.key_values import KeyValues
from app.ports.mirror import Mirror
from app.sync.approvals.reactions import ReactionReader
from app.sync.failure_backoff import FailureBackoff

_log = logging.getLogger(__name__)
_EVERY = 2.0
_MOST_DUE = 200
"""Comments among which those are chosen that are asked about again; failing ones keep no others from it."""
_MOST_REVIEWS, _REVIEW_PAUSE = 1, 1800.0
"""So many comments in so many seconds, without a token: each costs two of twelve requests an hour."""
_MOST_REVIEWS_WITH_TOKEN, _REVIEW_PAUSE_WITH_TOKEN = 4, 1.0


class WaitingComments(Protocol):
    """The comments that wait for GitHub to be asked."""

    async def pending(self, repo: Repository) -> Sequence[int]:
        """Return the ids of the comments that GitHub may have to be asked about, in the order in which to ask."""

    async def review_times(self, repo: Repository) -> Mapping[int, float]:
        """Return when GitHub is asked again about others, by their ids; in epoch seconds."""

    def forget(self, ref: ThreadRef) -> None:
        """Decide about a thread again: GitHub was asked about one of its comments."""


class PendingApprovals:
    """Asks about all comments that wait."""

    def __init__(
        self,
        rules: ModerationRules,
        reader: ReactionReader,
        mirror: Mirror,
        comments: WaitingComments,
        key_values: KeyValues,
        clock: Clock,
    ) -> None:
        self._rules = rules
        self._reader = reader
        self._mirror = mirror
        self._clock = clock
        self._comments = comments
        self._key_values = key_values
        self._checked_owners: set[Repository] = set()
        """The repositories whose owner was looked at: an organisation cannot react."""
        self._backoff = FailureBackoff(clock, noun="The approval of comment")
        self._paused_until = 0.0
        self._last_review_at: float | None = None
        self._review_pause = _REVIEW_PAUSE_WITH_TOKEN if reader.has_token else _REVIEW_PAUSE
        self._most_reviews = _MOST_REVIEWS_WITH_TOKEN if reader.has_token else _MOST_REVIEWS

    async def run(self, repo: Repository) -> None:
        """Ask about a repository's comments as they come to wait. Never returns."""
        message = f"{repo}: who approved comments could not be asked; it is asked again"
        await run_periodically(lambda: self.request_all(repo), self._clock.sleep, every=_EVERY, error_message=message)

    async def request_all(self, repo: Repository) -> None:
        """Ask about all comments that wait now, as far as the hour allows it. Raises `GitHubError`, `StoreError`."""
        if self._clock.now() < self._paused_until:
            return
        ids, review_ids = await self._comments.pending(repo), await self._due_reviews(repo)
        site = await self._mirror.site(repo) if ids or review_ids else None
        if site is None:
            return
        await self._check_owner(repo)
        try:
            await self._request_each(site, ids)
            await self._review_some(site, review_ids)
        except RateLimited as limit:
            self._paused_until = min(limit.until, self._clock.now() + 3600.0)
            text = "%s: %d comments wait to be asked who approved them; that goes on at %s: %s"
            _log.info(text, repo, len(ids), rfc3339(self._paused_until), limit)

    async def _check_owner(self, repo: Repository) -> None:
        """Warn once if no account can approve a repository's comments."""
        text = None
        if not self._rules.approvers and repo not in self._checked_owners:
            text = await self._key_values.get(repository_object_key(repo))
        if text is None:
            return
        self._checked_owners.add(repo)
        owner = orjson.loads(text)["object"].get("owner") or {}
        if owner.get("type") == "Organization":
            warning = "%s belongs to an organisation, which cannot react. Name who approves in AFTERWORD_APPROVERS."
            _log.warning(warning, repo)

    async def _request_each(self, site: SiteRecord, ids: Sequence[int]) -> None:
        async def request(comment_id: int) -> None:
            comment = await self._mirror.comment(site.repo, comment_id)
            if comment is not None and needs_request(comment, self._rules, now=self._clock.now()):
                await self._request(site, comment)

        await self._backoff.for_each(site.repo, ids, request)

    async def _due_reviews(self, repo: Repository) -> list[int]:
        """Return the ids of comments about which to ask again now, those that wait for longest first."""
        now = self._clock.now()
        if is_within(self._review_pause, self._last_review_at, now=now):
            return []
        times = await self._comments.review_times(repo)
        due_ids = [key for key, due in times.items() if not is_ahead(due, now=now, at_most=REVIEW_AFTER)]
        return nsmallest(_MOST_DUE, due_ids, key=times.__getitem__)

    async def _review_some(self, site: SiteRecord, ids: Sequence[int]) -> None:
        count = 0

        async def review(comment_id: int) -> None:
            nonlocal count
            comment = await self._mirror.comment(site.repo, comment_id) if count < self._most_reviews else None
            if comment is None or review_due(comment, self._rules) is None:
                return
            count += 1
            self._last_review_at = self._clock.now()
            await self._request(site, comment)

        await self._backoff.for_each(site.repo, ids, review)

    async def _request(self, site: SiteRecord, comment: Comment) -> None:
        await self._reader.read(site, comment)
        self._comments.forget(ThreadRef(site.repo, comment.number))
