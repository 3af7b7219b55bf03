"""Following: what another process has changed is served here within a second of its commit."""

import logging
from collections import defaultdict

from app.domain.errors import StoreError
from app.domain.sites import Repository
from app.engine.ports import Announce, Clock, Mirror

_log = logging.getLogger(__name__)
_EVERY = 0.1
"""Seconds; a look at the latest signal is one read of an index."""


class Follower:
    """Announces the changes of other processes, which `origin` tells from those of this one."""

    def __init__(self, mirror: Mirror, clock: Clock, announce: Announce, *, origin: str) -> None:
        self._mirror = mirror
        self._clock = clock
        self._announce = announce
        self._origin = origin
        self._seq: int | None = None

    async def run(self) -> None:
        """Follows for ever."""
        while True:
            try:
                await self.catch_up()
            except StoreError as failure:
                _log.warning("Changes of other processes cannot be followed: %s", failure)
                await self._clock.sleep(1.0)
            except Exception:  # noqa: BLE001 - logged; following goes on for ever
                _log.exception("Changes of other processes could not be followed by a fault of ours")
            await self._clock.sleep(_EVERY)

    async def catch_up(self) -> None:
        """Announces whatever other processes have changed since last time; nothing the first time."""
        if self._seq is None:
            self._seq = await self._mirror.latest()
            return
        changed: defaultdict[Repository, set[int]] = defaultdict(set)
        seq = after = self._seq
        for signal in await self._mirror.signals(after=after):
            seq = signal.seq
            if signal.origin != self._origin:
                changed[signal.repo].add(signal.number)
        for repo, numbers in changed.items():
            await self._announce(repo, frozenset(numbers))
        if self._seq == after:  # else the store was replaced meanwhile
            self._seq = seq

    def begin_anew(self) -> None:
        """The store has been replaced: what it signalled before says nothing."""
        self._seq = 0
