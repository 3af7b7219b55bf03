"""Waits until files of a blog change; a process of its own receives the system's notifications.

If that process cannot run, a minute passes for a change: the next read finds what was changed.
"""

import asyncio
import json
import logging
import sys
from asyncio.subprocess import PIPE, Process
from contextlib import suppress
from pathlib import Path

from app.outbound.content.folders import watch_process
from app.outbound.content.folders.folder_tree import Directory

_log = logging.getLogger(__name__)
_AT_LEAST_EVERY = 60.0
"""Seconds; a network drive sends no notifications, and a process may die."""
_LASTING = 5.0
"""Seconds; a process that ran for longer is replaced at once when it ends."""
_POLLING = (
    "Changes in %s are noticed by comparing all folders, because %s. "
    "If the system's limit is reached, raise fs.inotify.max_user_watches."
)
_END_OF_PROCESS = (
    "Changes in %s may be noticed late: the process that watches it %s. Another one is started. "
    "If it ends at once again, changes are noticed after a minute."
)
_NO_PROCESS = "Changes in %s are noticed after a minute only, because the process that watches it %s."


class FolderWatcher:
    """Watches the directories of the last read."""

    def __init__(self) -> None:
        self.directories: tuple[str, frozenset[Directory]] = ("", frozenset())
        """The content folder, and all directories whose files count; set it after each read."""
        self._process_directories: tuple[str, frozenset[Directory]] | None = None
        self._process: Process | None = None
        self._input: asyncio.StreamWriter | None = None
        self._events: asyncio.Task[None] | None = None
        self._change = asyncio.Event()
        self._reasons: set[str] = set()

    async def wait_for_change(self) -> None:
        """Return when something changed since the last call, or after a minute."""
        await self._follow_directories()
        with suppress(TimeoutError):
            async with asyncio.timeout(_AT_LEAST_EVERY):
                await self._change.wait()
        self._change.clear()

    async def aclose(self) -> None:
        """End the process."""
        process, self._process = self._process, None
        if process is not None:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()
        if self._events is not None:
            await asyncio.wait({self._events})

    async def _follow_directories(self) -> None:
        """Tell the process which directories to watch, if they are others than before."""
        if self._process is None or self._process.returncode is not None:
            await self._start()
        if self._input is None or self._process_directories == self.directories:
            return
        folder, directories = self._process_directories = self.directories
        paths = sorted(directory.path for directory in directories)
        self._input.write(json.dumps({"folder": folder, "directories": paths}).encode() + b"\n")
        with suppress(ConnectionError):  # then it has ended, and is started by the next call
            await self._input.drain()

    async def _start(self) -> None:
        self._input = self._process_directories = None
        if self._process is not None:
            self._log_once(_END_OF_PROCESS, f"ended with status {self._process.returncode}")
        arguments = (sys.executable, "-P", str(Path(watch_process.__file__)))
        try:
            process = self._process = await asyncio.create_subprocess_exec(*arguments, stdin=PIPE, stdout=PIPE)
        except OSError as error:
            self._log_once(_NO_PROCESS, f"cannot be started ({error.strerror})")
            return
        self._input = process.stdin
        if process.stdout is not None:
            self._events = asyncio.create_task(self._follow_process(process, process.stdout))

    async def _follow_process(self, process: Process, lines: asyncio.StreamReader) -> None:
        """Read events until the process ends; then something may have changed, and the next call replaces it."""
        start = asyncio.get_running_loop().time()
        await self._read_events(lines)
        await process.wait()
        if asyncio.get_running_loop().time() - start >= _LASTING:
            self._change.set()

    async def _read_events(self, lines: asyncio.StreamReader) -> None:
        """Set the event for each line: also after `watching`, because something may have changed before."""
        with suppress(ConnectionError, ValueError):
            while line := (await lines.readline()).decode(errors="replace").strip():
                if line.startswith("polling "):
                    self._log_once(_POLLING, line.removeprefix("polling "))
                else:
                    self._change.set()

    def _log_once(self, message: str, reason: str) -> None:
        if reason not in self._reasons:
            self._reasons.add(reason)
            _log.warning(message, self.directories[0], reason)
