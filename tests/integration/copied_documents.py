"""What readers may be sent, of a blog with what a copy of its store might lose."""

from pathlib import Path

import httpx

from app.simulator.world.world import World
from tests.integration.local_service import LocalService
from tests.integration.worlds import add_notes

TARGETS = (
    *(f"/api/v1/posts/{number}" for number in range(1, 8)),
    *(f"/api/v1/posts/{number}/comments?limit=2" for number in range(1, 8)),
    *(f"/posts/{number}.{ending}" for number in range(1, 8) for ending in ("html", "atom", "json")),
    *("/api/v1/comments?limit=3", "/comments.atom", "/comments.json", "/api/v1/counts", "/api/v1/counts?ids=1,2,3,4"),
    *("/feed", "/posts.html?term=Post+1", "/api/v1/posts?term=Post+3", "/api/v1/posts/1?repo=ada/notes"),
    *(f"/repos/ada/blog/issues{path}" for path in ("", "?state=all", "/1", "/1/comments", "/comments", "/5")),
)


async def read_documents(service: LocalService) -> dict[str, tuple[int, bytes, list[tuple[str, str]]]]:
    """Return each document, and the next page of lists, with the fields that do not change from read to read."""
    responses: dict[str, httpx.Response] = {target: await service.get(target) for target in TARGETS}
    for target, response in list(responses.items()):
        cursor = response.json().get("next") if target.startswith("/api/v1") and "comments" in target else None
        if cursor:
            next_page = f"{target}&cursor={cursor}"
            responses[next_page] = await service.get(next_page)
    return {
        target: (
            response.status_code,
            response.content,
            [field for field in response.headers.items() if field[0] not in {"date", "x-request-id"}],
        )
        for target, response in responses.items()
    }


def address(folder: Path, name: str) -> str:
    """Return the address of a store in a folder."""
    return f"sqlite:///{folder}/{name}.db"


def varied_world(world: World) -> World:
    """Add what a copy might lose to a world."""
    add_notes(world)
    world.hide_comment(world.comment("ada/blog", 1, body="Buy", author="spammer"))
    for text in ("\u2028 <b>&amp;</b> 😀", "![a](https://example.com/a.png)"):
        world.comment("ada/blog", 1, body=text, author="eve")
    world.open_pull_request("ada/blog", title="Noise", body="")
    for title in ("To be transferred", "To be deleted"):
        issue = world.open_issue("ada/blog", title=title, body="Words.")
        world.comment("ada/blog", issue.number, body="Words", author="bob")
    return world
