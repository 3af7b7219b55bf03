"""A process that says when files of a blog change: the system's notifications, through watchfiles.

It is a process of its own because to register thousands of folders takes a tenth of a second, in which Python's lock is
held and no reader would be served.

It reads lines of JSON from its standard input: `{"folder": path, "directories": [paths]}`, each in place of the one
before. It writes a line for each event, and ends with its input.

| line        | meaning                                                                                  |
|-------------|------------------------------------------------------------------------------------------|
| `watching`  | from now on changes in these directories are noticed; those before may have been missed   |
| `changed`   | something in them changed, or the folder is another one now                               |
| `polling …` | the system gives no notifications, for this reason: the directories are compared instead |
"""

import json
import os
import queue
import signal
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from watchfiles._rust_notify import RustNotify, WatchfilesRustInternalError

_DEBOUNCE_MS, _STEP_MS = 200, 20
"""Changes are collected until none comes for the step, and at most for the whole time."""
_CHECK_MS = 400
"""How often the folder is compared with the one that is watched: it may be a link, or below one, that changed."""
_POLL_MS, _SLOW_POLL_MS, _MANY_DIRECTORIES = 1000, 5000, 2000
_NETWORK_FILE_SYSTEMS = (
    "nfs",
    "cifs",
    "smb",
    "9p",
    "afs",
    "ceph",
    "glusterfs",
    "fuse.",
    "vboxsf",
    "virtiofs",
    "prl_fs",
)
_MOUNTS = "/proc/self/mounts"


class Notifications:
    """The watched directories; `stop` ends a wait."""

    def __init__(self, order: dict[str, Any], mounts: Sequence[tuple[str, str]]) -> None:
        self.folder: str = order["folder"]
        self.is_outdated = False
        """True once one of the directories was removed or created again: the notifications are those of the old one."""
        self._identity = _identity(self.folder)
        self._directories = frozenset(order["directories"])
        directories = [path for path in order["directories"] if os.path.isdir(path)]  # noqa: PTH112 - text of JSON
        reason = _network_file_system(self.folder, mounts)
        self.polling_reason = f"it is on a network drive ({reason})" if reason else None
        self._notify = None if reason else self._notify_of(directories)
        if self._notify is None:
            delay = _POLL_MS if len(directories) < _MANY_DIRECTORIES else _SLOW_POLL_MS
            with suppress(OSError, WatchfilesRustInternalError):  # then the folder's identity alone is compared
                self._notify = RustNotify(directories, False, True, delay, False, True)  # noqa: FBT003 - it has no names for them

    def _notify_of(self, directories: Sequence[str]) -> RustNotify | None:
        try:
            return RustNotify(list(directories), False, False, _POLL_MS, False, True)  # noqa: FBT003 - as above
        except (OSError, WatchfilesRustInternalError) as error:
            self.polling_reason = " ".join(str(error).split())
            return None

    def wait(self, stop: threading.Event) -> bool:
        """Wait for a moment; return True if something changed."""
        if self._notify is None:
            stop.wait(_CHECK_MS / 1000)
            changes: Any = "timeout"
        else:
            changes = self._notify.watch(_DEBOUNCE_MS, _STEP_MS, _CHECK_MS, stop)
        paths = [path for _, path in changes] if isinstance(changes, set) else []
        is_other = _identity(self.folder) != self._identity
        self.is_outdated = is_other or not self._directories.isdisjoint(paths)
        return is_other or any(map(_is_relevant, paths))

    def close(self) -> None:
        """End the notifications."""
        if self._notify is not None:
            self._notify.close()


def _identity(folder: str) -> tuple[int, int] | None:
    try:
        status = os.stat(folder)  # noqa: PTH116 - text of JSON
    except OSError:
        return None
    return status.st_dev, status.st_ino


def _is_relevant(path: str) -> bool:
    """Return False for what editors write beside a file, and for the folder of git."""
    name = os.path.basename(path)  # noqa: PTH119 - text
    return not name.endswith(("~", ".swp", ".swx", ".lock")) and name not in {"4913", ".git", ".DS_Store"}


def _read_mounts() -> list[tuple[str, str]]:
    """Return folder and file system of each mount, the longest folder first."""
    try:
        with open(_MOUNTS, encoding="utf-8", errors="surrogateescape") as file:  # noqa: PTH123 - a system's file
            fields = [line.split() for line in file]
    except OSError:  # another system
        return []
    return sorted(((row[1], row[2]) for row in fields if len(row) > 2), key=lambda mount: -len(mount[0]))  # noqa: PLR2004 - two fields


def _network_file_system(folder: str, mounts: Sequence[tuple[str, str]]) -> str | None:
    real_path = os.path.realpath(folder)
    for mount, kind in mounts:
        if real_path == mount or real_path.startswith(mount.rstrip("/") + "/"):
            return kind if kind.startswith(_NETWORK_FILE_SYSTEMS) else None
    return None


def _write_line(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _read_orders(orders: "queue.SimpleQueue[dict[str, Any] | None]", stop: threading.Event) -> None:
    """Put each line of the input into the queue, and None at its end."""
    for line in sys.stdin:
        orders.put(json.loads(line))
        stop.set()
    orders.put(None)
    stop.set()


def main() -> None:
    """Follow the orders until the input ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent ends the input
    orders: queue.SimpleQueue[dict[str, Any] | None] = queue.SimpleQueue()
    stop = threading.Event()
    threading.Thread(target=_read_orders, args=(orders, stop), daemon=True).start()
    notifications: Notifications | None = None
    while (order := orders.get()) is not None:
        notifications = _replace(notifications, order)
        stop.clear()
        while orders.empty():  # asked after `clear`: the reader puts an order first, and then sets the event
            if notifications.is_outdated:
                notifications = _replace(notifications, order)
            if notifications.wait(stop):
                _write_line("changed")
            stop.clear()


def _replace(previous: Notifications | None, order: dict[str, Any]) -> Notifications:
    """Return new notifications; the previous ones end after their start, so that no change falls between both."""
    notifications = Notifications(order, _read_mounts())
    if previous is not None:
        previous.close()
    if notifications.polling_reason is not None:
        _write_line(f"polling {notifications.polling_reason}")
    _write_line("watching")
    return notifications


if __name__ == "__main__":
    with suppress(BrokenPipeError):
        main()
