"""Asks GitHub who reacted to the comments that wait for approval: in the background, the newest first.

GitHub reports no reaction. A check of a thread, after a reader has read it, shows that a comment has more of them than
before; then GitHub is asked within seconds. The rate budget bounds the requests of an hour: half of what a token
allows, twelve without one. What was asked is stored, so a start asks nothing twice.
"""

import logging
from collections.abc import Awaitable, Callable, Sequence

from app.domain.errors import RateLimited
from app.domain.moderation.rules import ModerationRules, needs_request
from app.domain.records import SiteRecord, ThreadRef
from app.domain.sites import Repository
from app.domain.times import rfc3339
from app.jobs.periodic import run_periodically
from app.ports.clock import Clock
from app.ports.mirror import Mirror
from app.sync.approvals.reactions import ReactionReader
from app.sync.failure_backoff import FailureBackoff

_log = logging.getLogger(__name__)
_EVERY = 2.0

FindPending = Callable[[Repository], Awaitable[Sequence[int]]]
"""Returns the ids of the comments that GitHub may have to be asked about, in the order in which to ask."""


class PendingApprovals:
    """Asks about all comments that wait; `on_result` is called with the thread after each answer."""

    def __init__(
        self,
        rules: ModerationRules,
        reader: ReactionReader,
        mirror: Mirror,
        clock: Clock,
        *,
        find: FindPending,
        on_result: Callable[[ThreadRef], None],
    ) -> None:
        self._rules = rules
        self._reader = reader
        self._mirror = mirror
        self._clock = clock
        self._find = find
        self._on_result = on_result
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
        ids = await self._find(repo)
        site = await self._mirror.site(repo) if ids else None
        if site is None:
            return
        try:
            await self._request_each(site, ids)
        except RateLimited as limit:
            self._paused_until = min(limit.until, self._clock.now() + 3600.0)
            text = "%s: %d comments wait to be asked who approved them; that goes on at %s: %s"
            _log.info(text, repo, len(ids), rfc3339(self._paused_until), limit)

    async def _request_each(self, site: SiteRecord, ids: Sequence[int]) -> None:
        async def request(comment_id: int) -> None:
            comment = await self._mirror.comment(site.repo, comment_id)
            if comment is not None and needs_request(comment, self._rules, now=self._clock.now()):
                await self._reader.read(site, comment)
                self._on_result(ThreadRef(site.repo, comment.number))

        await self._backoff.for_each(site.repo, ids, request)
