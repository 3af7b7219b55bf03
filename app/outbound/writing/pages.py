"""The files of pages in a content folder, replaced atomically.

The new content is written to a file beside the page and takes its name in one step, so that a crash leaves the old page
or the new one. Mode, owner and extended attributes stay; if the page is a link, its target is replaced and the link
stays. A file with several names is refused: the others would keep the old content.
"""

import os
import stat
from contextlib import suppress
from pathlib import Path
from tempfile import mkstemp

from typing_extensions import override

from app.ports.writing.pages import PageFile, Pages

MAX_BYTES = 16 * 2**20
"""A page with an inlined picture is smaller."""
_BY_HAND = "Write the number by hand"


class FolderPages(Pages):
    """The port `Pages` for a folder; a page outside it is refused, unless a link in the folder leads there.

    `fields_suffix` is that of files that have the fields of the page beside them, as `.meta` in Nikola.
    """

    def __init__(self, folder: Path, fields_suffix: str | None = None) -> None:
        self._folder = folder
        self._fields_suffix = fields_suffix

    @override
    def read(self, source: str) -> PageFile:
        path = self._path(source)
        try:
            with path.open("rb") as file:
                status = os.fstat(file.fileno())
                self._check(path, status)
                return PageFile(file.read(), _version(status))
        except OSError as error:
            raise ValueError(f"the file cannot be read ({error.strerror}). {_BY_HAND}") from None

    @override
    def replace(self, source: str, page: PageFile, content: bytes) -> None:
        path = self._path(source)
        try:
            _check_unchanged(path, page)
            _replace(path, page, content)
        except OSError as error:
            raise ValueError(f"the file cannot be written ({error.strerror}). {_BY_HAND}") from None

    def _path(self, source: str) -> Path:
        """Return the file behind all links that has the fields of a page."""
        path = self._folder / source
        if self._fields_suffix is not None and path.with_suffix(self._fields_suffix).is_file():
            path = path.with_suffix(self._fields_suffix)
        return Path(os.path.realpath(path))

    def _check(self, path: Path, status: os.stat_result) -> None:
        if not stat.S_ISREG(status.st_mode) or status.st_size > MAX_BYTES:
            raise ValueError(f"it is no file of at most {MAX_BYTES // 2**20} MB. {_BY_HAND}")
        if status.st_nlink > 1:
            raise ValueError(f"the file has another name (a hard link), which would keep the old content. {_BY_HAND}")
        if not os.access(path, os.W_OK) or not os.access(path.parent, os.W_OK):
            raise ValueError("the file or its folder is write-protected. Allow writing, and run the command again")


def _version(status: os.stat_result) -> tuple[int, ...]:
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns


def _check_unchanged(path: Path, page: PageFile) -> None:
    if _version(path.stat()) != page.version or path.read_bytes() != page.content:
        raise ValueError("the file was changed just now. Run the command again")


def _replace(path: Path, page: PageFile, content: bytes) -> None:
    descriptor, name = mkstemp(prefix=f".{path.name[:100]}.", suffix=".afterword", dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            _copy_attributes(path, file.fileno())
            os.fsync(file.fileno())
        _check_unchanged(path, page)
        Path(name).replace(path)
    except BaseException:
        with suppress(OSError):
            Path(name).unlink()
        raise
    _sync_folder(path.parent)


def _copy_attributes(path: Path, descriptor: int) -> None:
    """Give a file the owner, extended attributes and mode of another."""
    status, own = path.stat(), os.fstat(descriptor)
    if (status.st_uid, status.st_gid) != (own.st_uid, own.st_gid):
        os.fchown(descriptor, status.st_uid, status.st_gid)
    for attribute in os.listxattr(path):
        with suppress(OSError):  # the system sets some itself
            os.setxattr(descriptor, attribute, os.getxattr(path, attribute))
    os.fchmod(descriptor, stat.S_IMODE(status.st_mode))


def _sync_folder(folder: Path) -> None:
    """Make the new name of a file durable; not every file system can."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
