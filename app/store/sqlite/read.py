"""Questions to the tables; each is asked inside a transaction and answered with values of the domain.

Bounds come from outside, so numbers beyond SQLite's integers are brought to the nearest that it has.
"""

import sqlite3
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import orjson

from app.domain.sites import Repository
from app.domain.threads import Comment
from app.github import payloads
from app.ports.mirror import IssueSummary, MirrorChange, SiteRecord, ThreadRecord, Tombstone

_LARGEST = 2**63 - 1

_SITE_RECORD = """
SELECT spelling, github_id, full_name, list_next, listed_at, comments_next, since, checked_at, private
FROM site WHERE key = :key AND github_id IS NOT NULL
"""
_THREAD = """
SELECT source, mirrored, complete, surplus, checked_at, coalesce(seq, 0)
FROM issue LEFT JOIN signal USING (site, number)
WHERE site = (SELECT id FROM site WHERE key = :key) AND number = :number
"""
_THREADS = """
SELECT source, mirrored, complete, surplus, checked_at, coalesce(seq, 0)
FROM issue LEFT JOIN signal USING (site, number)
WHERE site = (SELECT id FROM site WHERE key = :key) AND NOT is_pull_request
ORDER BY number DESC
"""
_TALLIES = """
SELECT number, is_pull_request, comment_count, mirrored, complete, comment_count <> mirrored + surplus,
    updated_at, labels
FROM issue WHERE site = (SELECT id FROM site WHERE key = :key)
ORDER BY number DESC
"""
_ABSENCE = """
SELECT gone, checked_at, moved_to FROM absence
WHERE site = (SELECT id FROM site WHERE key = :key) AND number = :number
"""
_COMMENTS = """
SELECT source FROM comment
WHERE site = (SELECT id FROM site WHERE key = :key) AND number = :number
ORDER BY id
"""
_COMMENT = "SELECT source FROM comment WHERE site = (SELECT id FROM site WHERE key = :key) AND id = :id"
_AUTHORED = """
SELECT source FROM comment
WHERE site = (SELECT id FROM site WHERE key = :key) AND author = :author
    AND (:numbers IS NULL OR number IN (SELECT value FROM json_each(:numbers)))
LIMIT 1
"""
_NEWEST = """
SELECT comment.source FROM comment
CROSS JOIN issue USING (site, number)  -- CROSS: from the newest comment downwards, until there are enough
WHERE comment.site = (SELECT id FROM site WHERE key = :key) AND comment.id <= :last AND issue.complete
    AND (:numbers IS NULL OR comment.number IN (SELECT value FROM json_each(:numbers)))
ORDER BY comment.id DESC LIMIT :limit
"""
_VERSION = "SELECT seq FROM signal WHERE site = (SELECT id FROM site WHERE key = ?) AND number = ?"
_SIGNALS = """
SELECT seq, site.key, site.spelling, number, origin FROM signal JOIN site ON site.id = signal.site
WHERE seq > ? ORDER BY seq
"""


def site(connection: sqlite3.Connection, repo: Repository) -> SiteRecord | None:
    """The record of a repository."""
    row = connection.execute(_SITE_RECORD, {"key": repo.key}).fetchone()
    if row is None:
        return None
    spelling, *fields, private = row
    return replace(SiteRecord(Repository(repo.key, spelling), *fields), private=bool(private))


def thread(connection: sqlite3.Connection, repo: Repository, number: int) -> ThreadRecord | None:
    """The thread, or pull request, of a number."""
    row = connection.execute(_THREAD, {"key": repo.key, "number": bounded(number)}).fetchone()
    return None if row is None else _thread(orjson.loads(row[0]), *row[1:])


def absence(connection: sqlite3.Connection, repo: Repository, number: int) -> Tombstone | None:
    """What is known of a number without an issue."""
    row = connection.execute(_ABSENCE, {"key": repo.key, "number": bounded(number)}).fetchone()
    return None if row is None else Tombstone(number, gone=bool(row[0]), checked_at=row[1], moved_to=row[2])


def comments(connection: sqlite3.Connection, repo: Repository, number: int) -> tuple[Comment, ...]:
    """All comments of a number by ascending id."""
    rows = connection.execute(_COMMENTS, {"key": repo.key, "number": bounded(number)})
    return _comments(rows)


def comment(connection: sqlite3.Connection, repo: Repository, comment_id: int) -> Comment | None:
    """One comment by its id."""
    rows = connection.execute(_COMMENT, {"key": repo.key, "id": bounded(comment_id)})
    return next(iter(_comments(rows)), None)


def avatar(
    connection: sqlite3.Connection, repo: Repository, user_id: int, numbers: frozenset[int] | None
) -> str | None:
    """Where GitHub has the picture of somebody who wrote a comment, of these `numbers` only."""
    named = {
        "key": repo.key,
        "author": bounded(user_id),
        "numbers": None if numbers is None else listed(map(bounded, numbers)),
    }
    rows = connection.execute(_AUTHORED, named)
    return next((comment.author.avatar_url for comment in _comments(rows)), None)


def newest_comments(
    connection: sqlite3.Connection, repo: Repository, limit: int, before: int | None, numbers: frozenset[int] | None
) -> tuple[Comment, ...]:
    """The comments of complete threads by descending id, below `before`, of these `numbers` only."""
    named = {
        "key": repo.key,
        "last": _LARGEST if before is None else bounded(before - 1),
        "numbers": None if numbers is None else listed(map(bounded, numbers)),
        "limit": limit,
    }
    return _comments(connection.execute(_NEWEST, named))


def threads(connection: sqlite3.Connection, repo: Repository) -> tuple[ThreadRecord, ...]:
    """All threads by descending number, without pull requests."""
    rows = connection.execute(_THREADS, {"key": repo.key}).fetchall()
    return tuple(_thread(source, *row[1:]) for source, row in zip(_parsed(r[0] for r in rows), rows, strict=True))


def tallies(connection: sqlite3.Connection, repo: Repository) -> tuple[IssueSummary, ...]:
    """All issues and pull requests in short, by descending number."""
    rows = connection.execute(_TALLIES, {"key": repo.key}).fetchall()
    return tuple(
        IssueSummary(
            number=row[0],
            is_pull_request=bool(row[1]),
            comment_count=row[2],
            mirrored=row[3],
            complete=bool(row[4]),
            in_doubt=bool(row[5]),
            updated_at=row[6],
            labels=tuple(labels),
        )
        for labels, row in zip(_parsed(row[-1] for row in rows), rows, strict=True)
    )


def etag(connection: sqlite3.Connection, key: str) -> str | None:
    """The ETag kept under a validator key."""
    row = connection.execute("SELECT value FROM etag WHERE key = ?", (key,)).fetchone()
    return None if row is None else str(row[0])


def version(connection: sqlite3.Connection, repo: Repository, number: int) -> int:
    """The `seq` of the latest signal of a thread."""
    row = connection.execute(_VERSION, (repo.key, bounded(number))).fetchone()
    return 0 if row is None else int(row[0])


def signals(connection: sqlite3.Connection, after: int) -> tuple[MirrorChange, ...]:
    """The signals with a later `seq`, in order."""
    rows = connection.execute(_SIGNALS, (bounded(after),))
    return tuple(MirrorChange(seq, Repository(key, spelling), *fields) for seq, key, spelling, *fields in rows)


def latest(connection: sqlite3.Connection) -> int:
    """The `seq` of the latest signal of all."""
    (found,) = connection.execute("SELECT coalesce(max(seq), 0) FROM signal").fetchone()
    return int(found)


def bounded(number: int) -> int:
    """A number that SQLite can hold."""
    return max(-_LARGEST, min(number, _LARGEST))


def listed(values: Iterable[int]) -> str:
    """Numbers as one parameter of a statement, for `json_each`."""
    return orjson.dumps(tuple(values)).decode()


def _thread(source: Any, mirrored: int, complete: int, *fields: Any) -> ThreadRecord:
    return ThreadRecord(payloads.issue(source), mirrored, bool(complete), *fields)


def _comments(rows: Iterable[tuple[bytes]]) -> tuple[Comment, ...]:
    return tuple(map(payloads.comment, _parsed(source for (source,) in rows)))


def _parsed(sources: Iterable[bytes]) -> list[Any]:
    """All in one go, as one list: that takes less time than one by one."""
    found: list[Any] = orjson.loads(b"[" + b",".join(sources) + b"]")
    return found
