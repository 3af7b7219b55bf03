"""Transactions of the mirror in the file."""

import re
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any

from typing_extensions import override

from app.domain.sites import Repository
from app.store.sql.session import CommentRow, Cursor, IssueRow, Parameters, Session, WriteSession
from app.store.sql.sites import read_site
from app.store.sqlite.connections import json_list, site_id

# ruff: noqa: S608 - the inserted texts are the conditions of `change_writer`; values are parameters
_PUT_ISSUE = """
INSERT INTO issue (site, number, is_pull_request, updated_at, comment_count, labels, source)
VALUES (?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (site, number) DO UPDATE SET
    is_pull_request = excluded.is_pull_request, updated_at = excluded.updated_at,
    comment_count = excluded.comment_count, labels = excluded.labels, source = excluded.source
"""
_PUT_COMMENT = """
INSERT INTO comment (site, id, number, updated_at, author, created_at, source) VALUES (?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (site, id) DO UPDATE SET
    number = excluded.number, updated_at = excluded.updated_at, author = excluded.author, source = excluded.source,
    created_at = excluded.created_at
"""
"""Triggers record in `comment_change` what this and all other statements change."""
_ADD_TO_COUNT = "UPDATE issue SET mirrored_count = mirrored_count + ? WHERE site = ? AND number = ?"
_PUT_ETAG = "INSERT OR REPLACE INTO etag (key, value, at) VALUES (?, ?, ?)"
_PUT_MIRROR_CHANGE = "INSERT OR REPLACE INTO mirror_change (site, number, process_id) VALUES (?, ?, ?)"
"""It replaces the number's previous change, and has the next `version`."""


@cache
def _translate(statement: str) -> str:
    """Return a statement as SQLite has it: without arrays, and joined in the order that is written."""
    statement = re.sub(r"= ANY \(:(\w+)\[\]\)", r"IN (SELECT value FROM json_each(:\1))", statement)
    statement = re.sub(r"<> ALL \(:(\w+)\[\]\)", r"NOT IN (SELECT value FROM json_each(:\1))", statement)
    return statement.replace("[]", "").replace("comment JOIN issue", "comment CROSS JOIN issue")


class SqliteSession(Session):
    """A transaction on a connection."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    @override
    def execute(self, statement: str, parameters: Parameters) -> Cursor:
        return self._connection.execute(_translate(statement), parameters)

    @override
    def keys(self, numbers: Iterable[int] | None) -> Any:
        return json_list(numbers)


class SqliteWriteSession(SqliteSession, WriteSession):
    """A transaction of the only connection that writes; `process_id` marks its changes."""

    def __init__(self, connection: sqlite3.Connection, repo: Repository, process_id: str) -> None:
        super().__init__(connection)
        self._process_id = process_id
        self.site = site_id(connection, repo)
        self.record = read_site(self, repo)

    @override
    def put_issues(self, rows: Sequence[IssueRow]) -> None:
        self._connection.executemany(_PUT_ISSUE, ((self.site, *row) for row in rows))

    @override
    def put_comments(self, rows: Sequence[CommentRow], moved_ids: Sequence[int]) -> None:
        self._connection.executemany(_PUT_COMMENT, ((self.site, *row) for row in rows))

    @override
    def delete_comments(self, condition: str, parameters: Parameters) -> list[int]:
        rows = self.execute(f"DELETE FROM comment WHERE {condition} RETURNING number", parameters).fetchall()
        return [number for (number,) in rows]

    @override
    def note_changes(self, ids: Iterable[int]) -> None:
        """Do nothing: triggers have done it."""

    @override
    def add_to_counts(self, counts: Mapping[int, int]) -> None:
        self._connection.executemany(_ADD_TO_COUNT, ((count, self.site, number) for number, count in counts.items()))

    @override
    def put_etags(self, etags: Mapping[str, str], *, at: float, oldest: float) -> None:
        self._connection.executemany(_PUT_ETAG, ((key, etag, at) for key, etag in etags.items()))
        self._connection.execute("DELETE FROM etag WHERE at < ?", (oldest,))

    @override
    def put_versions(self, numbers: Iterable[int]) -> None:
        self._connection.executemany(_PUT_MIRROR_CHANGE, ((self.site, number, self._process_id) for number in numbers))
