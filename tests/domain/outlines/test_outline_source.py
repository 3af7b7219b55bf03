"""The outline that follows changes is the one that is made of all comments."""

import pytest
from hypothesis import given, settings

from app.domain import replies
from app.domain.outlines import reply_index
from app.domain.outlines.outline_source import CommentChanges, OutlineSource
from app.domain.threads import outline
from tests.domain.builders import comment
from tests.domain.outlines.random_threads import ThreadChanges, apply, assert_equal_after_each, changes, in_order


@given(changes)
def test_outline_follows_random_changes(several: ThreadChanges) -> None:
    assert_equal_after_each(several)


@settings(max_examples=30)
@given(changes)
def test_outline_follows_changes_within_small_limits(several: ThreadChanges) -> None:
    with pytest.MonkeyPatch.context() as limits:
        limits.setattr(replies, "_COMMENTS_TO_SEARCH", 2)
        limits.setattr(replies, "_CHARACTERS_TO_SEARCH", 40)
        limits.setattr(reply_index, "_MOST_DECIDED", 3)
        assert_equal_after_each(several)


def test_many_changes_at_once_are_followed() -> None:
    thread = {key: comment(key, body=f"> word{key % 7} here\n\nword{key % 11} here") for key in range(1, 300)}
    source = OutlineSource(in_order(thread))
    put = [comment(key, body=f"word{key % 5} here") for key in range(1, 300, 2)]
    assert source.change(apply(thread, put, frozenset({2, 4})))
    assert source.outline() == outline(in_order(thread))


def test_missing_change_is_noticed() -> None:
    source = OutlineSource([comment(1)])
    assert not source.change(CommentChanges([comment(3)], (), total=3))


def test_weight_grows_with_the_texts() -> None:
    small, large = (OutlineSource([comment(1, body="a word " * count)]) for count in (1, 1000))
    assert large.weight > small.weight + 5000
