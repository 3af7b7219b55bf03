"""Documents are made here: rendered from the mirror when a thread changes, and once for the first who asks."""

import asyncio
import logging
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from app.domain.errors import CommentNotFound, NotReady, NotServed, ReadError
from app.domain.posts import Posts
from app.domain.sites import Repository, PostFilter
from app.domain.threads import Issue, Status, Thread
from app.ports.jobs import THE_REPOSITORY
from app.ports.metrics import Observer
from app.ports.mirror import IssueSummary, Mirror, SiteRecord, ThreadRecord
from app.render import api
from app.render.document import Document
from app.render.keys import (
    BareKey,
    CompatCommentKey,
    CompatIssuesKey,
    CountsKey,
    Key,
    NewestKey,
    SiteFeedKey,
    ThreadKey,
)
from app.serving.document_cache import DocumentCache, Subject, subject
from app.serving.renderer import Renderer, newest_wanted
from app.sync.transfers import MAX_TRANSFERS, Transfers

_log = logging.getLogger(__name__)
_ATTEMPTS = 3
_RETRY_AFTER = 5
_RENEWED = 20
"""Documents of a thread, or of the whole site, that a change renders anew: those kept the longest. Others are made
when they are read again, so that a flood of addresses slows no change."""

Touched = tuple[Repository, int]
"""A thread that a change touches; with `THE_REPOSITORY` as its number, all of the repository."""


class Publisher:
    """Makes documents and keeps those that are read in step with the mirror."""

    def __init__(
        self,
        *,
        mirror: Mirror,
        catalogue: DocumentCache,
        places: Transfers,
        serve: PostFilter,
        public_url: str | None,
        allow_private: bool,
        observer: Observer,
    ) -> None:
        self._mirror = mirror
        self._catalogue = catalogue
        self._places = places
        self._observer = observer
        self._serve = serve
        self._allow_private = allow_private
        self._versions: Counter[Subject] = Counter()
        self._epochs: Counter[str] = Counter()
        """How often a repository itself has changed: what was being made meanwhile is never kept, whatever it is."""
        self._renderer = Renderer(public_url)
        self._followed: defaultdict[Touched, set[Touched]] = defaultdict(set)
        """Threads that were rendered for numbers from which they had been moved."""
        self.stale: set[Subject] = set()
        """Threads whose last check that was due did not succeed."""

    @property
    def serve(self) -> PostFilter:
        """Which issues are posts."""
        return self._serve

    async def serve_only(self, posts: Posts) -> frozenset[Touched]:
        """Takes these for the posts, and renders what that changes anew; the threads that it touches."""
        turned = self._serve.changed_posts(posts)
        self._serve = replace(self._serve, posts=posts)
        touched = [await self.changed(repo, numbers) for repo, numbers in turned.items()]
        return frozenset[Touched]().union(*touched)

    async def changed(self, repo: Repository, numbers: frozenset[int]) -> frozenset[Touched]:
        """Renders anew, and swaps, every kept document that a change of these threads touches.

        Where the repository itself has changed, whether it may be seen among other things, none is kept. The answer has
        the numbers from which a thread had been moved here, too.
        """
        touched = {(repo, number) for number in numbers}
        if THE_REPOSITORY in numbers:
            self._epochs[repo.key] += 1
            self._catalogue.clear(repo)
            touched |= self._following({place for place in self._followed if place[0] == repo})
        touched |= self._following(touched)
        about = {subject for site, number in touched for subject in ((site.key, number), (site.key, None))}
        self._versions.update(about)
        for one in about:
            await self._renew(one)
        return frozenset(touched)

    def _following(self, touched: set[Touched]) -> set[Touched]:
        """The numbers for which these threads were rendered after they had been moved, once or several times."""
        found: set[Touched] = set()
        reached = touched
        while reached:
            reached = {other for place in reached & self._followed.keys() for other in self._followed[place]} - found
            found |= reached
        return found

    async def renew(self, repo: Repository, number: int) -> None:
        """Renders a thread's kept documents anew after a check, for their `checked_at` and `stale`."""
        await self._renew((repo.key, number))

    async def _renew(self, about: Subject) -> None:
        keys = self._catalogue.about(about)
        for key in keys[_RENEWED:]:
            self._catalogue.discard(key)
        for key in keys[:_RENEWED]:
            try:
                await self.document(key)
            except ReadError:
                self._catalogue.discard(key)
            except Exception:  # noqa: BLE001 - logged; one document must not end an import
                _log.exception("A document could not be rendered anew; the next reader of %s has it made", key)
                self._catalogue.discard(key)

    async def document(self, key: Key) -> Document:
        """The document of `key` made from the mirror as it is now, and kept unless a change overtook it."""
        for _ in range(_ATTEMPTS):
            state = self._state(key)
            document = await self._make(key)
            if self._state(key) == state:
                self._catalogue.put(key, document)
                return document
        self._catalogue.discard(key)
        return document

    def _state(self, key: Key) -> tuple[int, int]:
        """What changes when the documents of `key` are overtaken."""
        return self._epochs[key.repo.key], self._versions[subject(key)]

    async def present(self, key: Key) -> Document:
        """The document of `key` as it is kept, or made."""
        return self._catalogue.get(key) or await self.document(key)

    async def version(self, repo: Repository, number: int) -> int:
        """Of a thread that has been moved that of its latest change on the whole way; it grows with each."""
        versions = [await self._mirror.version(repo, number)]
        place = await self._places.moved(repo, number)
        while place is not None and len(versions) <= MAX_TRANSFERS:
            versions.append(await self._mirror.version(*place))
            place = await self._places.moved(*place)
        return max(versions)

    async def _make(self, key: Key) -> Document:
        site = await self._mirror.site(key.repo)
        self._refuse_private(site)
        self.refuse_unknown_posts()
        self._observer.rendered(key)
        if isinstance(key, ThreadKey):
            thread = await self.thread(key.repo, key.number, with_comments=not isinstance(key, BareKey))
            document = await asyncio.to_thread(self._renderer.of_thread, thread, key)
            return replace(document, looked_at=thread.looked_at)
        if isinstance(key, CompatCommentKey):
            return await self._single_comment(key, site)
        if site is None or site.listed_at is None:
            raise NotReady(f"The list of issues of {key.repo}", retry_after=_RETRY_AFTER)
        if isinstance(key, CountsKey):
            return await self._counts(key, site)
        if isinstance(key, NewestKey | SiteFeedKey):
            return await self._newest(key, site)
        return await self._issues(key, site)

    async def thread(
        self,
        repo: Repository,
        number: int,
        *,
        with_comments: bool,
        followed: int = 0,
        post: tuple[Repository, int] | None = None,
    ) -> Thread:
        """What the mirror has to show of a number; `post` is the one that was asked for, where it was moved here."""
        post = post or (repo, number)
        site = await self._mirror.site(repo)
        self._refuse_private(site)
        record = await self._mirror.thread(repo, number)
        if record is None and followed < MAX_TRANSFERS:
            place = await self._places.moved(repo, number)
            if place is not None:
                self._followed[place].add((repo, number))
                there = await self.thread(*place, with_comments=with_comments, followed=followed + 1, post=post)
                return replace(there, repo=repo, number=number)
            if followed and await self._mirror.absence(repo, number) is None:
                raise NotReady(f"Post {number} of {repo}", retry_after=_RETRY_AFTER)
        if record is None or not self.is_post(*post, record.issue):
            return await self._missing(repo, number, site)
        if with_comments and not record.complete:
            raise NotReady(f"Post {number} of {repo}", retry_after=_RETRY_AFTER)
        comments = await self._mirror.comments(repo, number) if with_comments else ()
        return Thread(
            repo=repo,
            number=number,
            issue=await self._with_present_pin(repo, record),
            comments=comments,
            comment_count=record.mirrored if record.complete else record.issue.comment_count,
            status=record.issue.status,
            checked_at=_checked_at(record, site),
            stale=(repo.key, number) in self.stale,
            looked_at=record.checked_at,
        )

    def _refuse_private(self, site: SiteRecord | None) -> None:
        if site is not None and self.is_withheld(site):
            raise NotServed(site.repo.full_name)

    async def _with_present_pin(self, repo: Repository, record: ThreadRecord) -> Issue:
        """The issue with its pinned comment as the mirror has it: it may have been hidden or deleted since."""
        pinned = record.issue.pinned_comment
        if pinned is None:
            return record.issue
        present = await self._mirror.comment(repo, pinned.id)
        return replace(record.issue, pinned_comment=present if record.complete else present or pinned)

    async def _missing(self, repo: Repository, number: int, site: SiteRecord | None) -> Thread:
        absence = await self._mirror.absence(repo, number)
        known = [site.checked_at, site.listed_at] if site else []
        checked_at = max((at for at in (absence.checked_at if absence else None, *known) if at), default=None)
        status = Status.GONE if absence is not None and absence.gone else Status.MISSING
        looked_at = absence.checked_at if absence else checked_at
        stale = (repo.key, number) in self.stale
        return Thread(repo, number, None, (), 0, status, checked_at, stale=stale, looked_at=looked_at)

    def refuse_unknown_posts(self) -> None:
        """Raises `NotReady` while nobody can say which issues are posts."""
        if not self._serve.is_known:
            raise NotReady("The list of posts", retry_after=_RETRY_AFTER)

    def is_withheld(self, site: SiteRecord | None) -> bool:
        """True where a repository is private and nobody said that everyone may see it."""
        return site is not None and site.private and not self._allow_private

    def followed_from(self, repo: Repository) -> Mapping[int, Iterable[Touched]]:
        """The threads of a repository that readers were shown under numbers from which they had been moved: those."""
        return {number: places for (site, number), places in self._followed.items() if site == repo}

    async def _single_comment(self, key: CompatCommentKey, site: SiteRecord | None) -> Document:
        comment = await self._mirror.comment(key.repo, key.comment_id)
        record = await self._mirror.thread(key.repo, comment.number) if comment else None
        if comment is None and await self._is_importing(key.repo, site):
            raise NotReady(f"Comment {key.comment_id} of {key.repo}", retry_after=_RETRY_AFTER)
        if comment is None or record is None or not self.is_post(key.repo, record.issue.number, record.issue):
            raise CommentNotFound(key.comment_id)
        checked_at = _checked_at(record, site)
        return await asyncio.to_thread(self._renderer.comment, comment, key, checked_at)

    async def _is_importing(self, repo: Repository, site: SiteRecord | None) -> bool:
        """True while the mirror cannot rule out that GitHub has comments which it has not."""
        if site is None or site.listed_at is None:
            return True
        return any(not (tally.complete or tally.is_pull_request) for tally in await self._mirror.tallies(repo))

    async def _counts(self, key: CountsKey, site: SiteRecord) -> Document:
        known = {
            tally.number: tally.mirrored if tally.complete else tally.comment_count
            for tally in await self._mirror.tallies(key.repo)
            if self.is_post(key.repo, tally.number, tally)
        }
        counts: Mapping[int, int | None] = known
        if key.ids is not None:
            counts = {
                number: known[number] if number in known else await self._moved_count(key.repo, number)
                for number in key.ids
            }
        return api.counts(counts, _site_checked_at(site), stale=False)

    async def _moved_count(self, repo: Repository, number: int) -> int | None:
        """How many comments there are where a number's issue has been moved to; None where there is none."""
        if await self._places.moved(repo, number) is None:
            return None
        thread = await self.thread(repo, number, with_comments=False)
        return None if thread.issue is None else thread.comment_count

    async def _newest(self, key: NewestKey | SiteFeedKey, site: SiteRecord) -> Document:
        limit, before = newest_wanted(key)
        numbers = await self.posts(key.repo) if not self._serve.includes_all else None
        found = await self._mirror.newest_comments(key.repo, limit=limit, before=before, numbers=numbers)
        if not found and before is None and await self._is_importing(key.repo, site):
            raise NotReady(f"The newest comments of {key.repo}", retry_after=_RETRY_AFTER)
        threads = {
            number: await self.thread(key.repo, number, with_comments=True)
            for number in {comment.number for comment in found}
        }
        return await asyncio.to_thread(self._renderer.newest, found, threads, key, _site_checked_at(site))

    async def _issues(self, key: CompatIssuesKey, site: SiteRecord) -> Document:
        records = await self._mirror.threads(key.repo)
        posts = [record for record in records if self.is_post(key.repo, record.issue.number, record.issue)]
        issues: Sequence[Issue] = [await self._with_present_pin(key.repo, record) for record in posts]
        return await asyncio.to_thread(self._renderer.issues, issues, key, _site_checked_at(site))

    async def posts(self, repo: Repository) -> frozenset[int]:
        """The numbers of the issues that are posts."""
        tallies = await self._mirror.tallies(repo)
        return frozenset(tally.number for tally in tallies if self.is_post(repo, tally.number, tally))

    def is_post(self, repo: Repository, number: int, issue: Issue | IssueSummary) -> bool:
        """Whether an issue is a post of the blog under a number, which is another than its own where it was moved."""
        return not issue.is_pull_request and self._serve.includes(repo, number, issue.labels)


def _checked_at(record: ThreadRecord, site: SiteRecord | None) -> float | None:
    """A round over the whole site tells of a thread too, unless its counts say that something is missing."""
    covered = site.checked_at if site is not None and record.complete and not record.in_doubt else None
    return max((at for at in (record.checked_at, covered) if at is not None), default=None)


def _site_checked_at(site: SiteRecord) -> float | None:
    return max((at for at in (site.checked_at, site.listed_at) if at is not None), default=None)
