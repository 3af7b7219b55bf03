"""GitHub's own objects beside those that the service makes of them, and the ways in which it learns of them."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import httpx
from githubkit_schemas.latest.models import Issue as DescribedIssue

from app.domain.priority import Priority
from app.simulator.http.server import RunningSimulator
from app.simulator.world.world import World
from tests.integration.local_service import BLOG, LocalService
from tests.integration.webhooks import WebhookQueue
from tests.integration.worlds import TOKEN

REQUIRED = {field.alias or name for name, field in DescribedIssue.model_fields.items() if field.is_required()}
"""What GitHub's OpenAPI description requires of an issue."""


async def _poll(service: LocalService, _: WebhookQueue) -> None:
    await service.application.poller.poll(BLOG)


async def _deliver(service: LocalService, webhook: WebhookQueue) -> None:
    await webhook.deliver(service)


async def _read(service: LocalService, _: WebhookQueue) -> None:
    await service.refresh_thread(1, Priority.READ)


WAYS: Mapping[str, Callable[[LocalService, WebhookQueue], Awaitable[None]]] = {
    "list": _poll,
    "webhook": _deliver,
    "single read": _read,
}
"""How the mirror learns of an issue."""
CHANGES: Mapping[str, Callable[[World], object]] = {
    "close": lambda world: world.close_issue("ada/blog", 1, by="eve"),
    "close as another": lambda world: world.close_issue("ada/blog", 1, by="bob"),
    "reopen": lambda world: world.reopen_issue("ada/blog", 1),
    "comment": lambda world: world.comment("ada/blog", 1, body="Words", author="eve"),
    "none": lambda _: None,
}


def get_from_github(simulator: RunningSimulator, target: str) -> Any:
    """Return what GitHub responds to the owner."""
    return httpx.get(f"{simulator.url}{target}", headers={"authorization": f"Bearer {TOKEN}"}).json()


def without_addresses(value: Mapping[str, Any]) -> dict[str, Any]:
    """Return an object without the addresses that lead to the service."""
    ours = {"url", "repository_url", "comments_url", "issues_url", "issue_comment_url"}
    return {name: field for name, field in value.items() if name not in ours}


async def assert_issue_is_githubs(service: LocalService, target: str) -> None:
    """Assert that an issue alone and in the list is GitHub's; only its closer may be unknown."""
    theirs = get_from_github(service.simulator, target)
    ours = (await service.get(target)).json()
    assert ours.keys() == theirs.keys() >= REQUIRED
    assert ours["closed_by"] in (theirs["closed_by"], None)
    assert without_addresses(ours | {"closed_by": None}) == without_addresses(theirs | {"closed_by": None})
    path = target.rpartition("/")[0]
    listed = (await service.get(f"{path}?state=all")).json()[-1]
    assert listed.keys() == get_from_github(service.simulator, f"{path}?state=all")[-1].keys()
    assert without_addresses(listed | {"closed_by": None}) == without_addresses(theirs | {"closed_by": None})


async def linked_pages(service: LocalService, target: str) -> list[list[int]]:
    """Return the ids of a list's pages, from the given one on by the Link header."""
    pages, url = [], target
    while url:
        response = await service.get(url)
        pages.append([item["id"] for item in response.json()])
        url = response.links.get("next", {}).get("url", "")
    return pages


def linked_pages_of_github(simulator: RunningSimulator, target: str) -> list[list[int]]:
    """Return the same of GitHub's list."""
    pages, url = [], f"{simulator.url}{target}"
    while url:
        response = httpx.get(url, headers={"authorization": f"Bearer {TOKEN}"})
        pages.append([item["id"] for item in response.json()])
        url = response.links.get("next", {}).get("url", "")
    return pages
