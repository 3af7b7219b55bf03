"""The search for issues: what it finds, its lag, and its limit."""

from typing import Any
from urllib.parse import urlencode

import pytest
from githubkit import GitHub

from app.simulator.http.app import Simulator
from app.simulator.http.rate_limits import Limits
from app.simulator.http.server import run_simulator
from app.simulator.world.world import World
from tests.simulator.client import NOW, REPO, FakeClock, json_body, send_request


@pytest.fixture(autouse=True)
def _issues(world: World) -> None:
    world.add_repository("ada/secret", private=True)
    world.open_issue(
        REPO, title="Hello", body="Text\n\n<!-- afterword: 0a1b -->", created_at=NOW - 100, labels=["posts"]
    )
    world.open_issue(REPO, title="Afterword", body=None, created_at=NOW - 50)
    world.open_pull_request(REPO, title="A pull", body="afterword", created_at=NOW - 10)
    world.open_issue(REPO, title="Other", body="afterword: 9", author="eve", created_at=NOW)


def _search(simulator: Simulator, query: str, **parameters: str) -> Any:
    return json_body(send_request(simulator, f"/search/issues?{urlencode({'q': query, **parameters})}"))


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ("afterword", [4, 3, 2, 1]),
        ("afterword in:body", [4, 3, 1]),
        ("afterword in:body is:issue", [4, 1]),
        ("afterword in:title", [2]),
        ('"afterword: 0a1b"', [1]),
        ('"0a1b afterword"', []),
        ("0a1b text", [1]),
        ("afterword author:eve", [4]),
        ("afterword label:posts", [1]),
        ("afterword is:closed", []),
    ],
)
def test_words_and_qualifiers_select_issues(simulator: Simulator, query: str, numbers: list[int]) -> None:
    result = _search(simulator, f"repo:{REPO} {query}")
    assert [item["number"] for item in result["items"]] == numbers
    assert (result["total_count"], result["incomplete_results"]) == (len(numbers), False)


def test_the_index_lags_behind(simulator: Simulator, clock: FakeClock) -> None:
    simulator.search_index.lag = 60.0
    assert [item["number"] for item in _search(simulator, f"repo:{REPO} afterword")["items"]] == [1]
    clock.now += 60
    assert _search(simulator, f"repo:{REPO} afterword")["total_count"] == 4


def test_a_search_can_be_incomplete(simulator: Simulator) -> None:
    simulator.search_index.incomplete = True
    result = _search(simulator, f"repo:{REPO} afterword")
    assert (result["incomplete_results"], result["items"]) == (True, [])


@pytest.mark.parametrize("query", ["", "afterword", "afterword repo:ada/absent", "afterword repo:ada/secret"])
def test_what_cannot_be_searched_is_refused(simulator: Simulator, query: str) -> None:
    assert _search(simulator, query)["message"] == "Validation Failed"


def test_searches_have_a_limit_of_their_own(world: World) -> None:
    simulator = Simulator(world, limits=Limits(anonymous_searches=1))
    path = f"/search/issues?q=repo:{REPO}+afterword"
    first, second = send_request(simulator, path), send_request(simulator, path)
    assert [first.headers["x-ratelimit-resource"], first.headers["x-ratelimit-remaining"]] == ["search", "0"]
    assert (first.status, second.status, second.headers["x-ratelimit-reset"]) == (200, 403, str(NOW + 60))
    assert send_request(simulator, f"/repos/{REPO}").headers["x-ratelimit-remaining"] == "59"


def test_githubkit_reads_pages_of_a_search(world: World) -> None:
    with (
        run_simulator(world) as server,
        GitHub(base_url=server.url, http_cache=False, trust_env=False) as github,
    ):
        query = f"repo:{REPO} afterword"
        first = github.rest.search.issues_and_pull_requests(q=query, per_page=3, sort="created", order="asc")
        second = github.rest.search.issues_and_pull_requests(q=query, per_page=3, page=2, sort="created", order="asc")
    assert [item.number for item in first.parsed_data.items] == [1, 2, 3]
    assert [item.number for item in second.parsed_data.items] == [4]
    assert 'rel="next"' in first.headers["link"]
