"""What every mirror promises to other processes: a signal for each change, and that what changed meanwhile stays."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from app.domain.sites import repository
from app.ports.jobs import THE_REPOSITORY
from app.ports.mirror import Mirror, MirrorChange, SiteRecord, Tombstone
from app.store.normalized_change import MONTH
from tests.contracts.mirrors import FACTORIES, NOBODY, REPO, BreaksOff, comment, ids, issue, put, thread, whole

OTHER = repository("john/diary")
SITE = SiteRecord(REPO, 7, "jane/blog", since="2026-01-01T00:00:00Z", checked_at=3.0)


@pytest.fixture(params=FACTORIES)
async def mirror(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Mirror]:
    made = await FACTORIES[request.param](tmp_path)
    yield made
    await made.close()


async def signalled(mirror: Mirror, after: int = 0) -> list[tuple[int, int]]:
    return [(signal.seq, signal.number) for signal in await mirror.signals(after=after)]


# --- signals


async def test_a_new_mirror_has_no_signal(mirror: Mirror) -> None:
    assert (await mirror.signals(after=0), await mirror.latest(), await mirror.version(REPO, 1)) == ((), 0, 0)


async def test_a_signal_says_what_changed_and_who_changed_it(mirror: Mirror) -> None:
    await put(mirror, issue(5))
    assert await mirror.signals(after=0) == (MirrorChange(1, REPO, 5, "here"),)
    assert (await mirror.latest(), await mirror.version(REPO, 5)) == (1, 1)


async def test_only_the_latest_signal_of_a_number_is_kept(mirror: Mirror) -> None:
    await put(mirror, issue(1), issue(2))
    await put(mirror, issue(1, title="Anew"))
    assert await signalled(mirror) == [(2, 2), (3, 1)]
    assert [(await thread(mirror, number)).version for number in (1, 2)] == [3, 2]
    assert [record.version for record in await mirror.threads(REPO)] == [2, 3]


async def test_signals_are_asked_for_from_the_last_one_seen_on(mirror: Mirror) -> None:
    await put(mirror, issue(1), issue(2))
    await put(mirror, issue(3))
    assert await signalled(mirror, after=2) == [(3, 3)]
    assert await signalled(mirror, after=await mirror.latest()) == []
    assert await signalled(mirror, after=10**30) == []


async def test_what_changes_nothing_gives_no_signal(mirror: Mirror) -> None:
    await whole(mirror, comment(1))
    before = await mirror.latest()
    assert await whole(mirror, comment(1), at=99.0) == NOBODY
    assert await put(mirror, checked=frozenset([1]), at=100.0) == NOBODY
    assert await mirror.latest() == before


async def test_a_thread_that_disappears_gives_a_signal_that_outlives_it(mirror: Mirror) -> None:
    await put(mirror, issue(1))
    await put(mirror, absence=Tombstone(1, gone=True, checked_at=2.0))
    assert (await mirror.version(REPO, 1), await mirror.thread(REPO, 1)) == (2, None)
    await put(mirror, issue(1))
    assert (await thread(mirror)).version == 3


async def test_a_change_that_breaks_off_gives_no_signal(mirror: Mirror) -> None:
    with pytest.raises(RuntimeError):
        await put(mirror, issue(1), site=SITE, etags=BreaksOff())
    assert await mirror.latest() == 0
    await put(mirror, issue(1))
    assert await signalled(mirror) == [(1, 1)]


async def test_repositories_share_one_count_of_signals(mirror: Mirror) -> None:
    await put(mirror, issue(1))
    await put(mirror, issue(1, repo=OTHER), repo=OTHER)
    assert [(signal.seq, signal.repo) for signal in await mirror.signals(after=0)] == [(1, REPO), (2, OTHER)]
    assert (await mirror.version(REPO, 1), await mirror.version(OTHER, 1), await mirror.version(OTHER, 2)) == (1, 2, 0)


@pytest.mark.parametrize("noted", [{"full_name": "jane/essays"}, {"private": True}])
async def test_another_name_or_privacy_of_the_repository_gives_a_signal_of_number_zero(
    mirror: Mirror, noted: Mapping[str, Any]
) -> None:
    await put(mirror, site=SITE)
    assert await mirror.version(REPO, THE_REPOSITORY) == 1
    assert await put(mirror, noted=noted) == NOBODY
    assert await mirror.signals(after=1) == (MirrorChange(2, REPO, THE_REPOSITORY, "here"),)
    assert await put(mirror, site=SITE) == NOBODY
    assert await mirror.signals(after=1) == (MirrorChange(3, REPO, THE_REPOSITORY, "here"),)


@pytest.mark.parametrize("noted", [{"checked_at": 9.0}, {"since": None}, {"full_name": "jane/blog", "private": False}])
async def test_other_news_of_the_repository_give_no_signal(mirror: Mirror, noted: Mapping[str, Any]) -> None:
    await put(mirror, site=SITE)
    await put(mirror, noted=noted)
    assert await mirror.latest() == 1


# --- noted fields


async def test_a_noted_field_leaves_the_others_as_they_are(mirror: Mirror) -> None:
    await put(mirror, site=SITE)
    await put(mirror, noted={"checked_at": 8.0, "list_next": "next"})
    await put(mirror, noted={"list_next": None, "private": True})
    assert await mirror.site(REPO) == replace(SITE, checked_at=8.0, private=True)


async def test_a_field_may_be_noted_along_with_the_record(mirror: Mirror) -> None:
    await put(mirror, site=SITE, noted={"listed_at": 5.0})
    assert await mirror.site(REPO) == replace(SITE, listed_at=5.0)


async def test_nothing_can_be_noted_of_a_site_without_a_record(mirror: Mirror) -> None:
    assert await put(mirror, issue(1), noted={"checked_at": 8.0}) == {1}
    assert await mirror.site(REPO) is None


async def test_what_is_no_field_of_the_record_cannot_be_noted(mirror: Mirror) -> None:
    await put(mirror, site=SITE)
    with pytest.raises(TypeError, match="mood"):
        await put(mirror, issue(1), noted={"mood": "good"})
    assert await mirror.thread(REPO, 1) is None


# --- a reading that was overtaken


async def test_a_reading_that_nothing_overtook_holds_all_comments(mirror: Mirror) -> None:
    await whole(mirror, comment(1), comment(2))
    version = await mirror.version(REPO, 1)
    assert await put(mirror, issue(1, 1), comment(2), whole=frozenset([1]), began={1: version}) == {1}
    assert await ids(mirror) == [2]


async def test_the_comments_of_a_reading_that_was_overtaken_are_only_added(mirror: Mirror) -> None:
    await whole(mirror, comment(1), at=1.0)
    began = {1: await mirror.version(REPO, 1)}
    await put(mirror, issue(1, 3), comment(5), at=2.0)
    await put(mirror, issue(1, 3), comment(4), whole=frozenset([1]), began=began, at=3.0)
    assert await ids(mirror) == [1, 4, 5]
    kept = await thread(mirror)
    assert (kept.complete, kept.surplus, kept.checked_at) == (True, 0, 1.0)


async def test_what_a_reading_changes_itself_does_not_overtake_it(mirror: Mirror) -> None:
    await put(mirror, issue(1, 2))
    began = {1: await mirror.version(REPO, 1)}
    await put(mirror, issue(1, 2, title="Anew"), comment(1), whole=frozenset([1]), began=began, at=7.0)
    kept = await thread(mirror)
    assert (kept.complete, kept.surplus, kept.checked_at) == (True, 1, 7.0)


async def test_an_overtaken_reading_of_as_many_as_github_counts_is_whole_all_the_same(mirror: Mirror) -> None:
    await put(mirror, issue(1, 2))
    await put(mirror, issue(1, 2), comment(1), comment(2), whole=frozenset([1]), began={1: 0}, at=7.0)
    assert (await thread(mirror)).complete


async def test_a_change_of_another_thread_overtakes_nothing(mirror: Mirror) -> None:
    await put(mirror, issue(1, 1))
    began = {1: await mirror.version(REPO, 1)}
    await put(mirror, issue(2))
    await put(mirror, issue(1, 1, repo=OTHER), repo=OTHER)
    await put(mirror, whole=frozenset([1]), began=began)
    assert (await thread(mirror)).complete


async def test_a_thread_that_vanished_and_returned_has_overtaken_a_reading(mirror: Mirror) -> None:
    await put(mirror, issue(1, 1))
    began = {1: await mirror.version(REPO, 1)}
    await put(mirror, absence=Tombstone(1, gone=False, checked_at=2.0))
    await put(mirror, issue(1, 1))
    await put(mirror, whole=frozenset([1]), began=began)
    assert not (await thread(mirror)).complete


# --- etags


async def test_an_etag_is_forgotten_a_month_after_it_was_last_replaced(mirror: Mirror) -> None:
    await put(mirror, etags={"kept": '"1"', "left": '"2"'}, at=0.0)
    await put(mirror, etags={"kept": '"3"'}, at=1.0)
    await put(mirror, at=MONTH)
    assert [await mirror.etag(key) for key in ("kept", "left")] == ['"3"', '"2"']
    await put(mirror, at=MONTH + 1)
    assert [await mirror.etag(key) for key in ("kept", "left")] == ['"3"', None]
