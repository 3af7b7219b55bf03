import re
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.render.link_header import link_header

BASE_URL = "https://comments.example.org"
PATH = "/repos/ada/blog/issues/41/comments"
HOSTILE = st.text(max_size=30) | st.sampled_from(
    ['a>; rel="next"', "x\r\nSet-Cookie: a=b", "page=7", "é&=#%", "\ud800"]
)
LINK = re.compile(r'<([^<>\s"]*)>; rel="([a-z]+)"')


def _link(page: int, rel: str, rest: str = "") -> str:
    return f'<{BASE_URL}{PATH}?page={page}{rest}>; rel="{rel}"'


@pytest.mark.parametrize(
    ("page", "last", "relations"),
    [
        (1, 5, [(2, "next"), (5, "last")]),
        (2, 5, [(1, "prev"), (3, "next"), (5, "last"), (1, "first")]),
        (4, 5, [(3, "prev"), (5, "next"), (5, "last"), (1, "first")]),
        (5, 5, [(4, "prev"), (1, "first")]),
        (6, 5, [(5, "prev"), (5, "last"), (1, "first")]),
        (99, 5, [(5, "prev"), (5, "last"), (1, "first")]),
        (2, 1, [(1, "prev"), (1, "last"), (1, "first")]),
    ],
)
def test_relations_have_githubs_order(page: int, last: int, relations: list[tuple[int, str]]) -> None:
    assert link_header(BASE_URL, PATH, [], page, last) == ", ".join(_link(number, rel) for number, rel in relations)


def test_single_page_has_no_link() -> None:
    assert link_header(BASE_URL, PATH, [("per_page", "100")], 1, 1) is None


def test_other_parameters_follow_the_page_number() -> None:
    query = [("per_page", "30"), ("page", "1"), ("since", "2020-07-01T09:30:00Z"), ("x y", "a&b"), ("empty", "")]
    rest = "&per_page=30&since=2020-07-01T09%3A30%3A00Z&x%20y=a%26b&empty="
    assert link_header(BASE_URL, PATH, query, 1, 2) == f"{_link(2, 'next', rest)}, {_link(2, 'last', rest)}"


@pytest.mark.parametrize("page", [1, 2])
def test_naive_pattern_finds_page_before_per_page(page: int) -> None:
    header = link_header(BASE_URL, PATH, [("per_page", "50"), ("page", str(page))], page, 9)
    match = re.search(r"page=(\d+)", header or "")
    assert match is not None
    assert match[1] == ("2" if page == 1 else "1")


@pytest.mark.parametrize("base_url", [BASE_URL, f"{BASE_URL}/", "http://[::1]:8000", "https://example.org/under/here"])
def test_base_url_is_kept(base_url: str) -> None:
    header = link_header(base_url, PATH, [], 1, 2)
    assert header is not None
    assert header.startswith(f"<{base_url.rstrip('/')}{PATH}?page=2>")


@given(HOSTILE, HOSTILE, st.lists(st.tuples(HOSTILE, HOSTILE), max_size=4), st.integers(1, 50), st.integers(1, 50))
def test_hostile_text_stays_inside_the_link(
    host: str, path: str, query: list[tuple[str, str]], page: int, last: int
) -> None:
    header = link_header(f"https://{host}", f"/{path}", query, page, last) or ""
    assert header.isascii()
    assert header.isprintable()
    assert all(LINK.fullmatch(link) for link in header.split(", ") if link)


@given(st.lists(st.tuples(st.text(min_size=1, max_size=9), st.text(max_size=9)), max_size=4), st.integers(1, 9))
def test_parameters_round_trip(query: list[tuple[str, str]], page: int) -> None:
    header = link_header(BASE_URL, PATH, query, page, page + 1)
    first = LINK.match(header or "")
    assert first is not None
    expected = [(name, value) for name, value in query if name != "page"]
    assert parse_qsl(urlsplit(first[1]).query, keep_blank_values=True)[1:] == expected
