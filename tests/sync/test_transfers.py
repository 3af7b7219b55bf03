"""Places: to which site an issue has been moved, by its API address."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.sites import Repository
from app.ports.mirror import Change, SiteRecord, Tombstone
from app.store.memory import MemoryMirror
from app.sync.transfers import MAX_TRANSFERS, Transfers
from tests.integration.actions import NOTES
from tests.integration.application import BLOG

API = "https://api.github.com"


async def moved(mirror: MemoryMirror, repo: Repository, number: int, to: str | None, *, gone: bool = True) -> None:
    absence = Tombstone(number, gone=gone, checked_at=1.0, moved_to=to)
    await mirror.apply(Change(repo=repo, at=1.0, absence=absence))


async def places(mirror: MemoryMirror | None = None) -> Transfers:
    mirror = mirror or MemoryMirror("here")
    await mirror.apply(Change(repo=NOTES, at=1.0, site=SiteRecord(NOTES, 77, "Ada/Journal")))
    return Transfers((BLOG, NOTES), mirror)


@pytest.mark.parametrize(
    ("address", "place"),
    [
        (f"{API}/repos/ada/blog/issues/41", (BLOG, 41)),
        (f"{API}/repos/Ada/BLOG/issues/41", (BLOG, 41)),
        (f"{API}/repos/ada/notes/issues/7", (NOTES, 7)),
        (f"{API}/repos/ada/journal/issues/7", (NOTES, 7)),
        (f"{API}/repositories/77/issues/7", (NOTES, 7)),
        ("https://github.example.com/api/v3/repos/ada/blog/issues/1", (BLOG, 1)),
        (f"{API}/repositories/78/issues/7", None),
        (f"{API}/repos/ada/else/issues/7", None),
        (f"{API}/repos/ada/blog/pulls/7", None),
        (f"{API}/repos/ada/blog/issues/seven", None),
        (f"{API}/repos/ada/blog/issues/7/comments", None),
        ("", None),
    ],
)
async def test_the_site_of_an_address_is_found_by_its_names_and_by_its_id(
    address: str, place: tuple[Repository, int] | None
) -> None:
    assert await (await places()).find(address) == place


@given(st.text(max_size=60))
async def test_no_address_is_taken_for_a_site_unless_it_names_one(path: str) -> None:
    found = await (await places()).find(f"{API}/{path.replace('/', '')}/issues/1")
    assert found is None


async def test_only_an_issue_that_was_moved_to_a_site_has_another_place() -> None:
    mirror = MemoryMirror("here")
    finder = await places(mirror)
    assert await finder.moved(BLOG, 1) is None
    await moved(mirror, BLOG, 1, None)
    assert await finder.moved(BLOG, 1) is None
    await moved(mirror, BLOG, 1, f"{API}/repos/ada/else/issues/3")
    assert await finder.moved(BLOG, 1) is None
    await moved(mirror, BLOG, 1, f"{API}/repos/ada/notes/issues/3")
    assert await finder.moved(BLOG, 1) == (NOTES, 3)


async def test_the_last_place_is_found_over_all_transfers() -> None:
    mirror = MemoryMirror("here")
    finder = await places(mirror)
    assert await finder.at_last(BLOG, 1) is None
    await moved(mirror, BLOG, 1, f"{API}/repos/ada/notes/issues/3")
    await moved(mirror, NOTES, 3, f"{API}/repos/ada/blog/issues/9")
    assert await finder.at_last(BLOG, 1) == (BLOG, 9)
    assert await finder.at_last(NOTES, 3) == (BLOG, 9)


async def test_addresses_that_lead_in_a_circle_are_followed_to_an_end() -> None:
    mirror = MemoryMirror("here")
    finder = await places(mirror)
    await moved(mirror, BLOG, 1, f"{API}/repos/ada/notes/issues/3")
    await moved(mirror, NOTES, 3, f"{API}/repos/ada/blog/issues/1")
    assert await finder.at_last(BLOG, 1) == ((NOTES, 3) if MAX_TRANSFERS % 2 else (BLOG, 1))
