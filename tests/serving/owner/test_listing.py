"""Which posts a page of the list shows."""

from urllib.parse import parse_qsl

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.posts.findings import Severity
from app.serving.owner.listing import FILTERS, PAGE_SIZE, SORTS, Listing
from tests.serving.owner.owner_setup import make_post

POSTS = [
    make_post("beta", 3, "2026-01-01T00:00:00Z", source="posts/b.md", date="2020-01-01"),
    make_post("Alpha", 0, None, Severity.NOTE, date="2021-01-01"),
    make_post("gamma", 7, "2025-01-01T00:00:00Z", Severity.WARNING, Severity.ERROR),
    make_post("Delta!", unpublished_reason="draft: true"),
]


def _titles(**query: str) -> str:
    return " ".join(post.title for post in Listing.parse(query).select(POSTS).posts)


@pytest.mark.parametrize(
    ("query", "titles"),
    [
        ({}, "beta gamma Alpha Delta!"),
        ({"order": "reverse"}, "Alpha Delta! gamma beta"),
        ({"sort": "title"}, "Alpha beta Delta! gamma"),
        ({"sort": "title", "order": "reverse"}, "gamma Delta! beta Alpha"),
        ({"sort": "comments"}, "gamma beta Alpha Delta!"),
        ({"sort": "date"}, "Alpha beta Delta! gamma"),
        ({"sort": "findings"}, "gamma Alpha beta Delta!"),
        ({"show": "findings"}, "gamma Alpha"),
        ({"show": "commented"}, "beta gamma"),
        ({"show": "none"}, "Delta!"),
        ({"show": "unpublished"}, "Delta!"),
        ({"q": "ALP"}, "Alpha"),
        ({"q": "posts/b"}, "beta"),
        ({"q": "#5"}, "gamma Alpha"),
        ({"sort": "x", "show": "y", "page": "0", "order": "z"}, "beta gamma Alpha Delta!"),
        ({"page": "99"}, "beta gamma Alpha Delta!"),
    ],
)
def test_posts_are_chosen_and_sorted(query: dict[str, str], titles: str) -> None:
    assert _titles(**query) == titles


def test_long_lists_have_pages() -> None:
    posts = [make_post(f"Post {n:04}", n) for n in range(2 * PAGE_SIZE + 1)]
    pages = [Listing(sort="title", page=page).select(posts) for page in (1, 2, 3, 4)]
    assert [len(page.posts) for page in pages] == [PAGE_SIZE, PAGE_SIZE, 1, 1]
    assert [(page.page, page.pages, page.total) for page in pages][2:] == [(3, 3, 2 * PAGE_SIZE + 1)] * 2
    titles = [post.title for page in pages[:3] for post in page.posts]
    assert titles == [post.title for post in posts]


def test_second_click_sorts_the_other_way() -> None:
    once = Listing().sorted_by("comments")
    assert (once.direction("comments"), once.sorted_by("comments").direction("comments")) == ("descending", "ascending")
    assert Listing(page=7, text="x").sorted_by("title") == Listing(sort="title", text="x")
    assert Listing().direction("title") is None


@settings(max_examples=40, deadline=None)
@given(st.dictionaries(st.sampled_from(["sort", "order", "show", "q", "page"]), st.text(max_size=200)))
def test_any_address_is_a_choice(query: dict[str, str]) -> None:
    listing = Listing.parse(query)
    assert listing.sort in SORTS
    assert listing.show in FILTERS
    assert Listing.parse(dict(parse_qsl(listing.query))) == listing
    listing.select(POSTS)
