"""A repository is found by its current name and all former ones, and unknown names cost no reads of the store."""

from app.domain.records import SiteRecord
from app.domain.sites import PostFilter, repository
from app.ports.mirror import Change
from app.serving.access_policy import AccessPolicy
from app.serving.repository_names import NamedRepository, RepositoryNames
from app.serving.terms.edition import PERMANENT
from tests.serving.counted_reads import CountingMirror

BLOG, NOTES, LOST = repository("ada/blog"), repository("ada/notes"), repository("ada/lost")


async def _new_names(mirror: CountingMirror) -> RepositoryNames:
    record = SiteRecord(BLOG, 7, "Ada/Journal", former_names=("Ada/Diary", "ada/blog-2"))
    await mirror.apply(Change(repo=BLOG, at=1.0, site=record))
    await mirror.apply(Change(repo=LOST, at=1.0, site=SiteRecord(LOST, 8, "ada/lost", former_names=("ada/x",))))
    access = AccessPolicy(PostFilter(), allow_private=False)
    return RepositoryNames(mirror, access, (BLOG, NOTES), lambda _: PERMANENT)


async def test_every_name_leads_to_the_repository() -> None:
    names = await _new_names(CountingMirror())
    assert await names.find("ada/JOURNAL") == NamedRepository(BLOG, "Ada/Journal", "Ada/Journal")
    assert await names.find("ada/diary") == NamedRepository(BLOG, "Ada/Journal", "Ada/Diary")
    assert await names.find("ada/blog-2") == NamedRepository(BLOG, "Ada/Journal", "ada/blog-2")
    assert await names.find("ADA/BLOG") == NamedRepository(BLOG, "Ada/Journal", "ada/blog")
    assert await names.find("ada/x") is None, "it is not served any more"


async def test_current_name_wins_over_a_former_one() -> None:
    mirror = CountingMirror()
    names = await _new_names(mirror)
    await mirror.apply(Change(repo=NOTES, at=2.0, site=SiteRecord(NOTES, 9, "ada/diary")))
    assert await names.find("ada/diary") == NamedRepository(NOTES, "ada/diary", "ada/diary")


async def test_unknown_names_are_not_read_from_the_store() -> None:
    mirror = CountingMirror()
    names = await _new_names(mirror)
    await mirror.apply(Change(repo=NOTES, at=2.0, site=SiteRecord(NOTES, 9, "ada/notes")))
    for number in range(9):
        assert await names.find(f"ada/{number}") is None
    assert mirror.reads == 2, "one for each site"


async def test_private_repository_has_no_names() -> None:
    mirror = CountingMirror()
    names = await _new_names(mirror)
    await mirror.apply(Change(repo=BLOG, at=2.0, site_update={"private": True}))
    for name in ("ada/diary", "ada/journal", "ada/blog"):
        assert await names.find(name) is None
