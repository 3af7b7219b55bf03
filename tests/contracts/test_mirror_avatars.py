"""What every mirror promises of avatars: those of people who wrote a mirrored comment, and of nobody else."""

from typing import Any

import pytest

from app.domain.records import Tombstone
from app.domain.threads import GHOST_ID
from app.ports.mirror import Mirror
from tests.contracts.mirrors import LATER, REPO, comment, issue, put, put_complete, summaries, user
from tests.contracts.stores import OTHER

ADA, BOB = 2**33 + 1, 2**33 + 2


def somebody(user_id: int) -> dict[str, Any]:
    return user(f"reader-{user_id}") | {"id": user_id, "avatar_url": address(user_id)}


def address(user_id: int) -> str:
    return f"https://avatars.githubusercontent.com/u/{user_id}?v=4"


async def test_somebody_who_wrote_a_comment_has_an_avatar(mirror: Mirror) -> None:
    await put_complete(
        mirror, comment(1, user=somebody(ADA)), comment(2, user=somebody(BOB)), comment(3, user=somebody(ADA))
    )
    assert await mirror.avatar(REPO, ADA) == address(ADA)
    assert await mirror.avatar(REPO, BOB) == address(BOB)


@pytest.mark.parametrize("user_id", [1, 0, -1, 2**63, 10**30, -(10**30)])
async def test_nobody_else_has_one(mirror: Mirror, user_id: int) -> None:
    assert await mirror.avatar(REPO, user_id) is None
    await put_complete(mirror, comment(1, user=somebody(ADA)))
    assert await mirror.avatar(REPO, user_id) is None


async def test_who_wrote_in_another_repository_has_none_in_this(mirror: Mirror) -> None:
    await put(mirror, issue(1, 1, repo=OTHER), comment(1, user=somebody(ADA)), repo=OTHER)
    assert await mirror.avatar(REPO, ADA) is None
    assert await mirror.avatar(OTHER, ADA) == address(ADA)


async def test_a_comment_may_come_to_have_another_author(mirror: Mirror) -> None:
    """As where somebody deletes their account."""
    await put_complete(mirror, comment(1, user=somebody(ADA)))
    await put_complete(mirror, comment(1, user=None, updated_at=LATER))
    assert await mirror.avatar(REPO, ADA) is None
    assert await mirror.avatar(REPO, GHOST_ID) is not None


@pytest.mark.parametrize("how", ["removed", "gone", "pull"])
async def test_an_avatar_goes_with_the_last_comment_of_its_person(mirror: Mirror, how: str) -> None:
    await put_complete(mirror, comment(1, user=somebody(ADA)), comment(2, user=somebody(BOB)))
    match how:
        case "removed":
            await put(mirror, removed_comments=frozenset([1]))
        case "gone":
            await put(mirror, tombstone=Tombstone(1, gone=True, checked_at=20.0))
        case _:
            await put(mirror, issue(1, 2, pull=True, updated_at=LATER))
    assert await mirror.avatar(REPO, ADA) is None
    assert await mirror.avatar(REPO, BOB) == (address(BOB) if how == "removed" else None)


async def test_the_threads_of_which_authors_are_meant_can_be_narrowed(mirror: Mirror) -> None:
    await put_complete(mirror, comment(1, user=somebody(ADA)))
    number = (await summaries(mirror))[0].number
    assert await mirror.avatar(REPO, ADA, numbers=frozenset([number])) == address(ADA)
    assert await mirror.avatar(REPO, ADA, numbers=frozenset([number + 1])) is None
    assert await mirror.avatar(REPO, ADA, numbers=frozenset()) is None
