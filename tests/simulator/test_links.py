"""The `Link` header, as in the recorded responses of octokit/fixtures (scenario paginate-issues)."""

from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.simulator.http.app import Simulator
from app.simulator.http.paging import Page, cursor_link_header, decode_cursor, encode_cursor, link_header, parse_page
from app.simulator.world.world import World
from tests.simulator.client import NOW, REPO, FakeClock, json_body, send_request

URL = "https://api.github.com/repositories/1000/issues"


def _link(page: int, rel: str, before: str = "per_page=3", after: str = "") -> str:
    return f'<{URL}?{before}&page={page}{after}>; rel="{rel}"'


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("per_page=3", [_link(2, "next"), _link(5, "last")]),
        ("per_page=3&page=1", [_link(2, "next"), _link(5, "last")]),
        ("per_page=3&page=2", [_link(1, "prev"), _link(3, "next"), _link(5, "last"), _link(1, "first")]),
        ("per_page=3&page=4", [_link(3, "prev"), _link(5, "next"), _link(5, "last"), _link(1, "first")]),
        ("per_page=3&page=5", [_link(4, "prev"), _link(1, "first")]),
        ("per_page=3&page=9", [_link(5, "prev"), _link(5, "last"), _link(1, "first")]),
        (
            "state=all&page=2&per_page=3",
            [
                _link(page, rel, "state=all", "&per_page=3")
                for page, rel in ((1, "prev"), (3, "next"), (5, "last"), (1, "first"))
            ],
        ),
        (
            "since=2020-07-01T00%3A00%3A00Z&per_page=7",
            [_link(2, rel, "since=2020-07-01T00%3A00%3A00Z&per_page=7") for rel in ("next", "last")],
        ),
    ],
)
def test_links_match_the_recorded_responses(query: str, expected: list[str]) -> None:
    parameters = parse_qsl(query)
    assert link_header(URL, parameters, parse_page(parameters), 13) == ", ".join(expected)


@pytest.mark.parametrize("total", [0, 1, 29, 30])
def test_a_single_page_has_no_link(total: int) -> None:
    assert link_header(URL, (), parse_page(()), total) is None


@pytest.mark.parametrize(
    ("query", "page"),
    [
        ("", Page(1, 30)),
        ("per_page=100", Page(1, 100)),
        ("per_page=101", Page(1, 100)),
        ("per_page=0&page=0", Page(1, 30)),
        ("per_page=-1&page=x", Page(1, 30)),
        ("per_page=\u0663&page=\u00b2", Page(1, 30)),
        ("per_page=5&page=99999999999", Page(999999999, 5)),
    ],
)
def test_invalid_page_parameters_mean_the_default(query: str, page: Page) -> None:
    assert parse_page(parse_qsl(query)) == page


@given(total=st.integers(0, 400), size=st.integers(1, 100))
def test_next_links_visit_every_page_once(total: int, size: int) -> None:
    page_numbers, parameters = [], [("per_page", str(size))]
    while True:
        page = parse_page(parameters)
        page_numbers.append(page.number)
        header = link_header(URL, parameters, page, total)
        next_link = httpx.Response(200, headers={"link": header or ""}).links.get("next")
        if next_link is None:
            break
        parameters = parse_qsl(urlsplit(next_link["url"]).query)
    assert page_numbers == list(range(1, max(1, -(-total // size)) + 1))


@given(st.integers(0, 10**9))
def test_a_cursor_decodes_to_its_position(number: int) -> None:
    assert decode_cursor(encode_cursor(number)) == number


@given(st.text(max_size=40))
def test_an_unknown_cursor_is_none(text: str) -> None:
    assert decode_cursor(text) is None


def test_a_list_by_cursor_links_only_to_next() -> None:
    header = cursor_link_header(URL, [("per_page", "3"), ("state", "all")], Page(1, 3), 3, 7)
    assert header == f'<{URL}?per_page=3&state=all&after={encode_cursor(3).replace("=", "%3D")}&page=2>; rel="next"'
    assert cursor_link_header(URL, (), Page(3, 3), 7, 7) is None


def test_links_have_repository_id_and_parameters(simulator: Simulator, world: World) -> None:
    world.open_issue(REPO, title="One")
    for _ in range(3):
        world.comment(REPO, 1, body="Hi", author="grace")
    response = send_request(simulator, f"/repos/{REPO}/issues/1/comments?per_page=2&since=2020-01-01T00:00:00Z")
    url = f"https://api.github.com/repositories/{world.repository(REPO).id}/issues/1/comments"
    query = "per_page=2&since=2020-01-01T00%3A00%3A00Z&page=2"
    assert response.headers["link"] == f'<{url}?{query}>; rel="next", <{url}?{query}>; rel="last"'
    assert [item["body"] for item in json_body(send_request(simulator, urlsplit(url).path + "?" + query))] == ["Hi"]


@pytest.mark.parametrize("path", ["issues", "issues/comments", "issues/1/comments"])
def test_a_page_beyond_ten_thousand_is_422(simulator: Simulator, world: World, path: str) -> None:
    world.open_issue(REPO, title="One")
    assert send_request(simulator, f"/repos/{REPO}/{path}?per_page=100&page=100").status == 200
    response = send_request(simulator, f"/repos/{REPO}/{path}?per_page=100&page=101")
    assert response.status == 422
    assert "cursor based pagination" in json_body(response)["message"]


def test_a_cursor_reaches_beyond_ten_thousand() -> None:
    world = World(FakeClock())
    world.add_repository(REPO)
    for number in range(3):
        world.open_issue(REPO, title="A post", created_at=NOW + number)
    simulator = Simulator(world, cursors=True)
    target = f"/repos/{REPO}/issues?per_page=100&page=101"
    assert send_request(simulator, target).status == 422
    assert [issue["number"] for issue in json_body(send_request(simulator, f"{target}&after={encode_cursor(2)}"))] == [
        1
    ]
    assert len(json_body(send_request(simulator, f"/repos/{REPO}/issues?after=nonsense"))) == 3
