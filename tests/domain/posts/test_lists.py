"""A published list of posts: its numbers, its other fields, and entries that cannot be used."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.posts.lists import parse_list
from app.domain.posts.posts import Post, PostCatalog, ProblemKind
from app.domain.records import ThreadRef
from app.domain.sites import repository

BLOG, NOTES = repository("ada/blog"), repository("Eve/Notes")
SITES = (BLOG, NOTES)
NAMES = ["ghissueid", "GhIssueId", "repo", "ghrepo", "draft", "published", "url", "date", "title", "posts"]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(NAMES) | st.text(max_size=4), inner, max_size=4)
    ),
    max_leaves=12,
)


@pytest.mark.parametrize(
    "data",
    [
        [41, "42"],
        {"posts": [41, 42]},
        [{"ghissueid": 41, "title": "One"}, {"ghissueid": 42}, {"title": "No comments"}, None],
        [{"ghissueid": [41, 42]}, {"GhIssueId": 41, "url": "/other-language"}, {"ghissueid": 43, "draft": True}],
        [41.0, 4.2e1],
    ],
)
def test_list_contains_numbers_or_objects(data: object) -> None:
    catalog = parse_list(data, SITES)
    assert catalog.served(SITES)[BLOG] == {41, 42}
    assert catalog.problems == ()


def test_fields_of_an_entry_are_kept() -> None:
    entry = {
        "ghissueid": 41,
        "repo": "eve/notes",
        "title": " One ",
        "url": "https://blog.example.com/one/",
        "date": "2020-07-01T10:00:00+02:00",
        "description": "Words",
        "draft": False,
    }
    assert parse_list([entry], SITES).posts == (
        Post(
            "entry 1",
            frozenset({ThreadRef(NOTES, 41)}),
            title="One",
            url="https://blog.example.com/one/",
            date="2020-07-01T10:00:00+02:00",
            description="Words",
        ),
    )


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"draft": True}, "draft: true"),
        ({"draft": "yes"}, "draft: true"),
        ({"published": False}, "published: false"),
        ({"draft": False, "published": True}, None),
        ({"draft": None, "published": "2020-07-01"}, None),
    ],
)
def test_drafts_are_listed_and_not_served(fields: dict[str, object], reason: str | None) -> None:
    catalog = parse_list([{"ghissueid": 41, **fields}], SITES)
    assert catalog.posts[0].unpublished == reason
    assert catalog.served(SITES)[BLOG] == (frozenset() if reason else {41})


@pytest.mark.parametrize("url", ["javascript:alert(1)", "//evil.example/", "one", "http://", "/a b", 41, ""])
def test_address_that_is_none_is_left_out(url: object) -> None:
    assert parse_list([{"ghissueid": 1, "url": url, "date": "2020-13-45"}], SITES).posts[0].url is None


@pytest.mark.parametrize("date", ["2020-13-45", "yesterday", "", 2020, "2020-07-01T10:00:00Z; x", "2020-7-1"])
def test_date_that_is_none_is_left_out(date: object) -> None:
    assert parse_list([{"ghissueid": 1, "date": date}], SITES).posts[0].date is None


@pytest.mark.parametrize(
    ("value", "shown_value"),
    [
        (0, "is 0"),
        (-41, "is -41"),
        (41.5, "is 41.5"),
        (True, "is True"),
        ("041", "is '041'"),
        ("#41", "is '#41'"),
        ("٤١", "is '٤١'"),
        ("x" * 1000, "is '" + "x" * 59 + "…"),
        ({"a": 1}, "is a dict"),
        ([41, None], "is None"),
        pytest.param(10**5000, "is a number too long to show", id="endless"),
    ],
)
def test_invalid_number_is_a_problem_with_its_solution(value: object, shown_value: str) -> None:
    catalog = parse_list([7, {"title": "Two", "ghissueid": value}], SITES)
    (problem,) = catalog.problems
    assert (problem.kind, problem.source) == (ProblemKind.NOT_A_NUMBER, "entry 2")
    assert problem.message == f"ghissueid {shown_value}"
    assert problem.advice == "Write the number of the post's issue, as in ghissueid: 41."
    assert [post.title for post in catalog.posts] == [None, "Two"]
    assert catalog.served(SITES)[BLOG] == {7}


@pytest.mark.parametrize("fields", [{"repo": "x/y"}, {"ghrepo": "x/y", "repo": "ada/blog"}, {"repo": 3}])
def test_entry_of_another_repository_is_a_problem(fields: dict[str, Any]) -> None:
    (problem,) = parse_list([1, {"ghissueid": 41, **fields}], SITES).problems
    assert problem.kind is ProblemKind.UNKNOWN_REPOSITORY
    assert "which is not served here" in problem.message


def test_list_without_usable_entries_is_rejected() -> None:
    with pytest.raises(
        ValueError, match="not one of its entries can be used, beginning with entry 1: ghissueid is 'a'"
    ):
        parse_list(["a", "b", {"title": "x"}], SITES)
    assert parse_list([], SITES) == PostCatalog()


@pytest.mark.parametrize("data", [{}, {"posts": {"41": 1}}, "41", 41, None, {"message": "Not Found"}])
def test_non_list_is_rejected(data: object) -> None:
    with pytest.raises(ValueError, match="neither an array nor an object"):
        parse_list(data, SITES)


@given(JSON)
def test_any_list_has_served_posts_or_is_rejected(data: object) -> None:
    try:
        posts = parse_list(data, SITES).served(SITES)
    except ValueError as error:
        assert str(error)  # noqa: PT017 - either outcome is right, and each is judged
    else:
        assert all(type(number) is int and number > 0 for numbers in posts.values() for number in numbers)
