from base64 import urlsafe_b64encode
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.errors import InvalidCursor
from app.domain.sites import repository
from app.render import cursors
from app.render.keys import Order

BLOG = repository("ada/blog")
LISTS = [
    cursors.site_list(),
    *(cursors.thread_list(BLOG, 41, order) for order in Order),
    cursors.thread_list(BLOG, 42, Order.OLDEST),
    cursors.thread_list(repository("ada/notes"), 41, Order.OLDEST),
]
COUNT = st.integers(0, 2**63 - 1)


@given(st.sampled_from(LISTS), COUNT, COUNT)
def test_a_cursor_gives_back_its_place(list_digest: bytes, total: int, comment_id: int) -> None:
    assert cursors.position(list_digest, cursors.encode(list_digest, comment_id=comment_id, total=total)) == (
        total,
        comment_id,
    )


@given(COUNT, COUNT)
def test_a_cursor_needs_no_escaping_in_a_query(total: int, comment_id: int) -> None:
    text = cursors.encode(LISTS[0], comment_id=comment_id, total=total)
    assert text.isascii()
    assert text.replace("-", "").replace("_", "").isalnum()


@pytest.mark.parametrize("made_for", range(len(LISTS)))
@pytest.mark.parametrize("used_in", range(len(LISTS)))
def test_a_cursor_serves_its_own_list_only(made_for: int, used_in: int) -> None:
    text = cursors.encode(LISTS[made_for], comment_id=7)
    if made_for == used_in:
        assert cursors.position(LISTS[used_in], text) == (0, 7)
    else:
        with pytest.raises(InvalidCursor):
            cursors.position(LISTS[used_in], text)


def test_the_spelling_of_a_repository_does_not_matter() -> None:
    shouted = cursors.thread_list(repository("ADA/Blog"), 41, Order.OLDEST)
    assert shouted == cursors.thread_list(BLOG, 41, Order.OLDEST)


@given(
    st.text()
    | st.text("AZaz09-_", min_size=32, max_size=32)
    | st.binary(min_size=24, max_size=24).map(lambda raw: urlsafe_b64encode(raw).decode())
)
def test_any_other_text_is_a_bad_cursor(text: str) -> None:
    with pytest.raises(InvalidCursor):
        cursors.position(cursors.site_list(), text)


@pytest.mark.parametrize(
    "spoiled",
    [
        lambda text: text[:0],
        lambda text: text[:-1],
        lambda text: text + "A",
        lambda text: text + "=",
        lambda text: text + "\n",
        lambda text: " " + text[1:],
        lambda text: text[:-1] + "é",
        lambda text: text.swapcase(),
    ],
)
def test_a_spoiled_cursor_is_a_bad_cursor(spoiled: Callable[[str], str]) -> None:
    with pytest.raises(InvalidCursor):
        cursors.position(LISTS[0], spoiled(cursors.encode(LISTS[0], comment_id=123_456)))


@pytest.mark.parametrize(("total", "comment_id"), [(-1, 5), (5, -1)])
def test_a_place_below_zero_is_a_bad_cursor(total: int, comment_id: int) -> None:
    forged = cursors.encode(LISTS[0], comment_id=comment_id, total=total)
    with pytest.raises(InvalidCursor):
        cursors.position(LISTS[0], forged)
