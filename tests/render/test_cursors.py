import struct
from base64 import urlsafe_b64encode
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.errors import InvalidCursor
from app.domain.sites import repository
from app.render import cursors
from app.render.keys import Order
from tests.render.sample_threads import SECRET

BLOG = repository("ada/blog")
LISTS = [
    cursors.site_list(),
    *(cursors.thread_list(BLOG, 41, order) for order in Order),
    cursors.thread_list(BLOG, 42, Order.OLDEST),
    cursors.thread_list(repository("ada/notes"), 41, Order.OLDEST),
]
COUNT = st.integers(0, 2**63 - 1)


@given(st.sampled_from(LISTS), COUNT, COUNT)
def test_cursor_round_trips_its_position(list_digest: bytes, total: int, comment_id: int) -> None:
    text = cursors.encode(list_digest, comment_id=comment_id, total=total, secret=b"s")
    assert cursors.position(list_digest, text, secret=b"s") == cursors.Position(total, comment_id, is_signed=True)


@given(st.sampled_from(LISTS), COUNT, COUNT)
def test_cursor_with_another_secret_is_not_signed(list_digest: bytes, total: int, comment_id: int) -> None:
    text = cursors.encode(list_digest, comment_id=comment_id, total=total, secret=b"another")
    assert cursors.position(list_digest, text, secret=b"s") == cursors.Position(total, comment_id, is_signed=False)


def test_cursor_of_an_older_version_is_not_signed() -> None:
    text = urlsafe_b64encode(struct.pack(">8sqq", LISTS[1], 3, 7)).decode()
    assert cursors.position(LISTS[1], text, secret=b"s") == cursors.Position(3, 7, is_signed=False)
    with pytest.raises(InvalidCursor):
        cursors.position(LISTS[2], text, secret=b"s")


@given(COUNT, COUNT)
def test_cursor_needs_no_escaping_in_a_query(total: int, comment_id: int) -> None:
    text = cursors.encode(LISTS[0], comment_id=comment_id, total=total, secret=SECRET)
    assert text.isascii()
    assert text.replace("-", "").replace("_", "").isalnum()


@pytest.mark.parametrize("encoded_for", range(len(LISTS)))
@pytest.mark.parametrize("decoded_for", range(len(LISTS)))
def test_cursor_is_valid_for_its_list_only(encoded_for: int, decoded_for: int) -> None:
    text = cursors.encode(LISTS[encoded_for], comment_id=7, secret=SECRET)
    if encoded_for == decoded_for:
        assert cursors.position(LISTS[decoded_for], text, secret=SECRET)[:2] == (0, 7)
    else:
        with pytest.raises(InvalidCursor):
            cursors.position(LISTS[decoded_for], text, secret=SECRET)


def test_letter_case_of_repository_is_ignored() -> None:
    upper_case = cursors.thread_list(repository("ADA/Blog"), 41, Order.OLDEST)
    assert upper_case == cursors.thread_list(BLOG, 41, Order.OLDEST)


@given(
    st.text()
    | st.text("AZaz09-_", min_size=32, max_size=32)
    | st.binary(min_size=24, max_size=24).map(lambda raw: urlsafe_b64encode(raw).decode())
)
def test_any_other_text_is_invalid(text: str) -> None:
    with pytest.raises(InvalidCursor):
        cursors.position(cursors.site_list(), text, secret=SECRET)


@pytest.mark.parametrize(
    "alter",
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
def test_altered_cursor_is_invalid(alter: Callable[[str], str]) -> None:
    with pytest.raises(InvalidCursor):
        cursors.position(LISTS[0], alter(cursors.encode(LISTS[0], comment_id=123_456, secret=SECRET)), secret=SECRET)


@pytest.mark.parametrize(("total", "comment_id"), [(-1, 5), (5, -1)])
def test_negative_position_is_invalid(total: int, comment_id: int) -> None:
    forged = cursors.encode(LISTS[0], comment_id=comment_id, total=total, secret=SECRET)
    with pytest.raises(InvalidCursor):
        cursors.position(LISTS[0], forged, secret=SECRET)
