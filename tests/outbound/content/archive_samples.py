"""Archives for the tests of the archive reader: as git writes them, and as an enemy does."""

import gzip
import io
import tarfile
from collections.abc import Iterable

from app.outbound.content.archives.archive_tree import ArchiveTree

COMMIT = "c0ffee" * 6 + "abcd"


def regular(path: str, text: bytes = b"text") -> tuple[tarfile.TarInfo, bytes]:
    """Return a regular file."""
    member = tarfile.TarInfo(path)
    member.size = len(text)
    return member, text


def special(path: str, kind: bytes, target: str = "") -> tuple[tarfile.TarInfo, bytes]:
    """Return a link, device, pipe or folder."""
    member = tarfile.TarInfo(path)
    member.type, member.linkname = kind, target
    return member, b""


def pack(*members: tuple[tarfile.TarInfo, bytes]) -> bytes:
    """Return members as an uncompressed archive."""
    return _pack(members)


def archive(*members: tuple[tarfile.TarInfo, bytes]) -> io.BytesIO:
    """Return a packed archive."""
    return io.BytesIO(gzip.compress(_pack(members), 1))


def paths(file: io.BytesIO, folder: str = "") -> list[str]:
    """Return the paths of the files that the reader lists."""
    with ArchiveTree(file, folder) as tree:
        return [str(entry.path) for entry in tree.files()]


def _pack(members: Iterable[tuple[tarfile.TarInfo, bytes]]) -> bytes:
    buffer = io.BytesIO()
    headers = {"comment": COMMIT}
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT, pax_headers=headers) as tar:
        for member, text in members:
            tar.addfile(member, io.BytesIO(text))
    return buffer.getvalue()
