"""The disk cache of images: bounded, complete after any end, shared, and never a reason for a reader to get nothing."""

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

from app.domain.errors import StoreUnusable
from app.ports.images import Image
from app.store.disk_cache import DiskCache
from tests.fakes import FakeClock

ROOT = Path(__file__).parents[2]
PNG = Image(b"\x89PNG\r\n\x1a\n" + bytes(990), "image/png")


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "afterword.db-pictures"


@pytest.fixture
def cache(folder: Path, clock: FakeClock) -> DiskCache:
    return DiskCache(folder, most=10_500, now=clock.now)


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def _open_files() -> list[str]:
    """Return the files in the cache that this process has open."""
    return [path for link in Path("/proc/self/fd").iterdir() if "pictures" in (path := _target(link))]


def _target(link: Path) -> str:
    try:
        return str(link.readlink())
    except OSError:  # that of the listing itself
        return ""


def _total_size(folder: Path) -> int:
    return sum(path.stat().st_size for path in _files(folder))


async def test_image_comes_back_as_it_was_stored(cache: DiskCache, clock: FakeClock) -> None:
    assert await cache.get("x") is None
    await cache.put("x", PNG)
    clock.advance(50)
    stored = await cache.get("x")
    assert stored is not None
    assert (stored.image, stored.cached_at) == (PNG, clock.now() - 50)


async def test_image_may_be_empty_or_contain_line_ends(cache: DiskCache) -> None:
    for body in (b"", b"\n", b"1 1 image/png\n"):
        await cache.put("x", Image(body, "image/svg+xml"))
        stored = await cache.get("x")
        assert stored is not None
        assert stored.image == Image(body, "image/svg+xml")


async def test_large_image_is_read_in_parts(folder: Path, clock: FakeClock) -> None:
    cache = DiskCache(folder, most=10_000_000, now=clock.now)
    large = Image(bytes(range(256)) * 1_000, "image/png")
    await cache.put("x", large)
    stored = await cache.get("x")
    await cache.put("x", PNG)  # what is being sent stays what it was
    assert stored is not None
    assert stored.image.rest is not None
    parts = [part async for part in stored.image.rest.parts()]
    assert stored.image.size == 256_000
    assert max(map(len, [stored.image.body, *parts])) <= 66_000
    assert b"".join([stored.image.body, *parts]) == large.body


async def test_image_that_is_not_sent_leaves_no_open_file(folder: Path, clock: FakeClock) -> None:
    cache = DiskCache(folder, most=10_000_000, now=clock.now)
    await cache.put("x", Image(bytes(256_000), "image/png"))
    for _ in range(20):
        await cache.get("x")
    await asyncio.to_thread(lambda: None)  # the thread that has read the last one has dropped it after this
    async with asyncio.timeout(10):
        while _open_files():  # noqa: ASYNC110 - nothing to wait for
            await asyncio.sleep(0.01)


async def test_file_that_becomes_shorter_is_an_error(folder: Path, clock: FakeClock) -> None:
    cache = DiskCache(folder, most=10_000_000, now=clock.now)
    await cache.put("x", Image(bytes(256_000), "image/png"))
    stored = await cache.get("x")
    os.truncate(_files(folder)[0], 100_000)
    assert stored is not None
    assert stored.image.rest is not None
    with pytest.raises(StoreUnusable):
        assert [part async for part in stored.image.rest.parts()] == []


async def test_image_replaces_the_previous_one(cache: DiskCache, folder: Path) -> None:
    await cache.put("x", PNG)
    await cache.put("x", Image(b"new", "image/gif"))
    stored = await cache.get("x")
    assert stored is not None
    assert stored.image.body == b"new"
    assert len(_files(folder)) == 1


async def test_folder_is_created_with_the_first_image(cache: DiskCache, folder: Path) -> None:
    await cache.get("x")
    assert list(folder.parent.iterdir()) == []


async def test_nobody_else_may_read_the_images(cache: DiskCache, folder: Path) -> None:
    await cache.put("40", PNG)
    await asyncio.to_thread(folder.chmod, 0o755)  # as an earlier version left it
    await cache.put("41", PNG)
    for image in _files(folder):
        modes = [path.stat().st_mode & 0o777 for path in (folder, image.parent, image)]
        assert modes == [0o700, 0o700, 0o600]


async def test_other_process_reads_stored_images(cache: DiskCache, folder: Path, clock: FakeClock) -> None:
    await cache.put("x", PNG)
    other = DiskCache(folder, most=10_500, now=clock.now)
    assert await other.get("x") == await cache.get("x")


@given(name=st.one_of(st.text(), st.sampled_from(["../../etc/passwd", "/etc/passwd", "a/b", "..", "\0", "x" * 10_000])))
def test_no_name_leads_out_of_the_folder(name: str) -> None:
    folder = Path("/nowhere/pictures")
    file = DiskCache(folder, most=1, now=lambda: 0.0)._path(name)
    assert (file.parent.parent, len(file.parent.name)) == (folder, 2)
    assert file.name.isalnum()
    assert file.parent.name.isalnum()


# --- the bound


async def test_least_recently_used_images_go_first(cache: DiskCache, folder: Path, clock: FakeClock) -> None:
    for number in range(10):
        await cache.put(f"{number}", PNG)
        clock.advance(3700)
    assert await cache.get("0")
    clock.advance(1)
    await cache.put("10", PNG)
    assert _total_size(folder) <= 10_500
    assert await cache.get("0") is not None
    assert await cache.get("1") is None
    assert await cache.get("10") is not None


async def test_folder_never_exceeds_its_bound(cache: DiskCache, folder: Path) -> None:
    for number in range(40):
        await cache.put(f"{number}", Image(bytes(1 + 97 * number % 2000), "image/png"))
        assert _total_size(folder) <= 10_500
    assert _total_size(folder) > 5000


async def test_concurrent_images_stay_within_the_bound(cache: DiskCache, folder: Path) -> None:
    await asyncio.gather(*(cache.put(f"{number}", PNG) for number in range(40)))
    assert 5000 < _total_size(folder) <= 10_500


async def test_processes_sharing_a_folder_stay_near_the_bound(folder: Path, clock: FakeClock) -> None:
    caches = [DiskCache(folder, most=100_000, now=clock.now) for _ in range(4)]
    for number in range(400):
        await caches[number % 4].put(f"{number}", PNG)
    assert _total_size(folder) <= 100_000 * (1 + 4 * 0.05)


async def test_image_larger_than_the_bound_is_not_stored(cache: DiskCache) -> None:
    await cache.put("x", PNG)
    await cache.put("huge", Image(bytes(10_500), "image/png"))
    assert await cache.get("huge") is None
    assert await cache.get("x") is not None


async def test_reading_updates_the_last_use_once_an_hour(cache: DiskCache, folder: Path, clock: FakeClock) -> None:
    await cache.put("x", PNG)
    (file,) = _files(folder)
    used_at = file.stat().st_mtime
    clock.advance(3599)
    await cache.get("x")
    assert file.stat().st_mtime == used_at
    clock.advance(2)
    await cache.get("x")
    assert file.stat().st_mtime == pytest.approx(clock.now())


# --- failures


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
async def test_incomplete_file_is_no_image(cache: DiskCache, folder: Path, content: bytes) -> None:
    await cache.put("x", PNG)
    _files(folder)[0].write_bytes(content)
    assert await cache.get("x") is None
    await cache.put("x", PNG)
    assert await cache.get("x") is not None


async def test_abandoned_file_is_removed_after_an_hour(cache: DiskCache, folder: Path, clock: FakeClock) -> None:
    await cache.put("x", PNG)
    abandoned = _files(folder)[0].with_suffix(".part")
    for age, remains in ((3000, True), (4000, False)):
        abandoned.write_bytes(b"half")
        os.utime(abandoned, (clock.now() - age, clock.now() - age))
        await DiskCache(folder, most=10_500, now=clock.now).put("y", PNG)
        assert abandoned.exists() is remains


async def test_other_files_and_folders_stay(cache: DiskCache, folder: Path) -> None:
    (folder / "aa" / "folder").mkdir(parents=True)
    (folder / "notes.txt").write_text("the owner's")
    for number in range(20):
        await cache.put(f"{number}", PNG)
    assert (folder / "aa" / "folder").is_dir()
    assert (folder / "notes.txt").exists()


@pytest.fixture
def file_at_folder(folder: Path) -> Path:
    folder.write_text("a file where the folder should be")
    return folder


async def test_unwritable_folder_is_logged_once(
    file_at_folder: Path, clock: FakeClock, caplog: pytest.LogCaptureFixture
) -> None:
    cache = DiskCache(file_at_folder, most=10_500, now=clock.now)
    for number in range(3):
        await cache.put(f"{number}", PNG)
        assert await cache.get(f"{number}") is None
    (record,) = caplog.records
    assert "Images cannot be stored in" in record.getMessage()


async def test_full_disk_leaves_no_incomplete_image(
    cache: DiskCache, folder: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    await cache.put("x", PNG)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(Path, "replace", full)
        await cache.put("x", Image(b"new", "image/gif"))
    stored = await cache.get("x")
    assert stored is not None
    assert stored.image == PNG
    assert len(_files(folder)) == 1
    assert "No space left" in caplog.text


async def test_image_on_a_read_only_disk_is_read(
    cache: DiskCache, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read_only(*_: object) -> None:
        raise OSError(30, "Read-only file system")

    await cache.put("x", PNG)
    clock.advance(4000)
    monkeypatch.setattr(os, "utime", read_only)
    assert await cache.get("x") is not None


_WRITER = """
import asyncio, itertools, sys
from pathlib import Path
from app.ports.images import Image
from app.store.disk_cache import DiskCache

async def main():
    cache = DiskCache(Path(sys.argv[1]), most=10**8, now=lambda: 1.6e9)
    print("ready", flush=True)
    for turn in itertools.count():
        await cache.put(f"{turn % 5}", Image(bytes([turn % 256]) * 500_000, "image/png"))

asyncio.run(main())
"""


@pytest.fixture
def writer(folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen([sys.executable, "-c", _WRITER, folder], stdout=subprocess.PIPE, cwd=ROOT)
    assert process.stdout is not None
    with process.stdout as output:
        assert output.readline() == b"ready\n"
        yield process
    process.kill()
    process.wait()


def test_killed_process_leaves_complete_images(writer: subprocess.Popen[bytes], folder: Path, clock: FakeClock) -> None:
    deadline = time.monotonic() + 20
    while len(_files(folder)) < 5 and time.monotonic() < deadline:
        threading.Event().wait(0.001)
    writer.send_signal(signal.SIGKILL)
    writer.wait()
    cache = DiskCache(folder, most=10**8, now=clock.now)
    images = [stored for number in range(5) if (stored := asyncio.run(cache.get(f"{number}")))]
    assert images
    assert {stored.image.size for stored in images} == {500_000}
    assert {len(set(stored.image.body)) for stored in images} == {1}
    assert len(_files(folder)) <= 6
