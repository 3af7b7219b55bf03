"""Reads of several pages: which of them can be believed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.reading import Reading, digest, is_steady
from app.domain.threads import Issue
from app.domain.times import epoch
from tests.domain.builders import comment, issue

CHANGED_AT = "2020-07-02T10:00:00Z"
LATER = "2020-07-02T10:00:01Z"
ISSUE = issue(comments=2, updated_at=CHANGED_AT)


def _reading(*, ids: tuple[int, ...] = (1, 2), after_change: float | None = 1.0) -> Reading:
    """Return a read of this many comments that began this many seconds after the issue's last change."""
    began_at = None if after_change is None else epoch(CHANGED_AT) + after_change
    return Reading(tuple(comment(key) for key in ids), page_count=2, began_at=began_at)


def test_read_that_agrees_with_the_count_is_steady() -> None:
    assert is_steady(_reading(), None, ISSUE, ISSUE)


@pytest.mark.parametrize("after", [issue(comments=3, updated_at=CHANGED_AT), issue(comments=2, updated_at=LATER)])
@pytest.mark.parametrize("previous", [None, _reading()])
def test_issue_that_changed_during_the_read_is_unsteady(after: Issue, previous: Reading | None) -> None:
    assert not is_steady(_reading(), previous, ISSUE, after)


@pytest.mark.parametrize("after_change", [None, 0.0, -5.0])
def test_read_within_the_second_of_a_change_is_unsteady(after_change: float | None) -> None:
    assert not is_steady(_reading(after_change=after_change), None, ISSUE, ISSUE)


@pytest.mark.parametrize("ids", [(), (1,), (1, 2, 3)])
def test_read_that_disagrees_with_the_count_is_unsteady(ids: tuple[int, ...]) -> None:
    assert not is_steady(_reading(ids=ids), None, ISSUE, ISSUE)


@pytest.mark.parametrize("ids", [(1,), (1, 2), (1, 2, 3)])
@pytest.mark.parametrize("after_change", [None, 0.0, 1.0])
def test_two_equal_reads_in_a_row_are_steady(ids: tuple[int, ...], after_change: float | None) -> None:
    again = _reading(ids=ids, after_change=after_change)
    assert is_steady(again, _reading(ids=ids), ISSUE, ISSUE)


def test_different_reads_in_a_row_are_unsteady() -> None:
    assert not is_steady(_reading(ids=(1,)), _reading(ids=(2,)), ISSUE, ISSUE)


Lists = st.lists(st.tuples(st.integers(1, 9), st.sampled_from([CHANGED_AT, LATER])), max_size=4)


@given(Lists, Lists)
def test_digest_tells_ids_and_times_apart(first: list[tuple[int, str]], second: list[tuple[int, str]]) -> None:
    digests = [digest([comment(key, updated_at=at) for key, at in entries]) for entries in (first, second)]
    assert (digests[0] == digests[1]) == (first == second)
