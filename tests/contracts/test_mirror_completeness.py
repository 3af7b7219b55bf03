"""What every mirror promises about threads: when they are complete, in doubt, checked."""

import pytest

from app.ports.mirror import Mirror
from tests.contracts.mirrors import LATER, NONE, REPO, comment, ids, issue, put, put_complete, summaries, thread

# --- issues without comments


async def test_an_issue_without_comments_is_complete_at_once(mirror: Mirror) -> None:
    assert await put(mirror, issue(1, 0), at=7.0) == {1}
    kept = await thread(mirror)
    assert (kept.complete, kept.checked_at, kept.count_mismatch) == (True, 7.0, False)


async def test_an_issue_without_comments_that_is_said_again_is_checked_again(mirror: Mirror) -> None:
    await put(mirror, issue(1, 0), at=7.0)
    assert await put(mirror, issue(1, 0), at=8.0) == NONE
    assert (await thread(mirror)).checked_at == 8.0


async def test_an_issue_without_comments_by_count_is_in_doubt_while_some_are_mirrored(mirror: Mirror) -> None:
    await put_complete(mirror, comment(1), at=7.0)
    assert await put(mirror, issue(1, 0, updated_at=LATER), at=8.0) == {1}
    kept = await thread(mirror)
    assert (kept.complete, kept.count_mismatch, kept.checked_at, await ids(mirror)) == (True, True, 7.0, [1])


async def test_where_github_counts_none_and_none_is_here_an_old_surplus_is_forgotten(mirror: Mirror) -> None:
    await put_complete(mirror, count=1)
    assert (await thread(mirror)).count_offset == 1
    await put(mirror, issue(1, 0, updated_at=LATER), at=11.0)
    kept = await thread(mirror)
    assert (kept.count_offset, kept.count_mismatch, kept.checked_at) == (0, False, 11.0)


# --- whole readings


async def test_a_whole_reading_removes_what_is_not_in_it(mirror: Mirror) -> None:
    await put(mirror, issue(1, 3), issue(2, 3), comment(1), comment(2), comment(9, 2))
    assert await put_complete(mirror, comment(2), comment(3), at=20.0) == {1}
    kept = await thread(mirror)
    assert (await ids(mirror), await ids(mirror, 2)) == ([2, 3], [9])
    assert (kept.mirrored_count, kept.complete, kept.checked_at, kept.count_mismatch) == (2, True, 20.0, False)


async def test_a_whole_reading_of_nothing_empties_the_thread(mirror: Mirror) -> None:
    await put_complete(mirror, comment(1), comment(2))
    assert await put_complete(mirror) == {1}
    assert await ids(mirror) == []


async def test_a_whole_reading_that_finds_all_as_it_was_changes_only_the_check(mirror: Mirror) -> None:
    await put_complete(mirror, comment(1), at=10.0)
    assert await put_complete(mirror, comment(1), at=20.0) == NONE
    assert (await thread(mirror)).checked_at == 20.0


async def test_becoming_complete_is_a_change_even_where_no_comment_is(mirror: Mirror) -> None:
    await put(mirror, issue(1, 2))
    assert await put(mirror, complete_threads=frozenset([1])) == {1}
    assert (await thread(mirror)).complete


async def test_a_whole_reading_keeps_a_newer_state_of_a_comment(mirror: Mirror) -> None:
    await put(mirror, issue(1, 1), comment(1, text="New", updated_at=LATER))
    await put_complete(mirror, comment(1, text="Old"))
    assert [kept.body for kept in await mirror.comments(REPO, 1)] == ["New"]


@pytest.mark.parametrize(("count", "surplus"), [(2, 0), (5, 3), (1, -1)])
async def test_a_whole_reading_sets_the_surplus_and_leaves_no_doubt(mirror: Mirror, count: int, surplus: int) -> None:
    await put_complete(mirror, comment(1), comment(2), count=count)
    kept = await thread(mirror)
    assert (kept.count_offset, kept.count_mismatch) == (surplus, False)


async def test_a_count_that_departs_from_what_is_here_brings_doubt(mirror: Mirror) -> None:
    await put_complete(mirror, comment(1), count=3)
    await put(mirror, issue(1, 4, updated_at=LATER))
    assert (await thread(mirror)).count_mismatch
    assert [summary.count_mismatch for summary in await summaries(mirror)] == [True]


async def test_a_whole_reading_of_an_unknown_number_makes_nothing(mirror: Mirror) -> None:
    assert await put(mirror, comment(1), complete_threads=frozenset([1])) == NONE
    assert await mirror.thread(REPO, 1) is None


# --- completeness by counts, and checks


async def test_a_thread_becomes_complete_with_the_last_comment_that_github_counts(mirror: Mirror) -> None:
    await put(mirror, issue(1, 2), comment(1))
    assert not (await thread(mirror)).complete
    assert await put(mirror, comment(2), at=30.0) == {1}
    kept = await thread(mirror)
    assert (kept.complete, kept.checked_at, kept.mirrored_count) == (True, 30.0, 2)


async def test_a_thread_becomes_complete_when_the_count_comes_down_to_what_is_here(mirror: Mirror) -> None:
    await put(mirror, issue(1, 2), comment(1))
    assert await put(mirror, issue(1, 1)) == {1}
    assert (await thread(mirror)).complete


async def test_a_thread_becomes_complete_when_the_comment_too_many_is_removed(mirror: Mirror) -> None:
    await put(mirror, issue(1, 1), comment(1), comment(2))
    assert not (await thread(mirror)).complete
    await put(mirror, removed_comments=frozenset([2]))
    assert (await thread(mirror)).complete


async def test_a_complete_thread_stays_complete_when_more_is_counted(mirror: Mirror) -> None:
    await put_complete(mirror, comment(1), at=10.0)
    await put(mirror, issue(1, 2), at=20.0)
    kept = await thread(mirror)
    assert (kept.complete, kept.count_mismatch, kept.checked_at) == (True, True, 10.0)


async def test_a_check_marks_complete_threads_and_is_no_change(mirror: Mirror) -> None:
    await put(mirror, issue(1, 0), issue(2, 5), at=1.0)
    assert await put(mirror, checked_threads=frozenset([1, 2, 3]), at=2.0) == NONE
    assert (await thread(mirror, 1)).checked_at == 2.0
    assert (await thread(mirror, 2)).checked_at is None
    assert await mirror.thread(REPO, 3) is None


async def test_a_check_marks_what_the_same_change_completed(mirror: Mirror) -> None:
    await put(mirror, issue(1, 1), comment(1), checked_threads=frozenset([1]), at=3.0)
    assert (await thread(mirror)).checked_at == 3.0
