"""Following: what another process has changed is served here within a second of its commit."""

from collections import defaultdict

from app.domain.sites import Repository
from app.jobs.periodic import run_periodically
from app.ports.mirror import Clock, Mirror, Notify

_EVERY = 0.1
"""Seconds; a look at the latest signal is one read of an index."""


class ChangeFeed:
    """Announces the changes of other processes, which `origin` tells from those of this one."""

    def __init__(self, mirror: Mirror, clock: Clock, announce: Notify, *, origin: str) -> None:
        self._mirror = mirror
        self._clock = clock
        self._announce = announce
        self._origin = origin
        self._seq: int | None = None

    async def run(self) -> None:
        """Follows for ever."""
        failing = "Changes of other processes cannot be followed"
        await run_periodically(self.catch_up, self._clock, every=_EVERY, failing=failing)

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
