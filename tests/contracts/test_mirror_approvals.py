"""What every mirror promises about approvals: they stay with their comments, and tell of what readers see."""

from itertools import pairwise

import pytest

from app.domain.records import Tombstone
from app.domain.threads import Approval
from app.ports.mirror import Change, CommentSelection, Exclusion, Mirror
from tests.contracts.mirrors import (
    HIDDEN,
    LATER,
    NONE,
    REPO,
    comment,
    issue,
    newest,
    put,
    put_complete,
    select_all,
    version_of,
)
from tests.contracts.stores import OTHER

ASKED = Approval("+1", 1, "2026-01-01T00:00:00Z", 7.0)
APPROVED = Approval("+1", 1, "2026-01-01T00:00:00Z", 8.0, "2026-01-02T00:00:00Z", "text")


async def _approvals(mirror: Mirror, *ids: int) -> list[Approval | None]:
    comments = await mirror.comments_by_id(REPO, ids)
    return [comments[key].approval for key in ids]


async def test_approval_is_read_with_its_comment(mirror: Mirror) -> None:
    await put_complete(mirror, comment(1), comment(2))
    assert await mirror.record_approvals(REPO, {2: APPROVED, 9: APPROVED, 2**70: APPROVED}) == {1}
    assert await _approvals(mirror, 1, 2) == [None, APPROVED]
    snapshots = await mirror.snapshot(REPO, 1), await mirror.snapshot(REPO, 1, select=select_all)
    newest_comments = await mirror.newest_comments(REPO, limit=9, before=None, numbers=None, select=select_all)
    lists = [newest_comments.comments[::-1], *(snapshot.comments for snapshot in snapshots)]
    assert [[item.approval for item in comments] for comments in lists] == [[None, APPROVED]] * 3


async def test_only_another_text_or_rule_changes_the_version(mirror: Mirror) -> None:
    await put_complete(mirror, comment(1))
    versions = [await version_of(mirror, REPO, 1)]
    for approval in (ASKED, APPROVED, APPROVED, Approval("heart", 1, "", 9.0, "", "text"), ASKED):
        numbers = await mirror.record_approvals(REPO, {1: approval})
        versions.append(await version_of(mirror, REPO, 1))
        assert bool(numbers) == (versions[-1] > versions[-2])
    assert [later > earlier for earlier, later in pairwise(versions)] == [*(False, True, False, True, True)]
    assert await mirror.record_approvals(OTHER, {1: APPROVED}) == NONE
    assert await _approvals(mirror, 1) == [ASKED]


async def test_approval_survives_an_edit_and_ends_with_its_comment(mirror: Mirror) -> None:
    await put_complete(mirror, comment(1), comment(2))
    await mirror.record_approvals(REPO, {1: APPROVED, 2: APPROVED})
    await mirror.learn_image_sizes(REPO, {1: {"a": (3, 4)}})
    await put_complete(mirror, comment(1, text="Other", updated_at=LATER), comment(2))
    assert await _approvals(mirror, 1, 2) == [APPROVED, APPROVED]
    await mirror.apply(Change(repo=REPO, at=1.0, removed_comments=frozenset({1})))
    await put(mirror, comment(1))
    assert await _approvals(mirror, 1, 2) == [None, APPROVED]
    await mirror.apply(Change(repo=REPO, at=1.0, tombstone=Tombstone(1, gone=True, checked_at=1.0)))
    await put(mirror, issue(1, 2), comment(1), comment(2))
    assert await _approvals(mirror, 1, 2) == [None, None]


async def test_new_versions_are_changes_of_all_threads(mirror: Mirror) -> None:
    await put(mirror, issue(1), issue(2), issue(3, pull=True))
    before = await mirror.latest_version()
    assert await mirror.renew_versions(OTHER) == NONE
    assert await mirror.renew_versions(REPO) == {1, 2}
    changes = await mirror.changes(after=before)
    assert [(change.number, change.images_only) for change in changes] == [(1, False), (2, False)]


@pytest.mark.parametrize("ids", [frozenset({3}), frozenset[int]()])
async def test_other_comments_take_the_place_of_excluded_ones(mirror: Mirror, ids: frozenset[int]) -> None:
    await put_complete(mirror, comment(1), comment(2), comment(3), comment(4, minimized={"reason": "spam"}))
    assert await newest(mirror, limit=2, exclusion=Exclusion(lambda item: item.id == 3, ids)) == [4, 2]
    assert await newest(mirror, limit=2, exclusion=HIDDEN) == [3, 2]


async def test_excluded_comments_are_in_no_selection(mirror: Mirror) -> None:
    await put_complete(mirror, comment(1), comment(2), comment(3))
    selection = CommentSelection(excluded_ids=frozenset({2}), offset=1, limit=5)
    result = await mirror.selected_comments(REPO, selection)
    assert ([item.id for item in result.comments], result.total) == ([3], 2)
    author = comment(1).author
    assert await mirror.avatar(REPO, author.id, excluded_ids=frozenset({1, 3})) == author.avatar_url
    assert await mirror.avatar(REPO, author.id, excluded_ids=frozenset({1, 2, 3})) is None
