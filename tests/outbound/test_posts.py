"""Where posts are known from: a folder of pages, or a published list."""

import asyncio
import errno
import json
import logging
import os
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from pytest_httpx import HTTPXMock

from app.domain.posts import Posts
from app.domain.sites import repository
from app.outbound.posts import BEGINNING, MOST_REDIRECTS, PostFolder, PublishedPostList, post_source
from tests.outbound.servers import Wire, serving, whole

BLOG = repository("ada/blog")
NOTES = repository("eve/notes")
SITES = (BLOG, NOTES)


def write(folder: Path, name: str, front: str) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"---\n{front}\n---\nText\n", encoding="utf-8")
    return path


def both(*numbers: int, notes: tuple[int, ...] = ()) -> Posts:
    return {BLOG: frozenset(numbers), NOTES: frozenset(notes)}


async def test_every_page_below_the_folder_is_read_whatever_its_format(tmp_path: Path) -> None:
    write(tmp_path, "one.md", "ghissueid: 1")
    write(tmp_path, "a/b/c/index.markdown", "ghissueid: 2\nrepo: eve/notes")
    write(tmp_path, "x.HTML", "ghissueid: 3")
    (tmp_path / "y.adoc").write_text("+++\nghissueid = 4\n+++\n= Title\n", encoding="utf-8")
    (tmp_path / "z.mdx").write_bytes(b'{"ghissueid": 1}\n\xff\xfe')
    assert await PostFolder(tmp_path, SITES).read() == both(1, 3, 4, notes=(2,))


@pytest.mark.parametrize(
    "name", ["node_modules/a/x.md", ".git/x.md", "a/.hidden/x.md", "_drafts/x.md", ".x.md", "x.txt", "x.md.orig"]
)
async def test_what_is_no_page_of_the_blog_is_passed_over(tmp_path: Path, name: str) -> None:
    write(tmp_path, "post.md", "ghissueid: 1")
    write(tmp_path, name, "ghissueid: 2")
    os.mkfifo(tmp_path / "pipe.md")
    (tmp_path / "folder.md").mkdir()
    assert await PostFolder(tmp_path, SITES).read() == both(1)


async def test_the_folder_itself_may_have_any_name(tmp_path: Path) -> None:
    write(tmp_path, ".site/node_modules/x.md", "ghissueid: 1")
    assert await PostFolder(tmp_path / ".site/node_modules", SITES).read() == both(1)


async def test_links_are_followed_but_neither_in_a_circle_nor_upwards(tmp_path: Path) -> None:
    content = tmp_path / "site" / "content"
    write(content, "a/one.md", "ghissueid: 1")
    write(tmp_path, "elsewhere/two.md", "ghissueid: 2")
    write(tmp_path, "site/README.md", "ghissueid: 3")
    (content / "linked").symlink_to(tmp_path / "elsewhere")
    (content / "three.md").symlink_to(write(tmp_path, "other/three.md", "ghissueid: 4"))
    (content / "a" / "circle").symlink_to(content / "a")
    (content / "a" / "up").symlink_to("../..")
    (content / "itself.md").symlink_to("itself.md")
    (content / "nowhere.md").symlink_to("nowhere")
    assert await PostFolder(content, SITES).read() == both(1, 2, 4)


async def test_only_the_beginning_of_a_page_is_read(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    page = write(tmp_path, "long.md", "ghissueid: 1")
    with page.open("a", encoding="utf-8") as file:
        file.write("é" * BEGINNING)
    write(tmp_path, "endless.md", f"title: {'é' * BEGINNING}\nghissueid: 2")
    assert await PostFolder(tmp_path, SITES).read() == both(1)
    assert "endless.md is passed over: its front matter has no end" in caplog.text


async def test_a_malformed_page_is_told_once_by_its_name_and_the_others_count(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    write(tmp_path, "good.md", "ghissueid: 1")
    write(tmp_path, "bad.md", "title: a: b\nghissueid: 2")
    write(tmp_path, "odd.md", "ghissueid: many")
    source = PostFolder(tmp_path, SITES)
    assert [await source.read(), await source.read()] == [both(1), both(1)]
    assert [record.levelname for record in caplog.records] == ["WARNING", "WARNING"]
    assert "bad.md is passed over: its front matter cannot be read (mapping values" in caplog.text
    assert "odd.md is passed over: ghissueid is 'many'. Write the number" in caplog.text


async def test_of_many_malformed_pages_some_are_named_and_the_others_counted(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    for number in range(23):
        write(tmp_path, f"{number}.md", "ghissueid: many")
    await PostFolder(tmp_path, SITES).read()
    assert len(caplog.records) == 21
    assert "And 4 more" in caplog.text  # that none names its issue is one of them


async def test_what_is_written_removed_and_moved_is_seen(tmp_path: Path) -> None:
    page = write(tmp_path, "one.md", "ghissueid: 1")
    write(tmp_path, "two.md", "ghissueid: 2")
    source = PostFolder(tmp_path, SITES)
    assert await source.read() == both(1, 2)
    write(tmp_path, "one.md", "ghissueid: 11")
    assert await source.read() == both(2, 11)
    page.rename(tmp_path / "moved.md")
    (tmp_path / "two.md").unlink()
    assert await source.read() == both(11)


async def test_a_page_of_the_same_size_and_time_as_before_is_read_again(tmp_path: Path) -> None:
    page = write(tmp_path, "one.md", "ghissueid: 1")
    source = PostFolder(tmp_path, SITES)
    assert await source.read() == both(1)
    times = page.stat()
    write(tmp_path, "new.md", "ghissueid: 2").replace(page)
    os.utime(page, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert await source.read() == both(2)


async def test_a_page_that_becomes_malformed_keeps_what_it_said(tmp_path: Path) -> None:
    write(tmp_path, "one.md", "ghissueid: 1")
    source = PostFolder(tmp_path, SITES)
    await source.read()
    write(tmp_path, "one.md", "title: a: b")
    assert [await source.read(), await source.read()] == [both(1), both(1)]
    write(tmp_path, "one.md", "title: no comments any more")
    assert await source.read() == both()


async def test_where_nothing_names_an_issue_that_is_told_clearly(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    source = PostFolder(tmp_path, SITES)
    assert await source.read() == both()
    assert "None of the 0 pages" in caplog.text
    assert "Write ghissueid: 41 into the front matter of a post" in caplog.text
    write(tmp_path, "one.md", "title: x")
    assert await source.read() == both()
    assert "None of the 1 pages" in caplog.text


async def test_a_folder_that_is_gone_or_emptied_leaves_the_posts_as_they_were(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    content = tmp_path / "content"
    write(content, "a/one.md", "ghissueid: 1")
    source = PostFolder(content, SITES)
    await source.read()
    content.rename(tmp_path / "away")
    assert await source.read() == both(1)
    assert "content cannot be opened (No such file or directory). Its posts stay as they were" in caplog.text
    content.mkdir()
    assert await source.read() == both(1)
    assert "There is no page in" in caplog.text
    write(content, "two.md", "ghissueid: 2")
    assert await source.read() == both(2)


async def test_a_page_that_cannot_be_opened_keeps_what_it_said(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    page = write(tmp_path, "one.md", "ghissueid: 1")
    write(tmp_path, "two.md", "ghissueid: 2")
    source = PostFolder(tmp_path, SITES)
    await source.read()
    page.unlink()
    page.symlink_to("one.md")  # permissions would not hold back root
    assert [await source.read(), await source.read()] == [both(1, 2), both(1, 2)]
    assert [record.getMessage().partition("one.md ")[2] for record in caplog.records] == [
        "cannot be read (Too many levels of symbolic links). Its posts stay as they were."
    ]


async def test_below_a_folder_that_cannot_be_opened_posts_stay_as_they_were(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    write(tmp_path, "closed/one.md", "ghissueid: 1")
    write(tmp_path, "closed-not/two.md", "ghissueid: 2")
    source = PostFolder(tmp_path, SITES)
    await source.read()
    opened = os.scandir

    def refusing(path: str) -> object:
        if path == str(tmp_path / "closed"):
            raise PermissionError(errno.EACCES, "Permission denied", path)
        return opened(path)

    monkeypatch.setattr(os, "scandir", refusing)
    (tmp_path / "closed-not" / "two.md").unlink()
    assert await source.read() == both(1)
    assert "closed cannot be opened (Permission denied). Its posts stay as they were" in caplog.text


async def test_a_folder_never_opened_is_unknown_and_not_empty(tmp_path: Path) -> None:
    assert await PostFolder(tmp_path / "none", SITES).read() is None


async def test_what_was_known_before_a_restart_holds_until_the_folder_can_be_opened(tmp_path: Path) -> None:
    source = post_source(str(tmp_path / "late"), SITES, known=both(7))
    assert await source.read() == both(7)
    write(tmp_path / "late", "one.md", "ghissueid: 1")
    assert await source.read() == both(1)
    await source.aclose()


@pytest.fixture
async def published() -> AsyncIterator[Callable[..., PublishedPostList]]:
    made: list[PublishedPostList] = []

    def build(wire: Wire | str, *, known: Posts | None = None, patience: float = 30.0) -> PublishedPostList:
        address = wire if isinstance(wire, str) else f"{wire.url}/posts.json?key=hush"
        made.append(PublishedPostList(address, SITES, known=known, patience=patience))
        return made[-1]

    yield build
    for source in made:
        await source.aclose()


Published = Callable[..., PublishedPostList]


def listing(data: object, *fields: str) -> bytes:
    return whole(json.dumps(data).encode(), *fields)


async def test_a_published_list_is_read(published: Published) -> None:
    data = {"posts": [1, {"ghissueid": 2, "repo": "eve/notes"}, {"title": "none"}]}
    async with serving(listing(data)) as wire:
        assert await published(wire).read() == both(1, notes=(2,))
    assert wire.heads[0].startswith(b"GET /posts.json?key=hush HTTP/1.1")
    assert b"User-Agent: afterword\r\n" in wire.heads[0]


async def test_a_list_that_did_not_change_is_not_sent_again(
    published: Published, caplog: pytest.LogCaptureFixture
) -> None:
    unchanged = whole(b"", status="304 Not Modified")
    async with serving(listing([1, "x"], 'ETag: "v1"'), unchanged, unchanged, listing([2])) as wire:
        source = published(wire)
        assert [await source.read() for _ in range(4)] == [both(1), both(1), both(1), both(2)]
    asked = [b'If-None-Match: "v1"' in head for head in wire.heads]
    assert asked == [False, True, True, True]
    assert len(caplog.records) == 1  # that an entry cannot be used is told once
    assert "entry 2: ghissueid is 'x'" in caplog.text


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (whole(b"[", status="500 Oops"), "status 500"),
        (whole(b"[]", status="404 Not Found"), "status 404"),
        (whole(b"", status="304 Not Modified"), "status 304"),
        (whole(b"<html>"), "it is not JSON"),
        (whole(b"["), "it is not JSON"),
        (whole(b'{"posts": 1}'), "neither an array"),
        (whole(b'["x"]'), "not one of its entries"),
        (whole(b"[1" + b" " * 9_000_000 + b"]"), "larger than"),
        (b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 99\r\n\r\n[", "cut off"),
        (whole(b"", "Location: /posts.json?key=hush", status="302 Found"), f"more than {MOST_REDIRECTS} times"),
        (whole(b"", "Location: ftp://x/y", status="301 Moved"), "UnsupportedProtocol"),
        (whole(b"", "Location: http://[", status="301 Moved"), "Invalid"),
    ],
)
async def test_a_list_that_cannot_be_used_is_unknown_at_first_and_leaves_what_was_known(
    published: Published, caplog: pytest.LogCaptureFixture, answer: bytes, reason: str
) -> None:
    async with serving(answer) as wire:
        assert await published(wire).read() is None
        assert "Nothing is served until it can" in caplog.text
        assert await published(wire, known=both(7)).read() == both(7)
    assert reason in caplog.text
    assert "The posts stay as they were" in caplog.text
    assert "hush" not in caplog.text


async def test_a_failure_is_told_once_and_a_list_after_it_comes_whole(
    published: Published, caplog: pytest.LogCaptureFixture
) -> None:
    failing = whole(b"", status="502 Bad Gateway")
    async with serving(listing([1], 'ETag: "v1"'), failing, failing, listing([1, 2])) as wire:
        source = published(wire)
        assert [await source.read() for _ in range(4)] == [both(1), both(1), both(1), both(1, 2)]
    assert b"If-None-Match" not in wire.heads[2]
    assert len(caplog.records) == 1


async def test_a_list_nobody_gives_is_unknown(published: Published, caplog: pytest.LogCaptureFixture) -> None:
    async with serving(b"") as wire:
        pass
    assert await published(wire).read() is None
    assert "ConnectError" in caplog.text


async def test_a_list_that_does_not_come_in_time_is_given_up(
    published: Published, caplog: pytest.LogCaptureFixture
) -> None:
    stop = asyncio.Event()

    async def silent(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await stop.wait()
        writer.close()

    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    address = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/posts.json"
    assert await published(address, patience=0.01).read() is None
    assert "no whole answer within 0.01 s" in caplog.text
    stop.set()
    server.close()


async def test_an_empty_list_is_believed_and_told(published: Published, caplog: pytest.LogCaptureFixture) -> None:
    async with serving(listing([])) as wire:
        assert await published(wire, known=both(7)).read() == both()
    assert "names no issue, so that nothing is served" in caplog.text


async def test_redirects_are_followed_and_each_address_has_its_own_etag(published: Published) -> None:
    async with serving(listing([1], 'ETag: "v1"')) as wire:
        moved = whole(b"", f"Location: {wire.url}/there.json", status="302 Found")
        async with serving(moved) as first:
            source = published(first)
            assert [await source.read(), await source.read()] == [both(1), both(1)]
    assert [b"If-None-Match" in head for head in first.heads + wire.heads] == [False, False, False, True]
    assert wire.heads[0].startswith(b"GET /there.json ")


async def test_a_redirect_never_leads_out_of_encryption(
    published: Published, httpx_mock: HTTPXMock, caplog: pytest.LogCaptureFixture
) -> None:
    there = {"Location": "http://blog.example.com/posts.json"}
    httpx_mock.add_response(url="https://blog.example.com/posts.json", status_code=301, headers=there)
    assert await published("https://blog.example.com/posts.json").read() is None
    assert "redirected to an address without https" in caplog.text


def test_a_place_is_an_address_or_a_folder(tmp_path: Path) -> None:
    assert isinstance(post_source("HTTPS://blog.example.com/posts.json", SITES), PublishedPostList)
    assert isinstance(post_source(str(tmp_path), SITES), PostFolder)
    assert isinstance(post_source("httpdocs", SITES), PostFolder)


def test_a_fine_reading_says_nothing(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    write(tmp_path, "one.md", "ghissueid: 1")
    with caplog.at_level(logging.DEBUG, logger="app.outbound.posts"):
        asyncio.run(PostFolder(tmp_path, SITES).read())
    assert caplog.records == []
