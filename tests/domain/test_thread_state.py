"""The state of a number: the table of `app.domain.thread_state`, for every combination of what a mirror may have."""

from dataclasses import replace
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.records import SiteRecord, ThreadRecord
from app.domain.sites import PostFilter
from app.domain.thread_state import (
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
from tests.domain.builders import BLOG, comment, issue, record
from tests.domain.thread_states import (
    COMMENTS,
    FILTERS,
    RECORDS,
    SITES,
    TOMBSTONES,
    TRANSFER_COUNTS,
    UNLABELLED,
    snapshot,
    table_rows,
)
from tests.github.objects import comment_object

Snapshots = st.builds(
    snapshot,
    st.sampled_from(list(RECORDS.values())),
    st.sampled_from(list(TOMBSTONES.values())),
    st.sampled_from(TRANSFER_COUNTS),
    st.sampled_from(list(SITES.values())),
)
Filters = st.sampled_from(list(FILTERS.values()))


def test_exactly_one_row_of_the_table_holds() -> None:
    assert set(table_rows(snapshot(None, None, 0, None), PostFilter())) == set(ThreadState)
    combinations = list(product(RECORDS, TOMBSTONES, TRANSFER_COUNTS, FILTERS, SITES))
    assert len(combinations) == 1440
    assert [names for names in combinations if not _agrees_with_the_table(*names)] == []


def _agrees_with_the_table(thread: str, tombstone: str, transfers: int, posts: str, site: str) -> bool:
    current = snapshot(RECORDS[thread], TOMBSTONES[tombstone], transfers, SITES[site])
    rows = table_rows(current, FILTERS[posts])
    return [state for state, holds in rows.items() if holds] == [thread_state(current, FILTERS[posts])]


@given(Snapshots, Filters, st.none() | st.floats(0, 1e10))
def test_only_posts_show_an_issue(current: Snapshot, posts: PostFilter, failed_at: float | None) -> None:
    state = thread_state(current, posts)
    thread = thread_of(current, state, failed_at=failed_at)
    assert (thread.repo, thread.number) == (BLOG, 41)
    is_later = failed_at is not None and (thread.checked_at is None or failed_at > thread.checked_at)
    assert thread.stale is is_later
    if state in {ThreadState.COMPLETE, ThreadState.INCOMPLETE}:
        assert thread.issue is not None
        assert thread.status is Status.OPEN
    else:
        assert (thread.issue, thread.comments, thread.comment_count) == (None, (), 0)
        assert thread.status in {Status.MISSING, Status.GONE}


@given(Snapshots, Filters)
def test_incomplete_thread_never_shows_comments(current: Snapshot, posts: PostFilter) -> None:
    state = thread_state(current, posts)
    thread = thread_of(current, state, failed_at=None)
    if state is ThreadState.COMPLETE:
        assert (thread.comments, thread.comment_count) == (COMMENTS, 2)
    else:
        assert thread.comments == ()
    if state is ThreadState.INCOMPLETE:
        assert thread.comment_count == 3


@given(Snapshots, Filters)
def test_only_githubs_410_shows_as_gone(current: Snapshot, posts: PostFilter) -> None:
    thread = thread_of(current, thread_state(current, posts), failed_at=None)
    if thread.status is Status.GONE:
        assert current.tombstone is not None
        assert current.tombstone.gone


@given(Snapshots, Filters)
def test_check_time_is_one_of_its_sources(current: Snapshot, posts: PostFilter) -> None:
    thread = thread_of(current, thread_state(current, posts), failed_at=None)
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
    assert (current.requested_ref, current.ref) == (current.hops[0].ref, current.hops[-1].ref)
    assert (current.site, current.tombstone) == (current.hops[-1].site, current.hops[-1].tombstone)
    assert current.was_transferred == (current.requested_ref != current.ref)
    assert current.version == max(hop.version for hop in current.hops)
    assert current.hops[-1].version == 5


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
