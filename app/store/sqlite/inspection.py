"""Look at the file of a store without changing it: nothing is created, migrated, repaired or moved aside."""

import os
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from app.domain.errors import StoreUnusable
from app.store.sqlite.connections import scalar
from app.store.sqlite.opening import check_path
from app.store.sqlite.schema import APPLICATION_ID, MIGRATIONS

NEWEST_SCHEMA = len(MIGRATIONS)
"""The schema of this version."""


@dataclass(frozen=True, slots=True)
class Inspection:
    """The state of a store's file."""

    exists: bool
    size: int = 0
    """Bytes, with its log."""
    is_writable: bool = True
    schema: int | None = None
    """Its version; None if it cannot be read."""
    problem: str | None = None
    """Why it cannot be used, as a clause; None if it can."""

    @property
    def is_sound(self) -> bool:
        """Return True for a whole store of this version's schema."""
        return self.exists and self.problem is None and self.schema == NEWEST_SCHEMA


def inspect(path: str) -> Inspection:
    """Return the state of the file; it may be in use by running processes."""
    file = Path(path)
    try:
        check_path(path)
    except StoreUnusable as error:
        return Inspection(exists=False, problem=error.reason)
    if not file.exists():
        return Inspection(exists=False, is_writable=os.access(file.parent, os.W_OK))
    size = sum(part.stat().st_size for part in (file, Path(f"{path}-wal")) if part.exists())
    is_writable = os.access(file, os.W_OK) and os.access(file.parent, os.W_OK)
    try:
        schema, problem = _read(file)
    except (sqlite3.Error, OSError) as error:
        schema, problem = None, str(error)
    return Inspection(exists=True, size=size, is_writable=is_writable, schema=schema, problem=problem)


def _read(file: Path) -> tuple[int | None, str | None]:
    """Return the schema and what is wrong.

    `mode=ro` reads the log of a running process, too. Without a log SQLite would make one, and leave it behind.
    """
    mode = "mode=ro" if Path(f"{file}-wal").exists() else "mode=ro&immutable=1"
    uri = f"{file.absolute().as_uri()}?{mode}"
    with closing(sqlite3.connect(uri, uri=True, timeout=10.0)) as connection:
        if file.stat().st_size == 0:
            return 0, None
        if scalar(connection, "PRAGMA application_id") != APPLICATION_ID:
            return None, "it is the database of another program"
        schema = int(scalar(connection, "PRAGMA user_version"))
        result = str(scalar(connection, "PRAGMA quick_check(1)"))
        return schema, None if result == "ok" else f"it is damaged: {result}"
