"""The entries of a served feed, as a feed reader finds them."""

import feedparser

from tests.integration.local_service import LocalService


async def entry_ids(service: LocalService, path: str = "/comments.atom") -> list[str]:
    """Return the ids of a feed's entries."""
    response = await service.get(path)
    assert response.status_code == 200, response.text
    return [entry.id for entry in feedparser.parse(response.content).entries]


async def linked_names(service: LocalService, path: str = "/comments.atom") -> set[str]:
    """Return the names of repositories in the links of a feed's entries."""
    entries = feedparser.parse((await service.get(path)).content).entries
    return {"/".join(entry.link.split("/")[3:5]) for entry in entries}
