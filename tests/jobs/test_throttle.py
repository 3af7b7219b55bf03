"""The throttle: refreshes of one thread come at growing pauses while it is written to."""

import pytest

from app.domain.sites import repository
from app.jobs.throttle import Throttle
from tests.fakes import FakeClock

BLOG = repository("ada/blog")


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


def _count_refreshes(seconds: int, clock: FakeClock, throttle: Throttle) -> int:
    """Refresh thread 1 in each second in which that is allowed; return how often it was."""
    return sum(_refresh_if_allowed(clock, throttle) for _ in range(seconds))


def _refresh_if_allowed(clock: FakeClock, throttle: Throttle) -> bool:
    is_allowed = throttle.next_at(BLOG, 1) <= clock.now()
    if is_allowed:
        throttle.record(BLOG, 1)
    clock.advance(1)
    return is_allowed


def test_long_burst_is_not_allowed_again_each_minute(clock: FakeClock) -> None:
    throttle = Throttle(clock, burst=3)
    assert _count_refreshes(60, clock, throttle) <= 8
    assert _count_refreshes(540, clock, throttle) <= 64


def test_thread_may_be_refreshed_after_a_quiet_minute(clock: FakeClock) -> None:
    throttle = Throttle(clock, burst=3)
    _count_refreshes(60, clock, throttle)
    clock.advance(60)
    assert throttle.next_at(BLOG, 1) == 0


def test_refreshes_before_clock_set_back_do_not_count(clock: FakeClock) -> None:
    throttle = Throttle(clock, burst=1)
    _count_refreshes(10, clock, throttle)
    clock.advance(-1000)
    assert throttle.next_at(BLOG, 1) == 0


def test_pause_is_a_minute_at_most(clock: FakeClock) -> None:
    throttle = Throttle(clock, burst=1)
    for _ in range(2000):
        throttle.record(BLOG, 1)
    assert throttle.next_at(BLOG, 1) == clock.now() + 60
