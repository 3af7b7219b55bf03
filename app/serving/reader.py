"""The way of a read: the catalogue has the document, or the mirror, or GitHub is asked once however many wait."""

import asyncio
import logging
from collections.abc import Hashable

from cachetools import TTLCache

from app.domain.errors import AfterwordError, GitHubError, NotReady, RateLimited
from app.domain.sites import Repository
from app.jobs.single_flight import SingleFlight
from app.jobs.worker import Worker
from app.ports.jobs import Priority, Shared
from app.ports.mirror import Clock, Mirror
from app.render.document import Document
from app.render.keys import BareKey, Key, ThreadKey
from app.serving.document_cache import DocumentCache
from app.serving.views import Publisher
from app.sync.transfers import MAX_TRANSFERS, Transfers

_log = logging.getLogger(__name__)
_PROBE_PAUSE = 60
"""Seconds between asks about numbers that the list of issues left out: deleted or moved ones."""
_MOST_GUESSED = 30
_RETRY_AFTER = 10
_LONGEST_RETRY_AFTER = 300
_ATTEMPTS_KEPT = 50_000


class Reader:
    """Finds or makes documents; it never fails a read because GitHub cannot be asked, where the mirror can answer."""

    def __init__(
        self,
        *,
        mirror: Mirror,
        catalogue: DocumentCache,
        publisher: Publisher,
        places: Transfers,
        looks: Worker,
        shared: Shared,
        clock: Clock,
        fresh_for: float,
        cold_wait: float,
    ) -> None:
        self._mirror = mirror
        self._catalogue = catalogue
        self._publisher = publisher
        self._places = places
        self._looks = looks
        self._shared = shared
        self._clock = clock
        self._fresh_for = fresh_for
        self._cold_wait = cold_wait
        self._rendering: SingleFlight[Document] = SingleFlight()
        self._asking: SingleFlight[None] = SingleFlight()
        self._probed: dict[Repository, float] = {}
        """When a number was last tried that the list of issues left out."""
        self._guessed: TTLCache[Hashable, bool] = TTLCache(_ATTEMPTS_KEPT, ttl=60.0, timer=clock.now)
        """Numbers that were asked for within the last minute, before there was a list of issues."""
        pause = min(fresh_for, 60.0)
        self._attempted: TTLCache[Hashable, bool] = TTLCache(_ATTEMPTS_KEPT, ttl=pause, timer=clock.now)
        """Threads that were checked a moment ago, or that should have been."""
        self._rendered: TTLCache[Key, bool] = TTLCache(_ATTEMPTS_KEPT, ttl=pause, timer=clock.now)
        """Documents that were rendered a moment ago: they say all that the mirror knows."""

    def ready(self, key: Key) -> Document | None:
        """The finished document where it is at hand; an old one has its thread checked behind the reader's back.

        One that says that it is old is rendered again first, once a minute: rounds may have found it as on GitHub.
        """
        document = self._catalogue.get(key)
        if document is None or (self._is_old(document.checked_at) and key not in self._rendered):
            return None
        self._check_if_old(key, document)
        return document

    async def document(self, key: Key) -> Document:
        """The document of `key`; raises a `ReadError`, `NotReady` among them where nobody can tell now."""
        document = self.ready(key)
        if document is not None:
            return document
        if isinstance(key, ThreadKey):
            await self._ensure(key)
        document = await asyncio.shield(self._rendering.join(key, lambda: self._publisher.document(key)))
        self._rendered[key] = True
        self._check_if_old(key, document)
        return document

    async def _ensure(self, key: ThreadKey) -> None:
        """Brings a cold thread into the mirror; returns at once where the mirror can answer."""
        cold = await self._cold(key.repo, key.number, with_comments=not isinstance(key, BareKey))
        if cold is None:
            return
        repo, number, purpose = cold
        task = self._asking.join((repo.key, number), lambda: self._looks.look(repo, number, purpose))
        what = f"Post {number} of {repo}"
        done, _ = await asyncio.wait({task}, timeout=self._cold_wait)
        if not done:
            raise NotReady(what, retry_after=_RETRY_AFTER)
        if purpose is Priority.CHECK:
            return  # the list of all issues answers for what GitHub did not
        try:
            task.result()
        except RateLimited as limit:
            wait = int(limit.until - self._clock.now()) + 1
            raise NotReady(what, retry_after=max(1, min(wait, _LONGEST_RETRY_AFTER))) from limit
        except GitHubError as failure:
            raise NotReady(what, retry_after=_RETRY_AFTER) from failure

    async def _cold(
        self, repo: Repository, number: int, *, with_comments: bool, followed: int = 0
    ) -> tuple[Repository, int, Priority] | None:
        """What to ask GitHub for before the mirror can answer; None where it can."""
        site = await self._mirror.site(repo)  # before the thread: a list that lands in between rules nothing out
        record = await self._mirror.thread(repo, number)
        if record is not None:
            served = followed or self._publisher.is_post(repo, number, record.issue)
            whole = record.complete or record.issue.is_pull_request
            return (repo, number, Priority.READ) if with_comments and served and not whole else None
        if await self._mirror.absence(repo, number) is not None:
            place = await self._places.moved(repo, number) if followed < MAX_TRANSFERS else None
            return await self._cold(*place, with_comments=with_comments, followed=followed + 1) if place else None
        if self._publisher.serve.listed_only and not (followed or self._publisher.serve.includes(repo, number, ())):
            return None
        if followed or site is None or site.listed_at is None:
            self._refuse_guesses(repo, number)
            return repo, number, Priority.READ
        return (repo, number, Priority.CHECK) if await self._may_probe(repo, number) else None

    def _refuse_guesses(self, repo: Repository, number: int) -> None:
        """While no list of issues rules anything out, so many numbers a minute are asked for, and no more."""
        if (repo.key, number) not in self._guessed and len(self._guessed) >= _MOST_GUESSED:
            raise NotReady(f"Post {number} of {repo}", retry_after=_RETRY_AFTER)
        self._guessed.setdefault((repo.key, number), True)

    async def _may_probe(self, repo: Repository, number: int) -> bool:
        """True, once a minute, for a number that the list of all issues left out; a crawler trying numbers costs that.

        Numbers above the newest known one are left to the next round.
        """
        now = self._clock.now()
        if 0 <= now - self._probed.get(repo, -_PROBE_PAUSE) < _PROBE_PAUSE:
            return False
        tallies = await self._mirror.tallies(repo)
        if not tallies or number > tallies[0].number:
            return False
        self._probed[repo] = now
        name, prober = f"probe {repo.key}", f"{number} at {now}"
        return await self._shared.lease(name, holder=prober, at=now, until=now + _PROBE_PAUSE)

    def _check_if_old(self, key: Key, document: Document) -> None:
        """Looks at an old thread behind the reader's back, once in a while however many read it."""
        if not isinstance(key, ThreadKey) or not self._is_old(document.looked_at):
            return
        about = (key.repo.key, key.number)
        if about not in self._attempted:
            self._attempted[about] = True
            self._asking.join(("check", *about), lambda: self._check(key.repo, key.number))

    def _is_old(self, at: float | None) -> bool:
        """What is later than now was noted by a clock that has been set back."""
        return at is None or not 0 <= self._clock.now() - at <= self._fresh_for

    async def _check(self, repo: Repository, number: int) -> None:
        stale, about = self._publisher.stale, (repo.key, number)
        if not await self._may_check(repo, number):
            return
        try:
            await self._looks.look(repo, number, Priority.CHECK)
            stale.discard(about)
        except RateLimited as limit:
            if limit.kind != "budget":  # our own thrift is no failure: the age of what is served tells enough
                stale.add(about)
        except AfterwordError as failure:
            _log.info("Post %s of %s could not be checked: %s", number, repo, failure)
            stale.add(about)
        await self._publisher.renew(repo, number)

    async def _may_check(self, repo: Repository, number: int) -> bool:
        """True for a thread, here or moved to another site; a number without one is tried as seldom as any other."""
        if await self._mirror.thread(repo, number) is not None or await self._places.moved(repo, number) is not None:
            return True
        return await self._may_probe(repo, number)

    async def close(self) -> None:
        """Ends what is under way; the mirror keeps whatever was committed."""
        await self._asking.close()
        await self._rendering.close()
