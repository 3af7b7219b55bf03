"""Former names are found in the records of the served repositories, which are read once in a while."""

import asyncio

from app.domain.records import SiteRecord
from app.domain.sites import repository
from app.ports.mirror import Change
from app.serving.former_names import FormerNames
from tests.fakes import FakeClock
from tests.serving.counted_reads import CountingMirror

BLOG, NOTES, LOST = repository("ada/blog"), repository("ada/notes"), repository("ada/lost")


async def _new_names(mirror: CountingMirror, clock: FakeClock) -> FormerNames:
    """Return the names of two sites; one was renamed twice."""
    record = SiteRecord(BLOG, 7, "Ada/Journal", former_names=("Ada/Diary", "ada/blog-2"))
    await mirror.apply(Change(repo=BLOG, at=1.0, site=record))
    await mirror.apply(Change(repo=LOST, at=1.0, site=SiteRecord(LOST, 8, "ada/lost", former_names=("ada/x",))))
    return FormerNames(mirror, [BLOG, NOTES], clock)


async def test_every_name_leads_to_the_repository() -> None:
    names = await _new_names(CountingMirror(), FakeClock())
    assert await names.find("ada/JOURNAL") == (BLOG, "Ada/Journal")
    assert await names.find("ada/diary") == (BLOG, "Ada/Diary")
    assert await names.find("ada/blog-2") == (BLOG, "ada/blog-2")
    assert await names.find("ada/x") is None, "it is not served any more"


async def test_unknown_names_cost_one_read_in_ten_seconds() -> None:
    mirror, clock = CountingMirror(), FakeClock()
    names = await _new_names(mirror, clock)
    assert await asyncio.gather(*(names.find(f"ada/{number}") for number in range(9))) == [None] * 9
    assert mirror.reads == 2, "one for each site"
    await mirror.apply(Change(repo=NOTES, at=2.0, site=SiteRecord(NOTES, 9, "ada/thoughts")))
    assert await names.find("ada/thoughts") is None
    clock.advance(11)
    assert await names.find("ada/thoughts") == (NOTES, "ada/thoughts")


async def test_known_names_keep_their_repository_without_reads() -> None:
    mirror, clock = CountingMirror(), FakeClock()
    names = await _new_names(mirror, clock)
    await names.find("ada/journal")
    reads = mirror.reads
    clock.advance(1000)
    await mirror.apply(Change(repo=BLOG, at=2.0, site_update={"full_name": "ada/essays", "former_names": ()}))
    assert await names.find("ada/diary") == (BLOG, "Ada/Diary")
    assert mirror.reads == reads


async def test_names_are_read_together() -> None:
    mirror = CountingMirror()
    names = await _new_names(mirror, FakeClock())
    assert await asyncio.gather(*[names.find("ada/journal")] * 3) == [(BLOG, "Ada/Journal")] * 3
    assert mirror.reads == 2
