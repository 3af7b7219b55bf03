"""Resolve the API address of a transferred issue to a served site."""

import re
from collections.abc import Iterable
from urllib.parse import urlsplit

from app.domain.records import SiteRecord, ThreadRef
from app.domain.sites import Repository

MAX_TRANSFERS = 5
"""The mirror follows at most this many transfers in a row."""
_ISSUE = re.compile(
    r"/(?:repos/(?P<name>[^/]+/[^/]+)|repositories/(?P<id>[0-9]{1,18}))/issues/(?P<number>[0-9]{1,18})$"
)


def transfer_target(address: str, sites: Iterable[tuple[Repository, SiteRecord | None]]) -> ThreadRef | None:
    """Return the thread behind an issue's API address, or None if none of the sites is its repository.

    GitHub names the repository by `owner/name` or by id. A site matches by its configured name, its current name or
    its id.
    """
    match = _ISSUE.search(urlsplit(address).path)
    if match is None:
        return None
    name, number = (match["name"] or "").lower(), int(match["number"])
    for repo, record in sites:
        if repo.key == name:
            return ThreadRef(repo, number)
        if record is not None and (record.full_name.lower() == name or str(record.id) == match["id"]):
            return ThreadRef(repo, number)
    return None
