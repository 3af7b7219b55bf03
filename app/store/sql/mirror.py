"""The mirror: its reads, each within one transaction. `change_writer` and `learnt_facts` change it."""

from abc import abstractmethod
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import partial
from itertools import islice
from typing import Any, TypeVar

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
from app.store.rows import parse_all, parse_comments, parse_heads, site_record, thread_record, thread_records
from app.store.sql.change_writer import apply_change
from app.store.sql.comment_lists import COMMENT_BY_AUTHOR, SELECTED_COUNT, SELECTED_IDS
from app.store.sql.comment_lists import IN_KEYS as _IN_KEYS
from app.store.sql.comment_lists import OF_SITE as _OF_SITE
from app.store.sql.learnt_facts import put_approvals, put_image_sizes, put_new_versions
from app.store.sql.session import LARGEST, Parameters, Session, WriteSession, clamp
from app.store.sql.sites import SITE_RECORDS, read_site
from app.store.sql.summaries import (
    COUNT_MISMATCH,
    PART_SUMMARIES,
    SUMMARIES,
    UNSETTLED_ISSUES,
    UNSETTLED_SUMMARIES,
    read_summaries,
)
from app.store.sql.thread_comments import StoredComments, iterate_newest

# ruff: noqa: S608 - the inserted texts are these constants; values are parameters
_PARSED_AT_ONCE = 50
_RECORDS_OF_REPOSITORY = f"{SITE_RECORDS} WHERE github_id = :github_id ORDER BY id DESC"
_VERSION = "SELECT version FROM mirror_change WHERE site = (SELECT id FROM site WHERE key = :key) AND number = :number"
_THREADS = f"""
SELECT source, mirrored_count, complete, {COUNT_MISMATCH}, checked_at, coalesce(version, 0)
FROM issue LEFT JOIN mirror_change USING (site, number)
WHERE site = (SELECT id FROM site WHERE key = :key)
"""
_THREAD = f"{_THREADS} AND number = :number"
_ALL_THREADS = f"{_THREADS} AND NOT is_pull_request ORDER BY number DESC"
_INCOMPLETE_ISSUE = f"SELECT 1 FROM issue WHERE {UNSETTLED_ISSUES} AND NOT complete LIMIT 1"
_ISSUES = f"SELECT source FROM issue WHERE {_OF_SITE} AND number {_IN_KEYS}"
_ISSUE_SOURCES = f"SELECT source FROM issue WHERE {_OF_SITE} AND (:keys[] IS NULL OR number {_IN_KEYS})"
_TOMBSTONE = f"SELECT number, gone, checked_at, transferred_to FROM tombstone WHERE {_OF_SITE} AND number = :number"
_TRANSFERRED = f"SELECT number FROM tombstone WHERE {_OF_SITE} AND transferred_to IS NOT NULL AND number {_IN_KEYS}"
_LATEST_UPDATE = f"SELECT max(updated_at) FROM comment WHERE {_OF_SITE} AND number = :number"
_COMMENTS_BY_ID = f"SELECT source, image_sizes, approval FROM comment WHERE {_OF_SITE} AND id {_IN_KEYS} ORDER BY id"
_CHANGES = """
SELECT version, site.key, site.configured_name, abs(number), process_id, number < 0
FROM mirror_change JOIN site ON site.id = mirror_change.site
WHERE version > :after ORDER BY version
"""
_LATEST_VERSION = "SELECT coalesce(max(version), 0) FROM mirror_change"
_T = TypeVar("_T")


class SqlMirror(Mirror):
    """The tables of the mirror; `sites` are the served repositories, which transfers are followed to."""

    def __init__(self, sites: Sequence[Repository] = ()) -> None:
        self._sites = tuple(sites)

    @abstractmethod
    async def _read(self, query: Callable[[Session], _T], *, urgent: bool = False) -> _T:
        """Return the result of a query that runs within one transaction. Raises `StoreError`.

        An urgent query waits for other urgent ones only.
        """

    @abstractmethod
    async def _write(self, repo: Repository, operation: Callable[[WriteSession], frozenset[int]]) -> frozenset[int]:
        """Run all of an operation or nothing, as one transaction; return its result. Raises `StoreError`."""

    async def _read_versions(self, query: Callable[[Session], _T]) -> _T:
        """Return the result of a query of versions; a store that may become older than it was notices that here."""
        return await self._read(query)

    async def snapshot(
        self, repo: Repository, number: int, *, with_comments: bool = True, select: Select | None = None
    ) -> Snapshot:
        ref, sites = ThreadRef(repo, number), self._sites

        def query(session: Session) -> Snapshot:
            return _snapshot(session, ref, sites, with_comments=with_comments, select=select)

        return await self._read(query)

    async def site(self, repo: Repository) -> SiteRecord | None:
        return await self._read(lambda session: read_site(session, repo))

    async def records(self, repository_id: int) -> tuple[SiteRecord, ...]:
        rows = await self._rows(_RECORDS_OF_REPOSITORY, {"github_id": clamp(repository_id)})
        return tuple(map(site_record, rows))

    async def site_snapshot(self, repo: Repository, *, urgent: bool = False) -> SiteSnapshot:
        return await self._read(lambda session: read_summaries(session, repo, SUMMARIES), urgent=urgent)

    async def part_snapshot(self, repo: Repository, numbers: Collection[int]) -> SiteSnapshot:
        return await self._read(lambda session: read_summaries(session, repo, PART_SUMMARIES, numbers))

    async def unsettled_snapshot(self, repo: Repository) -> SiteSnapshot:
        return await self._read(lambda session: read_summaries(session, repo, UNSETTLED_SUMMARIES))

    async def thread(self, repo: Repository, number: int) -> ThreadRecord | None:
        return await self._read(lambda session: _thread(session, ThreadRef(repo, number)))

    async def threads(self, repo: Repository) -> tuple[ThreadRecord, ...]:
        def query(session: Session) -> tuple[ThreadRecord, ...]:
            rows = session.execute(_ALL_THREADS, {"key": repo.key})
            return tuple(thread_records(rows, _PARSED_AT_ONCE))

        return await self._read(query)

    async def comments(self, repo: Repository, number: int) -> tuple[Comment, ...]:
        return await self._read(lambda session: tuple(StoredComments(session, ThreadRef(repo, number))))

    async def latest_update(self, repo: Repository, number: int) -> str | None:
        rows = await self._rows(_LATEST_UPDATE, _parameters(ThreadRef(repo, number)))
        return None if rows[0][0] is None else str(rows[0][0])

    async def comment(self, repo: Repository, comment_id: int) -> Comment | None:
        return await self._read(lambda session: _comment(session, repo, comment_id))

    async def comments_by_id(self, repo: Repository, ids: Iterable[int]) -> Mapping[int, Comment]:
        comments = await self._read(lambda session: _comments_by_id(session, repo, ids))
        return {comment.id: comment for comment in comments}

    async def lookup(
        self, repos: Iterable[Repository], comment_id: int | None
    ) -> Mapping[Repository, tuple[SiteRecord | None, Comment | None]]:
        def query(session: Session) -> Mapping[Repository, tuple[SiteRecord | None, Comment | None]]:
            return {repo: (read_site(session, repo), _comment(session, repo, comment_id)) for repo in repos}

        return await self._read(query, urgent=True)

    async def issue_ids(self, repo: Repository, numbers: Iterable[int]) -> Mapping[int, int]:
        def query(session: Session) -> Mapping[int, int]:
            rows = session.execute(_ISSUES, {"key": repo.key, "keys": session.keys(numbers)})
            issues = map(payloads.issue, parse_all(source for (source,) in rows))
            return {issue.number: issue.id for issue in issues}

        return await self._read(query)

    async def issue_heads(self, repo: Repository, numbers: Iterable[int] | None = None) -> IssueHeads:
        def query(session: Session) -> IssueHeads:
            rows = session.execute(_ISSUE_SOURCES, {"key": repo.key, "keys": session.keys(numbers)})
            return IssueHeads(read_site(session, repo), tuple(parse_heads(rows, _PARSED_AT_ONCE)))

        return await self._read(query)

    async def transferred(self, repo: Repository, numbers: Iterable[int]) -> frozenset[int]:
        def query(session: Session) -> frozenset[int]:
            rows = session.execute(_TRANSFERRED, {"key": repo.key, "keys": session.keys(numbers)})
            return frozenset(number for (number,) in rows)

        return await self._read(query)

    async def avatar(
        self,
        repo: Repository,
        user_id: int,
        *,
        numbers: frozenset[int] | None = None,
        excluded_ids: frozenset[int] = frozenset(),
    ) -> str | None:
        def query(session: Session) -> tuple[Comment, ...]:
            parameters = {
                "key": repo.key,
                "author": clamp(user_id),
                "keys": session.keys(numbers),
                "excluded": session.keys(excluded_ids or None),
            }
            return _comments(session, COMMENT_BY_AUTHOR, parameters)

        comments = await self._read(query)
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
        excluded_ids = None if exclusion is None else exclusion.ids or None

        def query(session: Session) -> NewestComments:
            parameters = {
                "key": repo.key,
                "last": last,
                "keys": session.keys(numbers),
                "excluded": session.keys(excluded_ids),
            }
            site, newest = read_site(session, repo), iterate_newest(session, parameters, limit)
            visible = (c for c in newest if exclusion is None or not exclusion.applies_to(c))
            comments = tuple(islice(visible, limit))
            refs = {ThreadRef(repo, comment.number) for comment in comments}
            snapshots = {ref.number: _snapshot(session, ref, (), select=select) for ref in refs}
            return NewestComments(site, comments, snapshots, _is_complete(session, site, repo))

        return await self._read(query)

    async def selected_comments(self, repo: Repository, selection: CommentSelection) -> SelectedComments:
        def query(session: Session) -> SelectedComments:
            parameters = {
                "key": repo.key,
                "since": selection.since,
                "keys": session.keys(selection.numbers),
                "excluded": session.keys(selection.excluded_ids or None),
                "limit": selection.limit,
                "offset": clamp(selection.offset),
            }
            site = read_site(session, repo)
            statement = SELECTED_IDS[selection.by_update, selection.descending]
            ids = [comment_id for (comment_id,) in session.execute(statement, parameters)]
            by_id = {comment.id: comment for comment in _comments_by_id(session, repo, ids)}
            total = int(session.scalar(SELECTED_COUNT, parameters) or 0)
            is_complete = _is_complete(session, site, repo)
            return SelectedComments(site, tuple(map(by_id.__getitem__, ids)), total, is_complete)

        return await self._read(query)

    async def changes(self, *, after: int) -> tuple[MirrorChange, ...]:
        def query(session: Session) -> list[tuple[int, str, str, int, str, bool]]:
            return session.execute(_CHANGES, {"after": clamp(after)}).fetchall()

        return tuple(
            MirrorChange(version, Repository(key, name), number, process_id, images_only=bool(images_only))
            for version, key, name, number, process_id, images_only in await self._read_versions(query)
        )

    async def latest_version(self) -> int:
        return int(await self._read_versions(lambda session: session.scalar(_LATEST_VERSION, {})))

    async def learn_image_sizes(self, repo: Repository, sizes: Mapping[int, Mapping[str, ImageSize]]) -> frozenset[int]:
        return await self._write(repo, lambda session: put_image_sizes(session, sizes))

    async def record_approvals(self, repo: Repository, approvals: Mapping[int, Approval]) -> frozenset[int]:
        return await self._write(repo, lambda session: put_approvals(session, approvals))

    async def renew_versions(self, repo: Repository) -> frozenset[int]:
        return await self._write(repo, put_new_versions)

    async def apply(self, change: Change) -> frozenset[int]:
        def operation(session: WriteSession) -> frozenset[int]:
            return apply_change(session, change, deduplicate(change, partial(_version, session, change.repo)))

        return await self._write(change.repo, operation)

    async def _rows(self, query: str, parameters: Parameters) -> list[Any]:
        return await self._read(lambda session: session.execute(query, parameters).fetchall())


def _snapshot(
    session: Session,
    ref: ThreadRef,
    sites: Sequence[Repository],
    *,
    with_comments: bool = True,
    select: Select | None = None,
) -> Snapshot:
    """Return all of a thread: three queries if its issue is mirrored here, two more for each transfer."""
    hop, record = _hop(session, ref)
    hops = [hop]
    while len(hops) <= MAX_TRANSFERS and (target := _transfer_target(session, hop, sites)):
        hop, record = _hop(session, target)
        hops.append(hop)
    pinned = None if record is None else record.issue.pinned_comment
    comments: tuple[Comment, ...] = ()
    outline = None
    if select is not None and record is not None and record.complete:
        outline, ids = select(hop.ref, record.version, StoredComments(session, hop.ref))
        comments = _comments_by_id(session, hop.ref.repo, ids)
    elif select is None and with_comments and record is not None:
        comments = tuple(StoredComments(session, hop.ref))
    pinned_comment = _comment(session, hop.ref.repo, None if pinned is None else pinned.id)
    return Snapshot(tuple(hops), record, comments, pinned_comment, outline)


def _hop(session: Session, ref: ThreadRef) -> tuple[Hop, ThreadRecord | None]:
    site, record = read_site(session, ref.repo), _thread(session, ref)
    if record is not None:  # then there is no tombstone
        return Hop(ref, site, None, record.version), record
    row = session.execute(_TOMBSTONE, _parameters(ref)).fetchone()
    tombstone = None if row is None else Tombstone(row[0], bool(row[1]), *row[2:])
    return Hop(ref, site, tombstone, _version(session, *ref)), None


def _transfer_target(session: Session, hop: Hop, sites: Sequence[Repository]) -> ThreadRef | None:
    address = hop.tombstone and hop.tombstone.transferred_to
    return transfer_target(address, ((repo, read_site(session, repo)) for repo in sites)) if address else None


def _is_complete(session: Session, site: SiteRecord | None, repo: Repository) -> bool:
    is_listed = site is not None and site.issues_listed_at is not None
    return is_listed and session.scalar(_INCOMPLETE_ISSUE, {"key": repo.key}) is None


def _version(session: Session, repo: Repository, number: int) -> int:
    """Return the version of a number's latest change; 0 before the first."""
    return int(session.scalar(_VERSION, {"key": repo.key, "number": clamp(number)}) or 0)


def _thread(session: Session, ref: ThreadRef) -> ThreadRecord | None:
    row = session.execute(_THREAD, _parameters(ref)).fetchone()
    return None if row is None else thread_record(orjson.loads(row[0]), row)


def _comment(session: Session, repo: Repository, comment_id: int | None) -> Comment | None:
    if comment_id is None:
        return None
    return next(iter(_comments_by_id(session, repo, [comment_id])), None)


def _comments_by_id(session: Session, repo: Repository, ids: Iterable[int]) -> tuple[Comment, ...]:
    """Return comments in the order of their ids."""
    return _comments(session, _COMMENTS_BY_ID, {"key": repo.key, "keys": session.keys(ids)})


def _comments(session: Session, query: str, parameters: Parameters) -> tuple[Comment, ...]:
    return tuple(parse_comments(session.execute(query, parameters).fetchall()))


def _parameters(ref: ThreadRef) -> Parameters:
    return {"key": ref.repo.key, "number": clamp(ref.number)}
