"""Sites in short, read from the database. The server takes the titles out of GitHub's objects."""

from collections.abc import Mapping
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
from app.store.postgres.database import Database, array, execute
from app.store.postgres.mirror.sessions import PostgresSession
from app.store.postgres.schema import SCHEMA
from app.store.postgres.sessions import Connection
from app.store.rows import parse_all, parse_comments
from app.store.sql.sites import read_site

# ruff: noqa: S608 - the inserted texts are these constants; values are parameters
_OF_SITE = "site = (SELECT id FROM site WHERE key = %(key)s)"
_THREADS = f"""
SELECT object->>'title', object->>'html_url', object->>'state', (object->>'locked')::boolean, labels, number,
    is_pull_request, comment_count, mirrored_count, complete, comment_count <> mirrored_count + count_offset, checked_at
FROM issue, LATERAL (SELECT replace(convert_from(source, 'UTF8'), '\\u0000', '\\ufffd')::json AS object) AS issue_object
WHERE {_OF_SITE} ORDER BY number DESC
"""
"""PostgreSQL's texts have no NUL."""
_LAST_COMMENTS = f"SELECT number, max(created_at) FROM comment WHERE {_OF_SITE} {{excluded}} GROUP BY number"
_TOMBSTONES = f"SELECT number, gone, checked_at, transferred_to FROM tombstone WHERE {_OF_SITE} ORDER BY number"
_WEEKS = f"""
SELECT floor((extract(epoch FROM created_at::timestamptz) - {FIRST_MONDAY}) / {WEEK_SECONDS})::bigint AS week, count(*)
FROM comment
WHERE {_OF_SITE} AND created_at >= %(since)s AND number = ANY (%(numbers)s::bigint[]) {{excluded}} GROUP BY week
"""
_NEWEST = f"""
SELECT source, image_sizes, approval FROM comment
WHERE {_OF_SITE} AND number = ANY (%(numbers)s::bigint[]) ORDER BY id DESC LIMIT %(newest)s
"""
_NOT_EXCLUDED = "AND id <> ALL (%(excluded)s::bigint[])"
_BYTES = f"""
SELECT sum(pg_total_relation_size(oid))::bigint FROM pg_class
WHERE relnamespace = '{SCHEMA}'::regnamespace AND relkind = 'r'
"""


class PostgresOverviews(Overviews):
    """Reads the tables of the mirror."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def site(self, repo: Repository, scope: Scope) -> SiteOverview:
        condition = _NOT_EXCLUDED if scope.excluded_ids else ""  # without it, the index answers alone

        def query(connection: Connection) -> SiteOverview:
            parameters: dict[str, Any] = {"key": repo.key, "excluded": array(scope.excluded_ids)}
            threads = _threads(connection, condition, parameters)
            numbers = [thread.number for thread in threads if scope.includes(thread)]
            parameters |= {"numbers": numbers, "since": scope.since, "newest": scope.newest}
            return SiteOverview(
                read_site(PostgresSession(connection), repo),
                threads,
                tuple(Tombstone(*row) for row in execute(connection, _TOMBSTONES, parameters)),
                dict(execute(connection, _WEEKS.format(excluded=condition), parameters).fetchall()),
                tuple(parse_comments(execute(connection, _NEWEST, parameters).fetchall())),
            )

        return await self._database.read(query)

    async def bytes(self) -> int | None:
        return int((await self._database.rows(_BYTES))[0][0])


def _threads(connection: Connection, condition: str, parameters: Mapping[str, Any]) -> tuple[ThreadOverview, ...]:
    """Return all threads; `condition` says which comments count as the last one."""
    rows = execute(connection, _THREADS, parameters).fetchall()
    query = _LAST_COMMENTS.format(excluded=condition)
    last: dict[int, str] = dict(execute(connection, query, parameters).fetchall())
    labels = parse_all(row[4] for row in rows)
    return tuple(_thread(tuple(names), row, last) for names, row in zip(labels, rows, strict=True))


def _thread(labels: tuple[str, ...], row: tuple[Any, ...], last: dict[int, str]) -> ThreadOverview:
    title, url, state, locked, _, number, is_pull, count, mirrored_count, complete, mismatch, checked_at = row
    return ThreadOverview(
        number,
        title,
        url,
        state,
        locked,
        labels,
        is_pull,
        count,
        mirrored_count,
        complete,
        mismatch,
        checked_at,
        last.get(number),
    )
