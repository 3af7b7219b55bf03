"""Floods: where many deliveries wait at once, a round, two asks for all of them, is cheaper than a look for each.

One process makes it, the others leave the marks alone meanwhile. What the round leaves in doubt is looked at one by
one.
"""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from itertools import count

from app.domain.errors import GitHubError, StoreError
from app.domain.sites import Repository
from app.jobs.heartbeat import heartbeat
from app.ports.jobs import THE_REPOSITORY, Job, Priority, Shared
from app.ports.mirror import Clock, Mirror, SiteRecord
from app.sync.poll import Poller, is_settled

_log = logging.getLogger(__name__)
_MOST_LOOKS = 5
"""Deliveries that wait at once and still have a look each."""
_BETWEEN_ROUNDS = 2.0
"""Seconds from one such round to the next at least, whichever process makes it."""
_HELD_FOR, _RENEWED = 15.0, 5.0
"""Seconds after which a round counts as one of a process that died, unless it says that it goes on."""

PutOff = Callable[[Job, Exception], Awaitable[None]]
"""Keeps a mark for later, after a failure."""


class DeliveryBatch:
    """Makes rounds for the marks of deliveries, where they are many."""

    def __init__(
        self, *, mirror: Mirror, shared: Shared, pulse: Poller, clock: Clock, holder: str, put_off: PutOff
    ) -> None:
        self._mirror = mirror
        self._shared = shared
        self._pulse = pulse
        self._clock = clock
        self._holder = holder
        self._put_off = put_off
        self._numbers = count(1)
        self._doubtful: dict[Repository, frozenset[int]] = {}
        """By their `seq`, the marks that the last round over a site could not settle."""

    def among(self, marks: Iterable[Job]) -> Mapping[Repository, Sequence[Job]]:
        """The marks, by site, that are left to a round."""
        told: defaultdict[Repository, list[Job]] = defaultdict(list)
        for mark in marks:
            plain = mark.purpose is Priority.DELIVERY and not mark.thorough and mark.number != THE_REPOSITORY
            if plain and mark.seq not in self._doubtful.get(mark.repo, ()):
                told[mark.repo].append(mark)
        return {repo: flood for repo, flood in told.items() if len(flood) > _MOST_LOOKS}

    async def round(self, repo: Repository, marks: Sequence[Job]) -> bool:
        """One round: settles the marks of all threads that it left without doubt.

        Nothing, and False, where one is under way or has just been made, here or by another process, and before the
        site is listed: that is the import's to do, which brings nothing older than the marks.
        """
        site = await self._mirror.site(repo)
        if site is None or site.listed_at is None:
            return False
        began = self._clock.now()
        name, once = f"flood {repo.key}", f"{self._holder}, {next(self._numbers)}, at {began}"
        if not await self._shared.lease(name, holder=once, at=began, until=began + _HELD_FOR):
            return False
        try:
            async with heartbeat(partial(self._hold, name, once), every=_RENEWED):
                await self._make(site, marks, began)
        finally:
            with suppress(StoreError):
                await asyncio.shield(self._rest(name, once, began))
        return True

    async def _make(self, site: SiteRecord, marks: Sequence[Job], began: float) -> None:
        try:
            await self._pulse.bring_up(site.repo)
        except Exception as failure:
            if not isinstance(failure, GitHubError) or not await self._is_applied(site, began):
                for mark in marks:
                    await self._put_off(mark, failure)
                raise
        undoubted = {tally.number for tally in await self._mirror.tallies(site.repo) if is_settled(tally)}
        for mark in marks:
            if mark.number in undoubted:
                await self._shared.drop(mark)
        doubtful = {mark.number for mark in marks} - undoubted
        left = [mark for mark in await self._shared.due(at=self._clock.now()) if mark.repo == site.repo]
        self._doubtful[site.repo] = frozenset(mark.seq for mark in left if mark.number in doubtful)

    async def _is_applied(self, before: SiteRecord, began: float) -> bool:
        """True where a round that failed, with a single thread say, had applied what changed."""
        site = await self._mirror.site(before.repo)
        at = None if site is None else site.checked_at
        return at is not None and at != before.checked_at and at >= began

    async def _hold(self, name: str, once: str) -> None:
        now = self._clock.now()
        await self._shared.lease(name, holder=once, at=now, until=now + _HELD_FOR)

    async def _rest(self, name: str, once: str, began: float) -> None:
        """Nobody makes another round until it is time for it."""
        now, until = self._clock.now(), began + _BETWEEN_ROUNDS
        if now < until <= now + _BETWEEN_ROUNDS:
            await self._shared.lease(name, holder=once, at=now, until=until)
        else:
            await self._shared.release(name, holder=once)
