"""Which issues of a repository are posts."""

import pytest

from app.domain.sites import PostFilter, repository

BLOG = repository("ada/blog")
NOTES = repository("eve/notes")
POSTS = PostFilter(listed_only=True, posts={BLOG: frozenset({41})})


@pytest.mark.parametrize(
    ("serve", "served"),
    [
        (PostFilter(), [True, True, True]),
        (PostFilter("Comments"), [True, False, True]),
        (POSTS, [True, False, False]),
        (PostFilter(listed_only=True, posts={}), [False, False, False]),
        (PostFilter(listed_only=True), [False, False, False]),
    ],
)
def test_issues_are_posts_all_or_by_label_or_by_what_the_blog_names(serve: PostFilter, served: list[bool]) -> None:
    issues = [(BLOG, 41, ("COMMENTS",)), (BLOG, 42, ("bug",)), (NOTES, 41, ("a", "comments"))]
    assert [serve.includes(*issue) for issue in issues] == served


def test_a_repository_is_the_same_in_any_spelling() -> None:
    assert POSTS.includes(repository("ADA/Blog"), 41, ())


@pytest.mark.parametrize(
    ("serve", "everything", "known"),
    [
        (PostFilter(), True, True),
        (PostFilter("x"), False, True),
        (POSTS, False, True),
        (PostFilter(listed_only=True, posts={}), False, True),
        (PostFilter(listed_only=True), False, False),
    ],
)
def test_posts_that_were_never_read_are_unknown_and_not_none(
    serve: PostFilter,
    everything: bool,  # noqa: FBT001 - parametrised
    known: bool,  # noqa: FBT001 - parametrised
) -> None:
    assert (serve.includes_all, serve.is_known) == (everything, known)


def test_what_becomes_a_post_and_what_ceases_to_be_is_told() -> None:
    one = {BLOG: frozenset({1, 2}), NOTES: frozenset({5})}
    other = {BLOG: frozenset({2, 3}), NOTES: frozenset({5})}
    assert PostFilter(listed_only=True, posts=one).changed_posts(other) == {BLOG: {1, 3}}
    assert PostFilter(listed_only=True).changed_posts(one) == one
    assert PostFilter(listed_only=True, posts=one).changed_posts(one) == {}
