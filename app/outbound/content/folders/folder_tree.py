"""The files of a blog in a folder, at one moment.

Links are followed, but neither in a loop nor upwards. Hidden folders are skipped, and what is no regular file. Beside
the content folder the site's root is walked too, for its configuration and data, without what generators write there.
"""

import errno
import os
import stat
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import count
from pathlib import Path, PurePosixPath

from typing_extensions import override

from app.domain.posts.posts import PostProblem, ProblemKind
from app.generators.tree import ContentFile, ContentTree
from app.outbound.content.file_kinds import is_hidden, is_media, is_output
from app.outbound.content.site_root import levels_to_root

MAX_FILES = 200_000
"""More files than any blog has; a folder with more is not read."""
MAX_FILES_BESIDE = 20_000
"""The most files of the site that are listed outside the content folder."""
_UNSETTLED_SECONDS, _UNSETTLED_COARSE_SECONDS = 0.05, 2.0
"""A file that was written so recently may be written again without a change of its times; some file systems store whole
seconds only."""
_SECOND = 1_000_000_000
_WORK_SECONDS = 0.002
"""After so much reading the thread lets the event loop run, if that waits for Python's lock."""

_CACHED_PATHS = 20_000
_ROOT = PurePosixPath()

_readings = count()


@dataclass(frozen=True, slots=True)
class FolderError:
    """A folder that cannot be opened."""

    folder: PurePosixPath
    """Relative to the root."""
    error: OSError


@dataclass(frozen=True, slots=True)
class Directory:
    """A folder that was read; another one at the same path is another folder."""

    path: str
    device: int
    inode: int


class FolderTree(ContentTree):
    """The files below a content folder, and those of its site; blocks while it reads.

    `errors` are the folders that could not be opened, `directories` all that could.
    """

    def __init__(self, folder: Path, now: float) -> None:
        """Walk the folder at the time `now`. Its name may be any: only those below it are skipped if hidden."""
        self._now = now
        path = Path(os.path.abspath(folder))  # noqa: PTH100 - `resolve` would leave the site through a link
        level = levels_to_root(lambda level: _names(path, level))
        self.root = path.parents[level - 1] if level else path
        self._content = PurePosixPath(path.relative_to(self.root).as_posix())
        self.errors: list[FolderError] = []
        self.directories: set[Directory] = set()
        self.is_too_large = False
        self._real_root = os.path.realpath(self.root)
        self._identities: set[tuple[int, int]] = set()
        self._real_paths: dict[PurePosixPath, str] = {}
        """The paths on disk of files whose names are not UTF-8."""
        self._files: list[ContentFile] = []
        self._since = time.perf_counter()
        self._walk(self._content.as_posix(), MAX_FILES)
        if level:
            self._walk(".", len(self._files) + MAX_FILES_BESIDE)
        self._files.sort(key=lambda file: file.path.parts)

    @property
    @override
    def content(self) -> PurePosixPath:
        return self._content

    @property
    def content_error(self) -> OSError | None:
        """Return why the content folder itself cannot be opened, or None."""
        return next((error.error for error in self.errors if error.folder == self._content), None)

    @property
    def problems(self) -> tuple[PostProblem, ...]:
        """Return a problem for each folder below the content folder that cannot be opened."""
        return tuple(
            PostProblem(
                ProblemKind.UNREADABLE_FOLDER,
                error.folder.relative_to(self._content).as_posix(),
                f"the folder cannot be opened ({error.error.strerror})",
                "Let the user who runs Afterword read it.",
            )
            for error in self.errors
            if error.folder.is_relative_to(self._content)
        )

    @override
    def files(self) -> Sequence[ContentFile]:
        return self._files

    @override
    def read(self, path: PurePosixPath, limit: int) -> bytes:
        self._give_way()
        name = self._real_paths.get(path, path.as_posix())
        # without O_NONBLOCK, opening what has become a pipe would wait for its writer
        descriptor = os.open(os.path.join(self.root, name), os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)  # noqa: PTH118 - a path at a time, thousands of times
        try:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode):
                raise OSError(errno.EINVAL, "It is no regular file any more", path.as_posix())
            return _read_start(descriptor, limit, status.st_size)
        finally:
            os.close(descriptor)

    def _give_way(self) -> None:
        """Let the event loop run: readers come first."""
        if time.perf_counter() - self._since > _WORK_SECONDS:
            time.sleep(0)
            self._since = time.perf_counter()

    def _walk(self, start: str, most_files: int) -> None:
        """Add all files below a folder: first of its own folders, then of those behind links."""
        folders, links = [start], list[str]()
        while (folders or links) and not self.is_too_large:
            folder = folders.pop() if folders else links.pop(0)
            self._give_way()
            for entry in self._open(folder, is_start=folder == start):
                name = entry.name if folder == "." else f"{folder}/{entry.name}"
                if _is_folder(entry):
                    if self._enters(entry, is_beside=folder == "." and self._content != _ROOT):
                        (links if entry.is_symlink() else folders).append(name)
                elif not is_hidden(entry.name) and not is_media(entry.name):
                    self._add(entry, name)
            if len(self._files) > most_files:
                self.is_too_large = most_files == MAX_FILES
                return

    def _open(self, folder: str, *, is_start: bool) -> list[os.DirEntry[str]]:
        """Return the entries of a folder; none if it was entered before or cannot be opened."""
        path = os.path.join(self.root, folder)  # noqa: PTH118 - as above
        try:
            status = os.stat(path)  # noqa: PTH116 - as above
            if (status.st_dev, status.st_ino) in self._identities:
                return []
            self._identities.add((status.st_dev, status.st_ino))
            with os.scandir(path) as entries:
                result = list(entries)
        except OSError as error:
            if is_start or not isinstance(error, FileNotFoundError):
                self.errors.append(FolderError(PurePosixPath(_readable(folder)), error))
            return []
        self.directories.add(Directory(path, status.st_dev, status.st_ino))
        return result

    def _enters(self, entry: os.DirEntry[str], *, is_beside: bool) -> bool:
        """Return True for a folder to walk; `is_beside` if it is in the site's root, beside the content."""
        if is_hidden(entry.name):
            return entry.name == ".vitepress"
        if is_beside and is_output(entry.name):
            return False
        if entry.name == "node_modules" and self._is_npm_project(entry.path):
            return False
        return not (entry.is_symlink() and _is_upwards(self._real_root, entry.path))

    def _is_npm_project(self, path: str) -> bool:
        """Return True if `node_modules` are the packages of the folder that they are in."""
        return os.path.exists(os.path.join(os.path.dirname(path), "package.json"))  # noqa: PTH110, PTH118, PTH120 - as above

    def _add(self, entry: os.DirEntry[str], name: str) -> None:
        path = _path(_readable(name))
        try:
            status = entry.stat()
        except FileNotFoundError:
            return
        except OSError:  # reading it reports the error
            self._files.append(ContentFile(path, ("unreadable", next(_readings)), 0))
            return
        if not stat.S_ISREG(status.st_mode):
            return
        version: tuple[int, ...] = (status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)
        is_fine = status.st_ctime_ns % _SECOND or status.st_mtime_ns % _SECOND
        if abs(self._now - status.st_ctime) < (_UNSETTLED_SECONDS if is_fine else _UNSETTLED_COARSE_SECONDS):
            version = (*version, next(_readings))
        if not name.isascii() and path.as_posix() != name:
            self._real_paths[path] = name
        self._files.append(ContentFile(path, version, status.st_size))


@lru_cache(maxsize=_CACHED_PATHS)
def _path(name: str) -> PurePosixPath:
    """Return a path; the same ones come with each read."""
    return PurePosixPath(name)


def _read_start(descriptor: int, limit: int, size: int) -> bytes:
    """Return the first bytes of a file: the rest is there only if its `size` says so, or it grows."""
    data = os.read(descriptor, min(limit, size + 1))
    while len(data) < limit and (part := os.read(descriptor, limit - len(data))):
        data += part
    return data


def _names(folder: Path, level: int) -> frozenset[str] | None:
    """Return the names in the folder `level` levels above; None for the machine's root, and for a user's home."""
    path = folder if not level else folder.parents[level - 1] if level <= len(folder.parents) else None
    if path is None or (level and (path.parent == path or path == Path.home())):
        return None
    try:
        return frozenset(entry.name for entry in path.iterdir())
    except OSError:
        return frozenset() if not level else None


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False


def _is_upwards(real_root: str, link: str) -> bool:
    return Path(real_root).is_relative_to(os.path.realpath(link))


def _readable(name: str) -> str:
    """Return a path as text; bytes that are not UTF-8 become U+FFFD."""
    if name.isascii():
        return name
    return os.fsencode(name).decode("utf-8", errors="replace")
