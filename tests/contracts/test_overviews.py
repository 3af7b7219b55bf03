"""What every store promises about the overview of a site."""

import pytest

from app.domain.records import SiteRecord, Tombstone
from app.ports.mirror import Change
from app.ports.owner.overviews import Scope, SiteOverview, ThreadOverview, week_of, week_start
from app.ports.store import Store
from tests.contracts.mirrors import REPO, comment, issue, put
from tests.contracts.stores import OTHER

FEBRUARY = "2026-02-01T00:00:00Z"


async def _read(store: Store, *numbers: int, since: str = "2000-01-01T00:00:00Z", newest: int = 10) -> SiteOverview:
    """Return the overview of the site whose posts have these numbers."""
    return await store.overviews.site(REPO, Scope(lambda item: item.number in numbers, since, newest))


async def test_thread_has_what_the_owner_sees(store: Store) -> None:
    labels = [{"name": "blog", "color": "fff"}]
    post = issue(1, 3, title="<b>Hello</b> \u2028 Jos\u00e9", labels=labels, state="closed", locked=True)
    later = {"created_at": "2026-01-09T08:00:00Z", "updated_at": "2026-01-10T00:00:00Z"}
    await put(store.mirror, post, comment(7, 1, **later), comment(8, 1), at=20.0)
    (thread,) = (await _read(store, 1)).threads
    assert thread == ThreadOverview(
        number=1,
        title="<b>Hello</b> \u2028 Jos\u00e9",
        url=f"https://github.com/{REPO}/issues/1",
        state="closed",
        locked=True,
        labels=("blog",),
        is_pull_request=False,
        comment_count=3,
        mirrored_count=2,
        complete=False,
        count_mismatch=True,
        checked_at=None,
        last_comment_at="2026-01-09T08:00:00Z",
    )
    assert thread.shown_count == 3


async def test_all_issues_come_by_descending_number(store: Store) -> None:
    site = SiteRecord(REPO, 9, "jane/blog", issues_listed_at=5.0)
    await put(store.mirror, issue(1), issue(3, pull=True), issue(2), site=site)
    overview = await _read(store, 1)
    assert [(thread.number, thread.is_pull_request) for thread in overview.threads] == [
        (3, True),
        (2, False),
        (1, False),
    ]
    assert overview.site == site
    assert overview.threads[2].last_comment_at is None


async def test_weeks_count_the_comments_of_posts(store: Store) -> None:
    times = ("2026-01-04T23:59:59Z", "2026-01-05T00:00:00Z", "2026-01-11T23:59:59Z", "2026-01-12T00:00:00Z")
    comments = [comment(n, 1, created_at=time) for n, time in enumerate(times, start=10)]
    await put(store.mirror, issue(1, 4), issue(2, 1), *comments, comment(20, 2, created_at=times[1]))
    weeks = (await _read(store, 1)).weeks
    first = week_of(1_767_571_200)  # 2026-01-05T00:00:00Z, a Monday
    assert week_start(first) == 1_767_571_200
    assert weeks == {first - 1: 1, first: 2, first + 1: 1}
    assert (await _read(store, 1, since=times[2])).weeks == {first: 1, first + 1: 1}
    assert (await _read(store)).weeks == {}


async def test_edited_comment_stays_in_its_week(store: Store) -> None:
    await put(store.mirror, issue(1, 1), comment(10, 1))
    before = (await _read(store, 1)).weeks
    await put(store.mirror, comment(10, 1, "Better said", updated_at=FEBRUARY))
    assert (await _read(store, 1)).weeks == before


async def test_newest_comments_are_those_of_posts(store: Store) -> None:
    await put(store.mirror, issue(1, 2), issue(2, 1), comment(10, 1), comment(11, 2), comment(12, 1))
    assert [item.id for item in (await _read(store, 1)).newest] == [12, 10]
    assert [item.id for item in (await _read(store, 1, 2, newest=2)).newest] == [12, 11]


async def test_excluded_comments_count_nowhere(store: Store) -> None:
    times = ("2026-01-05T00:00:00Z", "2026-01-12T00:00:00Z", "2026-01-13T00:00:00Z")
    comments = [comment(n, 1, created_at=time) for n, time in enumerate(times, start=10)]
    await put(store.mirror, issue(1, 3), issue(2, 1), *comments, comment(20, 2, created_at=times[1]))
    overview = await store.overviews.site(REPO, Scope(lambda _: True, times[0], 2, frozenset({12, 20, 99})))
    first = week_of(1_767_571_200)
    assert overview.weeks == {first: 1, first + 1: 1}
    assert {thread.number: thread.last_comment_at for thread in overview.threads} == {1: times[1], 2: None}
    assert [item.id for item in overview.newest] == [20, 12]


async def test_tombstones_tell_where_issues_went(store: Store) -> None:
    await put(store.mirror, issue(1), issue(2))
    gone = Tombstone(1, gone=True, checked_at=4.0, transferred_to="https://api.github.com/repos/a/b/issues/7")
    await store.mirror.apply(Change(repo=REPO, at=4.0, tombstone=gone))
    overview = await _read(store, 1, 2)
    assert overview.tombstones == (gone,)
    assert [thread.number for thread in overview.threads] == [2]


async def test_unknown_site_has_nothing(store: Store) -> None:
    overview = await store.overviews.site(OTHER, Scope(lambda _: True, FEBRUARY, 5))
    assert overview == SiteOverview(None, weeks={})


async def test_size_is_known_on_the_disk(store: Store, request: pytest.FixtureRequest) -> None:
    size = await store.overviews.bytes()
    assert (size is None) == ("memory" in request.node.name)
    assert size is None or size > 4096
