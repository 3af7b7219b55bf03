"""The `Link` header, after the recorded answers of octokit/fixtures (scenario paginate-issues)."""

from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.simulator.http.app import Simulator
from app.simulator.http.paging import Page, cursor_link_header, decode_cursor, encode_cursor, link_header, parse_page
from app.simulator.world.world import World
from tests.simulator.client import NOON, REPO, FakeClock, ask, value

HOME = "https://api.github.com/repositories/1000/issues"


def link(page: int, rel: str, before: str = "per_page=3", after: str = "") -> str:
    return f'<{HOME}?{before}&page={page}{after}>; rel="{rel}"'


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ("per_page=3", [link(2, "next"), link(5, "last")]),
        ("per_page=3&page=1", [link(2, "next"), link(5, "last")]),
        ("per_page=3&page=2", [link(1, "prev"), link(3, "next"), link(5, "last"), link(1, "first")]),
        ("per_page=3&page=4", [link(3, "prev"), link(5, "next"), link(5, "last"), link(1, "first")]),
        ("per_page=3&page=5", [link(4, "prev"), link(1, "first")]),
        ("per_page=3&page=9", [link(5, "prev"), link(5, "last"), link(1, "first")]),
        (
            "state=all&page=2&per_page=3",
            [
                link(page, rel, "state=all", "&per_page=3")
                for page, rel in ((1, "prev"), (3, "next"), (5, "last"), (1, "first"))
            ],
        ),
        (
            "since=2020-07-01T00%3A00%3A00Z&per_page=7",
            [link(2, rel, "since=2020-07-01T00%3A00%3A00Z&per_page=7") for rel in ("next", "last")],
        ),
    ],
)
def test_thirteen_issues_are_linked_as_recorded(asked: str, expected: list[str]) -> None:
    parameters = parse_qsl(asked)
    assert link_header(HOME, parameters, parse_page(parameters), 13) == ", ".join(expected)


@pytest.mark.parametrize("total", [0, 1, 29, 30])
def test_what_fits_on_one_page_has_no_link(total: int) -> None:
    assert link_header(HOME, (), parse_page(()), total) is None


@pytest.mark.parametrize(
    ("asked", "page"),
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
def test_page_and_per_page_are_read_leniently(asked: str, page: Page) -> None:
    assert parse_page(parse_qsl(asked)) == page


@given(total=st.integers(0, 400), size=st.integers(1, 100))
def test_following_next_visits_every_page_once_and_ends(total: int, size: int) -> None:
    visited, parameters = [], [("per_page", str(size))]
    while True:
        page = parse_page(parameters)
        visited.append(page.number)
        header = link_header(HOME, parameters, page, total)
        onwards = httpx.Response(200, headers={"link": header or ""}).links.get("next")
        if onwards is None:
            break
        parameters = parse_qsl(urlsplit(onwards["url"]).query)
    assert visited == list(range(1, max(1, -(-total // size)) + 1))


@given(st.integers(0, 10**9))
def test_a_cursor_is_read_back(number: int) -> None:
    assert decode_cursor(encode_cursor(number)) == number


@given(st.text(max_size=40))
def test_a_cursor_of_somebody_else_is_none(text: str) -> None:
    assert decode_cursor(text) is None


def test_a_list_by_cursor_has_only_a_next() -> None:
    header = cursor_link_header(HOME, [("per_page", "3"), ("state", "all")], Page(1, 3), 3, 7)
    assert header == f'<{HOME}?per_page=3&state=all&after={encode_cursor(3).replace("=", "%3D")}&page=2>; rel="next"'
    assert cursor_link_header(HOME, (), Page(3, 3), 7, 7) is None


def test_links_go_by_the_repository_id_and_keep_the_parameters(simulator: Simulator, world: World) -> None:
    world.open_issue(REPO, title="One")
    for _ in range(3):
        world.comment(REPO, 1, body="Hi", author="grace")
    answer = ask(simulator, f"/repos/{REPO}/issues/1/comments?per_page=2&since=2020-01-01T00:00:00Z")
    home = f"https://api.github.com/repositories/{world.repository(REPO).id}/issues/1/comments"
    query = "per_page=2&since=2020-01-01T00%3A00%3A00Z&page=2"
    assert answer.headers["link"] == f'<{home}?{query}>; rel="next", <{home}?{query}>; rel="last"'
    assert [item["body"] for item in value(ask(simulator, urlsplit(home).path + "?" + query))] == ["Hi"]


@pytest.mark.parametrize("place", ["issues", "issues/comments", "issues/1/comments"])
def test_a_page_beyond_ten_thousand_is_422(simulator: Simulator, world: World, place: str) -> None:
    world.open_issue(REPO, title="One")
    assert ask(simulator, f"/repos/{REPO}/{place}?per_page=100&page=100").status == 200
    beyond = ask(simulator, f"/repos/{REPO}/{place}?per_page=100&page=101")
    assert beyond.status == 422
    assert "cursor based pagination" in value(beyond)["message"]


def test_by_cursor_a_list_goes_beyond_what_pages_reach() -> None:
    world = World(FakeClock())
    world.add_repository(REPO)
    for number in range(3):
        world.open_issue(REPO, title="A post", created_at=NOON + number)
    simulator = Simulator(world, cursors=True)
    far = f"/repos/{REPO}/issues?per_page=100&page=101"
    assert ask(simulator, far).status == 422
    assert [issue["number"] for issue in value(ask(simulator, f"{far}&after={encode_cursor(2)}"))] == [1]
    assert len(value(ask(simulator, f"/repos/{REPO}/issues?after=nonsense"))) == 3
