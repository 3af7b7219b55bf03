"""What every mirror promises about snapshots: one consistent read of a thread through its transfers."""

import asyncio
from collections.abc import Iterable

import pytest

from app.domain.records import SiteRecord, ThreadRef, Tombstone
from app.domain.sites import Repository, repository
from app.domain.thread_state import Snapshot
from app.domain.threads import NO_COMMENTS, Comment, ThreadOutline, outline
from app.domain.transfers import MAX_TRANSFERS
from app.ports.mirror import Mirror
from app.store.memory import MemoryStore
from tests.contracts.mirrors import API, LATER, comment, issue, put, put_complete, select_all, thread, version_of
from tests.contracts.stores import ESSAYS, OTHER, REPO, SITES

UNSERVED = repository("someone/else")


async def _transfer(mirror: Mirror, number: int, to: str, *, repo: Repository = REPO) -> Tombstone:
    """Store that a number's issue was transferred to an API address."""
    tombstone = Tombstone(number, gone=True, checked_at=9.0, transferred_to=to)
    await put(mirror, repo=repo, tombstone=tombstone)
    return tombstone


def _address(repo: Repository, number: int) -> str:
    return f"{API}/repos/{repo}/issues/{number}"


def _path(snapshot: Snapshot) -> list[ThreadRef]:
    return [hop.ref for hop in snapshot.hops]


async def _put_post(mirror: Mirror, repo: Repository, number: int) -> None:
    """Store a complete thread with two comments."""
    comments = (comment(number * 10 + 1, number), comment(number * 10 + 2, number))
    await put(mirror, issue(number, 2, repo=repo), *comments, repo=repo, complete_threads=frozenset([number]))


# --- a number that was not transferred


async def test_unknown_number_has_one_empty_hop(mirror: Mirror) -> None:
    snapshot = await mirror.snapshot(REPO, 1)
    [hop] = snapshot.hops
    assert (hop.ref, hop.site, hop.tombstone, hop.version) == (ThreadRef(REPO, 1), None, None, 0)
    assert (snapshot.record, snapshot.comments, snapshot.pinned) == (None, (), None)
    assert (snapshot.requested_ref, snapshot.ref, snapshot.version) == (hop.ref, hop.ref, 0)


@pytest.mark.parametrize("number", [0, -1, 2**63, 10**30, -(10**30)])
async def test_impossible_number_is_unknown(mirror: Mirror, number: int) -> None:
    await put_complete(mirror, comment(1))
    snapshot = await mirror.snapshot(REPO, number)
    assert _path(snapshot) == [ThreadRef(REPO, number)]
    assert snapshot.record is None


async def test_snapshot_contains_all_of_a_thread(mirror: Mirror) -> None:
    site = SiteRecord(REPO, 7, "jane/blog", checked_at=3.0)
    await put(mirror, site=site)
    await put_complete(mirror, comment(2), comment(1))
    snapshot = await mirror.snapshot(REPO, 1)
    [hop] = snapshot.hops
    assert (hop.site, hop.tombstone, hop.version) == (site, None, 2)
    assert snapshot.record == await thread(mirror)
    assert snapshot.comments == (comment(1), comment(2))
    assert snapshot.version == 2


async def test_snapshot_contains_a_pull_request(mirror: Mirror) -> None:
    await put(mirror, issue(1, 3, pull=True))
    record = (await mirror.snapshot(REPO, 1)).record
    assert record is not None
    assert record.issue.is_pull_request


async def test_snapshot_can_leave_out_the_comments(mirror: Mirror) -> None:
    await put_complete(mirror, comment(1))
    snapshot = await mirror.snapshot(REPO, 1, with_comments=False)
    assert (snapshot.comments, snapshot.record) == ((), await thread(mirror))


async def test_deleted_number_has_its_tombstone(mirror: Mirror) -> None:
    await put_complete(mirror, comment(1))
    tombstone = Tombstone(1, gone=True, checked_at=12.0)
    await put(mirror, tombstone=tombstone)
    snapshot = await mirror.snapshot(REPO, 1)
    assert (snapshot.tombstone, snapshot.record, snapshot.comments) == (tombstone, None, ())
    assert snapshot.version == 2


async def test_unserved_repository_has_snapshots_too(mirror: Mirror) -> None:
    await _put_post(mirror, UNSERVED, 1)
    assert len((await mirror.snapshot(UNSERVED, 1)).comments) == 2


# --- the pinned comment


@pytest.mark.parametrize("with_comments", [True, False])
async def test_pinned_comment_is_the_mirrored_version(mirror: Mirror, *, with_comments: bool) -> None:
    pinned = dict(comment(1, text="As pinned").source)
    edited = comment(1, text="As edited", updated_at=LATER)
    await put(mirror, issue(1, 2, pinned_comment=pinned), edited, comment(2))
    snapshot = await mirror.snapshot(REPO, 1, with_comments=with_comments)
    assert snapshot.pinned == edited


async def test_pinned_comment_that_is_not_mirrored_is_none(mirror: Mirror) -> None:
    await put(mirror, issue(1, 2, pinned_comment=dict(comment(1).source)), comment(2))
    assert (await mirror.snapshot(REPO, 1)).pinned is None


# --- selected comments


async def test_selection_sees_all_and_gets_the_chosen(mirror: Mirror) -> None:
    await put_complete(mirror, *(comment(n) for n in range(1, 121)))
    calls: list[tuple[ThreadRef, int, list[int]]] = []

    def select(ref: ThreadRef, version: int, comments: Iterable[Comment]) -> tuple[ThreadOutline, list[int]]:
        calls.append((ref, version, [item.id for item in comments]))
        return outline([comment(1)]), [90, 3, 9_999]

    snapshot = await mirror.snapshot(REPO, 1, select=select)
    assert calls == [(ThreadRef(REPO, 1), 1, list(range(1, 121)))]
    assert [item.id for item in snapshot.comments] == [3, 90]
    assert snapshot.outline == outline([comment(1)])
    newest = await mirror.newest_comments(REPO, limit=2, before=None, numbers=None, select=select)
    assert newest.snapshots == {1: snapshot}


async def test_selection_at_the_end_of_a_transfer(mirror: Mirror) -> None:
    await _put_post(mirror, OTHER, 5)
    await _transfer(mirror, 1, _address(OTHER, 5))
    refs: list[ThreadRef] = []

    def select(ref: ThreadRef, version: int, _: Iterable[Comment]) -> tuple[ThreadOutline, list[int]]:
        assert version == 1
        refs.append(ref)
        return NO_COMMENTS, [52]

    snapshot = await mirror.snapshot(REPO, 1, select=select)
    assert refs == [ThreadRef(OTHER, 5)]
    assert [item.id for item in snapshot.comments] == [52]


async def test_nothing_is_selected_of_an_incomplete_thread(mirror: Mirror) -> None:
    await put(mirror, issue(1, 2), comment(1))

    def select(ref: ThreadRef, version: int, _: Iterable[Comment]) -> tuple[ThreadOutline, list[int]]:
        raise AssertionError((ref, version))

    for number in (1, 2):
        snapshot = await mirror.snapshot(REPO, number, select=select)
        assert (snapshot.comments, snapshot.outline) == ((), None)


# --- transfers


@pytest.mark.parametrize(
    "to",
    [
        _address(OTHER, 5),
        f"{API}/repos/John/DIARY/issues/5",
        f"{API}/repos/john/journal/issues/5",
        f"{API}/repositories/9/issues/5",
        "https://ghe.example/api/v3/repos/john/diary/issues/5",
    ],
)
async def test_transfer_leads_to_a_served_site(mirror: Mirror, to: str) -> None:
    site = SiteRecord(OTHER, 9, "john/journal")
    await put(mirror, repo=OTHER, site=site)
    await _put_post(mirror, OTHER, 5)
    tombstone = await _transfer(mirror, 1, to)
    snapshot = await mirror.snapshot(REPO, 1)
    assert _path(snapshot) == [ThreadRef(REPO, 1), ThreadRef(OTHER, 5)]
    assert [hop.tombstone for hop in snapshot.hops] == [tombstone, None]
    assert [hop.site for hop in snapshot.hops] == [None, site]
    assert snapshot.record == await mirror.thread(OTHER, 5)
    assert [item.id for item in snapshot.comments] == [51, 52]
    assert snapshot.was_transferred


@pytest.mark.parametrize(
    "to",
    [
        _address(UNSERVED, 5),
        f"{API}/repositories/10/issues/5",
        "https://github.com/john/diary/issues/5/",
        f"{API}/repos/john/diary/pulls/5",
        "nonsense",
        "",
    ],
)
async def test_transfer_to_no_site_ends_the_path(mirror: Mirror, to: str) -> None:
    await put(mirror, repo=OTHER, site=SiteRecord(OTHER, 9, "john/diary"))
    await _put_post(mirror, UNSERVED, 5)
    tombstone = await _transfer(mirror, 1, to)
    snapshot = await mirror.snapshot(REPO, 1)
    assert _path(snapshot) == [ThreadRef(REPO, 1)]
    assert (snapshot.tombstone, snapshot.record, snapshot.comments) == (tombstone, None, ())


async def test_transfer_within_a_repository_is_followed(mirror: Mirror) -> None:
    await _put_post(mirror, REPO, 2)
    await _transfer(mirror, 1, _address(REPO, 2))
    assert _path(await mirror.snapshot(REPO, 1)) == [ThreadRef(REPO, 1), ThreadRef(REPO, 2)]


async def test_first_matching_site_is_the_target(mirror: Mirror) -> None:
    await put(mirror, repo=OTHER, site=SiteRecord(OTHER, 9, "jane/essays"))
    await _transfer(mirror, 1, _address(ESSAYS, 5))
    assert _path(await mirror.snapshot(REPO, 1))[1:] == [ThreadRef(OTHER, 5)]


async def test_target_has_the_configured_spelling() -> None:
    diary = repository("John/Diary")
    mirror = MemoryStore("here", (diary,)).mirror
    await _transfer(mirror, 1, _address(OTHER, 5))
    assert (await mirror.snapshot(REPO, 1)).ref.repo.full_name == "John/Diary"


async def test_chain_of_transfers_is_followed(mirror: Mirror) -> None:
    await _transfer(mirror, 1, _address(OTHER, 5))
    await _transfer(mirror, 5, _address(ESSAYS, 8), repo=OTHER)
    await _put_post(mirror, ESSAYS, 8)
    snapshot = await mirror.snapshot(REPO, 1)
    assert _path(snapshot) == [ThreadRef(REPO, 1), ThreadRef(OTHER, 5), ThreadRef(ESSAYS, 8)]
    assert [item.id for item in snapshot.comments] == [81, 82]


async def test_target_without_an_issue_ends_the_path(mirror: Mirror) -> None:
    await _transfer(mirror, 1, _address(OTHER, 5))
    snapshot = await mirror.snapshot(REPO, 1)
    assert _path(snapshot) == [ThreadRef(REPO, 1), ThreadRef(OTHER, 5)]
    assert (snapshot.record, snapshot.tombstone, snapshot.comments) == (None, None, ())


async def test_deleted_target_has_the_last_tombstone(mirror: Mirror) -> None:
    await _transfer(mirror, 1, _address(OTHER, 5))
    deleted = Tombstone(5, gone=False, checked_at=12.0)
    await put(mirror, repo=OTHER, tombstone=deleted)
    assert (await mirror.snapshot(REPO, 1)).tombstone == deleted


async def test_returned_issue_ends_the_transfer(mirror: Mirror) -> None:
    await _transfer(mirror, 1, _address(OTHER, 5))
    await _put_post(mirror, OTHER, 5)
    await put(mirror, issue(1, 0))
    snapshot = await mirror.snapshot(REPO, 1)
    assert _path(snapshot) == [ThreadRef(REPO, 1)]
    assert snapshot.comments == ()


async def test_path_has_at_most_max_transfers(mirror: Mirror) -> None:
    for number in range(1, 10):
        await _transfer(mirror, number, _address(REPO, number + 1))
    await _put_post(mirror, REPO, 10)
    long = await mirror.snapshot(REPO, 1)
    assert _path(long) == [ThreadRef(REPO, number) for number in range(1, 2 + MAX_TRANSFERS)]
    assert long.record is None
    assert long.tombstone is not None
    short = await mirror.snapshot(REPO, 10 - MAX_TRANSFERS)
    assert len(short.hops) == 1 + MAX_TRANSFERS
    assert len(short.comments) == 2


@pytest.mark.parametrize("length", [1, 2, 3])
async def test_cycle_of_transfers_ends(mirror: Mirror, length: int) -> None:
    for number in range(1, length + 1):
        await _transfer(mirror, number, _address(REPO, number % length + 1))
    snapshot = await mirror.snapshot(REPO, 1)
    assert len(snapshot.hops) == 1 + MAX_TRANSFERS
    assert (snapshot.record, snapshot.comments) == (None, ())


async def test_each_hop_has_its_site(mirror: Mirror) -> None:
    sites = [SiteRecord(repo, 1 + n, repo.full_name, private=n == 1) for n, repo in enumerate(SITES)]
    for site in sites:
        await put(mirror, repo=site.repo, site=site)
    await _transfer(mirror, 1, _address(OTHER, 5))
    await _transfer(mirror, 5, _address(ESSAYS, 8), repo=OTHER)
    await _put_post(mirror, ESSAYS, 8)
    snapshot = await mirror.snapshot(REPO, 1)
    assert [hop.site for hop in snapshot.hops] == sites
    assert [hop.site is not None and hop.site.private for hop in snapshot.hops] == [False, True, False]


async def test_version_is_the_latest_of_the_path(mirror: Mirror) -> None:
    await _put_post(mirror, OTHER, 5)
    await _put_post(mirror, REPO, 1)
    await _transfer(mirror, 1, _address(OTHER, 5))
    snapshot = await mirror.snapshot(REPO, 1)
    assert [hop.version for hop in snapshot.hops] == [3, 1]
    assert (snapshot.version, snapshot.hops[-1].version) == (3, 1)
    await put(mirror, comment(53, 5, "New"), repo=OTHER)
    snapshot = await mirror.snapshot(REPO, 1)
    assert (snapshot.version, snapshot.hops[-1].version) == (4, 4)
    assert await version_of(mirror, REPO, 1) == 3


# --- the newest comments


async def test_newest_comments_come_with_their_threads(mirror: Mirror) -> None:
    site = SiteRecord(REPO, 7, "jane/blog", issues_listed_at=2.0)
    await put(mirror, site=site)
    for number in (1, 2, 3):
        await _put_post(mirror, REPO, number)
    result = await mirror.newest_comments(REPO, limit=3, before=None, numbers=None, select=select_all)
    assert [item.id for item in result.comments] == [32, 31, 22]
    assert result.snapshots == {number: await mirror.snapshot(REPO, number, select=select_all) for number in (2, 3)}
    assert len(result.snapshots[2].comments) == 2
    assert (result.site, result.is_complete) == (site, True)


async def test_newest_comments_know_a_backfill(mirror: Mirror) -> None:
    async def is_complete() -> bool:
        return (await mirror.newest_comments(REPO, limit=3, before=None, numbers=None, select=select_all)).is_complete

    assert not await is_complete()
    await put(mirror, site=SiteRecord(REPO, 7, "jane/blog"))
    assert not await is_complete()
    await put(mirror, site_update={"issues_listed_at": 2.0})
    assert await is_complete()
    await put(mirror, issue(4, 9, pull=True), issue(3, 0))
    assert await is_complete()
    await put(mirror, issue(1, 1))
    assert not await is_complete()
    await put(mirror, comment(1))
    assert await is_complete()


# --- consistency


async def test_snapshot_shows_one_state_during_changes(mirror: Mirror) -> None:
    async def write(text: str) -> None:
        comments = [comment(n, text=text) for n in range(1, 101)]
        await put(mirror, issue(1, 100, title=text), *comments, complete_threads=frozenset([1]))

    async def write_often() -> None:
        for turn in range(20):
            await write(str(turn))

    await write("first")
    writing = asyncio.create_task(write_often())
    texts = []
    while not writing.done():
        snapshot = await mirror.snapshot(REPO, 1)
        result = await mirror.newest_comments(REPO, limit=100, before=None, numbers=None, select=select_all)
        for record, comments in ((snapshot.record, snapshot.comments), (result.snapshots[1].record, result.comments)):
            assert record is not None
            texts.append({record.issue.title, *(item.body for item in comments)})
            assert len(comments) == 100
        await asyncio.sleep(0)
    await writing
    assert {len(state) for state in texts} == {1}
