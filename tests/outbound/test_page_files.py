"""Pages are replaced completely or not at all, and keep what is theirs."""

import os
import stat
from pathlib import Path

import pytest

from app.outbound.writing.pages import FolderPages

BEFORE, AFTER = b"---\r\ntitle: \xfc\r\n---", b"---\r\ntitle: \xfc\r\nghissueid: 41\r\n---"


@pytest.fixture
def page(tmp_path: Path) -> Path:
    path = tmp_path / "content" / "posts" / "a.md"
    path.parent.mkdir(parents=True)
    path.write_bytes(BEFORE)
    return path


@pytest.fixture
def pages(page: Path) -> FolderPages:
    return FolderPages(page.parent.parent)


def test_mode_attributes_and_neighbours_stay(pages: FolderPages, page: Path) -> None:
    page.chmod(0o640)
    os.setxattr(page, "user.note", b"kept")
    os.chown(page, os.getuid(), os.getgid())
    pages.replace("posts/a.md", pages.read("posts/a.md"), AFTER)
    assert page.read_bytes() == AFTER
    assert (stat.S_IMODE(page.stat().st_mode), os.getxattr(page, "user.note")) == (0o640, b"kept")
    assert [path.name for path in page.parent.iterdir()] == ["a.md"]


def test_the_owner_stays(pages: FolderPages, page: Path) -> None:
    """Only root gives files to other users; everyone may choose among the groups they are in."""
    owner = (1234, 5678) if os.getuid() == 0 else (os.getuid(), max(os.getgroups(), default=os.getgid()))
    os.chown(page, *owner)
    pages.replace("posts/a.md", pages.read("posts/a.md"), AFTER)
    assert (page.stat().st_uid, page.stat().st_gid) == owner


def test_a_link_stays_and_its_target_changes(pages: FolderPages, page: Path, tmp_path: Path) -> None:
    target = tmp_path / "shared.md"
    page.rename(target)
    page.symlink_to("../../shared.md")
    pages.replace("posts/a.md", pages.read("posts/a.md"), AFTER)
    assert page.is_symlink()
    assert not target.is_symlink()
    assert target.read_bytes() == AFTER


def test_a_changed_file_is_left_alone(pages: FolderPages, page: Path) -> None:
    read = pages.read("posts/a.md")
    page.write_bytes(b"---\ntitle: other\n---")
    with pytest.raises(ValueError, match="changed just now"):
        pages.replace("posts/a.md", read, AFTER)
    page.unlink()
    with pytest.raises(ValueError, match="cannot be written"):
        pages.replace("posts/a.md", read, AFTER)


def test_a_file_with_two_names_is_refused(pages: FolderPages, page: Path) -> None:
    page.with_name("b.md").hardlink_to(page)
    with pytest.raises(ValueError, match="hard link"):
        pages.read("posts/a.md")


@pytest.mark.parametrize("source", ["posts", "posts/absent.md"])
def test_what_is_no_file_is_refused(pages: FolderPages, source: str) -> None:
    with pytest.raises(ValueError, match="by hand"):
        pages.read(source)


def test_a_large_file_is_refused(pages: FolderPages, page: Path) -> None:
    with page.open("wb") as file:
        file.truncate(17 * 2**20)
    with pytest.raises(ValueError, match="at most 16 MB"):
        pages.read("posts/a.md")


def test_a_full_disk_leaves_the_page(pages: FolderPages, page: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(ValueError, match="No space left on device"):
        pages.replace("posts/a.md", pages.read("posts/a.md"), AFTER)
    assert [path.name for path in page.parent.iterdir()] == ["a.md"]
    assert page.read_bytes() == BEFORE
