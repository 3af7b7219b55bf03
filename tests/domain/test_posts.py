"""The issues that a page or a published list names."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.posts import from_json, group_by_repository, parse_list, posts_of_page, to_json
from app.domain.sites import repository

BLOG = repository("ada/blog")
NOTES = repository("Eve/Notes")
SITES = (BLOG, NOTES)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["ghissueid", "GhIssueId", "repo", "ghrepo", "draft", "params", "extra", "posts"])
            | st.text(max_size=4),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@pytest.mark.parametrize(
    ("page", "numbers"),
    [
        ({"ghissueid": 41}, {41}),
        ({"ghissueid": "41"}, {41}),
        ({"ghissueid": " 41 "}, {41}),
        ({"ghissueid": [41, "42", 41]}, {41, 42}),
        ({"ghIssueID": 41}, {41}),
        ({"params": {"GHissueid": 41}}, {41}),
        ({"extra": {"ghissueid": 41}}, {41}),
        ({"ghissueid": 1, "params": {"ghissueid": 2}}, {1}),
        ({"title": "No comments"}, set()),
        ({"ghissueid": None}, set()),
        ({"ghissueid": ""}, set()),
        ({"ghissueid": "null"}, set()),
        ({"ghissueid": []}, set()),
        ({1: "no field", "params": {2: "either"}, "ghissueid": 41}, {41}),
        ({"extra": "no table", "ghissueid": 41}, {41}),
    ],
)
def test_page_names_its_issues_by_ghissueid(page: dict[str, object], numbers: set[int]) -> None:
    assert posts_of_page(page, SITES) == {(BLOG, number) for number in numbers}


@pytest.mark.parametrize(
    ("value", "printed_value"),
    [
        (0, "is 0"),
        (-41, "is -41"),
        (41.0, "is 41.0"),
        (True, "is True"),
        ("041", "is '041'"),
        ("#41", "is '#41'"),
        ("٤١", "is '٤١'"),
        ("forty-one", "is 'forty-one'"),
        ("x" * 1000, "is '" + "x" * 59 + "…. Write"),
        ({"a": 1}, "is a dict"),
        ([[41]], "is a list"),
        ([41, None], "is None"),
        pytest.param(10**5000, "is a number too long to show", id="endless"),
    ],
)
def test_invalid_ghissueid_is_rejected_with_the_solution(value: object, printed_value: str) -> None:
    with pytest.raises(ValueError, match=r"^ghissueid is ") as caught:
        posts_of_page({"ghissueid": value}, SITES)
    assert printed_value in str(caught.value)
    assert "Write the number of the post's issue, as in ghissueid: 41" in str(caught.value)


@pytest.mark.parametrize(
    ("fields", "draft"),
    [
        ({"draft": True}, True),
        ({"draft": "true"}, True),
        ({"Draft": "Yes"}, True),
        ({"published": False}, True),
        ({"published": "no"}, True),
        ({"draft": False}, False),
        ({"draft": "false", "published": "true"}, False),
        ({"published": "2020-07-01"}, False),
        ({"draft": 1}, False),
    ],
)
def test_drafts_are_no_posts(fields: dict[str, object], draft: bool) -> None:  # noqa: FBT001 - parametrised
    assert (posts_of_page({"ghissueid": 41, **fields}, SITES) == frozenset()) is draft


@pytest.mark.parametrize(
    ("fields", "repo"),
    [
        ({}, BLOG),
        ({"repo": "Ada/Blog"}, BLOG),
        ({"repo": "eve/notes"}, NOTES),
        ({"ghrepo": "eve/notes "}, NOTES),
        ({"repo": "https://github.com/x/y", "ghrepo": "eve/notes"}, NOTES),
        ({"repo": "", "ghrepo": None}, BLOG),
        ({"repo": "~"}, BLOG),
    ],
)
def test_page_belongs_to_its_or_the_first_repository(fields: dict[str, object], repo: object) -> None:
    assert posts_of_page({"ghissueid": 41, **fields}, SITES) == {(repo, 41)}


@pytest.mark.parametrize("fields", [{"repo": "x/y"}, {"ghrepo": "x/y", "repo": "ada/blog"}, {"repo": 3}])
def test_page_with_an_unserved_repository_is_rejected(fields: Any) -> None:
    with pytest.raises(ValueError, match=r"which is not served here\. Write ghrepo: ada/blog"):
        posts_of_page({"ghissueid": 41, **fields}, SITES)


@pytest.mark.parametrize(
    "data",
    [
        [41, "42"],
        {"posts": [41, 42]},
        [{"ghissueid": 41, "title": "One"}, {"ghissueid": 42}, {"title": "No comments"}, None],
        [{"ghissueid": [41, 42]}, {"ghissueid": 41, "url": "/other-language"}, {"ghissueid": 43, "draft": True}],
    ],
)
def test_list_contains_numbers_or_objects(data: object) -> None:
    post_list = parse_list(data, SITES)
    assert post_list.posts == {(BLOG, 41), (BLOG, 42)}
    assert post_list.errors == ()


def test_empty_list_has_no_posts() -> None:
    assert parse_list([], SITES).posts == frozenset()


def test_invalid_entry_is_skipped_with_its_position() -> None:
    post_list = parse_list([41, "x", {"ghissueid": 7, "repo": "eve/notes"}], SITES)
    assert post_list.posts == {(BLOG, 41), (NOTES, 7)}
    assert [reason.partition(":")[0] for reason in post_list.errors] == ["entry 2"]


@pytest.mark.parametrize("data", [{}, {"posts": {"41": 1}}, "41", 41, None, {"message": "Not Found"}])
def test_non_list_is_rejected(data: object) -> None:
    with pytest.raises(ValueError, match="neither an array nor an object"):
        parse_list(data, SITES)


def test_list_without_valid_entries_is_rejected() -> None:
    with pytest.raises(
        ValueError, match="not one of its entries can be used, beginning with entry 1: ghissueid is 'a'"
    ):
        parse_list(["a", "b"], SITES)


def test_posts_are_grouped_for_every_repository() -> None:
    assert group_by_repository([(BLOG, 1), (BLOG, 2), (BLOG, 1)], SITES) == {BLOG: {1, 2}, NOTES: set()}


@given(st.sets(st.tuples(st.sampled_from(SITES), st.integers(1, 10**9))))
def test_posts_survive_json(refs: set[tuple[Any, int]]) -> None:
    posts = group_by_repository(refs, SITES)
    assert from_json(to_json(posts), SITES) == posts
    assert from_json(to_json(posts), (NOTES,)) == {NOTES: posts[NOTES]}


@pytest.mark.parametrize("text", ["", "[]", "{", '{"x": [1]}', '{"a/b": 1}', '{"a/b": ["1"]}', '{"a/b": [true]}'])
def test_foreign_json_has_no_posts(text: str) -> None:
    assert from_json(text, SITES) is None


@given(st.text() | JSON.map(json.dumps))
def test_from_json_never_fails(text: str) -> None:
    posts = from_json(text, SITES)
    assert posts is None or set(posts) == set(SITES)


@given(JSON)
def test_any_list_has_served_posts_or_is_rejected(data: object) -> None:
    try:
        posts = parse_list(data, SITES).posts
    except ValueError as error:
        assert str(error)  # noqa: PT017 - either outcome is right, and each is judged
    else:
        assert all(repo in SITES and type(number) is int and number > 0 for repo, number in posts)


@given(st.sets(st.integers(1, 10**9), min_size=1), st.dictionaries(st.text(max_size=5), JSON))
def test_other_fields_do_not_hide_the_numbers(numbers: set[int], others: dict[str, object]) -> None:
    other_names = {"ghissueid", "repo", "ghrepo", "draft", "published"}
    page = {key: value for key, value in others.items() if key.casefold() not in {*other_names, "params", "extra"}}
    assert posts_of_page({**page, "ghissueid": sorted(numbers)}, SITES) == {(BLOG, number) for number in numbers}
