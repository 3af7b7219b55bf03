"""What every mirror promises to those who ask it: lists, records, repositories kept apart, all of a change or nothing."""

import asyncio
from dataclasses import replace

import pytest

from app.domain.records import IssueSummary, SiteRecord, ThreadRecord, Tombstone
from app.domain.sites import repository
from app.ports.mirror import Change, Mirror
from tests.contracts.mirrors import (
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
    summaries,
    tombstone_of,
)
from tests.contracts.stores import OTHER

# --- an empty mirror


async def test_an_empty_mirror_knows_nothing(mirror: Mirror) -> None:
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
async def test_a_number_that_no_issue_can_have_is_unknown_and_no_failure(mirror: Mirror, number: int) -> None:
    await put_complete(mirror, comment(1))
    assert await mirror.thread(REPO, number) is None
    assert await tombstone_of(mirror, REPO, number) is None
    assert await mirror.comments(REPO, number) == ()
    assert await mirror.comment(REPO, number) is None
    assert await newest(mirror, numbers=frozenset([number])) == []


async def test_a_change_that_says_nothing_changes_nothing(mirror: Mirror) -> None:
    assert await put(mirror) == NONE
    assert await mirror.site(REPO) is None
    assert await summaries(mirror) == ()


# --- the site and ETags


async def test_the_record_of_a_site_comes_back_as_it_was_put(mirror: Mirror) -> None:
    record = SiteRecord(REPO, 2**40, "Jane/Blog", "https://next", 1.5, "https://more", LATER, 2.25, private=True)
    assert await put(mirror, site=record) == NONE
    assert await mirror.site(REPO) == record


async def test_the_record_of_a_site_is_replaced_whole(mirror: Mirror) -> None:
    await put(mirror, site=SiteRecord(REPO, 1, "jane/blog", "https://next", 1.5, "https://more", LATER, 2.25))
    renamed = SiteRecord(REPO, 1, "jane/weblog")
    await put(mirror, site=renamed)
    assert await mirror.site(REPO) == renamed
    await put(mirror, issue(1, 1))
    assert await mirror.site(REPO) == renamed


async def test_a_site_is_found_in_any_spelling_and_kept_in_the_owners(mirror: Mirror) -> None:
    written = repository("Jane/BLOG")
    await put(mirror, issue(1, 1), repo=written, site=SiteRecord(written, 1, "jane/blog"))
    found = await mirror.site(REPO)
    assert found is not None
    assert found.repo.full_name == "Jane/BLOG"
    assert await mirror.thread(REPO, 1) is not None


async def test_etags_are_kept_by_key_and_replaced(mirror: Mirror) -> None:
    await put(mirror, etags={"a": '"1"', "b": 'W/"2"'})
    await put(mirror, etags={"a": '"3"'})
    assert (await etag(mirror, "a"), await etag(mirror, "b"), await etag(mirror, "c")) == ('"3"', 'W/"2"', None)


# --- several repositories


async def test_several_repositories_are_kept_apart(mirror: Mirror) -> None:
    await put_complete(mirror, comment(1, text="Jane's"))
    other = comment(1, text="John's")
    await put(mirror, issue(1, 1, repo=OTHER), other, repo=OTHER, complete_threads=frozenset([1]))
    await put(mirror, issue(2, 0), site=SiteRecord(REPO, 1, "jane/blog"))
    assert await mirror.site(OTHER) is None
    assert await mirror.thread(OTHER, 2) is None
    assert await mirror.comments(OTHER, 1) == (other,)
    newest_comments = await mirror.newest_comments(OTHER, limit=9, before=None, numbers=None)
    assert newest_comments.comments == (other,)
    assert [summary.number for summary in await summaries(mirror, OTHER)] == [1]
    assert [record.issue.number for record in await mirror.threads(OTHER)] == [1]
    assert await put(mirror, repo=OTHER, tombstone=Tombstone(1, gone=True, checked_at=1.0)) == {1}
    assert await tombstone_of(mirror, REPO, 1) is None
    assert [kept.body for kept in await mirror.comments(REPO, 1)] == ["Jane's"]


async def test_a_removal_in_one_repository_spares_the_same_id_in_another(mirror: Mirror) -> None:
    await put_complete(mirror, comment(1))
    await put(mirror, issue(1, 1, repo=OTHER), comment(1), repo=OTHER)
    await put(mirror, repo=OTHER, removed_comments=frozenset([1]))
    assert (await ids(mirror), await mirror.comment(OTHER, 1)) == ([1], None)


# --- lists


async def test_threads_come_by_descending_number_without_pull_requests(mirror: Mirror) -> None:
    await put(mirror, issue(2, 1), issue(10, 0), issue(3, 1, pull=True), comment(1, 2), at=4.0)
    assert await mirror.threads(REPO) == (
        ThreadRecord(issue(10, 0), mirrored_count=0, complete=True, count_offset=0, checked_at=4.0, version=3),
        ThreadRecord(issue(2, 1), mirrored_count=1, complete=True, count_offset=0, checked_at=4.0, version=1),
    )


async def test_tallies_come_by_descending_number_with_pull_requests(mirror: Mirror) -> None:
    labelled = issue(2, 3, labels=[{"name": "Jobs"}, {"name": "News"}], updated_at=LATER)
    await put(mirror, labelled, issue(10, 0), issue(3, 7, pull=True), comment(1, 2))
    at = "2026-01-01T00:00:00Z"
    assert await summaries(mirror) == (
        IssueSummary(10, False, 0, 0, True, False, at, ()),  # noqa: FBT003 - the fields of a row in their order
        IssueSummary(3, True, 7, 0, False, True, at, ()),  # noqa: FBT003
        IssueSummary(2, False, 3, 1, False, True, LATER, ("Jobs", "News")),  # noqa: FBT003
    )


async def test_the_newest_comments_are_those_of_complete_threads_by_descending_id(mirror: Mirror) -> None:
    await put(mirror, issue(1, 2), issue(2, 1), issue(3, 9), comment(1, 1), comment(4, 1), comment(2, 2), comment(3, 3))
    assert await newest(mirror) == [4, 2, 1]


async def test_the_newest_comments_go_on_below_an_id(mirror: Mirror) -> None:
    await put_complete(mirror, *(comment(n) for n in range(1, 8)))
    assert await newest(mirror, limit=3) == [7, 6, 5]
    assert await newest(mirror, limit=3, before=5) == [4, 3, 2]
    assert await newest(mirror, limit=3, before=2) == [1]
    assert await newest(mirror, limit=3, before=1) == []


@pytest.mark.parametrize(("before", "found"), [(2**63, [1]), (10**30, [1]), (0, []), (-(10**30), [])])
async def test_the_newest_comments_go_on_below_any_number(mirror: Mirror, before: int, found: list[int]) -> None:
    await put_complete(mirror, comment(1))
    assert await newest(mirror, before=before) == found


async def test_the_newest_comments_are_narrowed_to_numbers(mirror: Mirror) -> None:
    await put(mirror, issue(1, 1), issue(2, 1), issue(3, 1), comment(1, 1), comment(2, 2), comment(3, 3))
    assert await newest(mirror, numbers=frozenset([1, 3, 99])) == [3, 1]
    assert await newest(mirror, numbers=NONE) == []


# --- all or nothing


async def test_a_change_that_fails_in_the_middle_leaves_nothing(mirror: Mirror) -> None:
    record = SiteRecord(REPO, 1, "jane/blog")
    await put(mirror, issue(1, 2), issue(3, 1), comment(1), comment(3, 3), site=record, etags={"first": "kept"})
    before = await everything(mirror)
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
    assert await everything(mirror) == before
    assert await mirror.apply(replace(change, etags={})) == {1, 2, 3}


async def test_a_change_of_an_unknown_repository_that_fails_leaves_nothing(mirror: Mirror) -> None:
    with pytest.raises(RuntimeError, match="broken off"):
        await put(mirror, issue(1, 0), etags=FailingEtags())
    assert (await mirror.threads(REPO), await etag(mirror, "first")) == ((), None)


async def test_readers_see_the_old_state_or_the_new_one_whole(mirror: Mirror) -> None:
    states = [tuple(comment(n, text=text) for n in range(1, 301)) for text in ("old", "new")]
    await put_complete(mirror, *states[0])

    async def write() -> None:
        for turn in range(10):
            await put(mirror, *states[turn % 2], at=float(turn), complete_threads=frozenset([1]))

    writing = asyncio.create_task(write())
    seen = []
    while not writing.done():
        seen.append({(kept.body, len(found)) for found in [await mirror.comments(REPO, 1)] for kept in found})
        await asyncio.sleep(0)
    await writing
    assert [state for state in seen if state not in ({("old", 300)}, {("new", 300)})] == []
    assert seen


async def test_changes_made_at_once_are_all_kept(mirror: Mirror) -> None:
    told = await asyncio.gather(*(put(mirror, issue(n, 1), comment(n, n)) for n in range(1, 31)))
    assert told == [frozenset([n]) for n in range(1, 31)]
    assert all(summary.complete for summary in await summaries(mirror))


async def everything(mirror: Mirror) -> list[object]:
    """All that can be read of the first three numbers and ids."""
    return [
        await mirror.site(REPO),
        await mirror.threads(REPO),
        await summaries(mirror),
        await etag(mirror, "first"),
        await newest(mirror),
        [await tombstone_of(mirror, REPO, number) for number in (1, 2, 3)],
        [await mirror.comments(REPO, number) for number in (1, 2, 3)],
    ]
