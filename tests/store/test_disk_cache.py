"""The folder of pictures: bounded, whole after any end, shared, and never the reason why a reader gets nothing."""

import asyncio
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.serving.image_proxy import Image
from app.store.disk_cache import DiskCache
from tests.fakes import FakeClock

ROOT = Path(__file__).parents[2]
PNG = Image(b"\x89PNG\r\n\x1a\n" + bytes(990), "image/png")


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "afterword.db-pictures"


@pytest.fixture
def shelf(place: Path, clock: FakeClock) -> DiskCache:
    return DiskCache(place, most=10_500, now=clock.now)


def files(place: Path) -> list[Path]:
    return sorted(path for path in place.rglob("*") if path.is_file())


def weight(place: Path) -> int:
    return sum(path.stat().st_size for path in files(place))


async def test_a_picture_comes_back_as_it_was_put(shelf: DiskCache, clock: FakeClock) -> None:
    assert await shelf.get("x") is None
    await shelf.put("x", PNG)
    clock.advance(50)
    kept = await shelf.get("x")
    assert kept is not None
    assert (kept.picture, kept.at) == (PNG, clock.now() - 50)


async def test_a_picture_may_be_empty_and_hold_line_ends(shelf: DiskCache) -> None:
    for body in (b"", b"\n", b"1 1 image/png\n"):
        await shelf.put("x", Image(body, "image/svg+xml"))
        kept = await shelf.get("x")
        assert kept is not None
        assert kept.picture == Image(body, "image/svg+xml")


async def test_a_picture_takes_the_place_of_the_one_before_it(shelf: DiskCache, place: Path) -> None:
    await shelf.put("x", PNG)
    await shelf.put("x", Image(b"new", "image/gif"))
    kept = await shelf.get("x")
    assert kept is not None
    assert kept.picture.body == b"new"
    assert len(files(place)) == 1


async def test_nothing_is_made_before_something_is_kept(shelf: DiskCache, place: Path) -> None:
    await shelf.get("x")
    assert list(place.parent.iterdir()) == []


async def test_another_process_finds_what_this_one_keeps(shelf: DiskCache, place: Path, clock: FakeClock) -> None:
    await shelf.put("x", PNG)
    other = DiskCache(place, most=10_500, now=clock.now)
    assert await other.get("x") == await shelf.get("x")


@given(name=st.one_of(st.text(), st.sampled_from(["../../etc/passwd", "/etc/passwd", "a/b", "..", "\0", "x" * 10_000])))
def test_no_name_leads_out_of_the_folder(name: str) -> None:
    folder = Path("/nowhere/pictures")
    file = DiskCache(folder, most=1, now=lambda: 0.0)._file(name)
    assert (file.parent.parent, len(file.parent.name)) == (folder, 2)
    assert file.name.isalnum()
    assert file.parent.name.isalnum()


# --- the bound


async def test_the_least_recently_used_go_first(shelf: DiskCache, place: Path, clock: FakeClock) -> None:
    for number in range(10):
        await shelf.put(f"{number}", PNG)
        clock.advance(3700)
    assert await shelf.get("0")
    clock.advance(1)
    await shelf.put("10", PNG)
    assert weight(place) <= 10_500
    assert await shelf.get("0") is not None
    assert await shelf.get("1") is None
    assert await shelf.get("10") is not None


async def test_the_folder_never_outgrows_its_bound(shelf: DiskCache, place: Path) -> None:
    for number in range(40):
        await shelf.put(f"{number}", Image(bytes(1 + 97 * number % 2000), "image/png"))
        assert weight(place) <= 10_500
    assert weight(place) > 5000


async def test_pictures_that_arrive_at_once_stay_within_the_bound(shelf: DiskCache, place: Path) -> None:
    await asyncio.gather(*(shelf.put(f"{number}", PNG) for number in range(40)))
    assert 5000 < weight(place) <= 10_500


async def test_processes_that_share_a_folder_stay_near_the_bound(place: Path, clock: FakeClock) -> None:
    shelves = [DiskCache(place, most=100_000, now=clock.now) for _ in range(4)]
    for number in range(400):
        await shelves[number % 4].put(f"{number}", PNG)
    assert weight(place) <= 100_000 * (1 + 4 * 0.05)


async def test_a_picture_that_is_larger_than_the_bound_is_not_kept(shelf: DiskCache) -> None:
    await shelf.put("x", PNG)
    await shelf.put("huge", Image(bytes(10_500), "image/png"))
    assert await shelf.get("huge") is None
    assert await shelf.get("x") is not None


async def test_reading_marks_a_file_as_used_once_an_hour(shelf: DiskCache, place: Path, clock: FakeClock) -> None:
    await shelf.put("x", PNG)
    (file,) = files(place)
    began = file.stat().st_mtime
    clock.advance(3599)
    await shelf.get("x")
    assert file.stat().st_mtime == began
    clock.advance(2)
    await shelf.get("x")
    assert file.stat().st_mtime == pytest.approx(clock.now())


# --- what goes wrong


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\n",
        b"no head",
        b"1600000000 3 image/png\nab",
        b"1600000000 image/png\nabc",
        b"x 3 image/png\nabc",
        b"\xff\n",
        b"1 0 \n",
    ],
)
async def test_a_file_that_is_not_whole_is_none(shelf: DiskCache, place: Path, content: bytes) -> None:
    await shelf.put("x", PNG)
    files(place)[0].write_bytes(content)
    assert await shelf.get("x") is None
    await shelf.put("x", PNG)
    assert await shelf.get("x") is not None


async def test_what_was_never_finished_is_swept_after_an_hour(shelf: DiskCache, place: Path, clock: FakeClock) -> None:
    await shelf.put("x", PNG)
    left = files(place)[0].with_suffix(".part")
    for age, there in ((3000, True), (4000, False)):
        left.write_bytes(b"half")
        os.utime(left, (clock.now() - age, clock.now() - age))
        await DiskCache(place, most=10_500, now=clock.now).put("y", PNG)
        assert left.exists() is there


async def test_what_is_no_file_does_not_disturb(shelf: DiskCache, place: Path) -> None:
    (place / "aa" / "folder").mkdir(parents=True)
    (place / "notes.txt").write_text("the owner's")
    for number in range(20):
        await shelf.put(f"{number}", PNG)
    assert (place / "aa" / "folder").is_dir()
    assert (place / "notes.txt").exists()


@pytest.fixture
def occupied(place: Path) -> Path:
    place.write_text("a file where the folder should be")
    return place


async def test_a_folder_that_cannot_be_written_is_said_once_and_fails_nobody(
    occupied: Path, clock: FakeClock, caplog: pytest.LogCaptureFixture
) -> None:
    shelf = DiskCache(occupied, most=10_500, now=clock.now)
    for number in range(3):
        await shelf.put(f"{number}", PNG)
        assert await shelf.get(f"{number}") is None
    (record,) = caplog.records
    assert "Pictures cannot be kept in" in record.getMessage()


async def test_a_full_disk_leaves_no_half_picture(
    shelf: DiskCache, place: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    await shelf.put("x", PNG)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(Path, "replace", full)
        await shelf.put("x", Image(b"new", "image/gif"))
    kept = await shelf.get("x")
    assert kept is not None
    assert kept.picture == PNG
    assert len(files(place)) == 1
    assert "No space left" in caplog.text


async def test_a_kept_picture_is_read_though_it_cannot_be_marked(
    shelf: DiskCache, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read_only(*_: object) -> None:
        raise OSError(30, "Read-only file system")

    await shelf.put("x", PNG)
    clock.advance(4000)
    monkeypatch.setattr(os, "utime", read_only)
    assert await shelf.get("x") is not None


_WRITER = """
import asyncio, itertools, sys
from pathlib import Path
from app.serving.image_proxy import Image
from app.store.disk_cache import DiskCache

async def main():
    shelf = DiskCache(Path(sys.argv[1]), most=10**8, now=lambda: 1.6e9)
    print("ready", flush=True)
    for turn in itertools.count():
        await shelf.put(f"{turn % 5}", Image(bytes([turn % 256]) * 500_000, "image/png"))

asyncio.run(main())
"""


@pytest.fixture
def writer(place: Path) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen([sys.executable, "-c", _WRITER, place], stdout=subprocess.PIPE, cwd=ROOT)
    assert process.stdout is not None
    with process.stdout as said:
        assert said.readline() == b"ready\n"
        yield process
    process.kill()
    process.wait()


def test_a_process_that_is_killed_leaves_whole_pictures(
    writer: subprocess.Popen[bytes], place: Path, clock: FakeClock
) -> None:
    deadline = time.monotonic() + 20
    while len(files(place)) < 5 and time.monotonic() < deadline:
        threading.Event().wait(0.001)
    writer.send_signal(signal.SIGKILL)
    writer.wait()
    shelf = DiskCache(place, most=10**8, now=clock.now)
    found = [kept for number in range(5) if (kept := asyncio.run(shelf.get(f"{number}")))]
    assert found
    assert {len(kept.picture.body) for kept in found} == {500_000}
    assert {len(set(kept.picture.body)) for kept in found} == {1}
    assert len(files(place)) <= 6
