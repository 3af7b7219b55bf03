"""GitHub's archive of a branch: its files, and archives that lie, burst or end too early."""

import gzip
import io
import tarfile
from pathlib import PurePosixPath

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.outbound.content.archives import archive_tree
from app.outbound.content.archives.archive_tree import ArchiveTree
from app.outbound.content.archives.tar_members import BoundedReader, InvalidArchiveError, MemberReader
from tests.outbound.content.archive_samples import COMMIT, archive, pack, paths, regular, special

LONG = "x" * 150


def test_files_are_read_without_the_outer_folder() -> None:
    members = (regular("r-c0ffee/a/b.md", b"first second"), regular(f"r-c0ffee/{LONG}/{LONG}/ü.md"))
    with ArchiveTree(archive(*members), "") as tree:
        first, second = tree.files()
        assert (str(first.path), first.size, tree.commit) == ("a/b.md", 12, COMMIT)
        assert str(second.path) == f"{LONG}/{LONG}/ü.md"
        assert tree.read(first.path, 5) == b"first"
        assert tree.content == PurePosixPath()
        with pytest.raises(FileNotFoundError):
            tree.read(PurePosixPath("a/c.md"), 5)


def test_version_tells_whether_a_file_was_written() -> None:
    versions = []
    for text in (b"one", b"one", b"two"):
        with ArchiveTree(archive(regular("r/a.md", text)), "") as tree:
            versions.append(tree.files()[0].version)
    assert versions[0] == versions[1] != versions[2]


def test_root_is_the_folder_with_the_configuration() -> None:
    members = [regular(f"r/{path}") for path in ("README.md", "site/hugo.toml", "site/data/x.yml", "site/content/a.md")]
    with ArchiveTree(archive(*members), "site/content") as tree:
        assert tree.content == PurePosixPath("content")
        assert [str(file.path) for file in tree.files()] == ["content/a.md", "data/x.yml", "hugo.toml"]
        assert tree.read(PurePosixPath("content/a.md"), 9) == b"text"
    with ArchiveTree(archive(regular("r/content/a.md")), "content") as tree:
        assert [str(file.path) for file in tree.files()] == ["a.md"]


def test_hidden_files_and_pictures_are_left_out() -> None:
    members = [regular(f"r/{path}") for path in (".git/x.md", "a/.b/x.md", ".x.md", "a.PNG", "x.woff2", "a.md")]
    assert paths(archive(*members, regular("r/.eleventy.js"))) == [".eleventy.js", "a.md"]


@pytest.mark.parametrize(
    "path",
    [
        "/etc/passwd.md",
        "r/../x.md",
        "../x.md",
        "r/a/../../x.md",
        "x.md",
        "r/./x.md",
        "r//etc/x.md",
        ".",
        "r/" + "a/" * 9000 + "x.md",
    ],
)
def test_paths_cannot_leave_the_repository(path: str) -> None:
    result = paths(archive(regular(path), regular("r/good.md")))
    assert result in (["good.md"], ["etc/x.md", "good.md"])


def test_links_lead_to_files_of_the_archive_only() -> None:
    members = [
        *(regular("r/a/real.md"), special("r/b/link.md", tarfile.SYMTYPE, "../a/real.md")),
        *(
            special("r/out.md", tarfile.SYMTYPE, "/etc/passwd"),
            special("r/up.md", tarfile.SYMTYPE, "../../../etc/passwd"),
        ),
        *(special("r/one.md", tarfile.SYMTYPE, "two.md"), special("r/two.md", tarfile.SYMTYPE, "one.md")),
        *(special("r/folder", tarfile.SYMTYPE, "a"), special("r/hard.md", tarfile.LNKTYPE, "/etc/passwd")),
        *(special("r/device.md", tarfile.CHRTYPE), special("r/pipe.md", tarfile.FIFOTYPE)),
    ]
    with ArchiveTree(archive(*members), "") as tree:
        assert [str(file.path) for file in tree.files()] == ["a/real.md", "b/link.md"]
        assert tree.read(PurePosixPath("b/link.md"), 9) == b"text"


COMPLETE = archive(*(regular(f"r/{number}.md", b"x" * 900) for number in range(9))).getvalue()


@pytest.mark.parametrize("part", [0, 1, 9, 10, 30, len(COMPLETE) // 2, len(COMPLETE) - 9, len(COMPLETE) - 1])
def test_archive_that_is_cut_off_is_refused(part: int) -> None:
    with pytest.raises(InvalidArchiveError):
        paths(io.BytesIO(COMPLETE[:part]))


@pytest.mark.parametrize("size", [1, 512, 1024, 1536, 4096])
def test_packed_half_of_an_archive_is_refused(size: int) -> None:
    with pytest.raises(InvalidArchiveError):
        paths(io.BytesIO(gzip.compress(pack(*(regular(f"r/{n}.md") for n in range(9)))[:size])))


def test_damaged_header_does_not_end_an_archive() -> None:
    raw = pack(regular("r/a.md"), regular("r/b.md"))
    position = raw.index(b"r/b.md")
    damaged = raw[:position] + b"X" + raw[position + 1 :]
    with pytest.raises(InvalidArchiveError, match="a damaged header"):
        paths(io.BytesIO(gzip.compress(damaged)))
    hidden = raw[:position] + bytes(1024) + raw[position:]
    with pytest.raises(InvalidArchiveError, match="goes on after its end"):
        paths(io.BytesIO(gzip.compress(hidden)))


def test_missing_folder_is_named() -> None:
    with pytest.raises(InvalidArchiveError, match="there is no folder 'content' in it"):
        paths(archive(regular("r/a.md")), "content")


def test_bombs_burst_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive_tree, "MAX_UNPACKED_BYTES", 100_000)
    with pytest.raises(InvalidArchiveError, match="unpacks to more than 100000 bytes"):
        paths(archive(regular("r/a.png", bytes(200_000))))
    monkeypatch.setattr(archive_tree, "MAX_MEMBERS", 10)
    with pytest.raises(InvalidArchiveError, match="too many files"):
        paths(archive(*(regular(f"r/{number}.md") for number in range(20))))


def test_extended_header_cannot_fill_the_memory() -> None:
    header = tarfile.TarInfo("r/x")
    header.type, header.size = tarfile.XHDTYPE, 1 << 40
    with pytest.raises(InvalidArchiveError, match="a header of more than a megabyte"):
        paths(
            io.BytesIO(gzip.compress(header.tobuf(tarfile.USTAR_FORMAT if header.size < 8**11 else tarfile.GNU_FORMAT)))
        )


@given(st.binary(max_size=2000) | st.binary(max_size=300).map(lambda junk: pack(regular("r/a.md", junk))[:1600] + junk))
@settings(max_examples=60, deadline=None)
def test_any_bytes_are_refused_or_read(data: bytes) -> None:
    reader = MemberReader(BoundedReader(io.BytesIO(data), 10_000))
    try:
        members = list(reader.members(100))
    except InvalidArchiveError:
        return
    assert all(len(member.data) <= 100 for member in members)
