"""The mirror in the file."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TypeVar

from typing_extensions import override

from app.domain.sites import Repository
from app.store.sql.mirror import SqlMirror
from app.store.sql.session import Session, WriteSession
from app.store.sqlite.connections import SqliteFile
from app.store.sqlite.mirror.sessions import SqliteSession, SqliteWriteSession

_ETAG = "SELECT key, value FROM etag WHERE key = :key"
_T = TypeVar("_T")


class SqliteMirror(SqlMirror):
    """The tables of the mirror in a file; `process_id` marks the changes of this process."""

    def __init__(self, file: SqliteFile, *, process_id: str, sites: Sequence[Repository] = ()) -> None:
        super().__init__(sites)
        self._file = file
        self._process_id = process_id

    @override
    async def _read(self, query: Callable[[Session], _T], *, urgent: bool = False) -> _T:
        return await self._file.read(lambda connection: query(SqliteSession(connection)), urgent=urgent)

    @override
    async def _write(self, repo: Repository, operation: Callable[[WriteSession], frozenset[int]]) -> frozenset[int]:
        return await self._file.write(
            lambda connection: operation(SqliteWriteSession(connection, repo, self._process_id))
        )

    @override
    async def etags(self, keys: Iterable[str]) -> Mapping[str, str]:
        def query(session: Session) -> Mapping[str, str]:
            rows = (session.execute(_ETAG, {"key": key}).fetchone() for key in keys)
            return dict(row for row in rows if row is not None)

        return await self._read(query)
