"""A folder whose changes a test waits for."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from app.outbound.content.folders.folder_tree import FolderTree
from app.outbound.content.folders.watcher import FolderWatcher
from tests.fakes import FakeClock


class WatchedFolder:
    """A folder that is read, and watched between two reads."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.watcher = FolderWatcher()
        self.files: list[str] = []

    def read(self) -> None:
        """List the files, and watch their directories."""
        tree = FolderTree(self.folder, FakeClock().now())
        self.files = [str(file.path) for file in tree.files()]
        self.watcher.directories = (str(self.folder), frozenset(tree.directories))

    async def wait_for(self, *files: str) -> None:
        """Read after each change until these files are there; a minute's wait is a failure."""
        async with asyncio.timeout(20):
            while self.files != list(files):
                await self.watcher.wait_for_change()
                self.read()

    async def wait_for_notice(self, act: Callable[[], object]) -> None:
        """Do something that leaves the names of the files alone; wait until it is noticed."""
        await self.settle()
        act()
        async with asyncio.timeout(20):
            await self.watcher.wait_for_change()

    async def settle(self) -> None:
        """Read until nothing more is reported."""
        with suppress(TimeoutError):
            while True:
                async with asyncio.timeout(0.3):
                    await self.watcher.wait_for_change()
                self.read()
