"""The way of a read: the catalogue has the document, or the mirror, or GitHub is asked once however many wait."""

import asyncio
import logging
from collections.abc import Hashable

from cachetools import TTLCache

from app.domain.errors import GitHubError, Limited, NotYet
from app.domain.sites import Repository
from app.engine.budget import Purpose
from app.engine.catalogue import Catalogue
from app.engine.ports import Clock, Mirror, SiteRecord
from app.engine.publish import Publisher
from app.engine.refresh import Refresher
from app.engine.single_flight import SingleFlight
from app.render.document import Document
from app.render.keys import CommentsKey, CompatCommentsKey, Key, ThreadKey

_log = logging.getLogger(__name__)
_ABSENT_FOR = 600
"""Seconds for which GitHub's word that a number has no issue is believed."""
_GAP_PAUSE = 60
"""Seconds between asks about numbers that the list of issues left out: deleted or moved ones."""
_RETRY_AFTER = 10
_LONGEST_RETRY_AFTER = 300
_ATTEMPTS_KEPT = 50_000


class Reader:
    """Finds or makes documents; it never fails a read because GitHub cannot be asked, where the mirror can answer."""

    def __init__(
        self,
        *,
        mirror: Mirror,
        catalogue: Catalogue,
        publisher: Publisher,
        refresher: Refresher,
        clock: Clock,
        fresh_for: float,
        cold_wait: float,
    ) -> None:
        self._mirror = mirror
        self._catalogue = catalogue
        self._publisher = publisher
        self._refresher = refresher
        self._clock = clock
        self._fresh_for = fresh_for
        self._cold_wait = cold_wait
        self._rendering: SingleFlight[Document] = SingleFlight()
        self._asking: SingleFlight[None] = SingleFlight()
        self._attempted: TTLCache[Hashable, bool] = TTLCache(_ATTEMPTS_KEPT, ttl=min(fresh_for, 60.0), timer=clock.now)
        self._gap_asked_at = 0.0

    def ready(self, key: Key) -> Document | None:
        """The finished document where it is at hand; an old one has its thread checked behind the reader's back."""
        document = self._catalogue.get(key)
        if document is not None:
            self._check_if_old(key, document)
        return document

    async def document(self, key: Key) -> Document:
        """The document of `key`; raises a `ReadError`, `NotYet` among them where nobody can tell now."""
        document = self.ready(key)
        if document is not None:
            return document
        if isinstance(key, ThreadKey):
            await self._ensure(key)
        document = await asyncio.shield(self._rendering.join(key, lambda: self._publisher.document(key)))
        self._check_if_old(key, document)
        return document

    async def _ensure(self, key: ThreadKey) -> None:
        """Brings a cold thread into the mirror; returns at once where the mirror can answer."""
        if await self._mirrored(key):
            return
        repo, number = key.repo, key.number
        task = self._asking.join((repo.key, number), lambda: self._bring(repo, number))
        what = f"Post {number} of {repo}"
        done, _ = await asyncio.wait({task}, timeout=self._cold_wait)
        if not done:
            raise NotYet(what, retry_after=_RETRY_AFTER)
        try:
            task.result()
        except Limited as limit:
            wait = int(limit.until - self._clock.now()) + 1
            raise NotYet(what, retry_after=max(1, min(wait, _LONGEST_RETRY_AFTER))) from limit
        except GitHubError as failure:
            raise NotYet(what, retry_after=_RETRY_AFTER) from failure

    async def _bring(self, repo: Repository, number: int) -> None:
        """Asks GitHub for a whole thread, unless an earlier flight has landed since the reader looked."""
        record = await self._mirror.thread(repo, number)
        if record is None or not (record.complete or record.issue.is_pull_request):
            await self._refresher.read(repo, number, Purpose.READ)

    async def _mirrored(self, key: ThreadKey) -> bool:
        site = await self._mirror.site(key.repo)  # before the thread: a list that lands in between rules nothing out
        record = await self._mirror.thread(key.repo, key.number)
        if record is not None:
            with_comments = isinstance(key, CommentsKey | CompatCommentsKey)
            return record.issue.is_pull_request or record.complete or not with_comments
        if await self._mirror.absence(key.repo, key.number) is not None:
            return True
        return await self._surely_none(key, site)

    async def _surely_none(self, key: ThreadKey, site: SiteRecord | None) -> bool:
        """True where the list of all issues rules a number out, so that a crawler trying numbers costs nothing."""
        if site is None or site.listed_at is None:
            return False
        tallies = await self._mirror.tallies(key.repo)
        if not tallies or key.number > tallies[0].number:
            return True
        now = self._clock.now()
        if now - self._gap_asked_at < _GAP_PAUSE:
            return True
        self._gap_asked_at = now
        return False

    def _check_if_old(self, key: Key, document: Document) -> None:
        """Looks at an old thread behind the reader's back, once in a while however many read it."""
        if document.checked_at is not None and self._clock.now() - document.checked_at <= self._fresh_for:
            return
        if not isinstance(key, ThreadKey):
            self._renew_once_in_a_while(key)
            return
        about = (key.repo.key, key.number)
        if about not in self._attempted:
            self._attempted[about] = True
            self._asking.join(("check", *about), lambda: self._check(key.repo, key.number))

    def _renew_once_in_a_while(self, key: Key) -> None:
        """Renders a document of the whole site anew from the mirror: rounds and other processes may have moved it."""
        if key not in self._attempted:
            self._attempted[key] = True
            self._rendering.join(key, lambda: self._publisher.document(key))

    async def _check(self, repo: Repository, number: int) -> None:
        stale, about = self._publisher.stale, (repo.key, number)
        try:
            await self._look(repo, number)
            stale.discard(about)
        except Limited as limit:
            if limit.kind != "budget":  # our own thrift is no failure: the age of what is served tells enough
                stale.add(about)
        except GitHubError as failure:
            _log.info("Post %s of %s could not be checked: %s", number, repo, failure)
            stale.add(about)
        await self._publisher.renew(repo, number)

    async def _look(self, repo: Repository, number: int) -> None:
        record = await self._mirror.thread(repo, number)
        if record is not None:
            if record.complete and not record.issue.is_pull_request:
                await self._refresher.check(repo, record)
            return
        absence = await self._mirror.absence(repo, number)
        if absence is not None and self._clock.now() - absence.checked_at > _ABSENT_FOR:
            await self._refresher.read(repo, number, Purpose.CHECK)

    async def close(self) -> None:
        """Ends what is under way; the mirror keeps whatever was committed."""
        await self._asking.close()
        await self._rendering.close()
