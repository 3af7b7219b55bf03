"""The main job, as the owner has it: import, read by every API, compare with what GitHub holds."""

from typing import Any

import httpx
import pytest

from app.simulator.http.server import RunningSimulator, run_simulator
from app.simulator.world.world import World
from tests.integration.test_backfill import NOW
from tests.journeys.conftest import Start

pytestmark = pytest.mark.untraced  # what others cover, at length

LENGTHS = {1: 0, 2: 1, 3: 30, 4: 31, 5: 100, 6: 101, 7: 1234}
TOKEN = "t0ken"
HTML = "application/vnd.github.v3.html+json"


def blog() -> World:
    """Threads of every telling length, by several people, with a reply, an edit and reactions here and there."""
    world = World(lambda: NOW)
    world.add_repository("ada/blog", created_at=NOW - 9e6)
    world.add_token(TOKEN, "ada")
    for number, length in LENGTHS.items():
        world.open_issue("ada/blog", title=f"Post {number}", body=f"*Post* {number}", created_at=NOW - 8e6 + number)
        for order in range(length):
            author = ("bob", "eve", "ada", "some-bot[bot]")[order % 4]
            body = f"@bob words **{order}** of {number}" if order % 7 == 3 else f"Words `{order}` of {number}"
            when = NOW - 7e6 + number * 10_000 + order
            comment = world.comment("ada/blog", number, body=body, author=author, created_at=when)
            if order % 5 == 2:
                world.react(comment, "heart", order % 9)
            if order % 11 == 5:
                world.edit_comment(comment, body=body + " (edited)")
    return world


def held_by(simulator: RunningSimulator, number: int) -> list[dict[str, Any]]:
    """What the simulator holds of a thread, asked of it as a client would: GitHub's own objects."""
    accept = "application/vnd.github.full+json"
    url = f"{simulator.url}/repos/ada/blog/issues/{number}/comments?per_page=100"
    return followed(url, {"Authorization": f"Bearer {TOKEN}", "Accept": accept})


def followed(url: str, headers: dict[str, str]) -> list[dict[str, Any]]:
    """Every item of a list that is paged by Link."""
    found: list[dict[str, Any]] = []
    while url:
        answer = httpx.get(url, headers=headers)
        assert answer.status_code == 200
        found += answer.json()
        url = answer.links.get("next", {}).get("url", "")
    return found


def native(url: str, number: int, order: str, limit: int) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    query: dict[str, Any] = {"order": order, "limit": limit}
    while True:
        page = httpx.get(f"{url}/api/v1/posts/{number}/comments", params=query).json()
        found += page["comments"]
        if page["next"] is None:
            return found
        query["cursor"] = page["next"]


def compatible(url: str, number: int, per_page: int | None, accept: str) -> list[dict[str, Any]]:
    first = f"{url}/repos/ada/blog/issues/{number}/comments" + (f"?per_page={per_page}" if per_page else "")
    return followed(first, {"Accept": accept})


@pytest.mark.timeout(240)
def test_every_comment_of_every_thread_is_served_as_github_holds_it(start: Start) -> None:
    with run_simulator(blog()) as simulator:
        service = start(REPO="ada/blog", GITHUB_API_URL=simulator.url, GITHUB_TOKEN=TOKEN)
        service.wait_until_complete()
        counts = service.get("/api/v1/counts").json()["counts"]
        assert counts == {str(number): length for number, length in LENGTHS.items()}
        for number, length in LENGTHS.items():
            held = held_by(simulator, number)
            assert len(held) == length
            _compare_native(service.url, number, held)
            _compare_compatible(service.url, number, held)
        _compare_newest(service.url, [comment for number in LENGTHS for comment in held_by(simulator, number)])
        assert service.stop() == 0


def _compare_native(url: str, number: int, held: list[dict[str, Any]]) -> None:
    oldest = native(url, number, "oldest", 100)
    assert [(c["id"], c["author"]["login"], c["text"], c["created_at"]) for c in oldest] == [
        (c["id"], c["user"]["login"], c["body_text"], c["created_at"]) for c in held
    ]
    assert [c["reactions"]["heart"] for c in oldest] == [c["reactions"]["heart"] for c in held]
    assert [c["edited_at"] is not None for c in oldest] == [c["updated_at"] != c["created_at"] for c in held]
    newest = native(url, number, "newest", 37)
    assert [c["id"] for c in newest] == [c["id"] for c in reversed(held)]
    loved = native(url, number, "reactions", 100)
    ranked = sorted(held, key=lambda c: (-c["reactions"]["total_count"], c["id"]))
    assert [c["id"] for c in loved] == [c["id"] for c in ranked]
    post = httpx.get(f"{url}/api/v1/posts/{number}").json()
    assert (post["status"], post["title"], post["comment_count"]) == ("open", f"Post {number}", len(held))


def _compare_compatible(url: str, number: int, held: list[dict[str, Any]]) -> None:
    full = compatible(url, number, 100, "application/vnd.github.full+json")
    public = ("id", "node_id", "user", "created_at", "updated_at", "author_association", "body", "body_text")
    assert [{k: c[k] for k in public} for c in full] == [{k: c[k] for k in public} for c in held]
    assert [c.keys() for c in full] == [c.keys() for c in held]
    for accept, carried in ((HTML, "body_html"), ("application/vnd.github.v3+json", "body"), ("*/*", "body")):
        listed = compatible(url, number, None, accept)
        assert [c["id"] for c in listed] == [c["id"] for c in held]
        assert all({"body", "body_html", "body_text"} & c.keys() == {carried} for c in listed)
    issue = httpx.get(f"{url}/repos/ada/blog/issues/{number}").json()
    assert (issue["number"], issue["comments"], issue["title"]) == (number, len(held), f"Post {number}")
    if held:
        one = httpx.get(f"{url}/repos/ada/blog/issues/comments/{held[-1]['id']}").json()
        assert (one["id"], one["body"]) == (held[-1]["id"], held[-1]["body"])


def _compare_newest(url: str, held: list[dict[str, Any]]) -> None:
    found: list[int] = []
    query: dict[str, Any] = {"limit": 100}
    while True:
        page = httpx.get(f"{url}/api/v1/comments", params=query).json()
        found += [comment["id"] for comment in page["comments"]]
        if page["next"] is None:
            break
        query["cursor"] = page["next"]
    assert found == sorted((comment["id"] for comment in held), reverse=True)
