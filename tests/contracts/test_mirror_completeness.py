"""What every mirror promises about threads: when they are complete and checked, and when counts mismatch."""

import pytest

from app.ports.mirror import Mirror
from tests.contracts.mirrors import LATER, NONE, REPO, comment, ids, issue, put, put_complete, summaries, thread

# --- issues without comments


async def test_issue_without_comments_is_complete_at_once(mirror: Mirror) -> None:
    assert await put(mirror, issue(1, 0), at=7.0) == {1}
    record = await thread(mirror)
    assert (record.complete, record.checked_at, record.count_mismatch) == (True, 7.0, False)


async def test_each_response_checks_an_issue_without_comments(mirror: Mirror) -> None:
    await put(mirror, issue(1, 0), at=7.0)
    assert await put(mirror, issue(1, 0), at=8.0) == NONE
    assert (await thread(mirror)).checked_at == 8.0


async def test_count_of_zero_mismatches_mirrored_comments(mirror: Mirror) -> None:
    await put_complete(mirror, comment(1), at=7.0)
    assert await put(mirror, issue(1, 0, updated_at=LATER), at=8.0) == {1}
    record = await thread(mirror)
    assert (record.complete, record.count_mismatch, record.checked_at, await ids(mirror)) == (True, True, 7.0, [1])


async def test_count_of_zero_resets_the_offset(mirror: Mirror) -> None:
    await put_complete(mirror, count=1)
    assert not (await thread(mirror)).count_mismatch
    await put(mirror, issue(1, 0, updated_at=LATER), at=11.0)
    record = await thread(mirror)
    assert (record.count_mismatch, record.checked_at) == (False, 11.0)


# --- complete reads


async def test_complete_read_removes_unlisted_comments(mirror: Mirror) -> None:
    await put(mirror, issue(1, 3), issue(2, 3), comment(1), comment(2), comment(9, 2))
    assert await put_complete(mirror, comment(2), comment(3), at=20.0) == {1}
    record = await thread(mirror)
    assert (await ids(mirror), await ids(mirror, 2)) == ([2, 3], [9])
    assert (record.mirrored_count, record.complete, record.checked_at, record.count_mismatch) == (2, True, 20.0, False)


async def test_complete_read_without_comments_empties_the_thread(mirror: Mirror) -> None:
    await put_complete(mirror, comment(1), comment(2))
    assert await put_complete(mirror) == {1}
    assert await ids(mirror) == []


async def test_complete_read_of_equal_data_is_a_check(mirror: Mirror) -> None:
    await put_complete(mirror, comment(1), at=10.0)
    assert await put_complete(mirror, comment(1), at=20.0) == NONE
    assert (await thread(mirror)).checked_at == 20.0


async def test_completion_is_a_change_without_comments_too(mirror: Mirror) -> None:
    await put(mirror, issue(1, 2))
    assert await put(mirror, complete_threads=frozenset([1])) == {1}
    assert (await thread(mirror)).complete


async def test_complete_read_leaves_a_newer_comment(mirror: Mirror) -> None:
    await put(mirror, issue(1, 1), comment(1, text="New", updated_at=LATER))
    await put_complete(mirror, comment(1, text="Old"))
    assert [item.body for item in await mirror.comments(REPO, 1)] == ["New"]


@pytest.mark.parametrize("count", [2, 5, 1])
async def test_complete_read_accepts_githubs_count(mirror: Mirror, count: int) -> None:
    await put_complete(mirror, comment(1), comment(2), count=count)
    assert not (await thread(mirror)).count_mismatch
    for other_count, is_mismatch in ((count + 1, True), (count, False)):
        await put(mirror, issue(1, other_count, updated_at=LATER))
        assert (await thread(mirror)).count_mismatch is is_mismatch


async def test_changed_count_is_a_mismatch(mirror: Mirror) -> None:
    await put_complete(mirror, comment(1), count=3)
    await put(mirror, issue(1, 4, updated_at=LATER))
    assert (await thread(mirror)).count_mismatch
    assert [summary.count_mismatch for summary in await summaries(mirror)] == [True]


async def test_complete_read_of_an_unknown_number_changes_nothing(mirror: Mirror) -> None:
    assert await put(mirror, comment(1), complete_threads=frozenset([1])) == NONE
    assert await mirror.thread(REPO, 1) is None


# --- completeness by counts, and checks


async def test_last_counted_comment_completes_a_thread(mirror: Mirror) -> None:
    await put(mirror, issue(1, 2), comment(1))
    assert not (await thread(mirror)).complete
    assert await put(mirror, comment(2), at=30.0) == {1}
    record = await thread(mirror)
    assert (record.complete, record.checked_at, record.mirrored_count) == (True, 30.0, 2)


async def test_lower_count_completes_a_thread(mirror: Mirror) -> None:
    await put(mirror, issue(1, 2), comment(1))
    assert await put(mirror, issue(1, 1)) == {1}
    assert (await thread(mirror)).complete


async def test_removal_of_an_extra_comment_completes_a_thread(mirror: Mirror) -> None:
    await put(mirror, issue(1, 1), comment(1), comment(2))
    assert not (await thread(mirror)).complete
    await put(mirror, removed_comments=frozenset([2]))
    assert (await thread(mirror)).complete


async def test_higher_count_leaves_a_thread_complete(mirror: Mirror) -> None:
    await put_complete(mirror, comment(1), at=10.0)
    await put(mirror, issue(1, 2), at=20.0)
    record = await thread(mirror)
    assert (record.complete, record.count_mismatch, record.checked_at) == (True, True, 10.0)


async def test_check_of_complete_threads_is_no_change(mirror: Mirror) -> None:
    await put(mirror, issue(1, 0), issue(2, 5), at=1.0)
    assert await put(mirror, checked_threads=frozenset([1, 2, 3]), at=2.0) == NONE
    assert (await thread(mirror, 1)).checked_at == 2.0
    assert (await thread(mirror, 2)).checked_at is None
    assert await mirror.thread(REPO, 3) is None


async def test_check_covers_threads_completed_by_its_change(mirror: Mirror) -> None:
    await put(mirror, issue(1, 1), comment(1), checked_threads=frozenset([1]), at=3.0)
    assert (await thread(mirror)).checked_at == 3.0
