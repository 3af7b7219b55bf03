"""Ask GitHub who reacted to a comment, and store whether that approves it.

One request if no approver reacted, two otherwise: the reactions, then the comment itself. So the text is read after the
reaction, and an edit that the mirror lacks cannot pass for the approved text.
"""

import asyncio
from collections.abc import Sequence

from app.domain.errors import Gone, InvalidResponse, NotVisible
from app.domain.moderation.rules import ModerationRules, approval_of
from app.domain.priority import Priority
from app.domain.records import SiteRecord
from app.domain.sites import Repository
from app.domain.threads import Approval, Comment
from app.github import responses
from app.github.payloads import Reaction
from app.github.requests import Request, next_page
from app.ports.clock import Clock
from app.ports.mirror import Change, Mirror, Notify
from app.sync.commit import Committer
from app.sync.rate_budget import RateBudget

_MOST_PAGES, _MOST_PAGES_WITH_TOKEN = 10, 100
"""Pages of a hundred reactions that are read; an approver who reacted after them is overlooked."""


class ReactionReader:
    """Reads the reactions to single comments."""

    def __init__(
        self,
        rules: ModerationRules,
        budget: RateBudget,
        mirror: Mirror,
        committer: Committer,
        notify: Notify,
        clock: Clock,
    ) -> None:
        self._rules = rules
        self._budget = budget
        self._mirror = mirror
        self._committer = committer
        self._notify = notify
        self._clock = clock
        self._most_pages = _MOST_PAGES_WITH_TOKEN if budget.has_token else _MOST_PAGES

    @property
    def has_token(self) -> bool:
        """Return True if requests carry a token: then responses that say "unchanged" cost nothing."""
        return self._budget.has_token

    async def read(self, site: SiteRecord, comment: Comment) -> None:
        """Store who approves a comment by GitHub's reactions, and notify if readers see it otherwise now.

        Raises `GitHubError` and `StoreError`; what is stored stays then.
        """
        try:
            current, approval, etags = await self._approval(site, comment)
        except (NotVisible, Gone) as failure:  # deleted since: the next check of its thread removes it
            raise InvalidResponse(failure.path, "there is no such comment any more") from failure
        comments = () if current is comment else (current,)
        change = Change(repo=site.repo, at=approval.requested_at, comments=comments, etags=etags)
        await self._committer.commit(change, site)
        await asyncio.shield(self._record(site.repo, comment.id, approval))

    async def _approval(self, site: SiteRecord, comment: Comment) -> tuple[Comment, Approval, dict[str, str]]:
        """Return the comment as it is now, its approval, and the ETag of its reactions."""
        mirror_copy, previous, kind = comment, comment.approval, self._rules.approval or ""
        requests = self._budget.requests(site.full_name)
        request = requests.comment_reactions(comment.id, kind)
        key = f"reactions {self._budget.validator_key(request)}"
        reactions, etag = await self._reactions(request, await self._known_etag(key, previous))
        if reactions is None:
            reacted_at = None if previous is None else previous.reacted_at
        else:
            reacted_at = self._reaction_time(site, reactions)
            count = (comment.reactions.counts or {}).get(kind, 0)
            if reacted_at is not None or len(reactions) < min(count, 100 * self._most_pages):
                comment = await self._current(site, comment)
                self._require_all(request, reactions, comment, reacted_at)
        approval = approval_of(comment, self._rules, reacted_at, mirror_copy=mirror_copy, at=self._clock.now())
        return comment, approval, {key: etag} if etag else {}

    async def _known_etag(self, key: str, previous: Approval | None) -> str | None:
        """Return the ETag of the reactions if what they said is stored, and a response without them costs nothing."""
        if previous is None or previous.rule != self._rules.approval_digest or not self._budget.has_token:
            return None
        return (await self._mirror.etags([key])).get(key)

    async def _reactions(self, request: Request, etag: str | None) -> tuple[list[Reaction] | None, str | None]:
        """Return the reactions, None if they are unchanged, and their ETag if it covers all of them."""
        first = await self._budget.send(request, Priority.APPROVAL, etag=etag)
        if first.unchanged:
            return None, None
        reactions, next_url, pages = list(responses.reactions(first)), first.next_url, 1
        while next_url is not None and pages < self._most_pages:
            page = await self._budget.send(next_page(request, next_url), Priority.APPROVAL)
            reactions += responses.reactions(page)
            next_url, pages = page.next_url, pages + 1
        return reactions, first.etag if pages == 1 else None

    def _reaction_time(self, site: SiteRecord, reactions: Sequence[Reaction]) -> str | None:
        """Return when an approver reacted, the latest time if several did."""
        logins = self._rules.approving_logins(site.full_name)
        times = (
            reaction.created_at
            for reaction in reactions
            if reaction.content == self._rules.approval and (reaction.login or "").casefold() in logins
        )
        return max(times, default=None)

    async def _current(self, site: SiteRecord, comment: Comment) -> Comment:
        request = self._budget.requests(site.full_name).comment(comment.id)
        current = responses.comment(await self._budget.send(request, Priority.APPROVAL))
        if (current.id, current.number) != (comment.id, comment.number):
            raise InvalidResponse(request.path, "another comment")
        return current

    def _require_all(
        self, request: Request, reactions: Sequence[Reaction], comment: Comment, reacted_at: str | None
    ) -> None:
        """Raise `InvalidResponse` if reactions are missing, among which may be that of an approver."""
        count = (comment.reactions.counts or {}).get(self._rules.approval or "", 0)
        if reacted_at is None and len(reactions) < min(count, 100 * self._most_pages):
            raise InvalidResponse(request.path, f"{len(reactions)} reactions, although GitHub counts {count}")

    async def _record(self, repo: Repository, comment_id: int, approval: Approval) -> None:
        numbers = await self._mirror.record_approvals(repo, {comment_id: approval})
        if numbers:
            await self._notify(repo, numbers)
