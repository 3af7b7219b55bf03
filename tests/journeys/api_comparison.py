"""A blog with threads of every relevant length, and its comments as both APIs serve them and as GitHub has them."""

from typing import Any

import httpx

from app.simulator.http.server import RunningSimulator
from app.simulator.world.world import World
from tests.integration.worlds import NOW

LENGTHS = {1: 0, 2: 1, 3: 30, 4: 31, 5: 100, 6: 101, 7: 1234}
"""Comments by thread: none, one, and numbers around the sizes of pages."""
TOKEN = "t0ken"
_HTML = "application/vnd.github.v3.html+json"

Objects = list[dict[str, Any]]


def varied_blog() -> World:
    """Return a blog with threads of these lengths, by several people, with replies, edits and reactions."""
    world = World(lambda: NOW)
    world.add_repository("ada/blog", created_at=NOW - 9e6)
    world.add_token(TOKEN, "ada")
    for number, length in LENGTHS.items():
        world.open_issue("ada/blog", title=f"Post {number}", body=f"*Post* {number}", created_at=NOW - 8e6 + number)
        for order in range(length):
            author = ("bob", "eve", "ada", "some-bot[bot]")[order % 4]
            body = f"@bob words **{order}** of {number}" if order % 7 == 3 else f"Words `{order}` of {number}"
            created_at = NOW - 7e6 + number * 10_000 + order
            comment = world.comment("ada/blog", number, body=body, author=author, created_at=created_at)
            if order % 5 == 2:
                world.react(comment, "heart", order % 9)
            if order % 11 == 5:
                world.edit_comment(comment, body=body + " (edited)")
    return world


def github_comments(simulator: RunningSimulator, number: int) -> Objects:
    """Return the comments of a thread as the simulator serves them to a client of GitHub."""
    accept = "application/vnd.github.full+json"
    url = f"{simulator.url}/repos/ada/blog/issues/{number}/comments?per_page=100"
    return _read_linked_pages(url, {"Authorization": f"Bearer {TOKEN}", "Accept": accept})


def assert_api_equals(url: str, number: int, expected: Objects) -> None:
    """Assert that `/api/v1` serves a thread with these comments of GitHub's, in every order."""
    oldest = _read_api(url, number, "oldest", 100)
    assert [(c["id"], c["author"]["login"], c["text"], c["created_at"]) for c in oldest] == [
        (c["id"], c["user"]["login"], c["body_text"], c["created_at"]) for c in expected
    ]
    assert [c["reactions"]["heart"] for c in oldest] == [c["reactions"]["heart"] for c in expected]
    assert [c["edited_at"] is not None for c in oldest] == [c["updated_at"] != c["created_at"] for c in expected]
    newest = _read_api(url, number, "newest", 37)
    assert [c["id"] for c in newest] == [c["id"] for c in reversed(expected)]
    by_reactions = _read_api(url, number, "reactions", 100)
    ranked = sorted(expected, key=lambda c: (-c["reactions"]["total_count"], c["id"]))
    assert [c["id"] for c in by_reactions] == [c["id"] for c in ranked]
    post = httpx.get(f"{url}/api/v1/posts/{number}").json()
    assert (post["status"], post["title"], post["comment_count"]) == ("open", f"Post {number}", len(expected))


def assert_github_api_equals(url: str, number: int, expected: Objects) -> None:
    """Assert that the GitHub-compatible API serves a thread as GitHub does, in every media type."""
    full = _read_github_api(url, number, 100, "application/vnd.github.full+json")
    public = ("id", "node_id", "user", "created_at", "updated_at", "author_association", "body", "body_text")
    assert [{k: c[k] for k in public} for c in full] == [{k: c[k] for k in public} for c in expected]
    assert [c.keys() for c in full] == [c.keys() for c in expected]
    for accept, body_field in ((_HTML, "body_html"), ("application/vnd.github.v3+json", "body"), ("*/*", "body")):
        comments = _read_github_api(url, number, None, accept)
        assert [c["id"] for c in comments] == [c["id"] for c in expected]
        assert all({"body", "body_html", "body_text"} & c.keys() == {body_field} for c in comments)
    issue = httpx.get(f"{url}/repos/ada/blog/issues/{number}").json()
    assert (issue["number"], issue["comments"], issue["title"]) == (number, len(expected), f"Post {number}")
    if expected:
        comment = httpx.get(f"{url}/repos/ada/blog/issues/comments/{expected[-1]['id']}").json()
        assert (comment["id"], comment["body"]) == (expected[-1]["id"], expected[-1]["body"])


def assert_newest_equal(url: str, expected: Objects) -> None:
    """Assert that the list of the blog's newest comments has all comments, the newest first."""
    ids: list[int] = []
    query: dict[str, Any] = {"limit": 100}
    while True:
        page = httpx.get(f"{url}/api/v1/comments", params=query).json()
        ids += [comment["id"] for comment in page["comments"]]
        if page["next"] is None:
            break
        query["cursor"] = page["next"]
    assert ids == sorted((comment["id"] for comment in expected), reverse=True)


def _read_linked_pages(url: str, headers: dict[str, str]) -> Objects:
    """Return every item of a list whose pages are linked by the `Link` header."""
    items: Objects = []
    while url:
        response = httpx.get(url, headers=headers)
        assert response.status_code == 200
        items += response.json()
        url = response.links.get("next", {}).get("url", "")
    return items


def _read_api(url: str, number: int, order: str, limit: int) -> Objects:
    comments: Objects = []
    query: dict[str, Any] = {"order": order, "limit": limit}
    while True:
        page = httpx.get(f"{url}/api/v1/posts/{number}/comments", params=query).json()
        comments += page["comments"]
        if page["next"] is None:
            return comments
        query["cursor"] = page["next"]


def _read_github_api(url: str, number: int, per_page: int | None, accept: str) -> Objects:
    first = f"{url}/repos/ada/blog/issues/{number}/comments" + (f"?per_page={per_page}" if per_page else "")
    return _read_linked_pages(first, {"Accept": accept})
