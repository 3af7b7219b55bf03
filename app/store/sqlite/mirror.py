"""The mirror in the file: its reads, each within one transaction. `mirror_writes` applies the changes."""

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import orjson

from app.domain.records import IssueSummary, SiteRecord, ThreadRecord, ThreadRef, Tombstone
from app.domain.sites import Repository
from app.domain.thread_state import Hop, Snapshot
from app.domain.threads import Comment
from app.domain.transfers import MAX_TRANSFERS, transfer_target
from app.github import payloads
from app.ports.mirror import Change, Mirror, MirrorChange, NewestComments, SiteSnapshot
from app.store.sqlite.connections import LARGEST, SqliteFile, clamp, json_list
from app.store.sqlite.mirror_writes import apply_change
from app.store.sqlite.rows import site_record, version

_THREADS = """
SELECT source, mirrored_count, complete, count_offset, checked_at, coalesce(version, 0)
FROM issue LEFT JOIN mirror_change USING (site, number)
WHERE site = (SELECT id FROM site WHERE key = :key)
"""
_THREAD = f"{_THREADS} AND number = :number"
_ALL_THREADS = f"{_THREADS} AND NOT is_pull_request ORDER BY number DESC"
_SUMMARIES = """
SELECT number, is_pull_request, comment_count, mirrored_count, complete, comment_count <> mirrored_count + count_offset,
    updated_at, labels
FROM issue WHERE site = (SELECT id FROM site WHERE key = :key)
ORDER BY number DESC
"""
_IS_INCOMPLETE = """
SELECT EXISTS (
    SELECT 1 FROM issue
    WHERE site = (SELECT id FROM site WHERE key = :key) AND NOT complete AND NOT is_pull_request
)
"""
_ISSUES = """
SELECT source FROM issue
WHERE site = (SELECT id FROM site WHERE key = :key) AND number IN (SELECT value FROM json_each(:numbers))
"""
_TOMBSTONE = """
SELECT gone, checked_at, transferred_to FROM tombstone
WHERE site = (SELECT id FROM site WHERE key = :key) AND number = :number
"""
_TRANSFERRED = """
SELECT number FROM tombstone
WHERE site = (SELECT id FROM site WHERE key = :key) AND transferred_to IS NOT NULL
    AND number IN (SELECT value FROM json_each(:numbers))
"""
_COMMENTS = """
SELECT source FROM comment
WHERE site = (SELECT id FROM site WHERE key = :key) AND number = :number
ORDER BY id
"""
_COMMENTS_BY_ID = """
SELECT source FROM comment
WHERE site = (SELECT id FROM site WHERE key = :key) AND id IN (SELECT value FROM json_each(:ids))
"""
_COMMENT_BY_AUTHOR = """
SELECT source FROM comment
WHERE site = (SELECT id FROM site WHERE key = :key) AND author = :author
    AND (:numbers IS NULL OR number IN (SELECT value FROM json_each(:numbers)))
LIMIT 1
"""
_NEWEST_COMMENTS = """
SELECT comment.source FROM comment
CROSS JOIN issue USING (site, number)  -- CROSS: from the newest comment downwards, until there are enough
WHERE comment.site = (SELECT id FROM site WHERE key = :key) AND comment.id <= :last AND issue.complete
    AND (:numbers IS NULL OR comment.number IN (SELECT value FROM json_each(:numbers)))
ORDER BY comment.id DESC LIMIT :limit
"""
_CHANGES = """
SELECT version, site.key, site.configured_name, number, process_id
FROM mirror_change JOIN site ON site.id = mirror_change.site
WHERE version > ? ORDER BY version
"""


class SqliteMirror(Mirror):
    """The tables of the mirror; `sites` are the served repositories, which transfers are followed to."""

    def __init__(self, file: SqliteFile, *, process_id: str, sites: Sequence[Repository] = ()) -> None:
        self._file = file
        self._process_id = process_id
        self._sites = tuple(sites)

    async def snapshot(self, repo: Repository, number: int, *, with_comments: bool = True) -> Snapshot:
        ref, sites = ThreadRef(repo, number), self._sites
        return await self._file.read(lambda connection: _snapshot(connection, ref, sites, with_comments=with_comments))

    async def site(self, repo: Repository) -> SiteRecord | None:
        return await self._file.read(lambda connection: site_record(connection, repo))

    async def site_snapshot(self, repo: Repository) -> SiteSnapshot:
        def query(connection: sqlite3.Connection) -> SiteSnapshot:
            return SiteSnapshot(site_record(connection, repo), _summaries(connection, repo))

        return await self._file.read(query)

    async def thread(self, repo: Repository, number: int) -> ThreadRecord | None:
        return await self._file.read(lambda connection: _thread(connection, ThreadRef(repo, number)))

    async def threads(self, repo: Repository) -> tuple[ThreadRecord, ...]:
        def query(connection: sqlite3.Connection) -> tuple[ThreadRecord, ...]:
            rows = connection.execute(_ALL_THREADS, {"key": repo.key}).fetchall()
            sources = _parse_all(row[0] for row in rows)
            return tuple(_thread_record(source, *row[1:]) for source, row in zip(sources, rows, strict=True))

        return await self._file.read(query)

    async def comments(self, repo: Repository, number: int) -> tuple[Comment, ...]:
        return await self._file.read(lambda connection: _comments(connection, ThreadRef(repo, number)))

    async def comment(self, repo: Repository, comment_id: int) -> Comment | None:
        return await self._file.read(lambda connection: _comment(connection, repo, comment_id))

    async def comments_by_id(self, repo: Repository, ids: Iterable[int]) -> Mapping[int, Comment]:
        def query(connection: sqlite3.Connection) -> Mapping[int, Comment]:
            rows = connection.execute(_COMMENTS_BY_ID, {"key": repo.key, "ids": json_list(ids)})
            return {comment.id: comment for comment in _from_sources(rows)}

        return await self._file.read(query)

    async def lookup(
        self, repos: Iterable[Repository], comment_id: int | None
    ) -> Mapping[Repository, tuple[SiteRecord | None, Comment | None]]:
        def query(connection: sqlite3.Connection) -> Mapping[Repository, tuple[SiteRecord | None, Comment | None]]:
            return {
                repo: (
                    site_record(connection, repo),
                    None if comment_id is None else _comment(connection, repo, comment_id),
                )
                for repo in repos
            }

        return await self._file.read(query)

    async def issue_ids(self, repo: Repository, numbers: Iterable[int]) -> Mapping[int, int]:
        def query(connection: sqlite3.Connection) -> Mapping[int, int]:
            rows = connection.execute(_ISSUES, {"key": repo.key, "numbers": json_list(numbers)})
            issues = map(payloads.issue, _parse_all(source for (source,) in rows))
            return {issue.number: issue.id for issue in issues}

        return await self._file.read(query)

    async def transferred(self, repo: Repository, numbers: Iterable[int]) -> frozenset[int]:
        def query(connection: sqlite3.Connection) -> frozenset[int]:
            parameters = {"key": repo.key, "numbers": json_list(numbers)}
            return frozenset(number for (number,) in connection.execute(_TRANSFERRED, parameters))

        return await self._file.read(query)

    async def avatar(self, repo: Repository, user_id: int, *, numbers: frozenset[int] | None = None) -> str | None:
        def query(connection: sqlite3.Connection) -> str | None:
            parameters = {"key": repo.key, "author": clamp(user_id), "numbers": _optional_list(numbers)}
            comments = _from_sources(connection.execute(_COMMENT_BY_AUTHOR, parameters))
            return next((comment.author.avatar_url for comment in comments), None)

        return await self._file.read(query)

    async def newest_comments(
        self, repo: Repository, *, limit: int, before: int | None, numbers: frozenset[int] | None
    ) -> NewestComments:
        def query(connection: sqlite3.Connection) -> NewestComments:
            last = LARGEST if before is None else clamp(before - 1)
            parameters = {"key": repo.key, "last": last, "numbers": _optional_list(numbers), "limit": limit}
            comments = _from_sources(connection.execute(_NEWEST_COMMENTS, parameters))
            refs = {ThreadRef(repo, comment.number) for comment in comments}
            return NewestComments(
                site_record(connection, repo),
                comments,
                {ref.number: _snapshot(connection, ref, (), with_comments=True) for ref in refs},
                _is_complete(connection, repo),
            )

        return await self._file.read(query)

    async def etags(self, keys: Iterable[str]) -> Mapping[str, str]:
        def query(connection: sqlite3.Connection) -> Mapping[str, str]:
            rows = (connection.execute("SELECT key, value FROM etag WHERE key = ?", (key,)).fetchone() for key in keys)
            return dict(row for row in rows if row is not None)

        return await self._file.read(query)

    async def changes(self, *, after: int) -> tuple[MirrorChange, ...]:
        def query(connection: sqlite3.Connection) -> tuple[MirrorChange, ...]:
            rows = connection.execute(_CHANGES, (clamp(after),))
            return tuple(MirrorChange(version, Repository(key, name), *rest) for version, key, name, *rest in rows)

        return await self._file.read(query)

    async def latest_version(self) -> int:
        def query(connection: sqlite3.Connection) -> int:
            return int(connection.execute("SELECT coalesce(max(version), 0) FROM mirror_change").fetchone()[0])

        return await self._file.read(query)

    async def apply(self, change: Change) -> frozenset[int]:
        return await self._file.write(lambda connection: apply_change(connection, change, self._process_id))


def _snapshot(
    connection: sqlite3.Connection, ref: ThreadRef, sites: Sequence[Repository], *, with_comments: bool
) -> Snapshot:
    """Return all of a thread: three queries if its issue is mirrored here, two more for each transfer."""
    hop, record = _hop(connection, ref)
    hops = [hop]
    while record is None and len(hops) <= MAX_TRANSFERS:
        target = _transfer_target(connection, hop.tombstone, sites)
        if target is None:
            break
        hop, record = _hop(connection, target)
        hops.append(hop)
    pinned = None if record is None else record.issue.pinned_comment
    return Snapshot(
        tuple(hops),
        record,
        _comments(connection, hop.ref) if with_comments and record is not None else (),
        _comment(connection, hop.ref.repo, None if pinned is None else pinned.id),
    )


def _hop(connection: sqlite3.Connection, ref: ThreadRef) -> tuple[Hop, ThreadRecord | None]:
    site, record = site_record(connection, ref.repo), _thread(connection, ref)
    if record is not None:  # then there is no tombstone
        return Hop(ref, site, None, record.version), record
    return Hop(ref, site, _tombstone(connection, ref), version(connection, ref)), None


def _transfer_target(
    connection: sqlite3.Connection, tombstone: Tombstone | None, sites: Sequence[Repository]
) -> ThreadRef | None:
    if tombstone is None or tombstone.transferred_to is None:
        return None
    return transfer_target(tombstone.transferred_to, ((repo, site_record(connection, repo)) for repo in sites))


def _thread(connection: sqlite3.Connection, ref: ThreadRef) -> ThreadRecord | None:
    row = connection.execute(_THREAD, _parameters(ref)).fetchone()
    return None if row is None else _thread_record(orjson.loads(row[0]), *row[1:])


def _tombstone(connection: sqlite3.Connection, ref: ThreadRef) -> Tombstone | None:
    row = connection.execute(_TOMBSTONE, _parameters(ref)).fetchone()
    return None if row is None else Tombstone(ref.number, bool(row[0]), *row[1:])


def _comments(connection: sqlite3.Connection, ref: ThreadRef) -> tuple[Comment, ...]:
    return _from_sources(connection.execute(_COMMENTS, _parameters(ref)))


def _comment(connection: sqlite3.Connection, repo: Repository, comment_id: int | None) -> Comment | None:
    if comment_id is None:
        return None
    rows = connection.execute(_COMMENTS_BY_ID, {"key": repo.key, "ids": json_list([comment_id])})
    return next(iter(_from_sources(rows)), None)


def _summaries(connection: sqlite3.Connection, repo: Repository) -> tuple[IssueSummary, ...]:
    rows = connection.execute(_SUMMARIES, {"key": repo.key}).fetchall()
    return tuple(
        IssueSummary(
            number=row[0],
            is_pull_request=bool(row[1]),
            comment_count=row[2],
            mirrored_count=row[3],
            complete=bool(row[4]),
            count_mismatch=bool(row[5]),
            updated_at=row[6],
            labels=tuple(labels),
        )
        for labels, row in zip(_parse_all(row[-1] for row in rows), rows, strict=True)
    )


def _is_complete(connection: sqlite3.Connection, repo: Repository) -> bool:
    site = site_record(connection, repo)
    (is_incomplete,) = connection.execute(_IS_INCOMPLETE, {"key": repo.key}).fetchone()
    return site is not None and site.issues_listed_at is not None and not is_incomplete


def _parameters(ref: ThreadRef) -> Mapping[str, Any]:
    return {"key": ref.repo.key, "number": clamp(ref.number)}


def _optional_list(numbers: frozenset[int] | None) -> str | None:
    return None if numbers is None else json_list(numbers)


def _thread_record(source: Any, mirrored_count: int, complete: int, *fields: Any) -> ThreadRecord:
    return ThreadRecord(payloads.issue(source), mirrored_count, bool(complete), *fields)


def _from_sources(rows: Iterable[tuple[bytes]]) -> tuple[Comment, ...]:
    return tuple(map(payloads.comment, _parse_all(source for (source,) in rows)))


def _parse_all(sources: Iterable[bytes]) -> list[Any]:
    """Return parsed JSON texts; parsing them as one list is faster than one by one."""
    values: list[Any] = orjson.loads(b"[" + b",".join(sources) + b"]")
    return values
