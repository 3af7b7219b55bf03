"""Threads one at a time: a failing one stops no other, and an outage of GitHub stops all."""

import pytest

from app.domain.errors import (
    GitHubError,
    InvalidRedirect,
    InvalidResponse,
    RateLimited,
    RequestRejected,
    TokenRejected,
    Unreachable,
)
from app.domain.sites import repository
from app.sync.failure_backoff import FailureBackoff
from tests.fakes import FakeClock
from tests.sync.fake_refresh import FakeRefresh

BLOG, NOTES = repository("ada/blog"), repository("ada/notes")
UNREACHABLE = Unreachable("/x", "no answer")
SINGLE_FAILURES: tuple[GitHubError, ...] = (
    RequestRejected("/x", 451, "blocked"),
    InvalidResponse("/x", "cut off"),
    InvalidRedirect("/x", "elsewhere"),
    UNREACHABLE,
)


@pytest.mark.parametrize("failure", SINGLE_FAILURES)
async def test_failing_thread_stops_no_other(failure: GitHubError) -> None:
    backoff, refresh = FailureBackoff(FakeClock()), FakeRefresh({2: failure})
    await backoff.for_each(BLOG, [1, 2, 3], refresh)
    assert refresh.take_numbers() == [1, 2, 3]


async def test_failing_thread_is_skipped_for_doubled_pauses() -> None:
    clock = FakeClock()
    backoff, refresh = FailureBackoff(clock), FakeRefresh({2: SINGLE_FAILURES[1]})
    for pause in (15, 30, 60, 120, 240, 480, 960, 1920, 3600, 3600):
        await backoff.for_each(BLOG, [2], refresh)
        assert refresh.take_numbers() == [2]
        clock.advance(pause - 1)
        await backoff.for_each(BLOG, [1, 2], refresh)
        assert refresh.take_numbers() == [1]
        clock.advance(1)


async def test_recovered_thread_is_not_skipped() -> None:
    clock = FakeClock()
    backoff, refresh = FailureBackoff(clock), FakeRefresh({2: SINGLE_FAILURES[1]})
    await backoff.for_each(BLOG, [2], refresh)
    refresh.failures.clear()
    clock.advance(60)
    await backoff.for_each(BLOG, [2], refresh)
    refresh.failures[2] = SINGLE_FAILURES[1]
    await backoff.for_each(BLOG, [2], refresh)
    clock.advance(60)
    await backoff.for_each(BLOG, [2], refresh)
    assert refresh.take_numbers() == [2, 2, 2, 2]


async def test_same_number_of_another_repository_is_not_skipped() -> None:
    backoff, refresh = FailureBackoff(FakeClock()), FakeRefresh({2: SINGLE_FAILURES[1]})
    await backoff.for_each(BLOG, [2], refresh)
    await backoff.for_each(NOTES, [2], refresh)
    assert refresh.take_numbers() == [2, 2]


async def test_no_thread_is_skipped_after_clock_is_set_back() -> None:
    clock = FakeClock()
    backoff, refresh = FailureBackoff(clock), FakeRefresh({2: SINGLE_FAILURES[1]})
    await backoff.for_each(BLOG, [2], refresh)
    clock.advance(-100_000)
    await backoff.for_each(BLOG, [2], refresh)
    assert refresh.take_numbers() == [2, 2]


async def test_three_unreachable_threads_in_a_row_end_it() -> None:
    backoff, refresh = FailureBackoff(FakeClock()), FakeRefresh(dict.fromkeys((1, 2, 3), UNREACHABLE))
    with pytest.raises(Unreachable):
        await backoff.for_each(BLOG, range(1, 9), refresh)
    assert refresh.take_numbers() == [1, 2, 3]
    refresh.failures.clear()
    await backoff.for_each(BLOG, range(1, 4), refresh)
    assert refresh.take_numbers() == [1, 2, 3]


@pytest.mark.parametrize("between", [None, SINGLE_FAILURES[0]])
async def test_response_in_between_means_github_is_reachable(between: GitHubError | None) -> None:
    failures: dict[int, GitHubError] = dict.fromkeys((1, 2, 4, 5), UNREACHABLE)
    backoff, refresh = FailureBackoff(FakeClock()), FakeRefresh(failures | ({3: between} if between else {}))
    await backoff.for_each(BLOG, range(1, 7), refresh)
    assert refresh.take_numbers() == [1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize("failure", [RateLimited("/x", until=1.0, kind="primary"), TokenRejected("/x")])
async def test_failure_that_concerns_all_threads_ends_it(failure: GitHubError) -> None:
    backoff, refresh = FailureBackoff(FakeClock()), FakeRefresh({2: failure})
    with pytest.raises(type(failure)):
        await backoff.for_each(BLOG, [1, 2, 3], refresh)
    assert refresh.take_numbers() == [1, 2]
    refresh.failures.clear()
    await backoff.for_each(BLOG, [2, 3], refresh)
    assert refresh.take_numbers() == [2, 3]
