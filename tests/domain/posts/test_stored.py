"""The catalog of posts in the store."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.posts.posts import Post, PostCatalog, PostProblem, ProblemKind, group_by_repository
from app.domain.posts.stored import from_json, to_json
from app.domain.records import ThreadRef
from app.domain.sites import repository

BLOG, NOTES = repository("ada/blog"), repository("Eve/Notes")
SITES = (BLOG, NOTES)
TEXTS = st.none() | st.text(max_size=9)
POSTS = st.builds(
    Post,
    st.text(max_size=9),
    st.frozensets(st.builds(ThreadRef, st.sampled_from(SITES), st.integers(1, 10**9)), max_size=3),
    *[TEXTS] * 5,
    st.none() | st.integers(1, 99),
)
PROBLEMS = st.builds(
    PostProblem, st.sampled_from(ProblemKind), st.text(), st.text(), st.text(), st.none() | st.integers()
)
CATALOGS = st.builds(
    PostCatalog, st.lists(POSTS, max_size=4).map(tuple), st.lists(PROBLEMS, max_size=3).map(tuple), TEXTS
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=9),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["posts", "problems", "source", "threads", "kind", "a/b"]), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(CATALOGS)
def test_catalog_survives_json(catalog: PostCatalog) -> None:
    assert from_json(to_json(catalog), SITES) == catalog


def test_name_that_is_not_text_survives_json() -> None:
    catalog = PostCatalog((Post("caf\udce9.md"),))
    assert to_json(catalog).isascii()
    assert from_json(to_json(catalog), SITES) == catalog


def test_repository_that_is_not_served_is_left_out() -> None:
    threads = frozenset({ThreadRef(BLOG, 1), ThreadRef(NOTES, 2)})
    stored = from_json(to_json(PostCatalog((Post("a.md", threads),))), (NOTES,))
    assert stored == PostCatalog((Post("a.md", frozenset({ThreadRef(NOTES, 2)})),))


def test_store_of_an_earlier_version_has_the_numbers() -> None:
    catalog = from_json('{"ada/blog": [1, 2], "x/y": [3]}', SITES)
    assert catalog is not None
    assert catalog.served(SITES) == {BLOG: {1, 2}, NOTES: frozenset()}


@pytest.mark.parametrize("text", ["", "[]", "{", '{"x": [1]}', '{"a/b": 1}', '{"a/b": ["1"]}', '{"posts": [1]}'])
def test_foreign_json_has_no_posts(text: str) -> None:
    assert from_json(text, SITES) is None


@given(st.text() | JSON.map(json.dumps))
def test_from_json_never_fails(text: str) -> None:
    catalog = from_json(text, SITES)
    assert catalog is None or set(catalog.served(SITES)) == set(SITES)


def test_posts_are_grouped_for_every_repository() -> None:
    assert group_by_repository([(BLOG, 1), (BLOG, 2), (BLOG, 1)], SITES) == {BLOG: {1, 2}, NOTES: set()}
