"""What every mirror promises about issues and comments: replacement, removal, tombstones."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from app.domain.records import ThreadRecord, Tombstone
from app.ports.mirror import Mirror
from tests.contracts.mirrors import (
    LATER,
    NONE,
    REPO,
    comment,
    ids,
    issue,
    newest,
    put,
    put_complete,
    summaries,
    thread,
    tombstone_of,
)

EARLIER = "2025-12-01T00:00:00Z"


# --- issues and comments replace older ones


async def test_issue_comes_back_as_it_was_stored(mirror: Mirror) -> None:
    item = issue(1, 3, labels=[{"name": "Jobs"}, {"name": "\U0001f600"}], title="One")
    assert await put(mirror, item) == {1}
    assert await thread(mirror) == ThreadRecord(
        item, 0, complete=False, count_mismatch=True, checked_at=None, version=1
    )


async def test_comment_comes_back_as_it_was_stored(mirror: Mirror) -> None:
    item = comment(5, text="Hear, hear", unknown={"deep": [1, 2.5, None, True]})
    assert await put(mirror, issue(1, 2), item) == {1}
    assert await mirror.comment(REPO, 5) == item
    assert await mirror.comments(REPO, 1) == (item,)


@pytest.mark.parametrize(
    "text", ["NUL \x00 inside", "\U0001f600 \U0001f468\u200d\U0001f469", "line\u2028separator", "\ufeff", "\r\n\t\\\"'"]
)
async def test_unusual_text_is_stored_exactly(mirror: Mirror, text: str) -> None:
    await put(mirror, issue(1, 1, title=text, labels=[{"name": text}]), comment(1, text=text))
    [stored] = await mirror.comments(REPO, 1)
    assert (stored.body, (await thread(mirror)).issue.title) == (text, text)
    assert [summary.labels for summary in await summaries(mirror)] == [(text,)]


@pytest.mark.parametrize("comment_id", [2**31, 2**32 + 1, 2**53 + 1, 2**63 - 1])
async def test_large_ids_are_stored_exactly(mirror: Mirror, comment_id: int) -> None:
    await put(mirror, issue(1, 1), comment(comment_id))
    assert await ids(mirror) == [comment_id]
    assert await newest(mirror) == [comment_id]
    stored = await mirror.comment(REPO, comment_id)
    assert stored is not None
    assert stored.source["id"] == comment_id
    assert await mirror.comment(REPO, comment_id - 1) is None
    assert await put(mirror, removed_comments=frozenset([comment_id])) == {1}
    assert await ids(mirror) == []


async def test_mapping_that_is_no_dict_is_stored(mirror: Mirror) -> None:
    class Frozen(Mapping[str, Any]):
        def __init__(self, values: Mapping[str, Any]) -> None:
            self._values = values

        def __getitem__(self, key: str) -> Any:
            return self._values[key]

        def __iter__(self) -> Any:
            return iter(self._values)

        def __len__(self) -> int:
            return len(self._values)

    item = comment(1)
    await put(mirror, issue(1, 1), replace(item, source=Frozen(item.source)))
    [stored] = await mirror.comments(REPO, 1)
    assert dict(stored.source) == item.source


async def test_comments_come_by_ascending_id(mirror: Mirror) -> None:
    await put(mirror, issue(1, 9), comment(3), comment(1))
    await put(mirror, comment(2))
    assert await ids(mirror) == [1, 2, 3]


@pytest.mark.parametrize("updated_at", [LATER, "2026-01-01T00:00:00Z"])
async def test_newer_or_equally_new_issue_replaces_another(mirror: Mirror, updated_at: str) -> None:
    await put(mirror, issue(1, 5))
    assert await put(mirror, issue(1, 5, title="New", updated_at=updated_at)) == {1}
    assert (await thread(mirror)).issue.title == "New"


async def test_older_issue_never_replaces_a_newer_one(mirror: Mirror) -> None:
    await put(mirror, issue(1, 5, title="New"))
    assert await put(mirror, issue(1, 0, title="Old", updated_at=EARLIER)) == NONE
    record = await thread(mirror)
    assert (record.issue.title, record.complete) == ("New", False)


@pytest.mark.parametrize("updated_at", [LATER, "2026-01-01T00:00:00Z"])
async def test_newer_or_equally_new_comment_replaces_another(mirror: Mirror, updated_at: str) -> None:
    await put(mirror, issue(1, 5), comment(1))
    assert await put(mirror, comment(1, text="New", updated_at=updated_at)) == {1}
    assert [item.body for item in await mirror.comments(REPO, 1)] == ["New"]


async def test_older_comment_never_replaces_a_newer_one(mirror: Mirror) -> None:
    await put(mirror, issue(1, 5), comment(1, text="New"))
    assert await put(mirror, comment(1, text="Old", updated_at=EARLIER)) == NONE
    assert [item.body for item in await mirror.comments(REPO, 1)] == ["New"]


async def test_newest_version_within_a_change_wins(mirror: Mirror) -> None:
    states = (comment(1, text="a"), comment(1, text="b", updated_at=LATER), comment(1, text="c"))
    issues = (issue(1, 5, title="a"), issue(1, 5, title="b"), issue(1, 5, title="c", updated_at=EARLIER))
    await put(mirror, *issues, *states)
    assert (await thread(mirror)).issue.title == "b"
    assert [item.body for item in await mirror.comments(REPO, 1)] == ["b"]


async def test_equal_data_in_another_order_is_no_change(mirror: Mirror) -> None:
    await put(mirror, issue(1, 5), comment(1))
    reordered = replace(comment(1), source=dict(reversed(list(comment(1).source.items()))))
    assert await put(mirror, issue(1, 5), comment(1)) == NONE
    assert await put(mirror, reordered) == NONE


async def test_change_returns_exactly_the_changed_numbers(mirror: Mirror) -> None:
    await put(mirror, issue(1, 5), issue(2, 5), issue(3, 5), comment(1, 1), comment(2, 2), comment(3, 3))
    numbers = await put(mirror, issue(1, 5), comment(1, 1), issue(2, 6), comment(3, 3, text="New"), issue(4, 1))
    assert numbers == {2, 3, 4}


async def test_comment_with_another_number_moves_there(mirror: Mirror) -> None:
    await put(mirror, issue(1, 5), issue(2, 5), comment(1, 1))
    assert await put(mirror, comment(1, 2)) == {1, 2}
    assert (await ids(mirror, 1), await ids(mirror, 2)) == ([], [1])
    assert [summary.mirrored_count for summary in await summaries(mirror)] == [1, 0]


# --- tombstones


async def test_tombstone_removes_the_issue_and_its_comments(mirror: Mirror) -> None:
    await put(mirror, issue(1, 2), issue(2, 1), comment(1, 1), comment(2, 1), comment(3, 2))
    deleted = Tombstone(1, gone=True, checked_at=12.0, transferred_to="https://api.github.com/repos/jane/old/issues/9")
    assert await put(mirror, tombstone=deleted) == {1}
    assert await mirror.thread(REPO, 1) is None
    assert await tombstone_of(mirror, REPO, 1) == deleted
    assert (await ids(mirror, 1), await ids(mirror, 2)) == ([], [3])
    assert await mirror.comment(REPO, 1) is None
    assert await newest(mirror) == [3]


async def test_tombstone_of_an_empty_issue_is_a_change(mirror: Mirror) -> None:
    await put(mirror, issue(1, 0))
    assert await put(mirror, tombstone=Tombstone(1, gone=False, checked_at=1.0)) == {1}


async def test_tombstone_of_an_unknown_number_is_no_change(mirror: Mirror) -> None:
    assert await put(mirror, tombstone=Tombstone(4, gone=False, checked_at=1.0)) == NONE
    assert await put(mirror, tombstone=Tombstone(4, gone=True, checked_at=2.0)) == NONE
    assert await tombstone_of(mirror, REPO, 4) == Tombstone(4, gone=True, checked_at=2.0)


async def test_issue_ends_the_tombstone_of_its_number(mirror: Mirror) -> None:
    await put(mirror, tombstone=Tombstone(1, gone=False, checked_at=1.0))
    await put(mirror, tombstone=Tombstone(2, gone=False, checked_at=1.0))
    assert await put(mirror, issue(1, 1)) == {1}
    assert await tombstone_of(mirror, REPO, 1) is None
    assert await tombstone_of(mirror, REPO, 2) is not None


async def test_returned_issue_has_no_comments(mirror: Mirror) -> None:
    await put_complete(mirror, comment(1), comment(2))
    await put(mirror, tombstone=Tombstone(1, gone=False, checked_at=11.0))
    await put(mirror, issue(1, 2))
    assert await thread(mirror) == ThreadRecord(
        issue(1, 2), 0, complete=False, count_mismatch=True, checked_at=None, version=3
    )


async def test_tombstone_wins_over_an_issue_of_its_change(mirror: Mirror) -> None:
    deleted = Tombstone(1, gone=True, checked_at=1.0)
    numbers = await put(mirror, issue(1, 1), comment(1), tombstone=deleted, complete_threads=frozenset([1]))
    assert numbers == NONE
    assert await tombstone_of(mirror, REPO, 1) == deleted
    assert await mirror.thread(REPO, 1) is None


# --- comments without a thread


async def test_comments_on_unknown_numbers_are_dropped(mirror: Mirror) -> None:
    assert await put(mirror, issue(1, 1), comment(8, 2)) == {1}
    assert await mirror.comment(REPO, 8) is None
    assert await ids(mirror, 2) == []


async def test_comments_on_pull_requests_are_dropped(mirror: Mirror) -> None:
    await put(mirror, issue(2, 1, pull=True))
    assert await put(mirror, comment(8, 2)) == NONE
    assert await mirror.comment(REPO, 8) is None


async def test_comments_on_an_issue_of_their_change_stay(mirror: Mirror) -> None:
    await put(mirror, comment(8, 2), issue(2, 1))
    assert await ids(mirror, 2) == [8]


async def test_issue_that_becomes_a_pull_request_loses_comments(mirror: Mirror) -> None:
    await put_complete(mirror, comment(1))
    pull_request = issue(1, 1, pull=True)
    assert await put(mirror, pull_request) == {1}
    assert await thread(mirror) == ThreadRecord(
        pull_request, 0, complete=False, count_mismatch=True, checked_at=None, version=2
    )
    assert await mirror.comment(REPO, 1) is None


@pytest.mark.parametrize("fields", [{}, {"complete_threads": frozenset([1])}, {"checked_threads": frozenset([1])}])
async def test_pull_request_is_never_complete(mirror: Mirror, fields: Mapping[str, Any]) -> None:
    await put(mirror, issue(1, 0, pull=True), **fields)
    record = await thread(mirror)
    assert (record.complete, record.checked_at) == (False, None)


# --- removals


async def test_removed_comments_are_no_longer_counted(mirror: Mirror) -> None:
    await put_complete(mirror, comment(1), comment(2), comment(3))
    assert await put(mirror, removed_comments=frozenset([2, 77])) == {1}
    record = await thread(mirror)
    assert (await ids(mirror), record.mirrored_count, record.count_mismatch) == ([1, 3], 2, True)
    assert await put(mirror, removed_comments=frozenset([2])) == NONE


async def test_removal_wins_over_a_comment_of_its_change(mirror: Mirror) -> None:
    assert await put_complete(mirror) == {1}
    assert await put(mirror, comment(1), removed_comments=frozenset([1])) == NONE
    assert await ids(mirror) == []


async def test_count_offset_includes_listed_comments_that_are_removed(mirror: Mirror) -> None:
    both = (comment(1), comment(2))
    await put(mirror, issue(1, 2), *both, complete_threads=frozenset([1]), removed_comments=frozenset([2]))
    record = await thread(mirror)
    assert (record.mirrored_count, record.count_mismatch) == (1, True)


async def test_thousands_of_comments_are_removed_at_once(mirror: Mirror) -> None:
    await put_complete(mirror, *(comment(n) for n in range(1, 2001)))
    assert await put(mirror, removed_comments=frozenset(range(1, 2000))) == {1}
    assert await ids(mirror) == [2000]
