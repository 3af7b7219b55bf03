"""Transactions of the mirror in the database."""

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any

from typing_extensions import override

from app.domain.records import SiteRecord
from app.domain.sites import Repository
from app.store.postgres.database import array, execute, site_id
from app.store.postgres.mirror.comment_changes import delete_and_record, insert_changes
from app.store.postgres.sessions import Connection
from app.store.postgres.versions import NewVersions
from app.store.rows import site_record
from app.store.sql.session import CommentRow, Cursor, IssueRow, Parameters, Session, WriteSession
from app.store.sql.sites import SITE_RECORDS

# ruff: noqa: S608 - the inserted texts are constants, and the conditions of `change_writer`; values are parameters
_LOCK = f"{SITE_RECORDS.replace('SELECT', 'SELECT id,')} WHERE key = %s FOR UPDATE"
_PUT_ISSUES = """
INSERT INTO issue (site, number, is_pull_request, updated_at, comment_count, labels, source)
SELECT %s, * FROM unnest(
    %s::bigint[], %s::boolean[], %s::text[], %s::bigint[], %b::bytea[], %b::bytea[]
)
ON CONFLICT (site, number) DO UPDATE SET
    is_pull_request = excluded.is_pull_request, updated_at = excluded.updated_at,
    comment_count = excluded.comment_count, labels = excluded.labels, source = excluded.source
"""
"""The sources are passed in binary form: as text they would be three times as long."""
_PUT_COMMENTS = f"""
WITH put AS (INSERT INTO comment (site, id, number, updated_at, author, created_at, source)
SELECT %s, * FROM unnest(%s::bigint[], %s::bigint[], %s::text[], %s::bigint[], %s::text[], %b::bytea[])
ON CONFLICT (site, id) DO UPDATE SET
    number = excluded.number, updated_at = excluded.updated_at, author = excluded.author, source = excluded.source,
    created_at = excluded.created_at
RETURNING site, number, id) {insert_changes("put")}
"""
_COMMENTS = "SELECT site, number, id FROM comment WHERE site = %s AND id = ANY (%s::bigint[])"
_RECORD_CHANGES = f"WITH present AS ({_COMMENTS}) {insert_changes('present')}"
_ADD_TO_COUNTS = """
UPDATE issue SET mirrored_count = mirrored_count + new.count
FROM unnest(%s::bigint[], %s::bigint[]) AS new (number, count)
WHERE site = %s AND issue.number = new.number
"""
_PUT_ETAG = """
INSERT INTO etag (key, value, at) VALUES (%s, %s, %s)
ON CONFLICT (key) DO UPDATE SET value = excluded.value, at = excluded.at
"""
_FORGET_ETAGS = """
DELETE FROM etag WHERE key IN (SELECT key FROM etag WHERE at < %s LIMIT 1000 FOR UPDATE SKIP LOCKED)
"""


@cache
def _translate(statement: str) -> str:
    """Return a statement with the driver's marks of parameters; the type of a list is named."""
    return re.sub(r":(\w+)", r"%(\1)s", statement).replace("[]", "::bigint[]")


class PostgresSession(Session):
    """A transaction on a connection."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    @override
    def execute(self, statement: str, parameters: Parameters) -> Cursor:
        return execute(self.connection, _translate(statement), parameters)

    @override
    def keys(self, numbers: Iterable[int] | None) -> Any:
        return array(numbers)


class PostgresWriteSession(PostgresSession, WriteSession):
    """A transaction that holds the lock of a repository; `versions` are those that it gives."""

    def __init__(self, connection: Connection, repo: Repository, versions: NewVersions) -> None:
        super().__init__(connection)
        self._versions = versions
        self.site, self.record = _lock_site(connection, repo)

    @override
    def put_issues(self, rows: Sequence[IssueRow]) -> None:
        self._put_rows(_PUT_ISSUES, rows)

    @override
    def put_comments(self, rows: Sequence[CommentRow], moved_ids: Sequence[int]) -> None:
        if moved_ids:
            self.note_changes(moved_ids)
        self._put_rows(_PUT_COMMENTS, rows)

    @override
    def delete_comments(self, condition: str, parameters: Parameters) -> list[int]:
        rows = self.execute(delete_and_record(f"DELETE FROM comment WHERE {condition}"), parameters).fetchall()
        return [number for (number,) in rows]

    @override
    def note_changes(self, ids: Iterable[int]) -> None:
        execute(self.connection, _RECORD_CHANGES, (self.site, array(ids)))

    @override
    def add_to_counts(self, counts: Mapping[int, int]) -> None:
        execute(self.connection, _ADD_TO_COUNTS, ([*counts], [*counts.values()], self.site))

    @override
    def put_etags(self, etags: Mapping[str, str], *, at: float, oldest: float) -> None:
        for key, etag in sorted(etags.items()):  # in one order in all processes: no two wait for each other
            execute(self.connection, _PUT_ETAG, (key, etag.encode(), at))
        execute(self.connection, _FORGET_ETAGS, (oldest,))

    @override
    def put_versions(self, numbers: Iterable[int]) -> None:
        self._versions.put(self.connection, [(self.site, number) for number in numbers])

    def _put_rows(self, statement: str, rows: Sequence[tuple[Any, ...]]) -> None:
        """Store rows with one statement, each column as an array."""
        execute(self.connection, statement, (self.site, *map(list, zip(*rows, strict=True))))


def _lock_site(connection: Connection, repo: Repository) -> tuple[int, SiteRecord | None]:
    """Let no other process change the mirror of a repository before the caller's transaction ends.

    Return the id and the record of the repository. What the transaction reads afterwards is what the last one before
    has committed.
    """
    row = execute(connection, _LOCK, (repo.key,)).fetchone()
    if row is None:
        site_id(connection, repo)
        row = execute(connection, _LOCK, (repo.key,)).fetchone()
    site, *record = row or ()
    return int(site), site_record(tuple(record)) if record[2] is not None else None
