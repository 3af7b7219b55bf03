"""The shelf of pictures: a folder beside the store, bounded in bytes; the least recently used go first.

One file each, named by a digest, with a line before the picture that says what it is. Files are written beside and
renamed, so that a kill at any line leaves a whole one or none. Several processes share a folder without knowing of each
other: each counts what all files weigh again after it has written a small part of the bound. A disk that is full or
read-only costs readers nothing: the picture is then fetched again next time.
"""

import asyncio
import logging
import os
import stat
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from hashlib import blake2b
from pathlib import Path
from tempfile import NamedTemporaryFile

from app.serving.image_proxy import Image, Kept

_log = logging.getLogger(__name__)
_TOUCHED = 3600.0
"""Seconds after which a file that is read is marked as used again."""
_SWEPT_TO = 0.9
"""What part of the bound is left after files were removed, so that not each new one has the folder read."""
_COUNTED_AFTER = 0.05
"""What part of the bound a process may write before it counts again: others write too."""
_BROKEN_OFF = 3600.0
"""Seconds after which a file that was never finished is one of a process that was killed."""
_HEAD = 96
_UNFINISHED = ".part"


class DiskCache:
    """The port `ImageStore` in a folder, which is made where there is none; `most` is in bytes."""

    def __init__(self, folder: Path, *, most: int, now: Callable[[], float]) -> None:
        self._folder = folder
        self._most = most
        self._now = now
        self._room: int | None = None
        """How much may still be written before all is counted again; None before the first time."""
        self._writing = threading.Lock()
        self._complained = False

    async def get(self, name: str) -> Kept | None:
        """The picture of a name; None where it is not kept, or cannot be read."""
        return await asyncio.to_thread(self._read, self._file(name))

    async def put(self, name: str, picture: Image) -> None:
        """Keeps a picture; where that cannot be, says so once and goes on."""
        try:
            await asyncio.to_thread(self._write, self._file(name), picture)
        except OSError as failure:
            if not self._complained:
                _log.warning("Pictures cannot be kept in %s (%s). They are fetched again.", self._folder, failure)
            self._complained = True

    def _file(self, name: str) -> Path:
        digest = blake2b(name.encode(), digest_size=20).hexdigest()
        return self._folder / digest[:2] / digest[2:]

    def _read(self, file: Path) -> Kept | None:
        try:
            content, used = file.read_bytes(), file.stat().st_mtime
        except OSError:
            return None
        kept = _kept(content)
        if kept is not None and self._now() - used > _TOUCHED:
            with suppress(OSError):
                os.utime(file, (self._now(), self._now()))
        return kept

    def _write(self, file: Path, picture: Image) -> None:
        content = f"{int(self._now())} {len(picture.body)} {picture.content_type}\n".encode("ascii") + picture.body
        if len(content) > self._most:
            return
        with self._writing:  # several pictures arrive at once, each in a thread
            self._make_room(len(content))
            file.parent.mkdir(parents=True, exist_ok=True)
            with NamedTemporaryFile(dir=file.parent, suffix=_UNFINISHED, delete=False) as part:
                try:
                    part.write(content)
                    part.close()
                    os.utime(part.name, (self._now(), self._now()))
                    Path(part.name).replace(file)
                except BaseException:
                    Path(part.name).unlink(missing_ok=True)
                    raise

    def _make_room(self, weight: int) -> None:
        if self._room is None or self._room < weight:
            files = sorted(self._files())
            total = sum(size for _, size, _ in files)
            if total + weight > self._most:
                total -= _removed(files, total + weight - int(self._most * _SWEPT_TO))
            self._room = max(weight, min(self._most - total, int(self._most * _COUNTED_AFTER)))
        self._room -= weight

    def _files(self) -> Iterator[tuple[float, int, Path]]:
        """When each was last used, what it weighs, and where it is; what was never finished is swept."""
        for file in self._folder.glob("??/*"):
            with suppress(OSError):  # another process was faster
                found = file.stat()
                if file.suffix == _UNFINISHED and self._now() - found.st_mtime > _BROKEN_OFF:
                    file.unlink()
                elif stat.S_ISREG(found.st_mode):
                    yield found.st_mtime, found.st_size, file


def _removed(files: list[tuple[float, int, Path]], weight: int) -> int:
    """How much was removed, from the front, to make room for so much; fails only where nothing can be."""
    removed = 0
    for _, size, file in files:
        if removed >= weight:
            break
        file.unlink(missing_ok=True)
        removed += size
    return removed


def _kept(content: bytes) -> Kept | None:
    """What a file holds; None for one that is not whole, as after a power cut, or not ours."""
    head, _, body = content.partition(b"\n")
    written, length, content_type, *_ = [*head[:_HEAD].decode("ascii", "replace").split(" "), "", "", ""]
    if not (written.isdecimal() and length == str(len(body)) and content_type):
        return None
    return Kept(Image(body, content_type), float(written))
