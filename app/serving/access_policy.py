"""Which threads, comments and avatars readers may see.

What a hidden comment shows is decided where it is rendered: `app.render.api` (JSON), `fragment` (HTML), `feeds` and
`github_objects`; in the browser by `app/widget/widget.js` and `lists.js`. Comments that the owner's rules hold back are
left out before: `app.serving.moderation`.
"""

from collections import defaultdict
from collections.abc import Iterable
from itertools import pairwise
from typing import NamedTuple

from app.domain.errors import NotReady, NotServed
from app.domain.posts.posts import Posts
from app.domain.records import IssueSummary, SiteRecord, ThreadRef
from app.domain.sites import PostFilter, Repository
from app.domain.terms.heads import IssueHead
from app.domain.thread_state import Snapshot
from app.domain.threads import Comment, Issue
from app.ports.mirror import MirrorReads, SiteSnapshot

_RETRY_AFTER = 5


class AccessPolicy:
    """What the settings and the list of posts allow to show. `posts` changes with the list of posts."""

    def __init__(self, posts: PostFilter, *, allow_private: bool) -> None:
        self.posts = posts
        self._allow_private = allow_private
        self._transfer_sources: defaultdict[ThreadRef, set[ThreadRef]] = defaultdict(set)
        """The numbers from which a thread was transferred, by where it is now, for threads that were rendered."""

    def is_post(self, ref: ThreadRef, issue: Issue | IssueSummary | IssueHead) -> bool:
        """Return True if an issue is a post of the blog under a number, which may be one it was transferred from."""
        return not issue.is_pull_request and self.posts.includes(*ref, issue.labels)

    def is_shown(self, ref: ThreadRef, issue: Issue | IssueSummary) -> bool:
        """Return True if an issue is a post under its number, or under one that it is known to be transferred from."""
        return self.is_post(ref, issue) or any(self.is_post(source, issue) for source in self.transfer_sources({ref}))

    def post_numbers(self, repo: Repository, snapshot: SiteSnapshot) -> frozenset[int]:
        """Return the numbers of a repository's issues that are posts."""
        return frozenset(s.number for s in snapshot.summaries if self.is_post(ThreadRef(repo, s.number), s))

    def hides(self, site: SiteRecord | None) -> bool:
        """Return True if a repository is private and no setting allows to publish it."""
        return site is not None and site.private and not self._allow_private

    def require_visible(self, site: SiteRecord | None) -> None:
        """Raise `NotServed` for a repository that is hidden from readers."""
        if site is not None and self.hides(site):
            raise NotServed(site.repo.full_name)

    def refuse_unknown_posts(self) -> None:
        """Raise `NotReady` until the list of posts was read."""
        if not self.posts.is_known:
            raise NotReady("The list of posts", retry_after=_RETRY_AFTER)

    def record_transfers(self, snapshot: Snapshot) -> bool:
        """Remember the way of a thread that is rendered; return True if it was not known before.

        A change at its end changes the documents of all its numbers.
        """
        is_new = False
        for source, target in pairwise(hop.ref for hop in snapshot.hops):
            is_new = is_new or source not in self._transfer_sources[target]
            self._transfer_sources[target].add(source)
        return is_new

    def transfer_sources(self, refs: Iterable[ThreadRef]) -> set[ThreadRef]:
        """Return the numbers from which these threads were transferred, once or several times."""
        sources: set[ThreadRef] = set()
        targets = set(refs)
        while targets:
            targets = {source for ref in targets for source in self._transfer_sources.get(ref, ())} - sources
            sources |= targets
        return sources

    def transfers_from(self, ref: ThreadRef) -> set[ThreadRef]:
        """Return the threads that were rendered for a number, because they were transferred from it."""
        return {target for target in self._transfer_sources if ref in self.transfer_sources({target})}

    def transfers_from_site(self, repo: Repository) -> set[ThreadRef]:
        """Return the threads that were rendered for a number of a repository, because they were transferred from it."""
        sources = self._transfer_sources.items()
        return {target for target, refs in sources if any(ref.repo == repo for ref in refs)}

    def transfer_targets(self, repo: Repository) -> list[ThreadRef]:
        """Return the threads of a repository that were rendered for a number they were transferred from."""
        return [ref for ref in self._transfer_sources if ref.repo == repo]


class VisibleComment(NamedTuple):
    """A comment that readers are shown, and where it is."""

    repo: Repository
    comment: Comment


class VisibleImages:
    """Tells for which comments and users images may be fetched: those that readers are shown.

    Both methods raise `NotReady` until the list of posts was read, and may raise `StoreError`.
    """

    def __init__(self, mirror: MirrorReads, access: AccessPolicy, sites: tuple[Repository, ...]) -> None:
        self._mirror = mirror
        self._access = access
        self._sites = sites
        self._known_posts: Posts | None = None
        """The list of posts whose transfers are recorded."""

    async def comment(self, comment_id: int) -> VisibleComment | None:
        """Return a comment as readers may see it; None if no served thread shows its text."""
        for repo in await self._visible_sites():
            comment = await self._mirror.comment(repo, comment_id)
            if comment is None or comment.hidden is not None:
                continue
            record = await self._mirror.thread(repo, comment.number)
            if record is not None and self._access.is_shown(ThreadRef(repo, comment.number), record.issue):
                return VisibleComment(repo, comment)
        return None

    async def avatar(self, user_id: int) -> str | None:
        """Return GitHub's address of an avatar; None for anybody who wrote in no served thread."""
        for repo in await self._visible_sites():
            numbers = None
            if not self._access.posts.includes_all:
                summaries = (await self._mirror.site_snapshot(repo)).summaries
                numbers = frozenset(s.number for s in summaries if self._access.is_shown(ThreadRef(repo, s.number), s))
            address = await self._mirror.avatar(repo, user_id, numbers=numbers)
            if address is not None:
                return address
        return None

    async def _record_transfers(self) -> None:
        """Record the transfers of the listed posts: this process may have rendered none of them."""
        posts = self._access.posts.posts
        if posts is None or posts is self._known_posts:
            return
        for repo, numbers in posts.items():
            for number in await self._mirror.transferred(repo, numbers):
                self._access.record_transfers(await self._mirror.snapshot(repo, number, with_comments=False))
        self._known_posts = posts

    async def _visible_sites(self) -> list[Repository]:
        self._access.refuse_unknown_posts()
        await self._record_transfers()
        return [repo for repo in self._sites if not self._access.hides(await self._mirror.site(repo))]
