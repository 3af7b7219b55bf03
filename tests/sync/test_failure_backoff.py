"""Threads one by one: a bad one stops no other, and a GitHub that is away stops all."""

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
from app.sync.failure_backoff import FailureBackoff
from tests.fakes import FakeClock
from tests.integration.actions import NOTES
from tests.integration.application import BLOG

UNANSWERED = Unreachable("/x", "no answer")
SINGLE: tuple[GitHubError, ...] = (
    RequestRejected("/x", 451, "blocked"),
    InvalidResponse("/x", "cut off"),
    InvalidRedirect("/x", "elsewhere"),
    UNANSWERED,
)


class Deed:
    """Is done for each number but those that fail."""

    def __init__(self, **failures: GitHubError) -> None:
        self.failures = {int(name.removeprefix("on_")): failure for name, failure in failures.items()}
        self.tried: list[int] = []

    async def __call__(self, number: int) -> None:
        self.tried.append(number)
        if number in self.failures:
            raise self.failures[number]

    def again(self) -> list[int]:
        """What was tried since last time."""
        tried, self.tried = self.tried, []
        return tried


@pytest.mark.parametrize("failure", SINGLE)
async def test_a_thread_that_fails_stops_no_other(failure: GitHubError) -> None:
    each, deed = FailureBackoff(FakeClock()), Deed(on_2=failure)
    await each.of(BLOG, [1, 2, 3], deed)
    assert deed.again() == [1, 2, 3]


async def test_a_thread_that_fails_is_left_alone_for_longer_each_time_and_for_an_hour_at_most() -> None:
    clock = FakeClock()
    each, deed = FailureBackoff(clock), Deed(on_2=SINGLE[1])
    for pause in (15, 30, 60, 120, 240, 480, 960, 1920, 3600, 3600):
        await each.of(BLOG, [2], deed)
        assert deed.again() == [2]
        clock.advance(pause - 1)
        await each.of(BLOG, [1, 2], deed)
        assert deed.again() == [1]
        clock.advance(1)


async def test_a_thread_that_could_be_read_again_is_no_longer_left_alone() -> None:
    clock = FakeClock()
    each, deed = FailureBackoff(clock), Deed(on_2=SINGLE[1])
    await each.of(BLOG, [2], deed)
    deed.failures.clear()
    clock.advance(60)
    await each.of(BLOG, [2], deed)
    deed.failures[2] = SINGLE[1]
    await each.of(BLOG, [2], deed)
    clock.advance(60)
    await each.of(BLOG, [2], deed)
    assert deed.again() == [2, 2, 2, 2]


async def test_the_same_number_of_another_repository_is_another_thread() -> None:
    each, deed = FailureBackoff(FakeClock()), Deed(on_2=SINGLE[1])
    await each.of(BLOG, [2], deed)
    await each.of(NOTES, [2], deed)
    assert deed.again() == [2, 2]


async def test_a_clock_that_is_set_back_leaves_nothing_alone_for_ever() -> None:
    clock = FakeClock()
    each, deed = FailureBackoff(clock), Deed(on_2=SINGLE[1])
    await each.of(BLOG, [2], deed)
    clock.advance(-100_000)
    await each.of(BLOG, [2], deed)
    assert deed.again() == [2, 2]


async def test_three_without_an_answer_in_a_row_mean_that_github_is_away_and_none_is_to_blame() -> None:
    each, deed = FailureBackoff(FakeClock()), Deed(on_1=UNANSWERED, on_2=UNANSWERED, on_3=UNANSWERED)
    with pytest.raises(Unreachable):
        await each.of(BLOG, range(1, 9), deed)
    assert deed.again() == [1, 2, 3]
    deed.failures.clear()
    await each.of(BLOG, range(1, 4), deed)
    assert deed.again() == [1, 2, 3]


@pytest.mark.parametrize("between", [None, SINGLE[0]])
async def test_an_answer_between_means_that_github_is_there(between: GitHubError | None) -> None:
    failures = {"on_1": UNANSWERED, "on_2": UNANSWERED, "on_4": UNANSWERED, "on_5": UNANSWERED}
    each, deed = FailureBackoff(FakeClock()), Deed(**failures, **({"on_3": between} if between else {}))
    await each.of(BLOG, range(1, 7), deed)
    assert deed.again() == [1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize("failure", [RateLimited("/x", until=1.0, kind="primary"), TokenRejected("/x")])
async def test_what_concerns_all_threads_ends_it_at_once(failure: GitHubError) -> None:
    each, deed = FailureBackoff(FakeClock()), Deed(on_2=failure)
    with pytest.raises(type(failure)):
        await each.of(BLOG, [1, 2, 3], deed)
    assert deed.again() == [1, 2]
    deed.failures.clear()
    await each.of(BLOG, [2, 3], deed)
    assert deed.again() == [2, 3]
