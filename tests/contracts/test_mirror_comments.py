"""What every mirror promises about a repository's comments in any order, and about who closed an issue."""

from typing import Any

import pytest

from app.ports.mirror import CommentSelection, Mirror
from tests.contracts.mirrors import LATER, NONE, REPO, comment, issue, put, thread

LATEST = "2026-03-01T00:00:00Z"
CLOSED: dict[str, Any] = {"state": "closed", "closed_at": "2026-01-05T00:00:00Z"}
ADA = {"login": "ada", "id": 7}


async def _selected(mirror: Mirror, **selection: Any) -> tuple[list[int], int]:
    selected = await mirror.selected_comments(REPO, CommentSelection(**{"limit": 10, **selection}))
    return [item.id for item in selected.comments], selected.total


@pytest.mark.parametrize(
    ("selection", "expected"),
    [
        ({}, ([1, 2, 3, 4], 4)),
        ({"descending": True}, ([4, 3, 2, 1], 4)),
        ({"by_update": True}, ([3, 4, 1, 2], 4)),
        ({"by_update": True, "descending": True}, ([2, 1, 4, 3], 4)),
        ({"limit": 3}, ([1, 2, 3], 4)),
        ({"limit": 3, "offset": 3}, ([4], 4)),
        ({"offset": 10**30}, ([], 4)),
        ({"since": LATER}, ([1, 2], 2)),
        ({"since": LATEST, "descending": True}, ([2], 1)),
        ({"numbers": frozenset([2])}, ([3], 1)),
        ({"numbers": frozenset()}, ([], 0)),
    ],
)
async def test_comments_of_complete_threads_are_selected(
    mirror: Mirror, selection: dict[str, Any], expected: tuple[list[int], int]
) -> None:
    updated = comment(1, updated_at=LATER), comment(2, updated_at=LATEST)
    await put(mirror, issue(1, 3), issue(2, 1), issue(3, 9), *updated, comment(4), comment(3, 2), comment(9, 3))
    assert await _selected(mirror, **selection) == expected


async def test_selected_comments_say_whether_all_are_there(mirror: Mirror) -> None:
    await put(mirror, issue(1, 1), comment(1))
    selection = CommentSelection(limit=1)
    selected = await mirror.selected_comments(REPO, selection)
    assert (selected.site, selected.is_complete) == (None, False)


@pytest.mark.parametrize("fields", [CLOSED, {**CLOSED, "updated_at": LATER, "title": "Another"}])
async def test_list_does_not_forget_who_closed_an_issue(mirror: Mirror, fields: dict[str, Any]) -> None:
    await put(mirror, issue(1, 0, closed_by=ADA, **CLOSED))
    await put(mirror, issue(1, 0, **fields))
    stored = (await thread(mirror)).issue.source
    assert stored == {**issue(1, 0, **fields).source, "closed_by": ADA}
    assert await put(mirror, issue(1, 0, **fields)) == NONE


@pytest.mark.parametrize(
    "fields",
    [
        {"state": "open", "closed_at": None},
        {**CLOSED, "closed_at": LATER},
        {**CLOSED, "closed_by": None},
    ],
)
async def test_closer_of_an_earlier_time_is_forgotten(mirror: Mirror, fields: dict[str, Any]) -> None:
    await put(mirror, issue(1, 0, closed_by=ADA, **CLOSED))
    await put(mirror, issue(1, 0, updated_at=LATER, **fields))
    assert (await thread(mirror)).issue.source.get("closed_by") is None
