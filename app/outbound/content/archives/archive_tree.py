"""The files of a blog in GitHub's archive of a branch.

Nothing is written to the disk under a name of the archive: what may say something of posts goes into one file without
a name. Links lead to files of the archive only.
"""

import errno
import gzip
import posixpath
import zlib
from collections.abc import Sequence
from contextlib import suppress
from hashlib import blake2b
from pathlib import PurePosixPath
from tempfile import SpooledTemporaryFile
from types import TracebackType
from typing import BinaryIO, NamedTuple, Self, cast

from typing_extensions import override

from app.generators.tree import ContentFile, ContentTree
from app.outbound.content.archives.tar_members import BoundedReader, InvalidArchiveError, Member, MemberReader
from app.outbound.content.file_kinds import is_hidden, is_media
from app.outbound.content.site_root import levels_to_root

MAX_UNPACKED_BYTES = 2 * 2**30
MAX_MEMBERS = 300_000
_MAX_KEPT_BYTES = 256 * 2**20
"""Of all files together."""
_MAX_FILE_BYTES = 4 * 2**20
"""Of one file."""
_IN_MEMORY_BYTES = 8 * 2**20
"""More than this is kept on the disk."""
_MAX_PATH_PARTS = 256
"""A file in more folders is left out: no disk has it."""
_MAX_LINKS = 8
"""Links in a row that are followed."""


class _Text(NamedTuple):
    """Where the kept bytes of a file are."""

    offset: int
    length: int


class ArchiveTree(ContentTree):
    """The files of a branch; blocks while it reads. Close it, as a context manager, after the last `read`."""

    def __init__(self, archive: BinaryIO, folder: str) -> None:
        """Read a packed archive from its start; `folder` is the content folder in it, empty for the whole repository.

        Raises `InvalidArchiveError` if the archive is not complete, too large, or lacks the folder; `OSError` if the
        disk is full.
        """
        self._contents = SpooledTemporaryFile(max_size=_IN_MEMORY_BYTES)  # noqa: SIM115 - `close` closes it
        self._texts: dict[PurePosixPath, _Text] = {}
        self._files: dict[PurePosixPath, ContentFile] = {}
        self._links: dict[PurePosixPath, PurePosixPath] = {}
        self._names: dict[PurePosixPath, set[str]] = {PurePosixPath(): set()}
        """The names in each folder of the repository."""
        self.commit: str | None = None
        """The commit that git wrote into the archive."""
        try:
            self._read_archive(archive)
            content = self._find_folder(folder)
        except BaseException:
            self._contents.close()
            raise
        self._add_links()
        level = levels_to_root(lambda level: _names_above(self._names, content, level))
        self._root = content.parents[level - 1] if level else content
        self._content = content.relative_to(self._root)
        below = sorted(path for path in self._files if path.is_relative_to(self._root))
        self._files_below_root = [self._below_root(self._files[path]) for path in below]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._contents.close()

    @property
    @override
    def content(self) -> PurePosixPath:
        return self._content

    @override
    def files(self) -> Sequence[ContentFile]:
        return self._files_below_root

    @override
    def read(self, path: PurePosixPath, limit: int) -> bytes:
        text = self._texts.get(self._root / path)
        if text is None:
            raise FileNotFoundError(errno.ENOENT, "No such file in the archive", path.as_posix())
        self._contents.seek(text.offset)
        return self._contents.read(min(limit, text.length))

    def _find_folder(self, folder: str) -> PurePosixPath:
        if PurePosixPath(folder) not in self._names:
            raise InvalidArchiveError(f"there is no folder {folder!r} in it")
        return PurePosixPath(folder)

    def _below_root(self, file: ContentFile) -> ContentFile:
        return ContentFile(file.path.relative_to(self._root), file.version, file.size)

    def _read_archive(self, archive: BinaryIO) -> None:
        kept_bytes = 0
        try:
            with gzip.GzipFile(fileobj=archive, mode="rb") as stream:
                reader = MemberReader(BoundedReader(cast("BinaryIO", stream), MAX_UNPACKED_BYTES))
                for count, member in enumerate(reader.members(_MAX_FILE_BYTES)):
                    kept_bytes += self._add(member)
                    if count >= MAX_MEMBERS or kept_bytes > _MAX_KEPT_BYTES:
                        raise InvalidArchiveError("it has too many files for a blog. Name the content folder")
                self.commit = reader.comment
        except (EOFError, zlib.error, gzip.BadGzipFile):
            raise InvalidArchiveError("it is cut off or damaged") from None

    def _add(self, member: Member) -> int:
        """Keep what a member may say of posts; return its bytes."""
        path = _path_in_repository(member.path)
        if path is None:
            return 0
        self._add_name(path)
        if is_media(path.name) or any(is_hidden(part) and part != ".vitepress" for part in path.parts):
            return 0
        if member.link is not None:
            target = PurePosixPath(posixpath.normpath(posixpath.join(path.parent.as_posix(), member.link)))
            self._links[path] = target
            return 0
        self._texts[path] = _Text(self._contents.seek(0, 2), len(member.data))
        self._contents.write(member.data)
        version = (member.size, blake2b(member.data, digest_size=16).digest())
        self._files[path] = ContentFile(path, version, member.size)
        return len(member.data)

    def _add_name(self, path: PurePosixPath) -> None:
        """Add a name to its folder, and the folder to the one above."""
        names = self._names.get(path.parent)
        if names is None:
            names = self._names[path.parent] = set()
            self._add_name(path.parent)
        names.add(path.name)

    def _add_links(self) -> None:
        """Add the links that lead to files of the archive; those to folders and out of it are left out."""
        for path, first_target in self._links.items():
            target = first_target
            for _ in range(_MAX_LINKS):
                target = self._links.get(target, target)
            if target in self._texts and path not in self._texts:
                self._texts[path] = self._texts[target]
                self._files[path] = ContentFile(path, self._files[target].version, self._files[target].size)


def _path_in_repository(name: str) -> PurePosixPath | None:
    """Return a path without the folder in which GitHub puts everything; None if it leads out of it."""
    if name.startswith("/") or "\0" in name:
        return None
    parts = [part for part in name.encode("utf-8", "surrogateescape").decode("utf-8", "replace").split("/") if part]
    if ".." in parts or "." in parts or not 2 <= len(parts) <= _MAX_PATH_PARTS:  # noqa: PLR2004 - the folder and a name
        return None
    return PurePosixPath(*parts[1:])


def _names_above(names: dict[PurePosixPath, set[str]], folder: PurePosixPath, level: int) -> set[str] | None:
    if level > len(folder.parts):
        return None
    with suppress(KeyError):
        return names[folder if not level else folder.parents[level - 1]]
    return None
