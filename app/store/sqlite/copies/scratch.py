"""Folders for temporary files that a copy needs, and that the next one removes if a copy was killed.

A process locks its folder, and the system unlocks it when the process ends, however it ends.
"""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_PREFIX = "afterword-copy-"


@contextmanager
def scratch_folder() -> Iterator[Path]:
    """Yield a folder that is removed at the end; remove those that killed copies left behind. Raises `OSError`."""
    for rest in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        _remove_rest(rest)
    folder, lock = _create()
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(lock)


def _create() -> tuple[Path, int]:
    """Return a new folder and the descriptor that locks it."""
    while True:
        folder = Path(tempfile.mkdtemp(prefix=_PREFIX))
        with suppress(FileNotFoundError):  # another copy took it for one that was left behind
            lock = _lock(folder)
            if lock is not None and folder.exists():
                return folder, lock
            if lock is not None:
                os.close(lock)


def _remove_rest(folder: Path) -> None:
    """Remove a folder of this user's that no process has locked."""
    with suppress(OSError):
        lock = _lock(folder)
        if lock is None:
            return
        try:
            if os.fstat(lock).st_uid == os.geteuid():
                shutil.rmtree(folder, ignore_errors=True)
        finally:
            os.close(lock)


def _lock(folder: Path) -> int | None:
    """Return a descriptor that locks a folder; None if a process has locked it. Raises `OSError`."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        return None
    return descriptor
