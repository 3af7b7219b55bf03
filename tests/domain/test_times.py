"""Times: RFC 3339, and comparisons that survive a clock set back."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.times import epoch, is_ahead, is_within, rfc3339

LATEST = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC).timestamp()
"""The last second that RFC 3339 can write."""
Times = st.integers(0, int(LATEST)).map(float)
Durations = st.integers(0, 10**9).map(float)


@given(Times)
def test_whole_seconds_survive_a_round_trip(time: float) -> None:
    assert epoch(rfc3339(time)) == time


@given(Times, Times)
def test_texts_sort_as_their_times(first: float, second: float) -> None:
    assert (rfc3339(first) < rfc3339(second)) == (first < second)


@pytest.mark.parametrize(
    "text",
    [
        "2020-07-01T09:30:00Z",
        "2020-07-01T09:30:00+00:00",
        "2020-07-01T11:30:00+02:00",
        "2020-06-30T23:30:00-10:00",
    ],
)
def test_any_offset_is_read(text: str) -> None:
    assert epoch(text) == datetime(2020, 7, 1, 9, 30, tzinfo=UTC).timestamp()


@pytest.mark.parametrize("text", ["", "2020-07-01", "2020-07-01T09:30:00", "yesterday"])
def test_time_without_zone_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        epoch(text)


@pytest.mark.parametrize(
    ("since", "expected"),
    [
        (None, False),
        (1000.0, True),
        (990.0, True),
        (940.0, True),
        (939.9, False),
        (1000.1, False),
        (5000.0, False),
    ],
)
def test_recent_past_is_within(since: float | None, *, expected: bool) -> None:
    assert is_within(60.0, since, now=1000.0) is expected


@pytest.mark.parametrize(
    ("until", "expected"),
    [
        (None, False),
        (999.0, False),
        (1000.0, False),
        (1000.1, True),
        (1060.0, True),
        (1060.1, False),
        (5000.0, False),
    ],
)
def test_near_future_is_ahead(until: float | None, *, expected: bool) -> None:
    assert is_ahead(until, now=1000.0, at_most=60.0) is expected


@given(Times, Durations, Durations)
def test_clock_set_back_never_extends_a_period(recorded_at: float, seconds: float, set_back: float) -> None:
    now = recorded_at - set_back
    assert is_within(seconds, recorded_at, now=now) == (set_back == 0)
    assert not is_ahead(recorded_at + seconds, now=now, at_most=seconds) or set_back == 0


@given(Times, Durations, Durations)
def test_period_ends_at_its_deadline(start: float, seconds: float, elapsed: float) -> None:
    now = start + elapsed
    assert is_within(seconds, start, now=now) == (elapsed <= seconds)
    assert is_ahead(start + seconds, now=now, at_most=seconds) == (elapsed < seconds)
