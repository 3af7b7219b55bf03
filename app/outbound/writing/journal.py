"""The journal in a file of JSON lines, which one process at a time has open.

The file is in the user's state folder and belongs to one repository at one GitHub, so that two runs on one machine
exclude each other whatever folder they work on. It is empty if nothing is pending. A line that was cut off by a crash
is the last one, and was never acted upon.
"""

import fcntl
import json
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from typing_extensions import override

from app.domain.errors import CannotStart
from app.domain.sites import Repository
from app.ports.writing.journal import Journal

_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")


class FileJournal(Journal):
    """The port `Journal` in an open file that is locked by this process."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._pending = _read(descriptor)

    @override
    def pending(self) -> Mapping[str, float]:
        return dict(self._pending)

    @override
    def begin(self, digest: str, now: float) -> None:
        self._pending[digest] = now
        self._append({"digest": digest, "at": now})

    @override
    def end(self, digest: str) -> None:
        if self._pending.pop(digest, None) is None:
            return
        if self._pending:
            self._append({"digest": digest, "at": None})
        else:
            os.ftruncate(self._descriptor, 0)
            os.fsync(self._descriptor)

    def _append(self, entry: Mapping[str, object]) -> None:
        os.write(self._descriptor, f"\n{json.dumps(entry)}\n".encode())
        os.fsync(self._descriptor)


@contextmanager
def open_journal(folder: Path, api: str, repo: Repository) -> Iterator[FileJournal]:
    """Open and lock the journal of a repository. Raises `CannotStart` if another process has it, or if it fails."""
    name = _UNSAFE.sub("-", f"{urlsplit(api).netloc}-{repo.key}")
    path = folder / f"{name}.posts"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise CannotStart(
            f"The journal {path} cannot be written ({error.strerror}). Without it a crash could open an issue twice. "
            "Make the folder writable, or name another one in XDG_STATE_HOME."
        ) from None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        raise CannotStart(
            f"Another `posts create` for {repo} runs on this machine. Wait until it has ended, and run it again."
        ) from None
    try:
        yield FileJournal(descriptor)
    finally:
        os.close(descriptor)


def state_folder(environment: Mapping[str, str]) -> Path:
    """Return the folder of the journals: that of the XDG base directories, in the user's home by default."""
    state_home = environment.get("XDG_STATE_HOME") or str(
        Path(environment.get("HOME") or Path.cwd()) / ".local" / "state"
    )
    return Path(state_home) / "afterword"


def _read(descriptor: int) -> dict[str, float]:
    pending: dict[str, float] = {}
    content = os.pread(descriptor, os.fstat(descriptor).st_size, 0)
    for line in content.splitlines():
        try:
            entry = json.loads(line)
            digest, at = str(entry["digest"]), entry["at"]
        except (ValueError, TypeError, KeyError):
            continue  # empty, or cut off by a crash
        pending.pop(digest, None)
        if isinstance(at, int | float):
            pending[digest] = float(at)
    return pending


class MemoryJournal(Journal):
    """The port `Journal` without a file, for a run that writes nothing."""

    def __init__(self) -> None:
        self._pending: dict[str, float] = {}

    @override
    def pending(self) -> Mapping[str, float]:
        return dict(self._pending)

    @override
    def begin(self, digest: str, now: float) -> None:
        self._pending[digest] = now

    @override
    def end(self, digest: str) -> None:
        self._pending.pop(digest, None)
