"""Sites in short, read from the file.

SQLite itself takes the titles out of GitHub's objects: it lets other threads run while it does. The times of comments
have an index of their own, so that no text is read for counting weeks.
"""

import sqlite3
from collections.abc import Iterable, Mapping
from typing import Any

from app.domain.records import Tombstone
from app.domain.sites import Repository
from app.ports.owner.overviews import (
    FIRST_MONDAY,
    WEEK_SECONDS,
    Overviews,
    Scope,
    SiteOverview,
    ThreadOverview,
)
from app.store.rows import parse_all, parse_comments
from app.store.sql.sites import read_site
from app.store.sqlite.connections import SqliteFile, json_list
from app.store.sqlite.mirror.sessions import SqliteSession

# ruff: noqa: S608 - the inserted texts are these constants; values are parameters
_OF_SITE = "site = (SELECT id FROM site WHERE key = :key)"
_THREADS = f"""
SELECT json_extract(CAST(source AS TEXT), '$.title', '$.html_url', '$.state', '$.locked'), labels, number,
    is_pull_request, comment_count, mirrored_count, complete, comment_count <> mirrored_count + count_offset, checked_at
FROM issue WHERE {_OF_SITE} ORDER BY number DESC
"""
_LAST_COMMENTS = f"SELECT number, max(created_at) FROM comment WHERE {_OF_SITE} %s GROUP BY number"
_TOMBSTONES = f"SELECT number, gone, checked_at, transferred_to FROM tombstone WHERE {_OF_SITE} ORDER BY number"
_WEEKS = f"""
SELECT (CAST(strftime('%%s', created_at) AS INTEGER) - {FIRST_MONDAY}) / {WEEK_SECONDS} AS week, count(*) FROM comment
WHERE {_OF_SITE} AND created_at >= :since AND number IN (SELECT value FROM json_each(:keys)) %s GROUP BY week
"""
_NEWEST = f"""
SELECT source, image_sizes, approval FROM comment
WHERE {_OF_SITE} AND number IN (SELECT value FROM json_each(:keys)) ORDER BY id DESC LIMIT :newest
"""
_NOT_EXCLUDED = "AND id NOT IN (SELECT value FROM json_each(:excluded))"
_BYTES = "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()"


class SqliteOverviews(Overviews):
    """Reads the tables of the mirror."""

    def __init__(self, file: SqliteFile) -> None:
        self._file = file

    async def site(self, repo: Repository, scope: Scope) -> SiteOverview:
        condition = _NOT_EXCLUDED if scope.excluded_ids else ""  # without it, the index answers alone

        def query(connection: sqlite3.Connection) -> SiteOverview:
            parameters: dict[str, Any] = {"key": repo.key, "excluded": json_list(scope.excluded_ids)}
            threads = _threads(connection, condition, parameters)
            numbers = json_list(thread.number for thread in threads if scope.includes(thread))
            parameters |= {"keys": numbers, "since": scope.since, "newest": scope.newest}
            return SiteOverview(
                read_site(SqliteSession(connection), repo),
                threads,
                tuple(Tombstone(row[0], bool(row[1]), *row[2:]) for row in connection.execute(_TOMBSTONES, parameters)),
                dict(connection.execute(_WEEKS % condition, parameters).fetchall()),
                tuple(parse_comments(connection.execute(_NEWEST, parameters).fetchall())),
            )

        return await self._file.read(query)

    async def bytes(self) -> int | None:
        return int((await self._file.rows(_BYTES))[0][0])


def _threads(
    connection: sqlite3.Connection, condition: str, parameters: Mapping[str, Any]
) -> tuple[ThreadOverview, ...]:
    """Return all threads; `condition` says which comments count as the last one."""
    try:
        rows = connection.execute(_THREADS, parameters).fetchall()
    except sqlite3.OperationalError as error:
        if "malformed JSON" in str(error):
            raise ValueError(str(error)) from error  # the store counts as damaged, as for every other read
        raise
    last = dict(connection.execute(_LAST_COMMENTS % condition, parameters).fetchall())
    fields, labels = parse_all(row[0].encode() for row in rows), parse_all(row[1] for row in rows)
    return tuple(_thread(*values, last) for values in zip(fields, labels, rows, strict=True))


def _thread(fields: list[Any], labels: Iterable[str], row: tuple[Any, ...], last: dict[int, str]) -> ThreadOverview:
    _, _, number, is_pull, count, mirrored_count, complete, mismatch, checked_at = row
    title, url, state, locked = fields
    return ThreadOverview(
        number,
        str(title),
        str(url),
        str(state),
        bool(locked),
        tuple(labels),
        bool(is_pull),
        count,
        mirrored_count,
        bool(complete),
        bool(mismatch),
        checked_at,
        last.get(number),
    )
