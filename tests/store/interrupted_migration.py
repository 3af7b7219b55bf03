"""A migration that fails before one of its statements; run as a program, its process is killed there."""

import asyncio
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import overload

from app.store.sqlite.schema import MIGRATIONS, Migration
from tests.store.files import open_store

ROOT = Path(__file__).parents[2]


class InterruptedMigration(Sequence[str]):
    """The statements of a migration, and an interruption before the one of this index."""

    def __init__(self, statements: Migration, index: int) -> None:
        self._statements = statements
        self._index = index

    def __iter__(self) -> Iterator[str]:
        yield from self._statements[: self._index]
        self.interrupt()

    def interrupt(self) -> None:
        raise sqlite3.OperationalError("interrupted")

    def __len__(self) -> int:
        return len(self._statements)

    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[str]: ...
    def __getitem__(self, index: int | slice) -> str | Sequence[str]:
        return self._statements[index]


class KilledMigration(InterruptedMigration):
    """An interruption that ends the process."""

    def interrupt(self) -> None:
        os.kill(os.getpid(), signal.SIGKILL)


def migrate_until_killed(path: Path, version: int, index: int) -> int:
    """Return the exit status of a process that is killed before a statement of the migration from `version`."""
    module = "tests.store.interrupted_migration"
    command = [sys.executable, "-m", module, str(path), str(version), str(index)]
    return subprocess.run(command, cwd=ROOT, check=False).returncode


if __name__ == "__main__":
    _, path, version, index = sys.argv
    migrations = MIGRATIONS[: int(version)]
    asyncio.run(open_store(Path(path), (*migrations, KilledMigration(MIGRATIONS[int(version)], int(index)))))
