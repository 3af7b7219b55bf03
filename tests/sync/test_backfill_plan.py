"""The import plan: which way is cheaper, and who comes first."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.ports.mirror import IssueSummary
from app.sync.backfill_plan import LIST_END, Plan, cost, plan


def tally(number: int, comments: int, *, pull: bool = False, complete: bool = False, updated: str = "") -> IssueSummary:
    return IssueSummary(
        number=number,
        is_pull_request=pull,
        comment_count=comments,
        mirrored=comments if complete else 0,
        complete=complete,
        in_doubt=False,
        updated_at=updated or f"2026-01-01T00:00:{number % 60:02d}Z",
        labels=(),
    )


def test_many_posts_with_few_comments_each_are_cheapest_as_one_list() -> None:
    assert plan([tally(n, 10) for n in range(1, 1001)], affordable=None) == Plan(whole_list=True, asks=100)


def test_few_posts_beside_busy_pull_requests_are_cheapest_one_by_one() -> None:
    posts = [tally(n, 6) for n in range(1, 51)]
    pulls = [tally(n, 100, pull=True) for n in range(51, 101)]
    chosen = plan(posts + pulls, affordable=None)
    assert chosen.threads == tuple(range(50, 0, -1))
    assert (chosen.whole_list, chosen.asks) == (False, 50)


def test_a_thread_of_several_pages_costs_its_issue_again() -> None:
    pulls = [tally(n, 100, pull=True) for n in range(3, 30)]
    assert plan([tally(1, 1234), tally(2, 1), *pulls], affordable=None).asks == 13 + 1 + 1


def test_threads_that_are_complete_cost_nothing() -> None:
    assert plan([tally(n, 10, complete=True) for n in range(1, 9)], affordable=None) == Plan()


def test_what_the_list_left_open_is_read_by_thread() -> None:
    chosen = plan([tally(n, 10) for n in range(1, 1001)], affordable=None, list_read=True)
    assert not chosen.whole_list
    assert len(chosen.threads) == 1000


def test_without_room_for_the_list_the_most_recently_commented_come_first_with_half_the_asks() -> None:
    tallies = [tally(n, 10, updated=f"2026-01-01T{n // 60:02d}:{n % 60:02d}:00Z") for n in range(1, 1001)]
    chosen = plan(tallies, affordable=40)
    assert chosen.threads == tuple(range(1000, 980, -1))
    assert chosen.whole_list
    assert chosen.newest_first


def test_a_list_longer_than_github_pages_is_read_by_change_from_the_oldest() -> None:
    tallies = [tally(n, 10) for n in range(1, LIST_END // 10 + 2)]
    assert plan(tallies, affordable=None) == Plan(whole_list=True, newest_first=False, asks=101)


def test_a_list_longer_than_github_pages_is_not_begun_without_room_for_it() -> None:
    tallies = [tally(n, 10) for n in range(1, LIST_END // 10 + 2)]
    assert not plan(tallies, affordable=40).whole_list


@pytest.mark.parametrize(("comments", "asks"), [(0, 1), (1, 1), (100, 1), (101, 3), (1234, 14)])
def test_a_thread_costs_one_ask_for_each_hundred_and_one_to_be_sure(comments: int, asks: int) -> None:
    assert cost(comments) == asks


@given(
    st.lists(st.tuples(st.integers(0, 500), st.booleans(), st.booleans()), max_size=60),
    st.one_of(st.none(), st.integers(0, 100)),
)
def test_a_plan_reaches_every_incomplete_thread_and_no_pull_request(
    given_threads: list[tuple[int, bool, bool]], affordable: int | None
) -> None:
    tallies = [tally(n, c, pull=p, complete=d) for n, (c, p, d) in enumerate(given_threads, 1)]
    wanted = {t.number for t in tallies if not t.is_pull_request and not t.complete}
    chosen = plan(tallies, affordable=affordable)
    assert set(chosen.threads) <= wanted
    assert chosen.whole_list or set(chosen.threads) == wanted
    one_by_one = sum(cost(t.comment_count) for t in tallies if t.number in wanted)
    assert affordable is not None or chosen.asks <= one_by_one
