"""Find a served repository by a name that it had before, or that it has now and the settings do not know.

Addresses with such a name are in pages and in the subscriptions of feed readers, and GitHub redirects it too.
"""

import asyncio
from collections.abc import Sequence

from app.domain.sites import Repository
from app.domain.times import is_within
from app.ports.clock import Clock
from app.ports.mirror import Mirror

_READ_EVERY = 10.0
"""Seconds between two reads of the records, however many unknown names are asked for."""


class FormerNames:
    """The names besides the configured ones. A name once known leads to the same repository until the next start."""

    def __init__(self, mirror: Mirror, sites: Sequence[Repository], clock: Clock) -> None:
        self._mirror = mirror
        self._sites = sites
        self._clock = clock
        self._lock = asyncio.Lock()
        self._read_at: float | None = None
        self._names: dict[str, tuple[Repository, str]] = {}
        """The repository behind each name in lower case, and the name's spelling."""

    async def find(self, name: str) -> tuple[Repository, str] | None:
        """Return the repository that has or had this name in any letter case, and the name's spelling; else None.

        Raises `StoreError`.
        """
        async with self._lock:
            if name.lower() not in self._names and not is_within(_READ_EVERY, self._read_at, now=self._clock.now()):
                await self._read()
                self._read_at = self._clock.now()
        return self._names.get(name.lower())

    async def _read(self) -> None:
        for site in self._sites:
            record = await self._mirror.site(site)
            if record is not None:
                for name in (record.full_name, *record.former_names):
                    self._names.setdefault(name.lower(), (site, name))
