"""Opening issues: what GitHub accepts, and what it refuses."""

from collections.abc import Callable
from typing import Any

import httpx
import orjson
import pytest
from githubkit import GitHub, TokenAuthStrategy

from app.simulator.http.app import Simulator
from app.simulator.http.rate_limits import Limits
from app.simulator.http.responses import SimulatedResponse
from app.simulator.http.server import run_simulator
from app.simulator.world.world import World
from tests.simulator.client import REPO, FakeClock, json_body, send_post

ISSUES = f"/repos/{REPO}/issues"
TOKEN = "token owner"


@pytest.fixture(autouse=True)
def _tokens(world: World) -> None:
    world.add_token("owner", "ada")
    world.add_token("reader", "ada", read_only=True)
    world.add_token("stranger", "eve")


def _create(simulator: Simulator, fields: Any, authorization: str = TOKEN, target: str = ISSUES) -> SimulatedResponse:
    body = fields if isinstance(fields, bytes) else orjson.dumps(fields)
    return send_post(simulator, target, body, authorization=authorization)


def test_githubkit_opens_an_issue(world: World) -> None:
    with (
        run_simulator(world) as server,
        GitHub(TokenAuthStrategy("owner"), base_url=server.url, http_cache=False, trust_env=False) as github,
    ):
        options = {"title": "Hello", "body": "Text", "labels": ["comments"]}
        issue = github.rest.issues.create("ada", "blog", **options).parsed_data
    assert (issue.number, issue.title, issue.body, issue.user and issue.user.login) == (1, "Hello", "Text", "ada")
    assert [getattr(label, "name", label) for label in issue.labels] == ["comments"]
    assert world.issue(REPO, 1).title == "Hello"


def test_a_stranger_opens_issues_without_labels(simulator: Simulator) -> None:
    issue = json_body(_create(simulator, {"title": "Hi", "labels": ["comments"]}, "token stranger"))
    assert (issue["labels"], issue["author_association"]) == ([], "NONE")


@pytest.mark.parametrize(
    ("fields", "status", "message"),
    [
        (b"{", 400, "Problems parsing JSON"),
        ([], 400, "Body should be a JSON object"),
        ({"body": "x"}, 422, "Validation Failed"),
        ({"title": " "}, 422, "Validation Failed"),
        ({"title": "x" * 257}, 422, "Validation Failed"),
        ({"title": "x", "body": "ü" * 131_073}, 422, "Validation Failed"),
        ({"title": "x", "body": 1}, 422, "Validation Failed"),
        ({"title": "x", "labels": "comments"}, 422, "Validation Failed"),
        ({"title": "x", "labels": ["l" * 51]}, 422, "Validation Failed"),
    ],
)
def test_invalid_content_is_refused(simulator: Simulator, fields: Any, status: int, message: str) -> None:
    response = _create(simulator, fields)
    assert (response.status, json_body(response)["message"]) == (status, message)


@pytest.mark.parametrize(
    ("authorization", "change", "status", "message"),
    [
        ("", lambda _: None, 401, "Requires authentication"),
        ("token unknown", lambda _: None, 401, "Bad credentials"),
        ("token reader", lambda _: None, 403, "Resource not accessible by personal access token"),
        (TOKEN, lambda world: world.archive_repository(REPO), 403, "Repository was archived so is read-only."),
        (TOKEN, lambda world: world.disable_issues(REPO), 410, "Issues has been disabled in this repository."),
        ("token stranger", lambda world: world.make_private(REPO), 404, "Not Found"),
    ],
)
def test_who_may_not_write_is_refused(
    simulator: Simulator, authorization: str, change: Callable[[World], object], status: int, message: str
) -> None:
    change(simulator.world)
    response = _create(simulator, {"title": "Hi"}, authorization)
    assert (response.status, json_body(response)["message"]) == (status, message)
    assert simulator.world.issues == {}


def test_a_former_name_redirects_a_write(simulator: Simulator, world: World) -> None:
    repository = world.rename_repository(REPO, "ada/journal")
    response = _create(simulator, {"title": "Hi"})
    url = f"https://api.github.com/repositories/{repository.id}/issues"
    assert (response.status, response.headers["location"]) == (307, url)
    assert _create(simulator, {"title": "Hi"}, target=f"/repositories/{repository.id}/issues").status == 201


def test_content_has_a_limit_of_its_own(world: World, clock: FakeClock) -> None:
    simulator = Simulator(world, limits=Limits(contents_per_minute=2, contents_per_hour=3))
    assert [_create(simulator, {"title": "Hi"}).status for _ in range(3)] == [201, 201, 403]
    clock.now += 60
    refusals = [_create(simulator, {"title": "Hi"}) for _ in range(2)]
    assert [response.status for response in refusals] == [201, 403]
    assert (refusals[1].headers["retry-after"], len(world.issues)) == ("60", 3)
    assert "secondary rate limit" in json_body(refusals[1])["message"]


def test_a_write_costs_five_points(world: World) -> None:
    simulator = Simulator(world, limits=Limits(points_per_minute=10))
    assert [_create(simulator, {"title": "Hi"}).status for _ in range(3)] == [201, 201, 403]


def test_an_issue_can_be_opened_over_a_socket(world: World) -> None:
    with run_simulator(world) as server:
        headers = {"authorization": "Bearer owner"}
        response = httpx.post(server.url + ISSUES, json={"title": "Hi"}, headers=headers, trust_env=False)
        assert response.headers["location"] == f"{server.url}{ISSUES}/1"
        assert [(request.method, request.status) for request in server.requests] == [("POST", 201)]
