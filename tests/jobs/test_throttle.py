"""Spacing: looks at one thread come at growing distances, for as long as it is written to."""

from app.domain.sites import repository
from app.jobs.throttle import Throttle
from tests.fakes import FakeClock

BLOG = repository("ada/blog")


def looks_within(seconds: int, clock: FakeClock, spacing: Throttle) -> int:
    """How many there are where one is wanted each second."""
    looks = 0
    for _ in range(seconds):
        if spacing.again_at(BLOG, 1) <= clock.now():
            spacing.looked(BLOG, 1)
            looks += 1
        clock.advance(1)
    return looks


def test_a_burst_that_goes_on_for_minutes_does_not_begin_anew_each_minute() -> None:
    clock = FakeClock()
    spacing = Throttle(clock, burst=3)
    assert looks_within(60, clock, spacing) <= 8
    assert looks_within(540, clock, spacing) <= 64


def test_a_thread_that_was_left_alone_for_a_minute_may_be_looked_at_at_once() -> None:
    clock = FakeClock()
    spacing = Throttle(clock, burst=3)
    looks_within(60, clock, spacing)
    clock.advance(60)
    assert spacing.again_at(BLOG, 1) == 0


def test_looks_of_a_clock_that_was_set_back_do_not_count() -> None:
    clock = FakeClock()
    spacing = Throttle(clock, burst=1)
    looks_within(10, clock, spacing)
    clock.advance(-1000)
    assert spacing.again_at(BLOG, 1) == 0


def test_the_next_look_is_a_minute_away_at_most_however_many_there_were() -> None:
    clock = FakeClock()
    spacing = Throttle(clock, burst=1)
    for _ in range(2000):
        spacing.looked(BLOG, 1)
    assert spacing.again_at(BLOG, 1) == clock.now() + 60
