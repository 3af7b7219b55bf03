"""The threads of all sites by term: an index in memory for each site, kept in step with the mirror.

An index is read from the mirror when the first page asks with a term, and then follows each change. A search costs no
request to GitHub and no read of the mirror. `app.domain.terms.index` says which thread a term means.
"""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Iterable

from cachetools import LRUCache

from app.domain.errors import NotReady, StoreError, ThreadNotFound, ThreadUndecided
from app.domain.posts.posts import Post, PostCatalog
from app.domain.records import REPOSITORY_NUMBER, SiteRecord, ThreadRef
from app.domain.sites import Repository
from app.domain.terms.index import Resolution, SearchOutcome, TermIndex, ThreadQuery
from app.domain.terms.titles import comparable
from app.ports.mirror import Mirror
from app.serving.access_policy import AccessPolicy
from app.serving.terms.edition import Edition
from app.serving.terms.searches import RecentSearches

_log = logging.getLogger(__name__)
_RETRY_AFTER = 5
_MOST_RESULTS = 2_000
"""Results of one site that are remembered; a term has a thousand characters at most."""


class _SiteTerms:
    """The index of one site; None before it is read."""

    def __init__(self) -> None:
        self.lock = asyncio.Lock()
        """Held while the mirror is read, so that no change falls between two reads."""
        self.index: TermIndex | None = None
        self.record: SiteRecord | None = None
        self.edition = Edition()
        self.results: LRUCache[ThreadQuery, Resolution] = LRUCache(_MOST_RESULTS)

    def expire(self) -> None:
        """Forget the results: another thread may answer."""
        self.edition.is_current = False
        self.edition = Edition()
        self.results.clear()


class Terms:
    """Finds threads of the served sites by terms, labels and markers."""

    def __init__(self, mirror: Mirror, access: AccessPolicy) -> None:
        self._mirror = mirror
        self._access = access
        self._sites: defaultdict[Repository, _SiteTerms] = defaultdict(_SiteTerms)
        self._page_names: frozenset[str] = frozenset()
        self.doubtful = RecentSearches()
        """What pages asked with lately that several posts could be meant by."""
        self.missing = RecentSearches()
        """What pages asked with lately that no post has."""

    async def number(self, repo: Repository, query: ThreadQuery) -> tuple[int | None, Edition]:
        """Return the number of the thread that a page asks for, None if it has none yet, and how long that holds.

        Raise `ThreadUndecided` if several could be meant, and `NotReady` before the list of issues is mirrored.
        """
        resolution, edition = await self.resolve(repo, query)
        if resolution.outcome is SearchOutcome.MISSING:
            self.missing.add((repo, query), is_of_page=self._is_of_page(repo, query))
        elif resolution.outcome is not SearchOutcome.FOUND:
            self.doubtful.add((repo, query), is_of_page=self._is_of_page(repo, query))
        if resolution.outcome is SearchOutcome.AMBIGUOUS:
            raise ThreadUndecided(str(repo), str(query), resolution.names, resolution.candidates)
        return resolution.number, edition

    async def required_number(self, repo: Repository, query: ThreadQuery) -> tuple[int, Edition]:
        """Return what `number` does; raise `ThreadNotFound` if there is no thread."""
        number, edition = await self.number(repo, query)
        if number is None:
            raise ThreadNotFound(str(repo), str(query))
        return number, edition

    async def resolve(self, repo: Repository, query: ThreadQuery) -> tuple[Resolution, Edition]:
        """Return which thread a query means and how long that holds. Raises a `ReadError` or a `StoreError`."""
        self._access.refuse_unknown_posts()
        site = self._sites[repo]
        index = await self._index(repo, site)
        self._access.require_visible(site.record)
        if site.record is None or site.record.issues_listed_at is None:
            raise NotReady(f"The list of issues of {repo}", retry_after=_RETRY_AFTER)
        resolution = site.results.get(query)
        if resolution is None:
            is_post = self._access.is_post
            resolution = index.find(query, lambda head: is_post(ThreadRef(repo, head.number), head), self._page_names)
            site.results[query] = resolution
        return resolution, site.edition

    async def update(self, repo: Repository, numbers: frozenset[int]) -> None:
        """Follow a committed change of these numbers. If it cannot be read, the next search reads all issues."""
        site = self._sites.get(repo)
        if site is None:
            return
        async with site.lock:
            if site.index is None:
                return
            try:
                if REPOSITORY_NUMBER in numbers:
                    self._forget(site)
                else:
                    await self._read_changes(repo, site, site.index, numbers)
            except StoreError:
                _log.exception("Titles and labels of %s could not be read; the next search reads all of them", repo)
                self._forget(site)

    def learn_pages(self, catalog: PostCatalog) -> None:
        """Take the titles and addresses of the blog's pages: they are no match for the term of another page."""
        self._page_names = frozenset(comparable(text) for post in catalog.posts for text in _names(post))
        self.expire()

    def _is_of_page(self, repo: Repository, query: ThreadQuery) -> bool:
        """Return whether one text is the title or address of a known page, and another at most a label in use."""
        texts = [text for text in (query.term, query.marker, *query.labels) if text]
        others = [text for text in texts if comparable(text) not in self._page_names]
        index = self._sites[repo].index
        has_label = index is not None and all(index.has_label(text) for text in others)
        return len(texts) - len(others) == 1 and len(others) <= 1 and has_label

    def expire(self) -> None:
        """Forget all results: other issues are posts now."""
        for site in self._sites.values():
            site.expire()

    def forget(self) -> None:
        """Read everything again: the store was replaced."""
        for site in self._sites.values():
            self._forget(site)

    async def _index(self, repo: Repository, site: _SiteTerms) -> TermIndex:
        """Return the index, read from the mirror if it has to be."""
        if site.index is not None and site.record is not None and site.record.issues_listed_at is not None:
            return site.index
        async with site.lock:
            if site.index is None:
                read = await self._mirror.issue_heads(repo)
                site.index, site.record = await asyncio.to_thread(TermIndex, read.heads), read.site
            elif site.record is None or site.record.issues_listed_at is None:
                site.record = await self._mirror.site(repo)
            return site.index

    async def _read_changes(self, repo: Repository, site: _SiteTerms, index: TermIndex, numbers: Iterable[int]) -> None:
        heads = {head.number: head for head in (await self._mirror.issue_heads(repo, numbers)).heads}
        changes = [index.replace(number, heads.get(number)) for number in numbers]
        if any(changes):
            site.expire()

    def _forget(self, site: _SiteTerms) -> None:
        site.index = site.record = None
        site.expire()


def _names(post: Post) -> Iterable[str]:
    """Yield what may be the title of a post's issue."""
    if post.title is not None:
        yield post.title
    if post.url is not None:
        yield post.url
