"""What a mirror says about the comments that changed: with them, an earlier version becomes the current one."""

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.threads import Approval
from app.ports.mirror import Change, Mirror
from tests.contracts import random_changes
from tests.contracts.mirrors import comment, put_complete
from tests.contracts.seen_versions import SeenVersions, follow
from tests.contracts.stores import REPO, STORES


@pytest.mark.parametrize("store", STORES)
@settings(max_examples=6)
@given(st.lists(random_changes.changes, min_size=1, max_size=6), random_changes.approvals)
def test_changes_lead_from_each_version_to_the_latest(
    store: str, changes: list[Change], approvals: dict[int, Approval]
) -> None:
    asyncio.run(follow(store, changes, approvals))


async def test_only_the_changed_comments_are_read(mirror: Mirror) -> None:
    versions = SeenVersions()
    await put_complete(mirror, *(comment(n) for n in range(1, 9)))
    await mirror.snapshot(REPO, 1, select=versions.select)
    await put_complete(mirror, *(comment(n, text="Changed" if n == 3 else "Well said") for n in range(1, 8)))
    await mirror.snapshot(REPO, 1, select=versions.select)
    for changes in versions.changes:
        assert [item.id for item in changes.comments] == [3]
        assert list(changes.removed_ids) == [8]
