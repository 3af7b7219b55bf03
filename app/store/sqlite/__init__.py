"""The store in one SQLite file, which several processes may share."""

from collections.abc import Callable, Sequence

from app.store.sqlite.file import SqliteFile
from app.store.sqlite.mirror import SqliteMirror
from app.store.sqlite.schema import MIGRATIONS, Migration
from app.store.sqlite.shared import SqliteShared

__all__ = ["SqliteMirror", "SqliteShared", "SqliteStore"]


class SqliteStore:
    """The mirror and what is shared, in one file; made by `open`, ended by `close`."""

    def __init__(self, file: SqliteFile, *, origin: str) -> None:
        self.mirror = SqliteMirror(file, origin=origin)
        self.shared = SqliteShared(file)
        self.mended = file.mended
        """What happened to a damaged file that was found at the place, and where it is kept; None where none was."""
        self._file = file

    @classmethod
    async def open(
        cls,
        path: str,
        *,
        origin: str,
        migrations: Sequence[Migration] = MIGRATIONS,
        now: Callable[[], float] | None = None,
    ) -> "SqliteStore":
        """The store in the file at `path`, which is made if need be; `origin` is the name of this process in signals.

        A damaged store is moved aside, see `mended`: its new name tells `now`, in epoch seconds, or without that when
        it was last changed. With `now` the `seq` of a new store's signals and marks are later than those of any store
        before it at this place.

        Raises `StoreUnusable` where there can be no store, and `StoreTooNew` for one of a later version.
        """
        return cls(await SqliteFile.open(path, migrations, now), origin=origin)

    async def guard(self) -> str | None:
        """Mends a file that was deleted, replaced or damaged, and keeps its log short; to be called about every second.

        One sentence for the owner if something was done, else None. Raises `StoreError` where it cannot be mended now;
        the next call tries again. Reads and changes under way succeed or raise `StoreUnusable`.
        """
        return await self._file.guard()

    async def close(self) -> None:
        """Ends all work in order; nothing may be asked of it afterwards."""
        await self._file.close()
