"""The served site behind the API address of a transferred issue. Chains of transfers: `tests.contracts`."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.records import SiteRecord, ThreadRef
from app.domain.sites import Repository
from app.domain.transfers import transfer_target
from tests.domain.builders import BLOG, NOTES

API = "https://api.github.com"
SITES: tuple[tuple[Repository, SiteRecord | None], ...] = (
    (BLOG, None),
    (NOTES, SiteRecord(NOTES, 77, "Ada/Journal")),
)


@pytest.mark.parametrize(
    ("address", "target"),
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
def test_site_matches_by_names_and_id(address: str, target: tuple[Repository, int] | None) -> None:
    assert transfer_target(address, SITES) == target


@given(st.text(max_size=60))
def test_address_that_names_no_site_has_no_target(path: str) -> None:
    assert transfer_target(f"{API}/{path.replace('/', '')}/issues/1", SITES) is None


@given(st.sampled_from([BLOG, NOTES]), st.integers(1, 10**18 - 1))
def test_every_number_of_a_site_is_read(repo: Repository, number: int) -> None:
    assert transfer_target(f"{API}/repos/{repo}/issues/{number}", SITES) == ThreadRef(repo, number)


def test_no_site_has_no_target() -> None:
    assert transfer_target(f"{API}/repos/ada/blog/issues/41", ()) is None
