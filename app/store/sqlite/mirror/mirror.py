"""The mirror in the file: its reads, each within one transaction. `writes` applies the changes."""

import sqlite3
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import partial
from itertools import islice
from typing import Any

import orjson

from app.domain.records import SiteRecord, ThreadRecord, ThreadRef, Tombstone
from app.domain.sites import Repository
from app.domain.thread_state import Hop, Snapshot
from app.domain.threads import Approval, Comment, ImageSize
from app.domain.transfers import MAX_TRANSFERS, transfer_target
from app.github import payloads
from app.ports.mirror import (
    Change,
    CommentSelection,
    Exclusion,
    IssueHeads,
    Mirror,
    MirrorChange,
    NewestComments,
    Select,
    SelectedComments,
    SiteSnapshot,
)
from app.store.normalized_change import deduplicate
from app.store.rows import parse_all, parse_comments, parse_heads, site_record, summary, thread_record, thread_records
from app.store.sqlite.connections import LARGEST, SqliteFile, clamp, json_list, scalar
from app.store.sqlite.mirror.comment_lists import COMMENT_BY_AUTHOR, NEWEST_COMMENTS, SELECTED_COUNT, SELECTED_IDS
from app.store.sqlite.mirror.comment_lists import IN_KEYS as _IN_KEYS
from app.store.sqlite.mirror.comment_lists import OF_SITE as _OF_SITE
from app.store.sqlite.mirror.learnt_facts import put_approvals, put_image_sizes, put_new_versions
from app.store.sqlite.mirror.sites import SITE_RECORDS, read_site
from app.store.sqlite.mirror.thread_comments import StoredComments, iterate_comments
from app.store.sqlite.mirror.writes import apply_change

# ruff: noqa: S608 - the inserted texts are these constants; values are parameters
_PARSED_AT_ONCE = 50
_RECORDS_OF_REPOSITORY = f"{SITE_RECORDS} WHERE github_id = ? ORDER BY id DESC"
_VERSION = "SELECT version FROM mirror_change WHERE site = (SELECT id FROM site WHERE key = ?) AND number = ?"
_COUNT_MISMATCH = "comment_count <> mirrored_count + count_offset"
_THREADS = f"""
SELECT source, mirrored_count, complete, {_COUNT_MISMATCH}, checked_at, coalesce(version, 0)
FROM issue LEFT JOIN mirror_change USING (site, number)
WHERE site = (SELECT id FROM site WHERE key = :key)
"""
_THREAD = f"{_THREADS} AND number = :number"
_ALL_THREADS = f"{_THREADS} AND NOT is_pull_request ORDER BY number DESC"
_SUMMARY = f"""
SELECT labels, number, is_pull_request, comment_count, mirrored_count, complete, {_COUNT_MISMATCH}, updated_at
FROM issue
"""
_SUMMARIES = f"{_SUMMARY} WHERE {_OF_SITE} ORDER BY number DESC"
_PART_SUMMARIES = f"{_SUMMARY} WHERE {_OF_SITE} AND number {_IN_KEYS} ORDER BY number DESC"
_UNSETTLED = f"{_OF_SITE} AND NOT is_pull_request AND (NOT complete OR {_COUNT_MISMATCH})"
"""The condition of the index `issue_unsettled`: few issues are in it, however many there are."""
_INCOMPLETE_ISSUE = f"SELECT 1 FROM issue WHERE {_UNSETTLED} AND NOT complete LIMIT 1"
_UNSETTLED_SUMMARIES = f"{_SUMMARY} WHERE {_UNSETTLED} ORDER BY number DESC"
_ISSUES = f"SELECT source FROM issue WHERE {_OF_SITE} AND number {_IN_KEYS}"
_ISSUE_SOURCES = f"SELECT source FROM issue WHERE {_OF_SITE} AND (:keys IS NULL OR number {_IN_KEYS})"
_TOMBSTONE = f"SELECT number, gone, checked_at, transferred_to FROM tombstone WHERE {_OF_SITE} AND number = :number"
_TRANSFERRED = f"SELECT number FROM tombstone WHERE {_OF_SITE} AND transferred_to IS NOT NULL AND number {_IN_KEYS}"
_LATEST_UPDATE = f"SELECT max(updated_at) FROM comment WHERE {_OF_SITE} AND number = :number"
_COMMENTS_BY_ID = f"SELECT source, image_sizes, approval FROM comment WHERE {_OF_SITE} AND id {_IN_KEYS} ORDER BY id"
_CHANGES = """
SELECT version, site.key, site.configured_name, abs(number), process_id, number < 0
FROM mirror_change JOIN site ON site.id = mirror_change.site
WHERE version > ? ORDER BY version
"""
_LATEST_VERSION = "SELECT coalesce(max(version), 0) FROM mirror_change"


class SqliteMirror(Mirror):
    """The tables of the mirror; `sites` are the served repositories, which transfers are followed to."""

    def __init__(self, file: SqliteFile, *, process_id: str, sites: Sequence[Repository] = ()) -> None:
        self._file = file
        self._process_id = process_id
        self._sites = tuple(sites)

    async def snapshot(
        self, repo: Repository, number: int, *, with_comments: bool = True, select: Select | None = None
    ) -> Snapshot:
        ref, sites = ThreadRef(repo, number), self._sites

        def query(connection: sqlite3.Connection) -> Snapshot:
            return _snapshot(connection, ref, sites, with_comments=with_comments, select=select)

        return await self._file.read(query)

    async def site(self, repo: Repository) -> SiteRecord | None:
        return await self._file.read(lambda connection: read_site(connection, repo))

    async def records(self, repository_id: int) -> tuple[SiteRecord, ...]:
        rows = await self._file.rows(_RECORDS_OF_REPOSITORY, (clamp(repository_id),))
        return tuple(map(site_record, rows))

    async def site_snapshot(self, repo: Repository, *, urgent: bool = False) -> SiteSnapshot:
        return await self._file.read(lambda connection: _site_snapshot(connection, repo, _SUMMARIES), urgent=urgent)

    async def part_snapshot(self, repo: Repository, numbers: Collection[int]) -> SiteSnapshot:
        keys = json_list(numbers)
        return await self._file.read(lambda connection: _site_snapshot(connection, repo, _PART_SUMMARIES, keys))

    async def unsettled_snapshot(self, repo: Repository) -> SiteSnapshot:
        return await self._file.read(lambda connection: _site_snapshot(connection, repo, _UNSETTLED_SUMMARIES))

    async def thread(self, repo: Repository, number: int) -> ThreadRecord | None:
        return await self._file.read(lambda connection: _thread(connection, ThreadRef(repo, number)))

    async def threads(self, repo: Repository) -> tuple[ThreadRecord, ...]:
        def query(connection: sqlite3.Connection) -> tuple[ThreadRecord, ...]:
            rows = connection.execute(_ALL_THREADS, {"key": repo.key})
            return tuple(thread_records(rows, _PARSED_AT_ONCE))

        return await self._file.read(query)

    async def comments(self, repo: Repository, number: int) -> tuple[Comment, ...]:
        return await self._file.read(lambda connection: tuple(StoredComments(connection, ThreadRef(repo, number))))

    async def latest_update(self, repo: Repository, number: int) -> str | None:
        rows = await self._file.rows(_LATEST_UPDATE, _parameters(ThreadRef(repo, number)))
        return None if rows[0][0] is None else str(rows[0][0])

    async def comment(self, repo: Repository, comment_id: int) -> Comment | None:
        return await self._file.read(lambda connection: _comment(connection, repo, comment_id))

    async def comments_by_id(self, repo: Repository, ids: Iterable[int]) -> Mapping[int, Comment]:
        parameters = {"key": repo.key, "keys": json_list(ids)}
        comments = await self._file.read(lambda connection: _comments(connection, _COMMENTS_BY_ID, parameters))
        return {comment.id: comment for comment in comments}

    async def lookup(
        self, repos: Iterable[Repository], comment_id: int | None
    ) -> Mapping[Repository, tuple[SiteRecord | None, Comment | None]]:
        def query(connection: sqlite3.Connection) -> Mapping[Repository, tuple[SiteRecord | None, Comment | None]]:
            return {repo: (read_site(connection, repo), _comment(connection, repo, comment_id)) for repo in repos}

        return await self._file.read(query, urgent=True)

    async def issue_ids(self, repo: Repository, numbers: Iterable[int]) -> Mapping[int, int]:
        def query(connection: sqlite3.Connection) -> Mapping[int, int]:
            rows = connection.execute(_ISSUES, {"key": repo.key, "keys": json_list(numbers)})
            issues = map(payloads.issue, parse_all(source for (source,) in rows))
            return {issue.number: issue.id for issue in issues}

        return await self._file.read(query)

    async def issue_heads(self, repo: Repository, numbers: Iterable[int] | None = None) -> IssueHeads:
        parameters = {"key": repo.key, "keys": json_list(numbers)}

        def query(connection: sqlite3.Connection) -> IssueHeads:
            heads = parse_heads(connection.execute(_ISSUE_SOURCES, parameters), _PARSED_AT_ONCE)
            return IssueHeads(read_site(connection, repo), tuple(heads))

        return await self._file.read(query)

    async def transferred(self, repo: Repository, numbers: Iterable[int]) -> frozenset[int]:
        rows = await self._file.rows(_TRANSFERRED, {"key": repo.key, "keys": json_list(numbers)})
        return frozenset(number for (number,) in rows)

    async def avatar(
        self,
        repo: Repository,
        user_id: int,
        *,
        numbers: frozenset[int] | None = None,
        excluded_ids: frozenset[int] = frozenset(),
    ) -> str | None:
        parameters = {
            "key": repo.key,
            "author": clamp(user_id),
            "keys": json_list(numbers),
            "excluded": json_list(excluded_ids or None),
        }
        comments = await self._file.read(lambda connection: _comments(connection, COMMENT_BY_AUTHOR, parameters))
        return comments[0].author.avatar_url if comments else None

    async def newest_comments(
        self,
        repo: Repository,
        *,
        limit: int,
        before: int | None,
        numbers: frozenset[int] | None,
        select: Select,
        exclusion: Exclusion | None = None,
    ) -> NewestComments:
        last = LARGEST if before is None else clamp(before - 1)
        excluded_ids = None if exclusion is None else json_list(exclusion.ids or None)
        parameters = {"key": repo.key, "last": last, "keys": json_list(numbers), "excluded": excluded_ids}

        def query(connection: sqlite3.Connection) -> NewestComments:
            site, newest = read_site(connection, repo), connection.execute(NEWEST_COMMENTS, parameters)
            at_once = min(limit, _PARSED_AT_ONCE)
            comments_read = iterate_comments(newest, at_once)
            visible = (c for c in comments_read if exclusion is None or not exclusion.applies_to(c))
            comments = tuple(islice(visible, limit))
            refs = {ThreadRef(repo, comment.number) for comment in comments}
            snapshots = {ref.number: _snapshot(connection, ref, (), select=select) for ref in refs}
            return NewestComments(site, comments, snapshots, _is_complete(connection, site, repo))

        return await self._file.read(query)

    async def selected_comments(self, repo: Repository, selection: CommentSelection) -> SelectedComments:
        parameters = {
            "key": repo.key,
            "since": selection.since,
            "keys": json_list(selection.numbers),
            "excluded": json_list(selection.excluded_ids or None),
            "limit": selection.limit,
            "offset": clamp(selection.offset),
        }

        def query(connection: sqlite3.Connection) -> SelectedComments:
            site = read_site(connection, repo)
            statement = SELECTED_IDS[selection.by_update, selection.descending]
            ids = [comment_id for (comment_id,) in connection.execute(statement, parameters)]
            comments = _comments(connection, _COMMENTS_BY_ID, {"key": repo.key, "keys": json_list(ids)})
            by_id = {comment.id: comment for comment in comments}
            total = int(scalar(connection, SELECTED_COUNT, parameters) or 0)
            is_complete = _is_complete(connection, site, repo)
            return SelectedComments(site, tuple(map(by_id.__getitem__, ids)), total, is_complete)

        return await self._file.read(query)

    async def etags(self, keys: Iterable[str]) -> Mapping[str, str]:
        def query(connection: sqlite3.Connection) -> Mapping[str, str]:
            rows = (connection.execute("SELECT key, value FROM etag WHERE key = ?", (key,)).fetchone() for key in keys)
            return dict(row for row in rows if row is not None)

        return await self._file.read(query)

    async def changes(self, *, after: int) -> tuple[MirrorChange, ...]:
        rows = await self._file.rows(_CHANGES, (clamp(after),))
        return tuple(
            MirrorChange(version, Repository(key, name), number, process_id, images_only=bool(images_only))
            for version, key, name, number, process_id, images_only in rows
        )

    async def latest_version(self) -> int:
        return int((await self._file.rows(_LATEST_VERSION))[0][0])

    async def learn_image_sizes(self, repo: Repository, sizes: Mapping[int, Mapping[str, ImageSize]]) -> frozenset[int]:
        return await self._file.write(lambda connection: put_image_sizes(connection, repo, sizes, self._process_id))

    async def record_approvals(self, repo: Repository, approvals: Mapping[int, Approval]) -> frozenset[int]:
        return await self._file.write(lambda connection: put_approvals(connection, repo, approvals, self._process_id))

    async def renew_versions(self, repo: Repository) -> frozenset[int]:
        return await self._file.write(lambda connection: put_new_versions(connection, repo, self._process_id))

    async def apply(self, change: Change) -> frozenset[int]:
        def operation(connection: sqlite3.Connection) -> frozenset[int]:
            version = partial(_version, connection, change.repo)
            site = read_site(connection, change.repo)
            return apply_change(connection, change, deduplicate(change, version), site, self._process_id)

        return await self._file.write(operation)


def _site_snapshot(
    connection: sqlite3.Connection, repo: Repository, query: str, keys: str | None = None
) -> SiteSnapshot:
    rows = connection.execute(query, {"key": repo.key, "keys": keys}).fetchall()
    labels = parse_all(row[0] for row in rows)
    return SiteSnapshot(read_site(connection, repo), tuple(map(summary, labels, rows)))


def _snapshot(
    connection: sqlite3.Connection,
    ref: ThreadRef,
    sites: Sequence[Repository],
    *,
    with_comments: bool = True,
    select: Select | None = None,
) -> Snapshot:
    """Return all of a thread: three queries if its issue is mirrored here, two more for each transfer."""
    hop, record = _hop(connection, ref)
    hops = [hop]
    while len(hops) <= MAX_TRANSFERS and (target := _transfer_target(connection, hop, sites)):
        hop, record = _hop(connection, target)
        hops.append(hop)
    pinned = None if record is None else record.issue.pinned_comment
    comments: tuple[Comment, ...] = ()
    outline = None
    if select is not None and record is not None and record.complete:
        outline, ids = select(hop.ref, record.version, StoredComments(connection, hop.ref))
        comments = _comments(connection, _COMMENTS_BY_ID, {"key": hop.ref.repo.key, "keys": json_list(ids)})
    elif select is None and with_comments and record is not None:
        comments = tuple(StoredComments(connection, hop.ref))
    pinned_comment = _comment(connection, hop.ref.repo, None if pinned is None else pinned.id)
    return Snapshot(tuple(hops), record, comments, pinned_comment, outline)


def _hop(connection: sqlite3.Connection, ref: ThreadRef) -> tuple[Hop, ThreadRecord | None]:
    site, record = read_site(connection, ref.repo), _thread(connection, ref)
    if record is not None:  # then there is no tombstone
        return Hop(ref, site, None, record.version), record
    row = connection.execute(_TOMBSTONE, _parameters(ref)).fetchone()
    tombstone = None if row is None else Tombstone(row[0], bool(row[1]), *row[2:])
    return Hop(ref, site, tombstone, _version(connection, *ref)), None


def _transfer_target(connection: sqlite3.Connection, hop: Hop, sites: Sequence[Repository]) -> ThreadRef | None:
    address = hop.tombstone and hop.tombstone.transferred_to
    return transfer_target(address, ((repo, read_site(connection, repo)) for repo in sites)) if address else None


def _is_complete(connection: sqlite3.Connection, site: SiteRecord | None, repo: Repository) -> bool:
    is_listed = site is not None and site.issues_listed_at is not None
    return is_listed and scalar(connection, _INCOMPLETE_ISSUE, {"key": repo.key}) is None


def _version(connection: sqlite3.Connection, repo: Repository, number: int) -> int:
    """Return the version of a number's latest change; 0 before the first."""
    return int(scalar(connection, _VERSION, (repo.key, clamp(number))) or 0)


def _thread(connection: sqlite3.Connection, ref: ThreadRef) -> ThreadRecord | None:
    row = connection.execute(_THREAD, _parameters(ref)).fetchone()
    return None if row is None else thread_record(orjson.loads(row[0]), row)


def _comment(connection: sqlite3.Connection, repo: Repository, comment_id: int | None) -> Comment | None:
    if comment_id is None:
        return None
    comments = _comments(connection, _COMMENTS_BY_ID, {"key": repo.key, "keys": json_list([comment_id])})
    return next(iter(comments), None)


def _comments(connection: sqlite3.Connection, query: str, parameters: Mapping[str, Any]) -> tuple[Comment, ...]:
    return tuple(parse_comments(connection.execute(query, parameters).fetchall()))


def _parameters(ref: ThreadRef) -> Mapping[str, Any]:
    return {"key": ref.repo.key, "number": clamp(ref.number)}
