"""What every mirror promises about versions: each change has one, and an overtaken read removes nothing."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from app.domain.records import REPOSITORY_NUMBER, SiteRecord, Tombstone
from app.ports.mirror import Mirror, MirrorChange
from app.store.normalized_change import MONTH
from tests.contracts.mirrors import (
    NONE,
    REPO,
    FailingEtags,
    comment,
    etag,
    ids,
    issue,
    put,
    put_complete,
    thread,
    version_of,
)
from tests.contracts.stores import OTHER

SITE = SiteRecord(REPO, 7, "jane/blog", since="2026-01-01T00:00:00Z", checked_at=3.0)


async def _versions(mirror: Mirror, after: int = 0) -> list[tuple[int, int]]:
    return [(change.version, change.number) for change in await mirror.changes(after=after)]


# --- mirror changes


async def test_new_mirror_has_no_changes(mirror: Mirror) -> None:
    assert await mirror.changes(after=0) == ()
    assert (await mirror.latest_version(), await version_of(mirror, REPO, 1)) == (0, 0)


async def test_change_names_the_thread_and_the_process(mirror: Mirror) -> None:
    await put(mirror, issue(5))
    assert await mirror.changes(after=0) == (MirrorChange(1, REPO, 5, "here"),)
    assert (await mirror.latest_version(), await version_of(mirror, REPO, 5)) == (1, 1)


async def test_only_the_latest_change_of_a_number_stays(mirror: Mirror) -> None:
    await put(mirror, issue(1), issue(2))
    await put(mirror, issue(1, title="New"))
    assert await _versions(mirror) == [(2, 2), (3, 1)]
    assert [(await thread(mirror, number)).version for number in (1, 2)] == [3, 2]
    assert [record.version for record in await mirror.threads(REPO)] == [2, 3]


async def test_changes_are_read_after_a_version(mirror: Mirror) -> None:
    await put(mirror, issue(1), issue(2))
    await put(mirror, issue(3))
    assert await _versions(mirror, after=2) == [(3, 3)]
    assert await _versions(mirror, after=await mirror.latest_version()) == []
    assert await _versions(mirror, after=10**30) == []


async def test_equal_data_is_no_change(mirror: Mirror) -> None:
    await put_complete(mirror, comment(1))
    before = await mirror.latest_version()
    assert await put_complete(mirror, comment(1), at=99.0) == NONE
    assert await put(mirror, checked_threads=frozenset([1]), at=100.0) == NONE
    assert await mirror.latest_version() == before


async def test_version_outlives_its_thread(mirror: Mirror) -> None:
    await put(mirror, issue(1))
    await put(mirror, tombstone=Tombstone(1, gone=True, checked_at=2.0))
    assert (await version_of(mirror, REPO, 1), await mirror.thread(REPO, 1)) == (2, None)
    await put(mirror, issue(1))
    assert (await thread(mirror)).version == 3


async def test_failed_change_is_not_recorded(mirror: Mirror) -> None:
    with pytest.raises(RuntimeError):
        await put(mirror, issue(1), site=SITE, etags=FailingEtags())
    assert await mirror.latest_version() == 0
    await put(mirror, issue(1))
    assert await _versions(mirror) == [(1, 1)]


async def test_repositories_share_one_sequence_of_versions(mirror: Mirror) -> None:
    await put(mirror, issue(1))
    await put(mirror, issue(1, repo=OTHER), repo=OTHER)
    assert [(change.version, change.repo) for change in await mirror.changes(after=0)] == [(1, REPO), (2, OTHER)]
    assert (
        await version_of(mirror, REPO, 1),
        await version_of(mirror, OTHER, 1),
        await version_of(mirror, OTHER, 2),
    ) == (1, 2, 0)


@pytest.mark.parametrize("site_update", [{"full_name": "jane/essays"}, {"private": True}])
async def test_new_name_or_visibility_changes_number_zero(mirror: Mirror, site_update: Mapping[str, Any]) -> None:
    await put(mirror, site=SITE)
    assert await version_of(mirror, REPO, REPOSITORY_NUMBER) == 1
    assert await put(mirror, site_update=site_update) == NONE
    assert await mirror.changes(after=1) == (MirrorChange(2, REPO, REPOSITORY_NUMBER, "here"),)
    assert await put(mirror, site=SITE) == NONE
    assert await mirror.latest_version() == 2
    assert await put(mirror, site_update={"full_name": SITE.full_name, "private": False}) == NONE
    assert await mirror.changes(after=1) == (MirrorChange(3, REPO, REPOSITORY_NUMBER, "here"),)


@pytest.mark.parametrize(
    "site_update", [{"checked_at": 9.0}, {"since": None}, {"full_name": "jane/blog", "private": False}]
)
async def test_other_site_fields_change_no_number(mirror: Mirror, site_update: Mapping[str, Any]) -> None:
    await put(mirror, site=SITE)
    await put(mirror, site_update=site_update)
    assert await mirror.latest_version() == 1


# --- site updates


async def test_site_update_leaves_other_fields(mirror: Mirror) -> None:
    await put(mirror, site=SITE)
    await put(mirror, site_update={"checked_at": 8.0, "issues_next_url": "next"})
    await put(mirror, site_update={"issues_next_url": None, "private": True})
    assert await mirror.site(REPO) == replace(SITE, checked_at=8.0, private=True)


async def test_site_update_applies_to_a_new_record(mirror: Mirror) -> None:
    await put(mirror, site=SITE, site_update={"issues_listed_at": 5.0})
    assert await mirror.site(REPO) == replace(SITE, issues_listed_at=5.0)


async def test_site_update_needs_a_record(mirror: Mirror) -> None:
    assert await put(mirror, issue(1), site_update={"checked_at": 8.0}) == {1}
    assert await mirror.site(REPO) is None


async def test_site_update_refuses_unknown_fields(mirror: Mirror) -> None:
    await put(mirror, site=SITE)
    with pytest.raises(TypeError, match="mood"):
        await put(mirror, issue(1), site_update={"mood": "good"})
    assert await mirror.thread(REPO, 1) is None


# --- overtaken reads


async def test_read_of_the_current_version_is_complete(mirror: Mirror) -> None:
    await put_complete(mirror, comment(1), comment(2))
    version = await version_of(mirror, REPO, 1)
    assert await put(mirror, issue(1, 1), comment(2), complete_threads=frozenset([1]), base_versions={1: version}) == {
        1
    }
    assert await ids(mirror) == [2]


async def test_overtaken_read_only_adds_comments(mirror: Mirror) -> None:
    await put_complete(mirror, comment(1), at=1.0)
    base_versions = {1: await version_of(mirror, REPO, 1)}
    await put(mirror, issue(1, 3), comment(5), at=2.0)
    await put(mirror, issue(1, 3), comment(4), complete_threads=frozenset([1]), base_versions=base_versions, at=3.0)
    assert await ids(mirror) == [1, 4, 5]
    record = await thread(mirror)
    assert (record.complete, record.count_mismatch, record.checked_at) == (True, False, 1.0)


async def test_read_does_not_overtake_itself(mirror: Mirror) -> None:
    await put(mirror, issue(1, 2))
    base_versions = {1: await version_of(mirror, REPO, 1)}
    await put(
        mirror,
        issue(1, 2, title="New"),
        comment(1),
        complete_threads=frozenset([1]),
        base_versions=base_versions,
        at=7.0,
    )
    record = await thread(mirror)
    assert (record.complete, record.count_mismatch, record.checked_at) == (True, False, 7.0)


async def test_overtaken_read_completes_a_thread_by_count(mirror: Mirror) -> None:
    await put(mirror, issue(1, 2))
    await put(
        mirror, issue(1, 2), comment(1), comment(2), complete_threads=frozenset([1]), base_versions={1: 0}, at=7.0
    )
    assert (await thread(mirror)).complete


async def test_change_of_another_thread_overtakes_no_read(mirror: Mirror) -> None:
    await put(mirror, issue(1, 1))
    base_versions = {1: await version_of(mirror, REPO, 1)}
    await put(mirror, issue(2))
    await put(mirror, issue(1, 1, repo=OTHER), repo=OTHER)
    await put(mirror, complete_threads=frozenset([1]), base_versions=base_versions)
    assert (await thread(mirror)).complete


async def test_deletion_and_return_overtake_a_read(mirror: Mirror) -> None:
    await put(mirror, issue(1, 1))
    base_versions = {1: await version_of(mirror, REPO, 1)}
    await put(mirror, tombstone=Tombstone(1, gone=False, checked_at=2.0))
    await put(mirror, issue(1, 1))
    await put(mirror, complete_threads=frozenset([1]), base_versions=base_versions)
    assert not (await thread(mirror)).complete


# --- etags


async def test_etag_is_forgotten_after_a_month(mirror: Mirror) -> None:
    await put(mirror, etags={"new": '"1"', "old": '"2"'}, at=0.0)
    await put(mirror, etags={"new": '"3"'}, at=1.0)
    await put(mirror, at=MONTH)
    assert [await etag(mirror, key) for key in ("new", "old")] == ['"3"', '"2"']
    await put(mirror, at=MONTH + 1)
    assert [await etag(mirror, key) for key in ("new", "old")] == ['"3"', None]
