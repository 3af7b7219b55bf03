"""Titles of posts and of issues: which can belong together."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.posts.rules import titles

BEST = "The Best Interview is No Interview"


@pytest.mark.parametrize(
    ("post", "issue"),
    [
        (BEST, BEST),
        (BEST, "the best interview is no interview"),
        (BEST, "Comments: The Best Interview is No Interview"),
        (BEST, "🎉 The best interview is no interview :tada:"),
        (BEST, "The Best Interview"),
        (BEST, "The best inteview is no interviews"),
        ("Café au lait", "Cafe au Lait"),
        ("Serverless: cold starts, in numbers", "Cold starts in numbers (serverless)"),
        ("Лучшее собеседование", BEST),
        ("最高の面接は面接なし", BEST),
        ("最高の面接は面接なし", "最高の面接"),
        ("最好的面试", "最好的面試"),
        ("🎉🎉", BEST),
        ("", BEST),
        ("Hello", "hello-world"),
        ("Review 2019", "The review of the year 2019"),
    ],
)
def test_titles_of_one_post_agree(post: str, issue: str) -> None:
    assert titles.agree(post, issue)
    assert titles.agree(issue, post)


@pytest.mark.parametrize(
    ("post", "issue"),
    [
        (BEST, "Serverless in the Wild"),
        (BEST, "Is the Cloud the Future?"),
        ("Review 2019", "Review 2020"),
        ("Testing, part 1", "Testing, part 2"),
        ("最高の面接は面接なし", "東京の天気"),
        ("Лучшее собеседование", "Зима в горах"),
        ("Hello", "Goodbye"),
    ],
)
def test_titles_of_two_posts_do_not(post: str, issue: str) -> None:
    assert not titles.agree(post, issue)
    assert not titles.agree(issue, post)


@given(st.text(max_size=500), st.text(max_size=500))
def test_any_two_titles_compare_either_way(one: str, other: str) -> None:
    assert titles.agree(one, other) == titles.agree(other, one)
    assert titles.agree(one, one)
