"""A store whose file is damaged or replaced while it is in use, or whose disk is full, goes on."""

import asyncio
import itertools
import random
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from app.domain.errors import StoreUnusable
from app.ports.mirror import Change
from app.store.sqlite import SqliteStore
from app.store.sqlite.schema import MIGRATIONS
from app.store.sqlite.watch import Watch
from tests.contracts.mirrors import REPO, comment, issue
from tests.store.faults import (
    NEXT,
    NOON,
    WIDE,
    a_few_bytes,
    a_half,
    as_nobody,
    beside,
    delete,
    execute,
    in_order,
    made,
    no_first_page,
    no_header,
    no_middle,
    nothing_left,
    opened,
    size,
    words,
    works,
)


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "afterword.db"


@pytest.fixture
async def store(place: Path) -> AsyncIterator[SqliteStore]:
    made = await opened(place)
    await made.mirror.apply(WIDE)
    yield made
    await made.close()


@pytest.mark.parametrize("damage", [no_middle, nothing_left, a_half, a_few_bytes, words])
async def test_a_store_that_is_damaged_while_in_use_is_moved_aside_and_made_anew(
    place: Path, damage: Callable[[Path], None]
) -> None:
    store = await opened(await made(place))
    other = await opened(place)
    damage(place)
    said = [await store.guard(), await other.guard()]
    kept = place.with_name("afterword.db.broken-20260101T120000")
    assert said[0] is not None
    assert "was damaged (" in said[0]
    assert f"It is kept as {kept}" in said[0]
    assert said[1] is not None
    assert "was replaced" in said[1]
    assert [name for name in beside(place) if "broken" in name] == [kept.name, f"{kept.name}-shm", f"{kept.name}-wal"]
    for one in (store, other):
        assert await one.mirror.thread(REPO, 1) is None
        assert await works(one)
        assert await one.guard() is None
    await store.close()
    await other.close()
    assert in_order(place)


@pytest.mark.parametrize("damage", [no_header, no_first_page])
async def test_damage_to_a_page_that_the_log_holds_is_mended_by_the_log(
    place: Path, damage: Callable[[Path], None]
) -> None:
    store = await opened(await made(place))
    await store.mirror.apply(NEXT)
    damage(place)
    assert await store.guard() is None
    assert await works(store)
    await store.close()
    assert in_order(place)


async def test_damage_that_a_read_meets_is_mended(store: SqliteStore, place: Path) -> None:
    execute(
        place,
        "PRAGMA writable_schema = ON; UPDATE sqlite_schema SET rootpage = 99999 WHERE name = 'etag';"
        "PRAGMA schema_version = 1000",
    )
    with pytest.raises(StoreUnusable, match="malformed"):
        await store.mirror.etag("key")
    said = await store.guard()
    assert said is not None
    assert "malformed" in said
    assert await works(store)


async def test_damage_that_a_change_meets_is_mended(store: SqliteStore, place: Path) -> None:
    execute(
        place,
        "PRAGMA writable_schema = ON; UPDATE sqlite_schema SET rootpage = 99999 WHERE name = 'issue';"
        "PRAGMA schema_version = 1000",
    )
    with pytest.raises(StoreUnusable, match="malformed"):
        await store.mirror.apply(NEXT)
    assert "malformed" in str(await store.guard())
    assert await works(store)


@pytest.mark.parametrize("damage", ["source = x'7b'", "source = CAST('{\"id\": 1}' AS BLOB)"])
async def test_a_payload_that_cannot_be_read_back_is_damage(store: SqliteStore, place: Path, damage: str) -> None:
    execute(place, f"UPDATE comment SET {damage}")  # noqa: S608 - the example
    with pytest.raises(StoreUnusable, match="not as it was written"):
        await store.mirror.comments(REPO, 1)
    assert "not as it was written" in str(await store.guard())
    assert await store.mirror.comments(REPO, 1) == ()
    assert await works(store)


async def test_text_that_cannot_be_decoded_is_damage(store: SqliteStore, place: Path) -> None:
    execute(place, "UPDATE etag SET value = CAST(x'ff' AS TEXT)")
    with pytest.raises(StoreUnusable, match="UTF-8"):
        await store.mirror.etag("key")
    assert "UTF-8" in str(await store.guard())
    assert await works(store)


async def test_a_damaged_payload_is_mended_by_what_is_said_anew(store: SqliteStore, place: Path) -> None:
    execute(place, "UPDATE comment SET source = x'7b' WHERE id = 7")
    assert await store.mirror.apply(WIDE) == {1}
    assert await store.mirror.comments(REPO, 1) == WIDE.comments


async def test_a_failure_that_is_no_damage_leaves_the_file(store: SqliteStore, place: Path) -> None:
    execute(place, "DROP TABLE etag")
    with pytest.raises(StoreUnusable, match="no such table"):
        await store.mirror.etag("key")
    assert await store.guard() is None
    assert await store.mirror.comments(REPO, 1) == WIDE.comments


async def test_another_store_in_the_place_of_this_one_is_used_from_then_on(store: SqliteStore, place: Path) -> None:
    await store.mirror.apply(NEXT)
    (await made(place.with_name("other.db"))).replace(place)
    assert "was replaced" in str(await store.guard())
    assert [tally.number for tally in await store.mirror.tallies(REPO)] == [1]
    assert await works(store)


async def test_a_damaged_store_that_is_deleted_as_well_is_made_anew(store: SqliteStore, place: Path) -> None:
    execute(place, "UPDATE comment SET source = x'7b'")
    with pytest.raises(StoreUnusable):
        await store.mirror.comments(REPO, 1)
    delete(place)
    said = await store.guard()
    assert said is not None
    assert "was deleted while it was in use, and what it held could not be saved" in said
    assert await store.mirror.tallies(REPO) == ()
    assert await works(store)


async def test_a_deleted_store_that_cannot_be_copied_is_made_anew(place: Path) -> None:
    store = await opened(await made(place))
    a_half(place)
    delete(place)
    assert "could not be saved" in str(await store.guard())
    assert await works(store)
    await store.close()


async def test_what_cannot_be_mended_yet_is_mended_later_and_told_then(place: Path) -> None:
    folder = place.parent / "data"
    folder.mkdir()
    place = await made(folder / "afterword.db")
    folder.chmod(0o777)
    store = await opened(place)
    place.chmod(0o666)
    no_middle(place)
    folder.chmod(0o555)
    with as_nobody(), pytest.raises(StoreUnusable):
        await store.guard()
    folder.chmod(0o755)
    assert "was damaged" in str(await store.guard())
    assert await works(store)
    await store.close()


async def test_reads_and_changes_under_way_succeed_or_say_that_the_store_is_unusable(
    store: SqliteStore, place: Path
) -> None:
    chance = random.Random(3)  # noqa: S311 - turns, no secrets
    outcomes: set[str] = set()
    ended = asyncio.Event()

    async def goes_on() -> None:
        while not ended.is_set():
            try:
                await store.mirror.apply(NEXT)
                await store.mirror.comments(REPO, 1)
                outcomes.add("done")
            except StoreUnusable:
                outcomes.add("refused")

    going = [asyncio.create_task(goes_on()) for _ in range(4)]
    said = []
    faults: list[Callable[[Path], None]] = [delete, a_half, no_middle]
    for _ in range(12):
        chance.choice(faults)(place)
        said.append(await store.guard())
    ended.set()
    await asyncio.gather(*going)
    while await store.guard() is not None:
        pass
    assert "done" in outcomes
    assert any(said)
    assert await works(store)
    await store.close()
    assert in_order(place)


async def test_a_store_on_a_full_disk_keeps_what_it_holds_and_goes_on_when_there_is_room(store: SqliteStore) -> None:
    pages = "PRAGMA max_page_count"
    await store._file.write(lambda connection: connection.execute(f"{pages} = 1").fetchall())
    many = tuple(comment(n, text="word " * 100) for n in range(1000, 1400))
    with pytest.raises(StoreUnusable, match="full"):
        await store.mirror.apply(Change(repo=REPO, at=7.0, issues=(issue(2),), comments=many))
    assert await store.guard() is None
    assert await store.mirror.comments(REPO, 1) == WIDE.comments
    assert await store.mirror.thread(REPO, 2) is None
    await store._file.write(lambda connection: connection.execute(f"{pages} = 1073741823").fetchall())
    assert await store.mirror.apply(Change(repo=REPO, at=7.0, issues=(issue(2),), comments=many)) == {1, 2}
    assert await works(store)


async def test_guarding_brings_the_log_into_the_file(store: SqliteStore, place: Path) -> None:
    before = size(place)
    for step in range(250):
        await store.shared.remember("step", str(step))
    assert size(place) == before
    assert await store.guard() is None
    assert size(place) > before
    assert await store.guard() is None


async def test_a_store_of_an_older_version_keeps_its_etags(place: Path) -> None:
    older = await SqliteStore.open(str(place), origin="here", migrations=MIGRATIONS[:2])
    await older.close()
    execute(place, "INSERT INTO etag VALUES ('key', 'etag')")
    execute(place, "INSERT INTO site (key, spelling, checked_at) VALUES ('a/b', 'a/b', 1e9)")
    store = await opened(place)
    await store.mirror.apply(Change(repo=REPO, at=1e9 + 60))
    assert await store.mirror.etag("key") == "etag"
    await store.close()


async def test_what_is_counted_goes_on_in_the_store_that_is_made_anew(place: Path) -> None:
    store = await SqliteStore.open(str(place), origin="here", now=itertools.count(NOON).__next__)
    await store.mirror.apply(WIDE)
    mark = await store.shared.marked(REPO, 2) if await works(store) else None
    before = await store.mirror.latest()
    a_half(place)
    await store.guard()
    assert await works(store)
    anew = await store.shared.marked(REPO, 2)
    assert mark is not None
    assert anew is not None
    assert anew.seq > mark.seq
    assert await store.mirror.latest() > before
    assert [signal.number for signal in await store.mirror.signals(after=before)] == [2]
    await store.close()


# --- watching from outside


async def test_of_a_file_that_is_gone_no_damage_is_known(place: Path) -> None:
    watch = Watch(await made(place))
    delete(place)
    assert watch.damage() is None


async def test_of_what_cannot_be_opened_no_damage_is_known(place: Path) -> None:
    execute(place, "")
    watch = Watch(place)
    make_folder(place)
    assert watch.damage() is None


async def test_a_large_file_is_read_only_in_some_rounds(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.store.sqlite.watch._READ_AT_ONCE", size(await made(place)) // 3)
    watch = Watch(place)
    no_middle(place)
    assert [watch.damage() is None for _ in range(4)].count(False) == 1


def make_folder(place: Path) -> None:
    place.unlink()
    place.mkdir()
