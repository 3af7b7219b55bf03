"""Which issues of a repository are posts."""

import pytest

from app.domain.sites import Serve, repository

BLOG = repository("ada/blog")
NOTES = repository("eve/notes")
POSTS = Serve(only_posts=True, posts={BLOG: frozenset({41})})


@pytest.mark.parametrize(
    ("serve", "served"),
    [
        (Serve(), [True, True, True]),
        (Serve("Comments"), [True, False, True]),
        (POSTS, [True, False, False]),
        (Serve(only_posts=True, posts={}), [False, False, False]),
        (Serve(only_posts=True), [False, False, False]),
    ],
)
def test_issues_are_posts_all_or_by_label_or_by_what_the_blog_names(serve: Serve, served: list[bool]) -> None:
    issues = [(BLOG, 41, ("COMMENTS",)), (BLOG, 42, ("bug",)), (NOTES, 41, ("a", "comments"))]
    assert [serve.serves(*issue) for issue in issues] == served


def test_a_repository_is_the_same_in_any_spelling() -> None:
    assert POSTS.serves(repository("ADA/Blog"), 41, ())


@pytest.mark.parametrize(
    ("serve", "everything", "known"),
    [
        (Serve(), True, True),
        (Serve("x"), False, True),
        (POSTS, False, True),
        (Serve(only_posts=True, posts={}), False, True),
        (Serve(only_posts=True), False, False),
    ],
)
def test_posts_that_were_never_read_are_unknown_and_not_none(
    serve: Serve,
    everything: bool,  # noqa: FBT001 - parametrised
    known: bool,  # noqa: FBT001 - parametrised
) -> None:
    assert (serve.everything, serve.known) == (everything, known)


def test_what_becomes_a_post_and_what_ceases_to_be_is_told() -> None:
    one = {BLOG: frozenset({1, 2}), NOTES: frozenset({5})}
    other = {BLOG: frozenset({2, 3}), NOTES: frozenset({5})}
    assert Serve(only_posts=True, posts=one).turned(other) == {BLOG: {1, 3}}
    assert Serve(only_posts=True).turned(one) == one
    assert Serve(only_posts=True, posts=one).turned(one) == {}
