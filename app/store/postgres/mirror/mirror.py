"""The mirror in the database: its reads, each within one transaction. `writes` applies the changes."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
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
from app.store.postgres.database import LARGEST, Database, array, clamp, execute, scalar
from app.store.postgres.mirror.comment_lists import COMMENT_BY_AUTHOR, SELECTED_COUNT, SELECTED_IDS
from app.store.postgres.mirror.comment_lists import IN_KEYS as _IN_KEYS
from app.store.postgres.mirror.comment_lists import OF_SITE as _OF_SITE
from app.store.postgres.mirror.learnt_facts import put_approvals, put_image_sizes, put_new_versions
from app.store.postgres.mirror.sites import SITE_RECORDS, lock_site, read_site
from app.store.postgres.mirror.summaries import (
    COUNT_MISMATCH,
    PART_SUMMARIES,
    SUMMARIES,
    UNSETTLED_ISSUES,
    UNSETTLED_SUMMARIES,
    read_summaries,
)
from app.store.postgres.mirror.thread_comments import StoredComments, iterate_newest
from app.store.postgres.mirror.writes import apply_change
from app.store.postgres.sessions import Connection
from app.store.postgres.versions import NewVersions, SeenVersion
from app.store.rows import parse_all, parse_comments, parse_heads, site_record, thread_record, thread_records

# ruff: noqa: S608 - the inserted texts are these constants; values are parameters
_PARSED_AT_ONCE = 50
_RECORDS_OF_REPOSITORY = f"{SITE_RECORDS} WHERE github_id = %s ORDER BY id DESC"
_VERSION = "SELECT version FROM mirror_change WHERE site = (SELECT id FROM site WHERE key = %s) AND number = %s"
_THREADS = f"""
SELECT source, mirrored_count, complete, {COUNT_MISMATCH}, checked_at, coalesce(version, 0)
FROM issue LEFT JOIN mirror_change USING (site, number)
WHERE site = (SELECT id FROM site WHERE key = %(key)s)
"""
_THREAD = f"{_THREADS} AND number = %(number)s"
_ALL_THREADS = f"{_THREADS} AND NOT is_pull_request ORDER BY number DESC"
_INCOMPLETE_ISSUE = f"SELECT 1 FROM issue WHERE {UNSETTLED_ISSUES} AND NOT complete LIMIT 1"
_ISSUES = f"SELECT source FROM issue WHERE {_OF_SITE} AND number {_IN_KEYS}"
_ISSUE_SOURCES = f"SELECT source FROM issue WHERE {_OF_SITE} AND (%(keys)s::bigint[] IS NULL OR number {_IN_KEYS})"
_TOMBSTONE = f"SELECT number, gone, checked_at, transferred_to FROM tombstone WHERE {_OF_SITE} AND number = %(number)s"
_TRANSFERRED = f"SELECT number FROM tombstone WHERE {_OF_SITE} AND transferred_to IS NOT NULL AND number {_IN_KEYS}"
_LATEST_UPDATE = f"SELECT max(updated_at) FROM comment WHERE {_OF_SITE} AND number = %(number)s"
_COMMENTS_BY_ID = f"SELECT source, image_sizes, approval FROM comment WHERE {_OF_SITE} AND id {_IN_KEYS} ORDER BY id"
_CHANGES = """
SELECT version, site.key, site.configured_name, abs(number), process_id, number < 0
FROM mirror_change JOIN site ON site.id = mirror_change.site
WHERE version > %s ORDER BY version
"""
_LATEST_VERSION = "SELECT coalesce(max(version), 0) FROM mirror_change"


class PostgresMirror(Mirror):
    """The tables of the mirror; `sites` are the served repositories, which transfers are followed to."""

    def __init__(
        self, database: Database, seen_version: SeenVersion, *, process_id: str, sites: Sequence[Repository] = ()
    ) -> None:
        self._database = database
        self._seen_version = seen_version
        self._process_id = process_id
        self._sites = tuple(sites)

    async def snapshot(
        self, repo: Repository, number: int, *, with_comments: bool = True, select: Select | None = None
    ) -> Snapshot:
        ref, sites = ThreadRef(repo, number), self._sites

        def query(connection: Connection) -> Snapshot:
            return _snapshot(connection, ref, sites, with_comments=with_comments, select=select)

        return await self._database.read(query)

    async def site(self, repo: Repository) -> SiteRecord | None:
        return await self._database.read(lambda connection: read_site(connection, repo))

    async def records(self, repository_id: int) -> tuple[SiteRecord, ...]:
        rows = await self._database.rows(_RECORDS_OF_REPOSITORY, (clamp(repository_id),))
        return tuple(map(site_record, rows))

    async def site_snapshot(self, repo: Repository, *, urgent: bool = False) -> SiteSnapshot:
        return await self._database.read(lambda connection: read_summaries(connection, repo, SUMMARIES), urgent=urgent)

    async def part_snapshot(self, repo: Repository, numbers: Collection[int]) -> SiteSnapshot:
        keys = array(numbers)
        return await self._database.read(lambda connection: read_summaries(connection, repo, PART_SUMMARIES, keys))

    async def unsettled_snapshot(self, repo: Repository) -> SiteSnapshot:
        return await self._database.read(lambda connection: read_summaries(connection, repo, UNSETTLED_SUMMARIES))

    async def thread(self, repo: Repository, number: int) -> ThreadRecord | None:
        return await self._database.read(lambda connection: _thread(connection, ThreadRef(repo, number)))

    async def threads(self, repo: Repository) -> tuple[ThreadRecord, ...]:
        def query(connection: Connection) -> tuple[ThreadRecord, ...]:
            rows = execute(connection, _ALL_THREADS, {"key": repo.key}).fetchall()
            return tuple(thread_records(rows, _PARSED_AT_ONCE))

        return await self._database.read(query)

    async def comments(self, repo: Repository, number: int) -> tuple[Comment, ...]:
        return await self._database.read(lambda connection: tuple(StoredComments(connection, ThreadRef(repo, number))))

    async def latest_update(self, repo: Repository, number: int) -> str | None:
        rows = await self._database.rows(_LATEST_UPDATE, _parameters(ThreadRef(repo, number)))
        return None if rows[0][0] is None else str(rows[0][0])

    async def comment(self, repo: Repository, comment_id: int) -> Comment | None:
        return await self._database.read(lambda connection: _comment(connection, repo, comment_id))

    async def comments_by_id(self, repo: Repository, ids: Iterable[int]) -> Mapping[int, Comment]:
        parameters = {"key": repo.key, "keys": array(ids)}
        comments = await self._database.read(lambda connection: _comments(connection, _COMMENTS_BY_ID, parameters))
        return {comment.id: comment for comment in comments}

    async def lookup(
        self, repos: Iterable[Repository], comment_id: int | None
    ) -> Mapping[Repository, tuple[SiteRecord | None, Comment | None]]:
        def query(connection: Connection) -> Mapping[Repository, tuple[SiteRecord | None, Comment | None]]:
            return {repo: (read_site(connection, repo), _comment(connection, repo, comment_id)) for repo in repos}

        return await self._database.read(query, urgent=True)

    async def issue_ids(self, repo: Repository, numbers: Iterable[int]) -> Mapping[int, int]:
        def query(connection: Connection) -> Mapping[int, int]:
            rows = execute(connection, _ISSUES, {"key": repo.key, "keys": array(numbers)})
            issues = map(payloads.issue, parse_all(source for (source,) in rows))
            return {issue.number: issue.id for issue in issues}

        return await self._database.read(query)

    async def issue_heads(self, repo: Repository, numbers: Iterable[int] | None = None) -> IssueHeads:
        parameters = {"key": repo.key, "keys": array(numbers)}

        def query(connection: Connection) -> IssueHeads:
            heads = parse_heads(execute(connection, _ISSUE_SOURCES, parameters), _PARSED_AT_ONCE)
            return IssueHeads(read_site(connection, repo), tuple(heads))

        return await self._database.read(query)

    async def transferred(self, repo: Repository, numbers: Iterable[int]) -> frozenset[int]:
        rows = await self._database.rows(_TRANSFERRED, {"key": repo.key, "keys": array(numbers)})
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
            "keys": array(numbers),
            "excluded": array(excluded_ids or None),
        }
        comments = await self._database.read(lambda connection: _comments(connection, COMMENT_BY_AUTHOR, parameters))
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
        excluded_ids = None if exclusion is None else array(exclusion.ids or None)
        parameters = {"key": repo.key, "last": last, "keys": array(numbers), "excluded": excluded_ids}

        def query(connection: Connection) -> NewestComments:
            site, newest = (
                read_site(connection, repo),
                iterate_newest(connection, parameters, max(limit, _PARSED_AT_ONCE)),
            )
            visible = (c for c in newest if exclusion is None or not exclusion.applies_to(c))
            comments = tuple(islice(visible, limit))
            refs = {ThreadRef(repo, comment.number) for comment in comments}
            snapshots = {ref.number: _snapshot(connection, ref, (), select=select) for ref in refs}
            return NewestComments(site, comments, snapshots, _is_complete(connection, site, repo))

        return await self._database.read(query)

    async def selected_comments(self, repo: Repository, selection: CommentSelection) -> SelectedComments:
        parameters = {
            "key": repo.key,
            "since": selection.since,
            "keys": array(selection.numbers),
            "excluded": array(selection.excluded_ids or None),
            "limit": selection.limit,
            "offset": clamp(selection.offset),
        }

        def query(connection: Connection) -> SelectedComments:
            site = read_site(connection, repo)
            statement = SELECTED_IDS[selection.by_update, selection.descending]
            ids = [comment_id for (comment_id,) in execute(connection, statement, parameters)]
            comments = _comments(connection, _COMMENTS_BY_ID, {"key": repo.key, "keys": array(ids)})
            by_id = {comment.id: comment for comment in comments}
            total = int(scalar(connection, SELECTED_COUNT, parameters) or 0)
            is_complete = _is_complete(connection, site, repo)
            return SelectedComments(site, tuple(map(by_id.__getitem__, ids)), total, is_complete)

        return await self._database.read(query)

    async def etags(self, keys: Iterable[str]) -> Mapping[str, str]:
        rows = await self._database.rows("SELECT key, value FROM etag WHERE key = ANY (%s::text[])", (list(keys),))
        return {key: value.decode() for key, value in rows}

    async def changes(self, *, after: int) -> tuple[MirrorChange, ...]:
        def query(connection: Connection) -> list[Any]:
            self._seen_version.check(connection)
            return execute(connection, _CHANGES, (clamp(after),)).fetchall()

        return tuple(
            MirrorChange(version, Repository(key, name), number, process_id, images_only=images_only)
            for version, key, name, number, process_id, images_only in await self._database.read(query)
        )

    async def latest_version(self) -> int:
        def query(connection: Connection) -> int:
            self._seen_version.check(connection)
            return int(scalar(connection, _LATEST_VERSION))

        return await self._database.read(query)

    async def learn_image_sizes(self, repo: Repository, sizes: Mapping[int, Mapping[str, ImageSize]]) -> frozenset[int]:
        return await self._write(lambda connection, versions: put_image_sizes(connection, repo, sizes, versions))

    async def record_approvals(self, repo: Repository, approvals: Mapping[int, Approval]) -> frozenset[int]:
        return await self._write(lambda connection, versions: put_approvals(connection, repo, approvals, versions))

    async def renew_versions(self, repo: Repository) -> frozenset[int]:
        return await self._write(lambda connection, versions: put_new_versions(connection, repo, versions))

    async def apply(self, change: Change) -> frozenset[int]:
        def operation(connection: Connection, versions: NewVersions) -> frozenset[int]:
            site, before = lock_site(connection, change.repo)
            normalized_change = deduplicate(change, partial(_version, connection, change.repo))
            return apply_change(connection, change, normalized_change, before, site=site, versions=versions)

        return await self._write(operation)

    async def _write(self, operation: Callable[[Connection, NewVersions], frozenset[int]]) -> frozenset[int]:
        """Run an operation; from its commit on, its versions count as seen."""
        versions = NewVersions(self._process_id, notifies=self._database.notifies)
        numbers = await self._database.write(lambda connection: operation(connection, versions))
        self._seen_version.remember(versions.nonce)
        return numbers


def _snapshot(
    connection: Connection,
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
        comments = _comments(connection, _COMMENTS_BY_ID, {"key": hop.ref.repo.key, "keys": array(ids)})
    elif select is None and with_comments and record is not None:
        comments = tuple(StoredComments(connection, hop.ref))
    pinned_comment = _comment(connection, hop.ref.repo, None if pinned is None else pinned.id)
    return Snapshot(tuple(hops), record, comments, pinned_comment, outline)


def _hop(connection: Connection, ref: ThreadRef) -> tuple[Hop, ThreadRecord | None]:
    site, record = read_site(connection, ref.repo), _thread(connection, ref)
    if record is not None:  # then there is no tombstone
        return Hop(ref, site, None, record.version), record
    row = execute(connection, _TOMBSTONE, _parameters(ref)).fetchone()
    tombstone = None if row is None else Tombstone(row[0], bool(row[1]), *row[2:])
    return Hop(ref, site, tombstone, _version(connection, *ref)), None


def _transfer_target(connection: Connection, hop: Hop, sites: Sequence[Repository]) -> ThreadRef | None:
    address = hop.tombstone and hop.tombstone.transferred_to
    return transfer_target(address, ((repo, read_site(connection, repo)) for repo in sites)) if address else None


def _is_complete(connection: Connection, site: SiteRecord | None, repo: Repository) -> bool:
    is_listed = site is not None and site.issues_listed_at is not None
    return is_listed and scalar(connection, _INCOMPLETE_ISSUE, {"key": repo.key}) is None


def _version(connection: Connection, repo: Repository, number: int) -> int:
    """Return the version of a number's latest change; 0 before the first."""
    return int(scalar(connection, _VERSION, (repo.key, clamp(number))) or 0)


def _thread(connection: Connection, ref: ThreadRef) -> ThreadRecord | None:
    row = execute(connection, _THREAD, _parameters(ref)).fetchone()
    return None if row is None else thread_record(orjson.loads(row[0]), row)


def _comment(connection: Connection, repo: Repository, comment_id: int | None) -> Comment | None:
    if comment_id is None:
        return None
    comments = _comments(connection, _COMMENTS_BY_ID, {"key": repo.key, "keys": array([comment_id])})
    return next(iter(comments), None)


def _comments(connection: Connection, query: str, parameters: Mapping[str, Any]) -> tuple[Comment, ...]:
    return tuple(parse_comments(execute(connection, query, parameters).fetchall()))


def _parameters(ref: ThreadRef) -> Mapping[str, Any]:
    return {"key": ref.repo.key, "number": clamp(ref.number)}
