"""What every mirror promises about reads: order, limits, separate repositories, all of a change or nothing."""

import asyncio
from dataclasses import replace

import pytest

from app.domain.records import IssueSummary, SiteRecord, ThreadRecord, Tombstone
from app.domain.sites import repository
from app.ports.mirror import Change, Mirror
from tests.contracts.mirrors import (
    API,
    HIDDEN,
    LATER,
    NONE,
    REPO,
    FailingEtags,
    comment,
    etag,
    ids,
    issue,
    newest,
    put,
    put_complete,
    read_all,
    select_all,
    summaries,
    tombstone_of,
)
from tests.contracts.stores import OTHER

# --- an empty mirror


async def test_empty_mirror_has_no_data(mirror: Mirror) -> None:
    assert await mirror.site(REPO) is None
    assert await mirror.thread(REPO, 1) is None
    assert await tombstone_of(mirror, REPO, 1) is None
    assert await mirror.comments(REPO, 1) == ()
    assert await mirror.comment(REPO, 1) is None
    assert await newest(mirror) == []
    assert await mirror.threads(REPO) == ()
    assert await summaries(mirror) == ()
    assert await etag(mirror, "key") is None


@pytest.mark.parametrize("number", [0, -1, 2**63, 10**30, -(10**30)])
async def test_impossible_number_is_unknown(mirror: Mirror, number: int) -> None:
    await put_complete(mirror, comment(1))
    assert await mirror.thread(REPO, number) is None
    assert await tombstone_of(mirror, REPO, number) is None
    assert await mirror.comments(REPO, number) == ()
    assert await mirror.comment(REPO, number) is None
    assert await newest(mirror, numbers=frozenset([number])) == []


async def test_empty_change_changes_nothing(mirror: Mirror) -> None:
    assert await put(mirror) == NONE
    assert await mirror.site(REPO) is None
    assert await summaries(mirror) == ()


# --- the site and ETags


async def test_site_record_comes_back_as_it_was_stored(mirror: Mirror) -> None:
    record = SiteRecord(REPO, 2**40, "Jane/Blog", "https://next", 1.5, "https://more", LATER, 2.25, private=True)
    record = replace(record, reconciled_at=3.5, missed_by_webhook_at=4.5, not_visible_since=5.5, not_visible_count=2)
    record = replace(record, feed_name="jane/diary", entry_name="Jane/Diary", link_name="jane/log", created_at=LATER)
    record = replace(record, former_names=("jane/diary", "Jane/Log"))
    assert await put(mirror, site=record) == NONE
    assert await mirror.site(REPO) == record


async def test_site_record_never_replaces_another(mirror: Mirror) -> None:
    record = SiteRecord(REPO, 1, "jane/blog", "https://next", 1.5, "https://more", LATER, 2.25)
    await put(mirror, site=record)
    await put(mirror, site=SiteRecord(REPO, 1, "jane/weblog", private=True))
    assert await mirror.site(REPO) == record
    await put(mirror, site=SiteRecord(REPO, 1, "jane/weblog"), site_update={"checked_at": 3.0})
    assert await mirror.site(REPO) == replace(record, checked_at=3.0)
    await put(mirror, issue(1, 1))
    assert await mirror.site(REPO) == replace(record, checked_at=3.0)


async def test_site_has_the_configured_spelling(mirror: Mirror) -> None:
    configured = repository("Jane/BLOG")
    await put(mirror, issue(1, 1), repo=configured, site=SiteRecord(configured, 1, "jane/blog"))
    record = await mirror.site(REPO)
    assert record is not None
    assert record.repo.full_name == "Jane/BLOG"
    assert await mirror.thread(REPO, 1) is not None


async def test_records_of_a_repository_come_latest_first(mirror: Mirror) -> None:
    first, second = SiteRecord(REPO, 7, "jane/blog"), SiteRecord(OTHER, 7, "jane/journal", former_names=("a/b",))
    await put(mirror, site=first)
    await put(mirror, repo=OTHER, site=second)
    await put(mirror, issue(1, 0), repo=repository("jane/essays"))
    await put(mirror, site_update={"checked_at": 1.0})
    assert await mirror.records(7) == (second, replace(first, checked_at=1.0))
    assert await mirror.records(8) == ()
    assert await mirror.records(10**30) == ()


async def test_etag_replaces_the_one_of_its_key(mirror: Mirror) -> None:
    await put(mirror, etags={"a": '"1"', "b": 'W/"2"'})
    await put(mirror, etags={"a": '"3"'})
    assert (await etag(mirror, "a"), await etag(mirror, "b"), await etag(mirror, "c")) == ('"3"', 'W/"2"', None)


# --- several repositories


async def test_repositories_are_separate(mirror: Mirror) -> None:
    await put_complete(mirror, comment(1, text="Jane's"))
    other = comment(1, text="John's")
    await put(mirror, issue(1, 1, repo=OTHER), other, repo=OTHER, complete_threads=frozenset([1]))
    await put(mirror, issue(2, 0), site=SiteRecord(REPO, 1, "jane/blog"))
    assert await mirror.site(OTHER) is None
    assert await mirror.thread(OTHER, 2) is None
    assert await mirror.comments(OTHER, 1) == (other,)
    newest_comments = await mirror.newest_comments(OTHER, limit=9, before=None, numbers=None, select=select_all)
    assert newest_comments.comments == (other,)
    assert [summary.number for summary in await summaries(mirror, OTHER)] == [1]
    assert [record.issue.number for record in await mirror.threads(OTHER)] == [1]
    assert await put(mirror, repo=OTHER, tombstone=Tombstone(1, gone=True, checked_at=1.0)) == {1}
    assert await tombstone_of(mirror, REPO, 1) is None
    assert [item.body for item in await mirror.comments(REPO, 1)] == ["Jane's"]


async def test_removal_spares_the_same_id_elsewhere(mirror: Mirror) -> None:
    await put_complete(mirror, comment(1))
    await put(mirror, issue(1, 1, repo=OTHER), comment(1), repo=OTHER)
    await put(mirror, repo=OTHER, removed_comments=frozenset([1]))
    assert (await ids(mirror), await mirror.comment(OTHER, 1)) == ([1], None)


# --- lists


async def test_threads_come_by_descending_number_without_pull_requests(mirror: Mirror) -> None:
    await put(mirror, issue(2, 1), issue(10, 0), issue(3, 1, pull=True), comment(1, 2), at=4.0)
    assert await mirror.threads(REPO) == (
        ThreadRecord(issue(10, 0), mirrored_count=0, complete=True, count_mismatch=False, checked_at=4.0, version=3),
        ThreadRecord(issue(2, 1), mirrored_count=1, complete=True, count_mismatch=False, checked_at=4.0, version=1),
    )


async def test_summaries_come_by_descending_number_with_pull_requests(mirror: Mirror) -> None:
    labelled = issue(2, 3, labels=[{"name": "Jobs"}, {"name": "News"}], updated_at=LATER)
    await put(mirror, labelled, issue(10, 0), issue(3, 7, pull=True), comment(1, 2))
    at = "2026-01-01T00:00:00Z"
    assert await summaries(mirror) == (
        IssueSummary(10, False, 0, 0, True, False, at, ()),  # noqa: FBT003 - the fields of a row in their order
        IssueSummary(3, True, 7, 0, False, True, at, ()),  # noqa: FBT003
        IssueSummary(2, False, 3, 1, False, True, LATER, ("Jobs", "News")),  # noqa: FBT003
    )


async def test_newest_comments_come_from_complete_threads(mirror: Mirror) -> None:
    await put(mirror, issue(1, 2), issue(2, 1), issue(3, 9), comment(1, 1), comment(4, 1), comment(2, 2), comment(3, 3))
    assert await newest(mirror) == [4, 2, 1]


async def test_newest_comments_continue_below_an_id(mirror: Mirror) -> None:
    await put_complete(mirror, *(comment(n) for n in range(1, 8)))
    assert await newest(mirror, limit=3) == [7, 6, 5]
    assert await newest(mirror, limit=3, before=5) == [4, 3, 2]
    assert await newest(mirror, limit=3, before=2) == [1]
    assert await newest(mirror, limit=3, before=1) == []


@pytest.mark.parametrize(("before", "expected"), [(2**63, [1]), (10**30, [1]), (0, []), (-(10**30), [])])
async def test_newest_comments_continue_below_any_number(mirror: Mirror, before: int, expected: list[int]) -> None:
    await put_complete(mirror, comment(1))
    assert await newest(mirror, before=before) == expected


async def test_newest_comments_can_be_limited_to_numbers(mirror: Mirror) -> None:
    await put(mirror, issue(1, 1), issue(2, 1), issue(3, 1), comment(1, 1), comment(2, 2), comment(3, 3))
    assert await newest(mirror, numbers=frozenset([1, 3, 99])) == [3, 1]
    assert await newest(mirror, numbers=NONE) == []


async def test_newest_comments_come_without_hidden_ones(mirror: Mirror) -> None:
    hidden = [comment(n, minimized={"reason": "SPAM"}) for n in range(60, 200)]  # more than are read at once
    await put_complete(mirror, comment(7), comment(8), comment(9, minimized={}), comment(10), *hidden)
    assert await newest(mirror, limit=2, exclusion=HIDDEN) == [10, 8]
    assert await newest(mirror, limit=2, before=8, exclusion=HIDDEN) == [7]
    assert await newest(mirror, limit=2) == [199, 198]


# --- ids and transfers


async def test_comments_are_found_by_their_ids(mirror: Mirror) -> None:
    await put_complete(mirror, comment(1), comment(2), comment(2**40))
    assert await mirror.comments_by_id(REPO, [2**40, 1, 77]) == {1: comment(1), 2**40: comment(2**40)}
    assert await mirror.comments_by_id(REPO, []) == {}
    assert await mirror.comments_by_id(OTHER, [1]) == {}


async def test_issue_ids_are_found_by_their_numbers(mirror: Mirror) -> None:
    await put(mirror, issue(1, 0), issue(2, 0, pull=True), issue(3, 0))
    assert await mirror.issue_ids(REPO, [1, 2, 9]) == {1: 3_000_000_001, 2: 3_000_000_002}
    assert await mirror.issue_ids(REPO, []) == {}
    assert await mirror.issue_ids(OTHER, [1]) == {}


async def test_transferred_numbers_are_known(mirror: Mirror) -> None:
    target = f"{API}/repos/no/body/issues/9"
    await put(mirror, tombstone=Tombstone(1, gone=True, checked_at=1.0, transferred_to=target))
    await put(mirror, issue(3, 0), tombstone=Tombstone(2, gone=True, checked_at=1.0))
    assert await mirror.transferred(REPO, [1, 2, 3, 10**30]) == {1}
    assert await mirror.transferred(REPO, []) == NONE
    assert await mirror.transferred(OTHER, [1]) == NONE


async def test_lookup_returns_sites_with_a_comment(mirror: Mirror) -> None:
    site = SiteRecord(REPO, 7, "jane/blog")
    await put(mirror, site=site)
    await put_complete(mirror, comment(1))
    assert await mirror.lookup([REPO, OTHER], 1) == {REPO: (site, comment(1)), OTHER: (None, None)}
    assert await mirror.lookup([REPO], 2) == {REPO: (site, None)}
    assert await mirror.lookup([REPO], None) == {REPO: (site, None)}
    assert await mirror.lookup([REPO], 10**30) == {REPO: (site, None)}
    assert await mirror.lookup([], 1) == {}


# --- all or nothing


async def test_failing_change_leaves_nothing(mirror: Mirror) -> None:
    record = SiteRecord(REPO, 1, "jane/blog")
    await put(mirror, issue(1, 2), issue(3, 1), comment(1), comment(3, 3), site=record, etags={"first": "old"})
    before = await read_all(mirror)
    change = Change(
        repo=REPO,
        at=99.0,
        site=replace(record, full_name="jane/other"),
        issues=(issue(1, 2, title="New"), issue(2, 0)),
        comments=(comment(1, text="New"), comment(2)),
        complete_threads=frozenset([1]),
        removed_comments=frozenset([3]),
        tombstone=Tombstone(3, gone=True, checked_at=99.0),
        etags=FailingEtags(),
    )
    with pytest.raises(RuntimeError, match="broken off"):
        await mirror.apply(change)
    assert await read_all(mirror) == before
    assert await mirror.apply(replace(change, etags={})) == {1, 2, 3}


async def test_failing_change_of_a_new_repository_leaves_nothing(mirror: Mirror) -> None:
    with pytest.raises(RuntimeError, match="broken off"):
        await put(mirror, issue(1, 0), etags=FailingEtags())
    assert (await mirror.threads(REPO), await etag(mirror, "first")) == ((), None)


async def test_reader_sees_the_state_before_or_after(mirror: Mirror) -> None:
    states = [tuple(comment(n, text=text) for n in range(1, 301)) for text in ("old", "new")]
    await put_complete(mirror, *states[0])

    async def write() -> None:
        for turn in range(10):
            await put(mirror, *states[turn % 2], at=float(turn), complete_threads=frozenset([1]))

    writing = asyncio.create_task(write())
    reads = []
    while not writing.done():
        comments = await mirror.comments(REPO, 1)
        reads.append({(item.body, len(comments)) for item in comments})
        await asyncio.sleep(0)
    await writing
    assert [state for state in reads if state not in ({("old", 300)}, {("new", 300)})] == []
    assert reads


async def test_concurrent_changes_are_all_applied(mirror: Mirror) -> None:
    results = await asyncio.gather(*(put(mirror, issue(n, 1), comment(n, n)) for n in range(1, 31)))
    assert results == [frozenset([n]) for n in range(1, 31)]
    assert all(summary.complete for summary in await summaries(mirror))


# --- parts of a site


async def test_part_of_a_site_has_the_named_issues(mirror: Mirror) -> None:
    await put(mirror, *(issue(number) for number in range(1, 6)))
    part = await mirror.part_snapshot(REPO, (2, 4, 9, 2**70))
    assert [summary.number for summary in part.summaries] == [4, 2]
    assert part.summaries == tuple(item for item in await summaries(mirror) if item.number in {2, 4})
    assert (await mirror.part_snapshot(OTHER, (2,))).summaries == ()


async def test_unsettled_part_tells_whether_anything_is_missing(mirror: Mirror) -> None:
    await put(mirror, issue(1, 1), issue(2, 0), issue(3, 0, pull=True), issue(4, 1), comment(40, 4))
    await put(mirror, issue(4, 2))
    snapshot, unsettled = await mirror.site_snapshot(REPO), await mirror.unsettled_snapshot(REPO)
    assert [summary.number for summary in unsettled.summaries] == [4, 1]
    assert set(unsettled.summaries) < set(snapshot.summaries)
    assert unsettled.is_complete == snapshot.is_complete
    await put(mirror, issue(4, 1), comment(10, 1), issue(1, 1))
    assert (await mirror.unsettled_snapshot(REPO)).summaries == ()
