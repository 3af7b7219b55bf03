"""The disk cache of images: a folder beside the store, bounded in bytes, emptied by least recent use.

Each image is one file, named by a digest. Its first line holds the time, the length and the media type. A file is
written under another name and renamed: after a kill at any moment a file is complete or absent. Several processes share
the folder without coordination: each measures it again after it has written a small part of the bound. A full or
read-only disk costs readers nothing: the image is fetched again next time.
"""

import asyncio
import logging
import os
import stat
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import suppress
from hashlib import blake2b
from pathlib import Path
from tempfile import NamedTemporaryFile

from app.domain.errors import StoreUnusable
from app.ports.images import CachedImage, Image, ImageRest, ImageStore

_log = logging.getLogger(__name__)
_USE_INTERVAL = 3600.0
"""Seconds between two updates of a file's last use."""
_SHRINK_TO = 0.9
"""The part of the bound that a removal leaves, so that not every new file makes the process read the folder."""
_MEASURE_AFTER = 0.05
"""The part of the bound that a process may write before it measures the folder again: others write too."""
_ABANDONED_AFTER = 3600.0
"""Seconds after which an incomplete file belongs to a process that was killed."""
_LONGEST_HEADER = 96
_INCOMPLETE = ".part"
_PRIVATE_FOLDER = 0o700
_READ_AT_ONCE = 65_536
"""Bytes. A larger image is read in parts while it is sent: slow readers would keep whole ones in memory."""


class _FileRest(ImageRest):
    """The rest of an open file. It is closed at its end, or with the last reference to it."""

    def __init__(self, descriptor: int, size: int, path: Path) -> None:
        self.size = size
        self._descriptor: int | None = descriptor
        self._path = path

    async def parts(self) -> AsyncIterator[bytes]:
        left = self.size
        while left:
            part = await asyncio.to_thread(self._read, min(left, _READ_AT_ONCE))
            left -= len(part)
            yield part
        self._close()

    def _read(self, size: int) -> bytes:
        part = b"" if self._descriptor is None else os.read(self._descriptor, size)
        if not part:
            raise StoreUnusable(str(self._path), "the file is shorter than it was")
        return part

    def _close(self) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    __del__ = _close


class DiskCache(ImageStore):
    """Images in a folder, which is created when needed; `most` is its bound in bytes."""

    def __init__(self, folder: Path, *, most: int, now: Callable[[], float]) -> None:
        self._folder = folder
        self._most = most
        self._now = now
        self._room: int | None = None
        """Bytes that may be written before the next measurement; None before the first."""
        self._lock = threading.Lock()
        """Held while a file is written: several images arrive at once, each in a thread."""
        self._has_warned = False

    async def get(self, name: str) -> CachedImage | None:
        return await asyncio.to_thread(self._read, self._path(name))

    async def put(self, name: str, image: Image) -> None:
        try:
            await asyncio.to_thread(self._write, self._path(name), image)
        except OSError as error:
            if not self._has_warned:
                _log.warning("Images cannot be stored in %s (%s). They are fetched again.", self._folder, error)
            self._has_warned = True

    def _path(self, name: str) -> Path:
        digest = blake2b(name.encode(), digest_size=20).hexdigest()
        return self._folder / digest[:2] / digest[2:]

    def _read(self, path: Path) -> CachedImage | None:
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        except OSError:
            return None
        try:
            start, status = os.read(descriptor, _LONGEST_HEADER + _READ_AT_ONCE), os.fstat(descriptor)
            descriptor, rest = -1, _FileRest(descriptor, status.st_size - len(start), path)
        except OSError:
            return None
        finally:
            if descriptor >= 0:
                os.close(descriptor)
        image, used_at = _parse(start, rest), status.st_mtime
        if image is not None and self._now() - used_at > _USE_INTERVAL:
            with suppress(OSError):
                os.utime(path, (self._now(), self._now()))
        return image

    def _write(self, path: Path, image: Image) -> None:
        header = f"{int(self._now())} {len(image.body)} {image.content_type}\n".encode("ascii")
        size = len(header) + len(image.body)
        if size > self._most:
            return
        with self._lock:
            self._make_room(size)
            self._folder.mkdir(mode=_PRIVATE_FOLDER, parents=True, exist_ok=True)
            with suppress(OSError):  # it belongs to somebody else, who has set its mode
                self._folder.chmod(_PRIVATE_FOLDER)
            path.parent.mkdir(mode=_PRIVATE_FOLDER, exist_ok=True)
            with NamedTemporaryFile(dir=path.parent, suffix=_INCOMPLETE, delete=False) as part:
                try:
                    part.write(header)
                    part.write(image.body)
                    part.close()
                    os.utime(part.name, (self._now(), self._now()))
                    Path(part.name).replace(path)
                except BaseException:
                    Path(part.name).unlink(missing_ok=True)
                    raise

    def _make_room(self, size: int) -> None:
        if self._room is None or self._room < size:
            files = sorted(self._files())
            total = sum(file_size for _, file_size, _ in files)
            most = self._most if total + size <= self._most else int(self._most * _SHRINK_TO)
            for _, file_size, path in files:
                if total + size <= most:
                    break
                path.unlink(missing_ok=True)
                total -= file_size
            self._room = max(size, min(self._most - total, int(self._most * _MEASURE_AFTER)))
        self._room -= size

    def _files(self) -> Iterator[tuple[float, int, Path]]:
        """Yield last use, size and path of each file; remove abandoned incomplete files."""
        for path in self._folder.glob("??/*"):
            with suppress(OSError):  # another process was faster
                status = path.stat()
                if path.suffix == _INCOMPLETE and self._now() - status.st_mtime > _ABANDONED_AFTER:
                    path.unlink()
                elif stat.S_ISREG(status.st_mode):
                    yield status.st_mtime, status.st_size, path


def _parse(start: bytes, rest: ImageRest) -> CachedImage | None:
    """Return the image of a file; None if it is incomplete, as after a power cut, or not an image of this cache."""
    header, _, body = start.partition(b"\n")
    cached_at, length, content_type, *_ = [*header[:_LONGEST_HEADER].decode("ascii", "replace").split(" "), "", "", ""]
    image = Image(body, content_type, rest if rest.size else None)
    if not (cached_at.isdecimal() and length == str(image.size) and content_type):
        return None
    return CachedImage(image, float(cached_at))
