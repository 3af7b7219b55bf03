"""Which issues of a repository are posts."""

import pytest

from app.domain.sites import PostFilter, repository

BLOG = repository("ada/blog")
NOTES = repository("eve/notes")
POSTS = PostFilter(listed_only=True, posts={BLOG: frozenset({41})})


@pytest.mark.parametrize(
    ("post_filter", "includes"),
    [
        (PostFilter(), [True, True, True]),
        (PostFilter("Comments"), [True, False, True]),
        (POSTS, [True, False, False]),
        (PostFilter(listed_only=True, posts={}), [False, False, False]),
        (PostFilter(listed_only=True), [False, False, False]),
    ],
)
def test_filter_includes_all_labelled_or_listed_issues(post_filter: PostFilter, includes: list[bool]) -> None:
    issues = [(BLOG, 41, ("COMMENTS",)), (BLOG, 42, ("bug",)), (NOTES, 41, ("a", "comments"))]
    assert [post_filter.includes(*issue) for issue in issues] == includes


def test_repository_name_ignores_case() -> None:
    assert POSTS.includes(repository("ADA/Blog"), 41, ())


@pytest.mark.parametrize(
    ("post_filter", "includes_all", "is_known"),
    [
        (PostFilter(), True, True),
        (PostFilter("x"), False, True),
        (POSTS, False, True),
        (PostFilter(listed_only=True, posts={}), False, True),
        (PostFilter(listed_only=True), False, False),
    ],
)
def test_posts_are_unknown_before_the_first_read(
    post_filter: PostFilter,
    includes_all: bool,  # noqa: FBT001 - parametrised
    is_known: bool,  # noqa: FBT001 - parametrised
) -> None:
    assert (post_filter.includes_all, post_filter.is_known) == (includes_all, is_known)


def test_changed_posts_are_additions_and_removals() -> None:
    before = {BLOG: frozenset({1, 2}), NOTES: frozenset({5})}
    after = {BLOG: frozenset({2, 3}), NOTES: frozenset({5})}
    assert PostFilter(listed_only=True, posts=before).changed_posts(after) == {BLOG: {1, 3}}
    assert PostFilter(listed_only=True).changed_posts(before) == before
    assert PostFilter(listed_only=True, posts=before).changed_posts(before) == {}
