"""Asks GitHub who reacted to the comments that wait for approval: in the background, the newest first.

GitHub reports no reaction. A check of a thread, after a reader has read it, shows that a comment has more of them than
before; then GitHub is asked within seconds. The rate budget bounds the requests of an hour: half of what a token
allows, twelve without one. What was asked is stored, so a start asks nothing twice.
"""

import logging
from collections.abc import Sequence
from typing import Protocol

import orjson

from app.domain.errors import RateLimited
from app.domain.moderation.rules import ModerationRules, needs_request
from app.domain.records import SiteRecord, ThreadRef, repository_object_key
from app.domain.sites import Repository
from app.domain.times import rfc3339
from app.jobs.periodic import run_periodically
from app.ports.clock import Clock
from app.ports.key_values import KeyValues
from app.ports.mirror import Mirror
from app.sync.approvals.reactions import ReactionReader
from app.sync.failure_backoff import FailureBackoff

_log = logging.getLogger(__name__)
_EVERY = 2.0


class WaitingComments(Protocol):
    """The comments that wait for GitHub to be asked."""

    async def pending(self, repo: Repository) -> Sequence[int]:
        """Return the ids of the comments that GitHub may have to be asked about, in the order in which to ask."""

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

    async def run(self, repo: Repository) -> None:
        """Ask about a repository's comments as they come to wait. Never returns."""
        message = f"{repo}: who approved comments could not be asked; it is asked again"
        await run_periodically(lambda: self.request_all(repo), self._clock.sleep, every=_EVERY, error_message=message)

    async def request_all(self, repo: Repository) -> None:
        """Ask about all comments that wait now, as far as the hour allows it. Raises `GitHubError`, `StoreError`."""
        if self._clock.now() < self._paused_until:
            return
        ids = await self._comments.pending(repo)
        site = await self._mirror.site(repo) if ids else None
        if site is None:
            return
        await self._check_owner(repo)
        try:
            await self._request_each(site, ids)
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
                await self._reader.read(site, comment)
                self._comments.forget(ThreadRef(site.repo, comment.number))

        await self._backoff.for_each(site.repo, ids, request)
