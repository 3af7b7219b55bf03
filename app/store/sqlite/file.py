"""The life cycle of the file: it is opened, guarded, repaired while in use, and closed."""

import asyncio
import sqlite3
from collections.abc import Callable, Sequence

from app.domain.errors import StoreUnusable
from app.store.sqlite import repair
from app.store.sqlite.connections import Connections, SqliteFile, file_id, log_id, transaction
from app.store.sqlite.opening import DamagedFile, check_path, damage_detection, open_connections
from app.store.sqlite.schema import Migration

_WRITES_PER_CHECKPOINT = 250
"""After this many writes the log is copied into the file: some four megabytes."""

_DAMAGED_REPORT = (
    "The store {path} was damaged ({reason}). It is kept as {target}, and a new one was made: "
    "everything is read from GitHub again."
)
_RESTORED_REPORT = (
    "The store {path} was deleted while it was in use. What it held was saved into a new file of that name."
)
_LOST_REPORT = (
    "The store {path} was deleted while it was in use, and what it held could not be saved ({reason}). "
    "A new one was made: everything is read from GitHub again."
)
_REPLACED_REPORT = (
    "The store {path} was replaced while it was in use, as by another process that repaired it. "
    "The file that is there now is in use."
)
"""The reports to the owner."""


class StoreFile(SqliteFile):
    """One file, which several processes may share; ended by `close`.

    The constructor blocks while it creates, repairs and migrates the file if necessary. It raises `StoreUnusable` if
    there can be no store, and `StoreTooNew` for a store of a later version.
    """

    def __init__(self, path: str, migrations: Sequence[Migration], now: Callable[[], float] | None) -> None:
        super().__init__(path)
        self._migrations = migrations
        self._now = now
        self._reports: list[str] = []
        self._cause: str | None = None
        """What is under repair, from the first attempt on."""
        try:
            check_path(path)
            with repair.exclusive(self._path):
                self.repair_report = self._open()
        except OSError as error:
            raise StoreUnusable(path, str(error)) from error

    async def guard(self) -> str | None:
        """Check that the file is present and sound, and repair it; return one sentence if it was repaired, else None.

        Raises `StoreError` if it cannot be repaired now: the next call tries again.
        """
        try:
            needs_repair = await asyncio.to_thread(self._needs_repair)
        except OSError as error:
            raise StoreUnusable(self._name, str(error)) from error
        if needs_repair:
            await asyncio.get_running_loop().run_in_executor(self._write_pool, self._repair)
        return self._reports.pop(0) if self._reports else None

    async def close(self) -> None:
        """End all work in order; nothing may be called afterwards."""
        await asyncio.to_thread(self._close)

    def _needs_repair(self) -> bool:
        """Return True if the file is gone, replaced or damaged; otherwise keep its log short."""
        connections, monitor = self._current_file
        if file_id(self._path) != connections.file_id:
            return True
        connections.damage = connections.damage or monitor.damage()
        if connections.writes_since_checkpoint >= _WRITES_PER_CHECKPOINT:
            connections.writes_since_checkpoint = 0
            monitor.checkpoint()
        return connections.damage is not None

    def _repair(self) -> None:
        try:
            with repair.exclusive(self._path):
                report = self._clear_path()
                self._cause = self._cause or report
                if report is not None:
                    before = self._connections
                    self._reports += filter(None, (self._cause, self._open(replaces_another=True)))
                    before.retire()
                    self._cause = None
        except (sqlite3.Error, OSError) as error:
            raise StoreUnusable(self._name, str(error)) from error

    def _clear_path(self) -> str | None:
        """Ensure that the file at the path may be opened, if any; return what was wrong, None if all is well."""
        connections = self._connections
        current_id = file_id(self._path)
        if current_id is None:
            return self._restore_deleted()
        if current_id != connections.file_id:
            if log_id(self._path) == connections.log_id:  # the new file came without a log of its own
                repair.remove_log(self._path)
            return _REPLACED_REPORT.format(path=self._name)
        return None if connections.damage is None else self._move_aside(connections.damage)

    def _restore_deleted(self) -> str:
        """Write the contents of the deleted file to its path, or nothing if they cannot be read."""
        damage = self._connections.damage
        try:
            if damage is None:
                self._copy_deleted()
        except DamagedFile as error:
            damage = error.reason
        return (_RESTORED_REPORT if damage is None else _LOST_REPORT).format(path=self._name, reason=damage)

    def _copy_deleted(self) -> None:
        with (
            damage_detection(self._name),
            self._reader() as (connections, reader),
            transaction(connections.writer, "IMMEDIATE"),  # other processes' writes wait, and go to the new file
        ):
            repair.restore(reader, self._path)

    def _open(self, *, replaces_another: bool = False) -> str | None:
        """Open the connections; return a report if a damaged file was moved aside."""
        report = None
        try:
            is_new = file_id(self._path) is None
            connections = self._create() if is_new else open_connections(self._name, self._migrations)
        except DamagedFile as damage:
            report = self._move_aside(damage.reason)
            connections = self._create()
        if replaces_another and self._now is not None:
            repair.advance_versions(connections.writer, self._now())
        self._current_file = connections, repair.FileMonitor(self._path)
        self._connections = connections
        return report

    def _create(self) -> Connections:
        repair.remove_log(self._path)
        connections = open_connections(self._name, self._migrations)
        if self._now is not None:
            repair.start_versions(connections.writer, self._now())
        return connections

    def _move_aside(self, reason: str) -> str:
        """Move the damaged file aside; return a report."""
        at = self._path.stat().st_mtime if self._now is None else self._now()
        target = repair.move_aside(self._path, at)
        return _DAMAGED_REPORT.format(path=self._name, reason=reason, target=target)

    def _close(self) -> None:
        self._write_pool.shutdown()
        self._read_pool.shutdown()
        self._urgent_pool.shutdown()
        with repair.exclusive(self._path):
            self._connections.retire()
