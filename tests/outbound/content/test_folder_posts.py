"""Posts from the content folder."""

import asyncio
import errno
import logging
import os
import tracemalloc
from pathlib import Path

import pytest

from tests.outbound.content.post_sources import catalog_of, post_folder, posts_of_both, read_numbers, write_page


async def test_pages_of_every_format_are_read(tmp_path: Path) -> None:
    write_page(tmp_path, "one.md", "ghissueid: 1")
    write_page(tmp_path, "a/b/c/index.markdown", "ghissueid: 2\nrepo: eve/notes")
    write_page(tmp_path, "x.HTML", "ghissueid: 3")
    (tmp_path / "y.adoc").write_text("+++\nghissueid = 4\n+++\n= Title\n", encoding="utf-8")
    (tmp_path / "z.mdx").write_bytes(b'{"ghissueid": 1}\n\xff\xfe')
    assert await read_numbers(post_folder(tmp_path)) == posts_of_both(1, 3, 4, notes=(2,))


@pytest.mark.parametrize(
    "name", ["node_modules/a/x.md", ".git/x.md", "a/.hidden/x.md", "_drafts/x.md", ".x.md", "x.txt", "x.md.orig"]
)
async def test_other_files_are_skipped(tmp_path: Path, name: str) -> None:
    write_page(tmp_path, "post.md", "ghissueid: 1")
    write_page(tmp_path, name, "ghissueid: 2")
    os.mkfifo(tmp_path / "pipe.md")
    (tmp_path / "folder.md").mkdir()
    assert await read_numbers(post_folder(tmp_path)) == posts_of_both(1)


async def test_folder_itself_may_have_any_name(tmp_path: Path) -> None:
    write_page(tmp_path, ".site/node_modules/x.md", "ghissueid: 1")
    assert await read_numbers(post_folder(tmp_path / ".site/node_modules")) == posts_of_both(1)


async def test_links_are_followed_without_loops(tmp_path: Path) -> None:
    content = tmp_path / "site" / "content"
    write_page(content, "a/one.md", "ghissueid: 1")
    write_page(tmp_path, "elsewhere/two.md", "ghissueid: 2")
    write_page(tmp_path, "site/README.md", "ghissueid: 3")
    (content / "linked").symlink_to(tmp_path / "elsewhere")
    (content / "three.md").symlink_to(write_page(tmp_path, "other/three.md", "ghissueid: 4"))
    (content / "a" / "circle").symlink_to(content / "a")
    (content / "a" / "up").symlink_to("../..")
    (content / "itself.md").symlink_to("itself.md")
    (content / "nowhere.md").symlink_to("nowhere")
    assert await read_numbers(post_folder(content)) == posts_of_both(1, 2, 4)


async def test_huge_pages_cost_only_their_start(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    size = 100 * 2**20
    os.truncate(write_page(tmp_path, "huge.md", "ghissueid: 1"), size)
    (tmp_path / "endless.md").write_text("---\nghissueid: 2\n", encoding="utf-8")
    os.truncate(tmp_path / "endless.md", size)
    tracemalloc.start()
    numbers = await read_numbers(post_folder(tmp_path))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert numbers == posts_of_both(1)
    assert peak < size / 4
    assert "endless.md: its front matter is longer than 1 MB" in caplog.text


async def test_malformed_page_is_logged_once_and_skipped(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    write_page(tmp_path, "good.md", "ghissueid: 1")
    write_page(tmp_path, "bad.md", "title: a: b\nghissueid: 2")
    write_page(tmp_path, "odd.md", "ghissueid: many")
    source = post_folder(tmp_path)
    assert [await read_numbers(source), await read_numbers(source)] == [posts_of_both(1), posts_of_both(1)]
    assert [record.levelname for record in caplog.records] == ["WARNING", "WARNING"]
    assert "bad.md, line 2: its front matter cannot be read" in caplog.text
    assert "odd.md, line 2: ghissueid is 'many'. Write the number" in caplog.text


async def test_warnings_about_many_pages_are_bounded(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    for number in range(23):
        write_page(tmp_path, f"{number}.md", "ghissueid: many")
    await read_numbers(post_folder(tmp_path))
    assert len(caplog.records) == 21
    assert "And 4 more" in caplog.text  # one of them: no page names its issue


async def test_changed_removed_and_moved_pages_are_noticed(tmp_path: Path) -> None:
    page = write_page(tmp_path, "one.md", "ghissueid: 1")
    write_page(tmp_path, "two.md", "ghissueid: 2")
    source = post_folder(tmp_path)
    assert await read_numbers(source) == posts_of_both(1, 2)
    write_page(tmp_path, "one.md", "ghissueid: 11")
    assert await read_numbers(source) == posts_of_both(2, 11)
    page.rename(tmp_path / "moved.md")
    (tmp_path / "two.md").unlink()
    assert await read_numbers(source) == posts_of_both(11)


async def test_replaced_page_of_equal_size_is_read_again(tmp_path: Path) -> None:
    page = write_page(tmp_path, "one.md", "ghissueid: 1")
    source = post_folder(tmp_path)
    assert await read_numbers(source) == posts_of_both(1)
    status = page.stat()
    write_page(tmp_path, "new.md", "ghissueid: 2").replace(page)
    os.utime(page, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert await read_numbers(source) == posts_of_both(2)


async def test_page_that_becomes_malformed_keeps_its_posts(tmp_path: Path) -> None:
    write_page(tmp_path, "one.md", "ghissueid: 1")
    source = post_folder(tmp_path)
    await read_numbers(source)
    write_page(tmp_path, "one.md", "title: a: b")
    assert [await read_numbers(source), await read_numbers(source)] == [posts_of_both(1), posts_of_both(1)]
    write_page(tmp_path, "one.md", "title: no comments any more")
    assert await read_numbers(source) == posts_of_both()


async def test_folder_without_posts_is_logged(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    source = post_folder(tmp_path)
    assert await read_numbers(source) == posts_of_both()
    assert "None of the 0 pages" in caplog.text
    assert "Write ghissueid: 41 into the front matter of a post" in caplog.text
    write_page(tmp_path, "one.md", "title: x")
    assert await read_numbers(source) == posts_of_both()
    assert "None of the 1 pages" in caplog.text


async def test_missing_or_empty_folder_keeps_the_posts(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    content = tmp_path / "content"
    write_page(content, "a/one.md", "ghissueid: 1")
    source = post_folder(content)
    await read_numbers(source)
    content.rename(tmp_path / "away")
    assert await read_numbers(source) == posts_of_both(1)
    assert "content is not read: it cannot be opened (No such file or directory). The posts stay as" in caplog.text
    assert source.failure == (
        "The posts cannot be read: it cannot be opened (No such file or directory). The posts stay as they were."
    )
    content.mkdir()
    assert await read_numbers(source) == posts_of_both(1)
    assert "content is not read: there is no page in it any more." in caplog.text
    write_page(content, "two.md", "ghissueid: 2")
    assert await read_numbers(source) == posts_of_both(2)
    assert source.failure == ""


async def test_emptied_folder_of_an_odd_site_keeps_the_posts(tmp_path: Path) -> None:
    post = write_page(tmp_path / "content", "one.md", "ghissueid: 1")
    (tmp_path / "hugo.yaml").write_text(
        "module: {mounts: [{source: content, target: content}, {source: ../x, target: content/x}]}"
    )
    source = post_folder(tmp_path / "content")
    assert await read_numbers(source) == posts_of_both(1)
    post.unlink()
    assert await read_numbers(source) == posts_of_both(1)
    assert "there is no page in it any more. If all are gone for good, leave one without" in str(source.failure)
    write_page(tmp_path / "content", "one.md", "title: The last")
    assert await read_numbers(source) == posts_of_both()
    assert source.failure == ""


async def test_unreadable_page_keeps_its_posts(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    page = write_page(tmp_path, "one.md", "ghissueid: 1")
    write_page(tmp_path, "two.md", "ghissueid: 2")
    source = post_folder(tmp_path)
    await read_numbers(source)
    page.unlink()
    page.symlink_to("one.md")  # root ignores permissions
    assert [await read_numbers(source), await read_numbers(source)] == [posts_of_both(1, 2), posts_of_both(1, 2)]
    assert [record.getMessage().partition("one.md: it ")[2] for record in caplog.records] == [
        "cannot be read (Too many levels of symbolic links). Its posts stay as they were."
    ]


async def test_unreadable_subfolder_keeps_its_posts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    write_page(tmp_path, "closed/one.md", "ghissueid: 1")
    write_page(tmp_path, "closed-not/two.md", "ghissueid: 2")
    source = post_folder(tmp_path)
    await read_numbers(source)
    scandir = os.scandir

    def scandir_with_error(path: str) -> object:
        if path == str(tmp_path / "closed"):
            raise PermissionError(errno.EACCES, "Permission denied", path)
        return scandir(path)

    monkeypatch.setattr(os, "scandir", scandir_with_error)
    (tmp_path / "closed-not" / "two.md").unlink()
    assert await read_numbers(source) == posts_of_both(1)
    assert "closed: the folder cannot be opened (Permission denied). Its posts stay as they were" in caplog.text


async def test_folder_never_opened_has_unknown_posts(tmp_path: Path) -> None:
    assert await read_numbers(post_folder(tmp_path / "none")) is None


async def test_earlier_posts_hold_until_the_folder_opens(tmp_path: Path) -> None:
    source = post_folder(tmp_path / "late", catalog_of(7))
    assert await read_numbers(source) == posts_of_both(7)
    write_page(tmp_path / "late", "one.md", "ghissueid: 1")
    assert await read_numbers(source) == posts_of_both(1)
    await source.aclose()


def test_successful_read_logs_nothing(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    write_page(tmp_path, "one.md", "ghissueid: 1")
    with caplog.at_level(logging.DEBUG, logger="app.outbound.content"):
        asyncio.run(read_numbers(post_folder(tmp_path)))
    assert caplog.records == []
