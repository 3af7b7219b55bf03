"""The shelf of pictures: a folder beside the store, bounded in bytes; the least recently used go first.

One file each, named by a digest, with a line before the picture that says what it is. Files are written beside and
renamed, so that a kill at any line leaves a whole one or none. Several processes share a folder without knowing of each
other. A disk that is full or read-only costs readers nothing: the picture is then fetched again next time.
"""

import asyncio
import logging
import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from hashlib import blake2b
from pathlib import Path
from tempfile import NamedTemporaryFile

from app.engine.pictures import Kept, Picture

_log = logging.getLogger(__name__)
_TOUCHED = 3600.0
"""Seconds after which a file that is read is marked as used again."""
_SWEPT_TO = 0.9
"""What part of the bound is left after files were removed, so that not each new one has the folder read."""
_BROKEN_OFF = 3600.0
"""Seconds after which a file that was never finished is one of a process that was killed."""
_TYPE_LINE = 64
_UNFINISHED = ".part"


class PictureFolder:
    """The port `Shelf` in a folder, which is made where there is none; `most` is in bytes."""

    def __init__(self, folder: Path, *, most: int, now: Callable[[], float]) -> None:
        self._folder = folder
        self._most = most
        self._now = now
        self._weight: int | None = None
        """About what all files weigh; None until they were counted."""
        self._complained = False

    async def get(self, name: str) -> Kept | None:
        """The picture of a name; None where it is not kept, or cannot be read."""
        return await asyncio.to_thread(self._read, self._file(name))

    async def put(self, name: str, picture: Picture) -> None:
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
            kept = file.read_bytes()
            at = file.stat().st_ctime if not kept else file.stat().st_mtime
        except OSError:
            return None
        kind, found, rest = kept.partition(b"\n")
        written, _, content_type = kind.decode("ascii", "replace").partition(" ")
        if not found or len(kind) > _TYPE_LINE or not written.isdigit():
            return None
        if self._now() - at > _TOUCHED:
            with suppress(OSError):
                os.utime(file, (self._now(), self._now()))
        return Kept(Picture(rest, content_type), float(written))

    def _write(self, file: Path, picture: Picture) -> None:
        head = f"{int(self._now())} {picture.content_type}\n".encode("ascii")
        weight = len(head) + len(picture.body)
        if weight > self._most:
            return
        self._make_room(weight)
        file.parent.mkdir(parents=True, exist_ok=True)
        with NamedTemporaryFile(dir=file.parent, suffix=_UNFINISHED, delete=False) as part:
            try:
                part.write(head)
                part.write(picture.body)
                part.close()
                Path(part.name).replace(file)
            except BaseException:
                Path(part.name).unlink(missing_ok=True)
                raise
        self._weight = (self._weight or 0) + weight

    def _make_room(self, weight: int) -> None:
        if self._weight is not None and self._weight + weight <= self._most:
            return
        files = sorted(self._files())
        total = sum(size for _, size, _ in files)
        if total + weight > self._most:
            for _, size, file in files:
                if total + weight <= self._most * _SWEPT_TO:
                    break
                file.unlink(missing_ok=True)
                total -= size
        self._weight = total

    def _files(self) -> Iterator[tuple[float, int, Path]]:
        """When each was last used, what it weighs, and where it is; what was never finished is swept."""
        for file in self._folder.glob("??/*"):
            with suppress(OSError):  # another process was faster
                found = file.stat()
                if file.suffix == _UNFINISHED and self._now() - found.st_mtime > _BROKEN_OFF:
                    file.unlink(missing_ok=True)
                else:
                    yield found.st_mtime, found.st_size, file
