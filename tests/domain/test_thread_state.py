"""The state of a number: the table of `app.domain.thread_state`, for every combination of what a mirror may have."""

from collections.abc import Mapping
from dataclasses import replace
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.records import SiteRecord, ThreadRecord, ThreadRef, Tombstone
from app.domain.sites import PostFilter
from app.domain.thread_state import (
    Hop,
    Snapshot,
    ThreadState,
    checked_at,
    latest,
    site_checked_at,
    thread_of,
    thread_state,
    with_current_pin,
)
from app.domain.threads import Comment, Status
from tests.domain.builders import BLOG, NOTES, comment, issue, record
from tests.github.objects import comment_object

REQUESTED, TARGET = ThreadRef(BLOG, 41), ThreadRef(NOTES, 7)
COMMENTS = (comment(1), comment(2))
LABELLED = issue(labels=[{"id": 1, "name": "comments"}], comments=3)
UNLABELLED = issue(labels=[], comments=3)

RECORDS: Mapping[str, ThreadRecord | None] = {
    "no issue": None,
    "complete": record(LABELLED, mirrored=2, offset=1, checked_at=300.0),
    "incomplete": record(LABELLED, mirrored=2, complete=False),
    "complete without the label": record(UNLABELLED, mirrored=2, offset=1, checked_at=300.0),
    "incomplete without the label": record(UNLABELLED, mirrored=2, complete=False),
    "pull request": record(issue(pull=True, comments=3), complete=False),
}
TOMBSTONES: Mapping[str, Tombstone | None] = {
    "no tombstone": None,
    "404": Tombstone(41, gone=False, checked_at=200.0),
    "410": Tombstone(41, gone=True, checked_at=200.0),
    "transferred away": Tombstone(41, gone=True, checked_at=200.0, transferred_to="https://api.github.com/elsewhere"),
}
FILTERS: Mapping[str, PostFilter] = {
    "all": PostFilter(),
    "label": PostFilter("Comments"),
    "listed": PostFilter(listed_only=True, posts={BLOG: frozenset({41})}),
    "not listed": PostFilter(listed_only=True, posts={BLOG: frozenset({40}), NOTES: frozenset({7})}),
    "list not read yet": PostFilter(listed_only=True),
}
SITES: Mapping[str, SiteRecord | None] = {
    "no site": None,
    "site without a list": SiteRecord(BLOG, 1, "ada/blog"),
    "listed site": SiteRecord(BLOG, 1, "ada/blog", issues_listed_at=100.0),
    "polled site": SiteRecord(BLOG, 1, "ada/blog", issues_listed_at=100.0, checked_at=400.0),
}
TRANSFER_COUNTS = (0, 1, 2)


def snapshot(
    record: ThreadRecord | None, tombstone: Tombstone | None, transfers: int, site: SiteRecord | None
) -> Snapshot:
    """Return a snapshot of a number that was transferred so many times; the last hop has the tombstone."""
    moved = Tombstone(41, gone=True, checked_at=50.0, transferred_to="https://api.github.com/next")
    way = [Hop(ThreadRef(BLOG, 41 + count), site, moved, version=9 - count) for count in range(transfers)]
    last = Hop(TARGET if transfers else REQUESTED, site, tombstone, version=5)
    return Snapshot((*way, last), record, COMMENTS if record and record.mirrored_count else ())


Snapshots = st.builds(
    snapshot,
    st.sampled_from(list(RECORDS.values())),
    st.sampled_from(list(TOMBSTONES.values())),
    st.sampled_from(TRANSFER_COUNTS),
    st.sampled_from(list(SITES.values())),
)
Filters = st.sampled_from(list(FILTERS.values()))


def _rows(snapshot: Snapshot, posts: PostFilter) -> Mapping[ThreadState, bool]:
    """Return for each row of the table whether its condition holds."""
    record, site = snapshot.record, snapshot.hops[-1].site
    labels = record.issue.labels if record else ()
    is_issue = record is not None and not record.issue.is_pull_request
    is_post = is_issue and posts.includes(BLOG, 41, labels)
    is_complete = record is not None and record.complete
    has_nothing = record is None and snapshot.tombstone is None
    is_ruled_out = posts.listed_only and 41 not in (posts.posts or {}).get(BLOG, ())
    is_candidate = has_nothing and len(snapshot.hops) == 1 and not is_ruled_out
    is_listed = site is not None and site.issues_listed_at is not None
    return {
        ThreadState.COMPLETE: is_post and is_complete,
        ThreadState.INCOMPLETE: is_post and not is_complete,
        ThreadState.NOT_A_POST: (record is not None and not is_post)
        or (has_nothing and len(snapshot.hops) == 1 and is_ruled_out),
        ThreadState.DELETED: record is None and snapshot.tombstone is not None,
        ThreadState.TRANSFERRED: has_nothing and len(snapshot.hops) > 1,
        ThreadState.UNLISTED: is_candidate and is_listed,
        ThreadState.UNKNOWN: is_candidate and not is_listed,
    }


def test_exactly_one_row_of_the_table_holds() -> None:
    assert set(_rows(snapshot(None, None, 0, None), PostFilter())) == set(ThreadState)
    combinations = list(product(RECORDS, TOMBSTONES, TRANSFER_COUNTS, FILTERS, SITES))
    assert len(combinations) == 1440
    assert [names for names in combinations if not _agrees_with_the_table(*names)] == []


def _agrees_with_the_table(thread: str, tombstone: str, transfers: int, posts: str, site: str) -> bool:
    current = snapshot(RECORDS[thread], TOMBSTONES[tombstone], transfers, SITES[site])
    rows = _rows(current, FILTERS[posts])
    return [state for state, holds in rows.items() if holds] == [thread_state(current, FILTERS[posts])]


@given(Snapshots, Filters, st.booleans())
def test_only_posts_show_an_issue(current: Snapshot, posts: PostFilter, stale: bool) -> None:  # noqa: FBT001
    state = thread_state(current, posts)
    thread = thread_of(current, state, stale=stale)
    assert (thread.repo, thread.number, thread.stale) == (BLOG, 41, stale)
    if state in {ThreadState.COMPLETE, ThreadState.INCOMPLETE}:
        assert thread.issue is not None
        assert thread.status is Status.OPEN
    else:
        assert (thread.issue, thread.comments, thread.comment_count) == (None, (), 0)
        assert thread.status in {Status.MISSING, Status.GONE}


@given(Snapshots, Filters)
def test_incomplete_thread_never_shows_comments(current: Snapshot, posts: PostFilter) -> None:
    state = thread_state(current, posts)
    thread = thread_of(current, state, stale=False)
    if state is ThreadState.COMPLETE:
        assert (thread.comments, thread.comment_count) == (COMMENTS, 2)
    else:
        assert thread.comments == ()
    if state is ThreadState.INCOMPLETE:
        assert thread.comment_count == 3


@given(Snapshots, Filters)
def test_only_githubs_410_shows_as_gone(current: Snapshot, posts: PostFilter) -> None:
    thread = thread_of(current, thread_state(current, posts), stale=False)
    if thread.status is Status.GONE:
        assert current.tombstone is not None
        assert current.tombstone.gone


@given(Snapshots, Filters)
def test_check_of_a_thread_is_never_later_than_its_sources(current: Snapshot, posts: PostFilter) -> None:
    thread = thread_of(current, thread_state(current, posts), stale=False)
    times = [
        current.record.checked_at if current.record else None,
        current.tombstone.checked_at if current.tombstone else None,
        site_checked_at(current.site) if current.site else None,
    ]
    if thread.checked_at is not None:
        assert thread.checked_at in times
        assert thread.checked_at <= (latest(times) or 0.0)


@given(Snapshots)
def test_snapshot_knows_both_ends_of_the_way(current: Snapshot) -> None:
    assert (current.requested, current.ref) == (current.hops[0].ref, current.hops[-1].ref)
    assert (current.site, current.tombstone) == (current.hops[-1].site, current.hops[-1].tombstone)
    assert current.was_transferred == (current.requested != current.ref)
    assert current.version == max(hop.version for hop in current.hops)
    assert current.current_version == 5


@pytest.mark.parametrize(
    ("thread", "site", "expected"),
    [
        (record(UNLABELLED, mirrored=3, checked_at=300.0), SITES["polled site"], 400.0),
        (record(UNLABELLED, mirrored=3, checked_at=500.0), SITES["polled site"], 500.0),
        (record(UNLABELLED, mirrored=3, checked_at=None), SITES["polled site"], 400.0),
        (record(UNLABELLED, mirrored=2, checked_at=300.0), SITES["polled site"], 300.0),
        (record(UNLABELLED, mirrored=3, complete=False, checked_at=None), SITES["polled site"], None),
        (record(UNLABELLED, mirrored=3, checked_at=300.0), SITES["listed site"], 300.0),
        (record(UNLABELLED, mirrored=3, checked_at=300.0), None, 300.0),
    ],
)
def test_poll_covers_threads_whose_counts_agree(
    thread: ThreadRecord, site: SiteRecord | None, expected: float | None
) -> None:
    assert checked_at(thread, site) == expected


PIN_AS_LISTED = comment(1)
PIN_AS_MIRRORED = replace(PIN_AS_LISTED, hidden="spam")
PINNING = issue(pinned_comment=comment_object(1))


@pytest.mark.parametrize(
    ("complete", "mirrored", "expected"),
    [
        (True, PIN_AS_MIRRORED, PIN_AS_MIRRORED),
        (True, None, None),
        (False, PIN_AS_MIRRORED, PIN_AS_MIRRORED),
        (False, None, PIN_AS_LISTED),
    ],
)
def test_pin_is_shown_as_the_mirror_has_it(
    *, complete: bool, mirrored: Comment | None, expected: Comment | None
) -> None:
    assert with_current_pin(record(PINNING, complete=complete), mirrored).pinned_comment == expected


def test_issue_without_a_pin_stays_as_it_is() -> None:
    assert with_current_pin(record(UNLABELLED), PIN_AS_MIRRORED) is UNLABELLED
