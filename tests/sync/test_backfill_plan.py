"""The plan of a backfill: which way is cheaper, and which threads come first."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.sync.backfill_plan import LIST_END, Plan, cost, plan
from tests.domain.builders import issue_summary


def test_many_small_threads_are_read_by_list() -> None:
    summaries = [issue_summary(number, 10) for number in range(1, 1001)]
    assert plan(summaries, affordable=None) == Plan(use_list=True, requests=100)


def test_few_posts_beside_busy_pull_requests_are_read_alone() -> None:
    posts = [issue_summary(number, 6) for number in range(1, 51)]
    pulls = [issue_summary(number, 100, pull=True) for number in range(51, 101)]
    chosen = plan(posts + pulls, affordable=None)
    assert chosen.threads == tuple(range(50, 0, -1))
    assert (chosen.use_list, chosen.requests) == (False, 50)


def test_thread_of_several_pages_costs_its_issue_too() -> None:
    pulls = [issue_summary(number, 100, pull=True) for number in range(3, 30)]
    assert plan([issue_summary(1, 1234), issue_summary(2, 1), *pulls], affordable=None).requests == 13 + 1 + 1


def test_complete_threads_cost_nothing() -> None:
    summaries = [issue_summary(number, 10, complete=True) for number in range(1, 9)]
    assert plan(summaries, affordable=None) == Plan()


def test_threads_left_incomplete_by_list_are_read_alone() -> None:
    chosen = plan([issue_summary(number, 10) for number in range(1, 1001)], affordable=None, list_is_read=True)
    assert not chosen.use_list
    assert len(chosen.threads) == 1000


def test_recent_threads_come_first_if_list_is_unaffordable() -> None:
    summaries = [issue_summary(n, 10, updated=f"2026-01-01T{n // 60:02d}:{n % 60:02d}:00Z") for n in range(1, 1001)]
    chosen = plan(summaries, affordable=40)
    assert chosen.threads == tuple(range(1000, 980, -1))
    assert chosen.use_list
    assert chosen.newest_first


def test_list_beyond_page_limit_is_read_oldest_first() -> None:
    summaries = [issue_summary(number, 10) for number in range(1, LIST_END // 10 + 2)]
    assert plan(summaries, affordable=None) == Plan(use_list=True, newest_first=False, requests=101)


def test_unaffordable_list_beyond_page_limit_is_not_begun() -> None:
    summaries = [issue_summary(number, 10) for number in range(1, LIST_END // 10 + 2)]
    assert not plan(summaries, affordable=40).use_list


@pytest.mark.parametrize(("comments", "requests"), [(0, 1), (1, 1), (100, 1), (101, 3), (1234, 14)])
def test_thread_of_several_pages_costs_one_request_more(comments: int, requests: int) -> None:
    assert cost(comments) == requests


@given(
    st.lists(st.tuples(st.integers(0, 500), st.booleans(), st.booleans()), max_size=60),
    st.one_of(st.none(), st.integers(0, 100)),
)
def test_plan_reaches_exactly_the_incomplete_threads(
    threads: list[tuple[int, bool, bool]], affordable: int | None
) -> None:
    summaries = [
        issue_summary(number, comments, pull=pull, complete=complete)
        for number, (comments, pull, complete) in enumerate(threads, 1)
    ]
    incomplete = {s.number for s in summaries if not s.is_pull_request and not s.complete}
    chosen = plan(summaries, affordable=affordable)
    assert set(chosen.threads) <= incomplete
    assert chosen.use_list or set(chosen.threads) == incomplete
    one_by_one = sum(cost(s.comment_count) for s in summaries if s.number in incomplete)
    assert affordable is not None or chosen.requests <= one_by_one
