"""How a read travels: the document cache has the document, or the mirror, or GitHub is asked once for all readers."""

import asyncio
import logging
from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Protocol

from cachetools import TTLCache

from app.domain.errors import AfterwordError, GitHubError, NotReady, RateLimited
from app.domain.priority import Priority
from app.domain.records import ThreadRef
from app.domain.sites import Repository
from app.domain.thread_state import Snapshot, ThreadState, thread_state
from app.domain.times import is_within, retry_after
from app.jobs.single_flight import SingleFlight
from app.ports.clock import Clock
from app.ports.leases import Leases
from app.ports.mirror import Mirror
from app.render.document import Document
from app.render.keys import Key, ThreadKey
from app.serving.access_policy import AccessPolicy
from app.serving.clients.lane import Lane
from app.serving.document_cache import CachedDocument, Documents, key_weight
from app.serving.outlines import require_valid
from app.serving.views import shows_comments

_log = logging.getLogger(__name__)
_PROBE_EVERY = 60.0
"""Seconds between requests about numbers that the list of issues lacks: deleted or transferred ones."""
_MOST_GUESSES = 30
_RETRY_AFTER = 10
_MOST_REMEMBERED = 10_000
_RENDER_BYTES = 4_000_000
"""Bytes of the keys of documents that were made a moment ago."""
_MADE_AT_ONCE, _MOST_WAITING = 2, 1_000
"""Documents that are made at the same time: compression leaves Python's lock to another one."""
_OLD_SECONDS = 1.0
"""For how long an old document is ready: what is due for it comes once a minute, and may come a second later."""


@dataclass(frozen=True, slots=True)
class ReadyDocument:
    """A document that can be served at once."""

    document: Document
    slot: CachedDocument
    """Its place in the document cache."""
    fresh_from: float
    fresh_until: float
    """Between these times, in epoch seconds, a reader gets it without a check. Earlier ones are from before the clock
    was set back."""


class ThreadRefresher(Protocol):
    """What asks GitHub for a thread."""

    async def refresh(self, repo: Repository, number: int, priority: Priority) -> None:
        """Bring a thread up to date. Raises a `GitHubError`."""


class Reader:
    """Answers readers; no read fails because GitHub cannot be asked, if the mirror can answer.

    `fresh_for`: seconds for which a checked thread needs no check. `cold_wait`: seconds that a reader of a thread that
    is not mirrored waits for GitHub. `checks_lists`: whether reads of lists check the threads that they show: GitHub
    counts no conditional request with a token that changes nothing.
    """

    def __init__(
        self,
        *,
        documents: Documents,
        access: AccessPolicy,
        worker: ThreadRefresher,
        mirror: Mirror,
        leases: Leases,
        clock: Clock,
        fresh_for: float,
        cold_wait: float,
        checks_lists: bool = False,
    ) -> None:
        self._documents = documents
        self._access = access
        self._worker = worker
        self._mirror = mirror
        self._leases = leases
        self._clock = clock
        self._fresh_for = fresh_for
        self._cold_wait = cold_wait
        self._checks_lists = checks_lists
        self._making: SingleFlight[Document] = SingleFlight()
        self._lane = Lane(_MADE_AT_ONCE, _MOST_WAITING)
        self._refreshing: SingleFlight[None] = SingleFlight()
        self._probe_times: dict[Repository, float] = {}
        """When a number was last requested that the list of issues lacks."""
        self._guesses: TTLCache[ThreadRef, bool] = TTLCache(_MOST_REMEMBERED, ttl=60.0, timer=clock.now)
        """Numbers that were read within the last minute, before there was a list of issues."""
        pause = min(fresh_for, 60.0)
        self._recent_checks: TTLCache[Hashable, bool] = TTLCache(_MOST_REMEMBERED, ttl=pause, timer=clock.now)
        """Threads whose check began a moment ago."""
        self._recent_renders: TTLCache[Key, int] = TTLCache(_RENDER_BYTES, pause, clock.now, getsizeof=int)
        """Documents that were made a moment ago: they say all that the mirror knows."""

    def ready(self, key: Key) -> Document | None:
        """Return the cached document; check an old one's thread in the background.

        One whose `checked_at` is old is made again first, once a minute: a poll may have found it unchanged.
        """
        document = self._documents.get(key)
        if document is None:
            return None
        now = self._clock.now()
        if not is_within(self._fresh_for, document.checked_at, now=now) and key not in self._recent_renders:
            return None
        self._check_if_old(key, document, now)
        return document

    def find_ready(self, key: Key) -> ReadyDocument | None:
        """Return the document that `ready` returns, its place in the cache, and until when it needs no check."""
        document = self.ready(key)
        slot = self._documents.find(key)
        if document is None or slot is None:
            return None
        times = (document.checked_at, document.refreshed_at) if isinstance(key, ThreadKey) else (document.checked_at,)
        known_times = [time for time in times if time is not None]
        now = self._clock.now()
        checks_threads = self._checks_lists and not isinstance(key, ThreadKey) and bool(document.threads)
        is_known = len(known_times) == len(times) and not checks_threads
        if not is_known or not max(known_times) <= now <= min(known_times) + self._fresh_for:
            return ReadyDocument(document, slot, now, now + _OLD_SECONDS)
        return ReadyDocument(document, slot, max(known_times), min(known_times) + self._fresh_for)

    async def document(self, key: Key, client: str = "") -> Document:
        """Return the document of `key`; raise a `ReadError`, `NotReady` among them if only GitHub could answer now.

        Clients take turns: no other one's documents are made all before this one's.
        """
        document = self.ready(key)
        if document is not None:
            return document
        require_valid(key)  # an invalid key costs nothing else
        if key in self._making:
            self._lane.join(key, client)
        document = await asyncio.shield(self._making.join(key, lambda: self._make(key, client)))
        self._recent_renders[key] = key_weight(key)
        self._check_if_old(key, document, self._clock.now())
        return document

    async def _make(self, key: Key, client: str) -> Document:
        """Make a document, when it is its turn; refresh a cold thread first, without keeping the turn."""
        if isinstance(key, ThreadKey):
            async with self._lane.turn(key, client):
                basis = await self._documents.basis(key)
                priority = await self._needed_refresh(basis.snapshot, with_comments=shows_comments(key))
                if priority is None:
                    return await self._documents.document(key, basis)
            await self._wait_for_refresh(basis.snapshot.ref, priority)
        async with self._lane.turn(key, client):
            return await self._documents.document(key)

    async def _wait_for_refresh(self, ref: ThreadRef, priority: Priority) -> None:
        """Wait for a refresh of a thread, together with all its readers; raise `NotReady` after a while."""
        task = self._refreshing.join(ref, lambda: self._worker.refresh(*ref, priority))
        what = f"Post {ref.number} of {ref.repo}"
        finished_tasks, _ = await asyncio.wait({task}, timeout=self._cold_wait)
        if not finished_tasks:
            raise NotReady(what, retry_after=_RETRY_AFTER)
        if priority is Priority.CHECK:
            return  # the list of all issues answers for what GitHub did not
        try:
            task.result()
        except RateLimited as limit:
            raise NotReady(what, retry_after=retry_after(limit.until - self._clock.now())) from limit
        except GitHubError as failure:
            raise NotReady(what, retry_after=_RETRY_AFTER) from failure

    async def _needed_refresh(self, snapshot: Snapshot, *, with_comments: bool) -> Priority | None:
        """Return the priority of the refresh that is needed before the mirror can answer; None if it can."""
        state = thread_state(snapshot, self._access.posts)
        if state is ThreadState.INCOMPLETE:
            return Priority.READ if with_comments else None
        if state in {ThreadState.TRANSFERRED, ThreadState.UNKNOWN}:
            self._refuse_guesses(snapshot.ref)
            return Priority.READ
        if state is ThreadState.UNLISTED:
            return Priority.CHECK if await self._may_probe(*snapshot.ref) else None
        return None

    def _refuse_guesses(self, ref: ThreadRef) -> None:
        """Bound the unknown numbers that are requested in a minute: no list of issues rules any out yet."""
        if ref not in self._guesses and len(self._guesses) >= _MOST_GUESSES:
            raise NotReady(f"Post {ref.number} of {ref.repo}", retry_after=_RETRY_AFTER)
        self._guesses.setdefault(ref, True)

    async def _may_probe(self, repo: Repository, number: int) -> bool:
        """Return True, once a minute, for a number that the list of all issues lacks: that limits crawlers.

        Numbers above the newest issue are left to the next poll.
        """
        now = self._clock.now()
        if is_within(_PROBE_EVERY, self._probe_times.get(repo), now=now):
            return False
        summaries = (await self._mirror.site_snapshot(repo)).summaries
        if not summaries or number > summaries[0].number:
            return False
        self._probe_times[repo] = now
        name, worker_id = f"probe {repo.key}", f"{number} at {now}"
        return await self._leases.acquire(name, worker_id=worker_id, at=now, until=now + _PROBE_EVERY)

    def _check_if_old(self, key: Key, document: Document, now: float) -> None:
        """Check an old thread, or those of a list, in the background, once in a while however many read it."""
        if isinstance(key, ThreadKey):
            is_old = not is_within(self._fresh_for, document.refreshed_at, now=now)
            refs: Iterable[ThreadRef] = (ThreadRef(key.repo, key.number),) if is_old else ()
        else:  # a thread of a list that was checked within `fresh_for` costs no request
            refs = document.threads if self._checks_lists else ()
        for ref in refs:
            if ref not in self._recent_checks:
                self._recent_checks[ref] = True
                self._refreshing.join(("check", ref), partial(self._check, ref))

    async def _check(self, requested_ref: ThreadRef) -> None:
        """Check a thread at its current number; request one that the mirror lacks at most once a minute."""
        snapshot = await self._mirror.snapshot(*requested_ref, with_comments=False)
        ref, is_known = snapshot.ref, snapshot.record is not None or snapshot.was_transferred
        if not is_known and not await self._may_probe(*ref):
            return
        try:
            await self._worker.refresh(*ref, Priority.CHECK)
            self._documents.failed_checks.pop(ref, None)
        except RateLimited as limit:
            if limit.kind != "budget":  # our own budget is no failure: the age of the document tells enough
                self._documents.failed_checks[ref] = self._clock.now()
        except AfterwordError as failure:
            _log.info("Post %s of %s could not be checked; its next reader tries again: %s", *reversed(ref), failure)
            self._documents.failed_checks[ref] = self._clock.now()
        await self._documents.refresh_checked(*requested_ref)

    async def close(self) -> None:
        """Cancel what is under way; the mirror keeps what was committed."""
        await self._refreshing.close()
        await self._making.close()
