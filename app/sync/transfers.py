"""Where a transferred issue is now, if that is among the sites."""

import re
from collections.abc import Sequence
from urllib.parse import urlsplit

from app.domain.sites import Repository
from app.ports.mirror import Mirror

_ISSUE = re.compile(
    r"/(?:repos/(?P<name>[^/]+/[^/]+)|repositories/(?P<id>[0-9]{1,18}))/issues/(?P<number>[0-9]{1,18})$"
)

MAX_TRANSFERS = 5
"""Transfers in a row that are followed."""


class Transfers:
    """Finds the site of an issue's API address."""

    def __init__(self, sites: Sequence[Repository], mirror: Mirror) -> None:
        self._sites = sites
        self._mirror = mirror

    async def find(self, address: str) -> tuple[Repository, int] | None:
        """(site, number) of an issue's API address; None where its repository is none of the sites."""
        match = _ISSUE.search(urlsplit(address).path)
        if match is None:
            return None
        name, number = (match["name"] or "").lower(), int(match["number"])
        for site in self._sites:
            if site.key == name:
                return site, number
            record = await self._mirror.site(site)
            if record is not None and (record.full_name.lower() == name or str(record.id) == match["id"]):
                return site, number
        return None

    async def moved(self, repo: Repository, number: int) -> tuple[Repository, int] | None:
        """(site, number) to which a number's issue has been moved; None where it is not known to be at a site."""
        absence = await self._mirror.absence(repo, number)
        return await self.find(absence.moved_to) if absence is not None and absence.moved_to else None

    async def at_last(self, repo: Repository, number: int) -> tuple[Repository, int] | None:
        """(site, number) at which a number's issue is after all its transfers; None where it has not been moved."""
        place = None
        for _ in range(MAX_TRANSFERS):
            further = await self.moved(repo, number)
            if further is None:
                break
            repo, number = place = further
        return place
