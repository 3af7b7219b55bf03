"""What every mirror promises about sizes of images: they stay with their comments, and change nothing of GitHub's."""

from app.domain.records import Tombstone
from app.domain.threads import ImageSize
from app.ports.mirror import Change, Mirror, MirrorChange
from tests.contracts.mirrors import LATER, NONE, REPO, comment, issue, put, put_complete, select_all, version_of
from tests.contracts.stores import OTHER


async def _sizes(mirror: Mirror, comment_id: int) -> dict[str, ImageSize] | None:
    stored_comment = await mirror.comment(REPO, comment_id)
    assert stored_comment is not None
    return None if stored_comment.image_sizes is None else dict(stored_comment.image_sizes)


async def test_size_is_read_with_its_comment(mirror: Mirror) -> None:
    await put_complete(mirror, comment(1), comment(2))
    assert await _sizes(mirror, 1) is None
    assert await mirror.learn_image_sizes(REPO, {1: {"a": (640, 360)}}) == {1}
    assert await mirror.learn_image_sizes(REPO, {1: {"b": (1, 2)}}) == {1}
    sizes = {"a": (640, 360), "b": (1, 2)}
    assert (await _sizes(mirror, 1), await _sizes(mirror, 2)) == (sizes, None)
    newest = await mirror.newest_comments(REPO, limit=9, before=None, numbers=None, select=select_all)
    snapshots = await mirror.snapshot(REPO, 1), await mirror.snapshot(REPO, 1, select=select_all), newest.snapshots[1]
    lists = [newest.comments[::-1], await mirror.comments(REPO, 1), *(snapshot.comments for snapshot in snapshots)]
    assert [[item.image_sizes for item in comments] for comments in lists] == [[sizes, None]] * 5


async def test_known_and_foreign_sizes_change_nothing(mirror: Mirror) -> None:
    await put_complete(mirror, comment(1))
    await mirror.learn_image_sizes(REPO, {1: {"a": (3, 4)}})
    changes = await mirror.changes(after=0)
    assert await mirror.learn_image_sizes(REPO, {1: {"a": (3, 4)}, 2: {"a": (3, 4)}, 2**70: {"a": (3, 4)}}) == NONE
    assert await mirror.learn_image_sizes(OTHER, {1: {"b": (3, 4)}}) == NONE
    assert await mirror.learn_image_sizes(REPO, {}) == NONE
    assert await mirror.changes(after=0) == changes
    assert await mirror.learn_image_sizes(REPO, {1: {"a": (4, 4)}}) == {1}


async def test_size_is_reported_beside_the_latest_other_change(mirror: Mirror) -> None:
    await put_complete(mirror, comment(1))
    before, version = await mirror.changes(after=0), await version_of(mirror, REPO, 1)
    await mirror.learn_image_sizes(REPO, {1: {"a": (3, 4)}})
    await mirror.learn_image_sizes(REPO, {1: {"b": (3, 4)}})
    latest = await mirror.latest_version()
    assert await mirror.changes(after=0) == (*before, MirrorChange(latest, REPO, 1, "here", images_only=True))
    assert await version_of(mirror, REPO, 1) == version


async def test_sizes_survive_an_edit(mirror: Mirror) -> None:
    await put_complete(mirror, comment(1))
    await mirror.learn_image_sizes(REPO, {1: {"a": (3, 4)}})
    await put_complete(mirror, comment(1, text="Other", updated_at=LATER))
    assert await _sizes(mirror, 1) == {"a": (3, 4)}


async def test_sizes_end_with_their_comment(mirror: Mirror) -> None:
    await put_complete(mirror, comment(1), comment(2))
    await mirror.learn_image_sizes(REPO, {1: {"a": (3, 4)}, 2: {"a": (3, 4)}})
    await mirror.apply(Change(repo=REPO, at=1.0, removed_comments=frozenset({1})))
    await put(mirror, comment(1))
    assert (await _sizes(mirror, 1), await _sizes(mirror, 2)) == (None, {"a": (3, 4)})
    await mirror.apply(Change(repo=REPO, at=1.0, tombstone=Tombstone(1, gone=True, checked_at=1.0)))
    await put(mirror, issue(1, 2), comment(1), comment(2))
    assert await _sizes(mirror, 2) is None


async def test_comment_keeps_its_latest_sizes(mirror: Mirror) -> None:
    await put_complete(mirror, comment(1))
    await mirror.learn_image_sizes(REPO, {1: {str(n): (n, n) for n in range(1, 501)}})
    await mirror.learn_image_sizes(REPO, {1: {"1": (7, 7), "new": (8, 8)}})
    sizes = await _sizes(mirror, 1)
    assert sizes is not None
    assert (len(sizes), sizes["1"], sizes["new"], "2" in sizes, "3" in sizes) == (500, (7, 7), (8, 8), False, True)
