"""What every mirror promises about avatars: it knows those of the authors of mirrored comments, and no others."""

from typing import Any

import pytest

from app.domain.records import Tombstone
from app.domain.threads import GHOST_ID
from app.ports.mirror import Mirror
from tests.contracts.mirrors import LATER, REPO, comment, issue, put, put_complete, summaries, user
from tests.contracts.stores import OTHER

ADA, BOB = 2**33 + 1, 2**33 + 2


def _author(user_id: int) -> dict[str, Any]:
    return user(f"reader-{user_id}") | {"id": user_id, "avatar_url": _address(user_id)}


def _address(user_id: int) -> str:
    return f"https://avatars.githubusercontent.com/u/{user_id}?v=4"


async def test_author_of_a_comment_has_an_avatar(mirror: Mirror) -> None:
    await put_complete(
        mirror, comment(1, user=_author(ADA)), comment(2, user=_author(BOB)), comment(3, user=_author(ADA))
    )
    assert await mirror.avatar(REPO, ADA) == _address(ADA)
    assert await mirror.avatar(REPO, BOB) == _address(BOB)


@pytest.mark.parametrize("user_id", [1, 0, -1, 2**63, 10**30, -(10**30)])
async def test_other_users_have_no_avatar(mirror: Mirror, user_id: int) -> None:
    assert await mirror.avatar(REPO, user_id) is None
    await put_complete(mirror, comment(1, user=_author(ADA)))
    assert await mirror.avatar(REPO, user_id) is None


async def test_avatar_belongs_to_one_repository(mirror: Mirror) -> None:
    await put(mirror, issue(1, 1, repo=OTHER), comment(1, user=_author(ADA)), repo=OTHER)
    assert await mirror.avatar(REPO, ADA) is None
    assert await mirror.avatar(OTHER, ADA) == _address(ADA)


async def test_comment_may_get_another_author(mirror: Mirror) -> None:
    """As after the deletion of an account."""
    await put_complete(mirror, comment(1, user=_author(ADA)))
    await put_complete(mirror, comment(1, user=None, updated_at=LATER))
    assert await mirror.avatar(REPO, ADA) is None
    assert await mirror.avatar(REPO, GHOST_ID) is not None


@pytest.mark.parametrize("reason", ["removed", "gone", "pull"])
async def test_avatar_disappears_with_the_last_comment(mirror: Mirror, reason: str) -> None:
    await put_complete(mirror, comment(1, user=_author(ADA)), comment(2, user=_author(BOB)))
    match reason:
        case "removed":
            await put(mirror, removed_comments=frozenset([1]))
        case "gone":
            await put(mirror, tombstone=Tombstone(1, gone=True, checked_at=20.0))
        case _:
            await put(mirror, issue(1, 2, pull=True, updated_at=LATER))
    assert await mirror.avatar(REPO, ADA) is None
    assert await mirror.avatar(REPO, BOB) == (_address(BOB) if reason == "removed" else None)


async def test_avatar_can_be_limited_to_some_threads(mirror: Mirror) -> None:
    await put_complete(mirror, comment(1, user=_author(ADA)))
    number = (await summaries(mirror))[0].number
    assert await mirror.avatar(REPO, ADA, numbers=frozenset([number])) == _address(ADA)
    assert await mirror.avatar(REPO, ADA, numbers=frozenset([number + 1])) is None
    assert await mirror.avatar(REPO, ADA, numbers=frozenset()) is None
