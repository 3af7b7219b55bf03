"""The mirror in the database."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TypeVar

from typing_extensions import override

from app.domain.sites import Repository
from app.store.postgres.database import Database
from app.store.postgres.mirror.sessions import PostgresSession, PostgresWriteSession
from app.store.postgres.sessions import Connection
from app.store.postgres.versions import NewVersions, SeenVersion
from app.store.sql.mirror import SqlMirror
from app.store.sql.session import Session, WriteSession

_T = TypeVar("_T")


class PostgresMirror(SqlMirror):
    """The tables of the mirror in a database; `process_id` marks the changes of this process."""

    def __init__(
        self, database: Database, seen_version: SeenVersion, *, process_id: str, sites: Sequence[Repository] = ()
    ) -> None:
        super().__init__(sites)
        self._database = database
        self._seen_version = seen_version
        self._process_id = process_id

    @override
    async def _read(self, query: Callable[[Session], _T], *, urgent: bool = False) -> _T:
        return await self._database.read(lambda connection: query(PostgresSession(connection)), urgent=urgent)

    @override
    async def _write(self, repo: Repository, operation: Callable[[WriteSession], frozenset[int]]) -> frozenset[int]:
        """Run an operation; from its commit on, its versions count as seen."""
        versions = NewVersions(self._process_id, notifies=self._database.notifies)
        numbers = await self._database.write(
            lambda connection: operation(PostgresWriteSession(connection, repo, versions))
        )
        self._seen_version.remember(versions.nonce)
        return numbers

    @override
    async def _read_versions(self, query: Callable[[Session], _T]) -> _T:
        def checked_query(connection: Connection) -> _T:
            self._seen_version.check(connection)
            return query(PostgresSession(connection))

        return await self._database.read(checked_query)

    @override
    async def etags(self, keys: Iterable[str]) -> Mapping[str, str]:
        rows = await self._database.rows("SELECT key, value FROM etag WHERE key = ANY (%s::text[])", (list(keys),))
        return {key: value.decode() for key, value in rows}
