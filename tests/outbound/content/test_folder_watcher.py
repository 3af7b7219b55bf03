"""Changes of a folder are noticed within moments, whatever way they are made."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from watchfiles._rust_notify import RustNotify

from app.outbound.content.folders import watch_process, watcher
from tests.outbound.content.watched_folder import WatchedFolder


@pytest.fixture
async def watched_folder(tmp_path: Path) -> AsyncIterator[WatchedFolder]:
    folder = tmp_path / "site/content"
    (folder / "a").mkdir(parents=True)
    (folder / "a/x.md").write_text("1")
    watched = WatchedFolder(folder)
    watched.read()
    yield watched
    await watched.watcher.aclose()


async def test_every_kind_of_change_is_noticed(watched_folder: WatchedFolder, tmp_path: Path) -> None:
    folder = watched_folder.folder
    await watched_folder.wait_for_notice(lambda: (folder / "a/x.md").write_text("2"))
    (folder / "b/c").mkdir(parents=True)
    (folder / "b/c/y.md").write_text("1")
    await watched_folder.wait_for("a/x.md", "b/c/y.md")
    await watched_folder.wait_for_notice(lambda: (folder / "b/c/y.md").write_text("2"))
    (folder / "b").rename(folder / "d")
    await watched_folder.wait_for("a/x.md", "d/c/y.md")
    (tmp_path / "elsewhere").mkdir()
    (folder / "link").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "elsewhere/z.md").write_text("1")
    await watched_folder.wait_for("a/x.md", "d/c/y.md", "link/z.md")
    await watched_folder.wait_for_notice(lambda: (tmp_path / "elsewhere/z.md").write_text("2"))
    (tmp_path / "elsewhere/z.md").unlink()
    await watched_folder.wait_for("a/x.md", "d/c/y.md")


async def test_folder_that_is_made_again_is_watched(watched_folder: WatchedFolder, tmp_path: Path) -> None:
    folder = watched_folder.folder

    def make_again() -> None:
        shutil.rmtree(folder / "a")
        (folder / "a").mkdir()
        (folder / "a/x.md").write_text("2")

    await watched_folder.wait_for_notice(make_again)
    await watched_folder.wait_for_notice(lambda: (folder / "a/x.md").write_text("3"))
    shutil.rmtree(folder)
    await watched_folder.wait_for()
    (folder / "e").mkdir(parents=True)
    (folder / "e/v.md").write_text("1")
    await watched_folder.wait_for("e/v.md")
    await watched_folder.wait_for_notice(lambda: (folder / "e/v.md").write_text("2"))
    (tmp_path / "release").mkdir()
    (tmp_path / "release/w.md").write_text("1")
    folder.rename(tmp_path / "old")
    folder.symlink_to(tmp_path / "release")
    await watched_folder.wait_for("w.md")


async def test_many_changes_at_once_survive(watched_folder: WatchedFolder) -> None:
    folder = watched_folder.folder
    for number in range(1500):
        (folder / f"p{number % 40}").mkdir(exist_ok=True)
        (folder / f"p{number % 40}/{number}.md").write_text("1")
    (folder / "a/x.md").unlink()
    await watched_folder.wait_for(*sorted((f"p{n % 40}/{n}.md" for n in range(1500)), key=lambda path: path.split("/")))


async def test_dead_watch_process_is_replaced(
    watched_folder: WatchedFolder, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    await watched_folder.settle()
    process = watched_folder.watcher._process
    assert process is not None
    process.kill()
    await process.wait()
    monkeypatch.setattr(watcher, "_AT_LEAST_EVERY", 0.01)
    await watched_folder.watcher.wait_for_change()
    assert "the process that watches it ended with status -9" in caplog.text
    monkeypatch.undo()
    monkeypatch.setattr(watcher, "_LASTING", 0.0)
    process = watched_folder.watcher._process
    assert process is not None
    process.kill()
    async with asyncio.timeout(30):  # not the minute after which it is noticed in any case
        await watched_folder.watcher.wait_for_change()
    monkeypatch.undo()
    (watched_folder.folder / "new.md").write_text("1")
    await watched_folder.wait_for("a/x.md", "new.md")
    monkeypatch.setattr("sys.executable", "/no/python")
    await watched_folder.watcher.aclose()
    watched_folder.watcher._process = None
    monkeypatch.setattr(watcher, "_AT_LEAST_EVERY", 0.01)
    await watched_folder.watcher.wait_for_change()
    assert "cannot be started (No such file or directory)" in caplog.text


def test_network_drive_is_polled(tmp_path: Path) -> None:
    mounts = [(str(tmp_path), "nfs4"), ("/", "ext4")]
    notifications = watch_process.Notifications({"folder": str(tmp_path), "directories": [str(tmp_path)]}, mounts)
    assert notifications.polling_reason == "it is on a network drive (nfs4)"
    notifications.close()


def test_exhausted_notifications_are_replaced_by_polling(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def limited_notify(paths: list[str], debug: bool, polling: bool, *rest: Any) -> RustNotify:  # noqa: FBT001 - as the library has it
        if not polling:
            raise OSError(28, "OS file watch limit reached.")
        return RustNotify(paths, debug, polling, *rest)

    monkeypatch.setattr(watch_process, "RustNotify", limited_notify)
    notifications = watch_process.Notifications({"folder": str(tmp_path), "directories": [str(tmp_path)]}, [])
    assert notifications.polling_reason == "[Errno 28] OS file watch limit reached."
    notifications.close()


def test_mounts_of_this_machine_are_read() -> None:
    assert "/" in {mount for mount, _ in watch_process._read_mounts()}
