"""A store whose file is deleted while it is in use goes on with all it held."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from app.domain.errors import StoreUnusable
from app.ports.mirror import Change
from app.store.sqlite import SqliteStore
from tests.contracts.mirrors import REPO, issue
from tests.store.faults import NEXT, WIDE, as_nobody, beside, delete, in_order, opened, works
from tests.store.writing_until_killed import WIDTH

ROOT = Path(__file__).parents[2]


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "afterword.db"


@pytest.fixture
async def store(place: Path) -> AsyncIterator[SqliteStore]:
    made = await opened(place)
    await made.mirror.apply(WIDE)
    yield made
    await made.close()


@pytest.mark.parametrize("endings", [[""], ["", "-wal"], ["", "-wal", "-shm"]])
async def test_a_store_that_was_deleted_is_saved_with_all_it_held(
    store: SqliteStore, place: Path, endings: list[str]
) -> None:
    delete(place, endings)
    assert await works(store)
    said = await store.guard()
    assert (
        said
        == f"The store {place} was deleted while it was in use. What it held was saved into a new file of that name."
    )
    assert await store.mirror.comments(REPO, 1) == WIDE.comments
    assert await store.shared.marked(REPO, 2) is not None
    assert await store.guard() is None
    await store.mirror.apply(Change(repo=REPO, at=1.0, issues=(issue(9),)))
    other = await opened(place)
    assert other.mended is None
    assert [tally.number for tally in await other.mirror.tallies(REPO)] == [9, 2, 1]
    await other.close()
    assert beside(place) == ["afterword.db-shm", "afterword.db-wal"]


async def test_a_store_that_was_saved_lasts(store: SqliteStore, place: Path) -> None:
    delete(place)
    await store.guard()
    assert await works(store)
    await store.close()
    assert beside(place) == []
    assert in_order(place)
    again = await opened(place)
    assert [tally.number for tally in await again.mirror.tallies(REPO)] == [2, 1]
    await again.close()


async def test_processes_that_miss_their_file_at_once_agree_on_one(store: SqliteStore, place: Path) -> None:
    stores = [store, *[await opened(place) for _ in range(4)]]
    delete(place)
    for number, one in enumerate(stores, start=10):
        await one.mirror.apply(Change(repo=REPO, at=1.0, issues=(issue(number),)))
    said = await asyncio.gather(*(one.guard() for one in stores))
    assert sorted(text is not None and "was saved" in text for text in said) == [False] * 4 + [True]
    assert sum(text is not None and "was replaced" in text for text in said) == 4
    for number, one in enumerate(stores, start=20):
        await one.mirror.apply(Change(repo=REPO, at=1.0, issues=(issue(number),)))
    wanted = [*range(24, 19, -1), *range(14, 9, -1), 1]
    assert [[tally.number for tally in await one.mirror.tallies(REPO)] for one in stores] == [wanted] * 5
    await asyncio.gather(*(one.close() for one in stores[1:]))
    assert in_order(place)


async def test_what_is_written_after_another_process_has_saved_the_store_goes_to_the_new_file(
    store: SqliteStore, place: Path
) -> None:
    other = await opened(place)
    delete(place)
    await store.guard()
    assert await works(other)
    assert await store.mirror.thread(REPO, 2) is not None
    said = await other.guard()
    assert said is not None
    assert said.startswith(f"The store {place} was replaced while it was in use")
    assert await other.guard() is None
    await other.close()


async def test_a_store_whose_folder_is_gone_is_saved_once_it_is_back(place: Path) -> None:
    folder = place.parent / "data"
    folder.mkdir()
    place = folder / "afterword.db"
    store = await opened(place)
    await store.mirror.apply(WIDE)
    for path in folder.iterdir():
        path.unlink()
    folder.rmdir()
    for _ in range(2):
        with pytest.raises(StoreUnusable):
            await store.guard()
        assert await store.mirror.comments(REPO, 1) == WIDE.comments
    folder.mkdir()
    said = await store.guard()
    assert said is not None
    assert "was saved" in said
    assert await store.mirror.comments(REPO, 1) == WIDE.comments
    await store.close()
    assert beside(place) == []


async def test_a_store_in_a_folder_that_may_not_be_looked_into_is_left_alone(place: Path) -> None:
    folder = place.parent / "data"
    folder.mkdir()
    store = await opened(folder / "afterword.db")
    folder.chmod(0)
    with as_nobody():
        with pytest.raises(StoreUnusable, match="denied"):
            await store.guard()
        with pytest.raises(StoreUnusable, match="denied"):
            await store.mirror.apply(NEXT)
    folder.chmod(0o755)
    assert await store.guard() is None
    assert await works(store)
    await store.close()


@pytest.mark.timeout(60)
async def test_a_process_that_is_killed_after_its_file_was_saved_by_another_leaves_whole_changes(place: Path) -> None:
    store = await opened(place)
    writer = Writer(place)
    assert writer.goes_on()
    delete(place)
    assert "was saved" in str(await store.guard())
    assert all(writer.goes_on() for _ in range(50))
    said = writer.kill()
    comments = [found for number in (1, 2) for found in await store.mirror.comments(REPO, number)]
    [step] = {found.body for found in comments}
    assert len(comments) == 2 * WIDTH
    assert int(str(step)) >= said > 50
    assert await store.guard() is None
    await store.close()
    assert in_order(place)


class Writer:
    """Another process that changes the store over and over."""

    def __init__(self, place: Path) -> None:
        command = [sys.executable, "-m", "tests.store.writing_until_killed", str(place), "1"]
        self._process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        self._said = 0

    def goes_on(self) -> bool:
        """True once it says that it has done another step."""
        assert self._process.stdout is not None
        self._said = int(self._process.stdout.readline())
        return True

    def kill(self) -> int:
        """The last step that it said to have done."""
        with self._process as process:
            process.kill()
            assert process.stdout is not None
            whole = [line for line in process.stdout.read().splitlines(keepends=True) if line.endswith("\n")]
        return int(whole[-1]) if whole else self._said
