"""The JSON documents of a whole site: comment counts and the newest comments."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.errors import InvalidCursor
from app.render import api
from app.render.keys import CommentsKey, NewestKey, Order
from tests.render.rendered_json import read_json
from tests.render.sample_threads import REPO, SECRET, a_comment, a_thread, an_issue, fake_sanitize


def _key(limit: int = 100, number: int = 41) -> CommentsKey:
    return CommentsKey(REPO, number, Order.OLDEST, limit, None)


def _newest_key(limit: int = 10) -> NewestKey:
    return NewestKey(REPO, limit, None)


def test_counts_are_null_for_missing_posts() -> None:
    document = api.counts({42: None, 7: 0, 41: 12}, 1_600_000_000.0)
    assert document.bodies["identity"] == b'{"counts":{"7":0,"41":12,"42":null}}'
    assert (document.checked_at, document.stale) == (1_600_000_000.0, False)


def test_counts_etag_depends_on_counts_only() -> None:
    assert api.counts({1: 2, 3: 4}, None).etag == api.counts({3: 4, 1: 2}, 5.0).etag
    assert api.counts({1: 2}, None).etag != api.counts({1: 3}, None).etag


def test_newest_comments_name_their_posts() -> None:
    first = a_thread(a_comment(1, login="bob"), a_comment(3, body="@bob yes"), issue=an_issue(41))
    second = a_thread(a_comment(2, number=42), issue=an_issue(42))
    comments = [first.comments[1], second.comments[0], first.comments[0]]
    document = api.newest(
        comments, {41: first, 42: second}, _newest_key(3), fake_sanitize, 1_600_000_000.0, secret=SECRET
    )
    expected = {
        comment["id"]: comment
        for thread in (first, second)
        for comment in read_json(api.comments(thread, _key(number=thread.number), fake_sanitize, SECRET))["comments"]
    }
    assert read_json(document) == {
        "comments": [
            expected[3] | {"ghissueid": 41, "post_title": "Post 41"},
            expected[2] | {"ghissueid": 42, "post_title": "Post 42"},
            expected[1] | {"ghissueid": 41, "post_title": "Post 41"},
        ],
        "next": None,
    }
    assert [comment["reply_to"] for comment in read_json(document)["comments"]] == [1, None, None]
    assert document.checked_at == 1_600_000_000.0


def test_newest_comment_is_rendered_without_its_thread() -> None:
    fields = read_json(api.newest([a_comment(9)], {}, _newest_key(), fake_sanitize, None, secret=SECRET))["comments"][0]
    assert (fields["id"], fields["ghissueid"], fields["post_title"], fields["reply_to"]) == (9, 41, None, None)


def test_blog_without_comments_has_an_empty_list() -> None:
    assert read_json(api.newest([], {}, _newest_key(), fake_sanitize, None, secret=SECRET)) == {
        "comments": [],
        "next": None,
    }


def test_next_page_of_newest_starts_below_the_last() -> None:
    comments = [a_comment(n) for n in (9, 8, 5)]
    next_cursor = read_json(api.newest(comments, {}, _newest_key(2), fake_sanitize, None, secret=SECRET))["next"]
    position = api.newest_position(next_cursor, SECRET)
    assert position is not None
    assert position.comment_id == 8


def test_first_page_of_newest_has_no_start() -> None:
    assert api.newest_position(None, SECRET) is None


@given(st.text())
def test_invalid_cursor_of_newest_is_refused(text: str) -> None:
    with pytest.raises(InvalidCursor):
        api.newest_position(text, SECRET)


def test_cursor_of_a_thread_is_refused_for_newest() -> None:
    next_cursor = read_json(api.comments(a_thread(a_comment(1), a_comment(2)), _key(limit=1), fake_sanitize, SECRET))[
        "next"
    ]
    with pytest.raises(InvalidCursor):
        api.newest_position(next_cursor, SECRET)
