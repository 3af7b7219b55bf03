"""A change applied to the tables, within one transaction that holds the lock of the site."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import astuple
from typing import Any

from app.domain.records import SiteRecord, Tombstone
from app.ports.mirror import Change
from app.store.normalized_change import MONTH, NormalizedChange, is_newer, numbers_to_version, site_after
from app.store.postgres.database import Cursor, array, execute
from app.store.postgres.mirror.comment_changes import delete_and_record, insert_changes
from app.store.postgres.sessions import Connection
from app.store.postgres.versions import NewVersions
from app.store.stored_json import current_issue, encode_json, is_same_json

# ruff: noqa: S608 - the inserted texts are these constants; values are parameters
_NUMBERS = "site = %(site)s AND number = ANY (%(keys)s::bigint[])"
_IDS = "site = %(site)s AND id = ANY (%(keys)s::bigint[])"
_STORED_ISSUES = f"SELECT number, updated_at, source FROM issue WHERE {_NUMBERS}"
_STORED_COMMENTS = f"SELECT id, updated_at, source, number FROM comment WHERE {_IDS}"
_STORED_THREADS = f"SELECT number, complete FROM issue WHERE {_NUMBERS} AND NOT is_pull_request"
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
_RESET_PULL_REQUESTS = f"""
UPDATE issue SET mirrored_count = 0, complete = false, count_offset = 0, checked_at = NULL
WHERE {_NUMBERS} AND is_pull_request
"""
_PUT_COMMENTS = f"""
WITH put AS (INSERT INTO comment (site, id, number, updated_at, author, created_at, source)
SELECT %s, * FROM unnest(%s::bigint[], %s::bigint[], %s::text[], %s::bigint[], %s::text[], %b::bytea[])
ON CONFLICT (site, id) DO UPDATE SET
    number = excluded.number, updated_at = excluded.updated_at, author = excluded.author, source = excluded.source,
    created_at = excluded.created_at
RETURNING site, number, id) {insert_changes("put")}
"""
_RECORD_MOVED_COMMENTS = f"""
WITH former AS (SELECT site, number, id FROM comment WHERE {_IDS}) {insert_changes("former")}
"""
_DELETE_COMMENTS_OF_NUMBERS = delete_and_record(f"DELETE FROM comment WHERE {_NUMBERS}")
_DELETE_UNLISTED_COMMENTS = delete_and_record("""
DELETE FROM comment WHERE site = %(site)s AND number = %(number)s
    AND NOT EXISTS (SELECT FROM unnest(%(keys)s::bigint[]) AS listed (id) WHERE listed.id = comment.id)
""")
_DELETE_COMMENTS = delete_and_record(f"DELETE FROM comment WHERE {_IDS}")
_COUNT_COMMENTS = f"""
UPDATE issue SET mirrored_count = (
    SELECT count(*) FROM comment WHERE comment.site = issue.site AND comment.number = issue.number
) WHERE {_NUMBERS}
"""
_ADD_TO_COUNTS = """
UPDATE issue SET mirrored_count = mirrored_count + added.count
FROM unnest(%(numbers)s::bigint[], %(counts)s::bigint[]) AS added (number, count)
WHERE site = %(site)s AND issue.number = added.number
"""
"""Rows that are not old yet have to be read to be counted, so only what was added counts."""
_COMPLETE_BY_COUNT = f"""
UPDATE issue SET complete = true, count_offset = 0, checked_at = %(at)s
WHERE {_NUMBERS} AND NOT complete AND NOT is_pull_request AND mirrored_count = comment_count
RETURNING number
"""
_CHECK_EMPTY = f"""
UPDATE issue SET count_offset = 0, checked_at = %(at)s
WHERE {_NUMBERS} AND complete AND mirrored_count = 0 AND comment_count = 0
"""
_COMPLETE_LISTED = """
UPDATE issue SET complete = true, count_offset = comment_count - cardinality(%(keys)s::bigint[]), checked_at = %(at)s
WHERE site = %(site)s AND number = %(number)s
"""
_CHECK = f"UPDATE issue SET checked_at = %(at)s WHERE {_NUMBERS} AND complete"
_DELETE_TOMBSTONES = f"DELETE FROM tombstone WHERE {_NUMBERS}"
_DELETE_ISSUE = "DELETE FROM issue WHERE site = %(site)s AND number = %(number)s"
_PUT_TOMBSTONE = """
INSERT INTO tombstone (site, number, gone, checked_at, transferred_to) VALUES (%s, %s, %s, %s, %s)
ON CONFLICT (site, number) DO UPDATE SET
    gone = excluded.gone, checked_at = excluded.checked_at, transferred_to = excluded.transferred_to
"""
_PUT_SITE = """
UPDATE site SET (
    configured_name, github_id, full_name, issues_next_url, issues_listed_at, comments_next_url, since, checked_at,
    private, reconciled_at, missed_by_webhook_at, not_visible_since, not_visible_count, feed_name, entry_name,
    link_name, former_names, created_at
) = ROW(%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s) WHERE id = %s
"""
"""The columns have the order of the fields of `SiteRecord`."""
_PUT_ETAG = """
INSERT INTO etag (key, value, at) VALUES (%s, %s, %s)
ON CONFLICT (key) DO UPDATE SET value = excluded.value, at = excluded.at
"""
_FORGET_ETAGS = """
DELETE FROM etag WHERE key IN (SELECT key FROM etag WHERE at < %s LIMIT 1000 FOR UPDATE SKIP LOCKED)
"""


def apply_change(
    connection: Connection,
    change: Change,
    normalized_change: NormalizedChange,
    before: SiteRecord | None,
    *,
    site: int,
    versions: NewVersions,
) -> frozenset[int]:
    """Apply a change to a site whose record is `before`, and return the numbers that it changed.

    After any exception the caller rolls back.
    """
    writer = _ChangeWriter(connection, change, normalized_change, site)
    writer.apply()
    after = site_after(change, before)
    if after is not None and (change.site or change.site_update):
        _, *row, former_names, created_at = astuple(after)
        execute(connection, _PUT_SITE, (after.repo.full_name, *row, " ".join(former_names), created_at, site))
    for key, etag in sorted(change.etags.items()):  # in one order in all processes: no two wait for each other
        execute(connection, _PUT_ETAG, (key, etag.encode(), change.at))
    execute(connection, _FORGET_ETAGS, (change.at - MONTH,))
    numbers = numbers_to_version(writer.changed_numbers, before, after)
    versions.put(connection, [(site, number) for number in numbers])
    return frozenset(writer.changed_numbers)


class _ChangeWriter:
    """Applies one change, by the rules of `Change`."""

    def __init__(self, connection: Connection, change: Change, normalized_change: NormalizedChange, site: int) -> None:
        self.changed_numbers: set[int] = set()
        """The numbers that a reader can tell from what they were before."""
        self._connection = connection
        self._change = change
        self._normalized_change = normalized_change
        self._site = site
        self._current_issues: set[int] = set()
        """The numbers whose stored issue was not newer."""
        self._new_counts = Counter[int]()
        """How many comments were added, by number."""
        self._recount: set[int] = set()
        """The numbers whose comments were removed, or have moved."""

    def apply(self) -> None:
        """Apply the rules of `Change` in their order, but for the site and the ETags."""
        if self._normalized_change.issues:
            self._put_issues()
        if self._change.tombstone is not None:
            self._put_tombstone(self._change.tombstone)
        if self._normalized_change.comments:
            self._put_comments()
        if self._normalized_change.listed_ids:
            self._complete_listed_threads()
        if self._change.removed_comments:
            self._delete_comments(_DELETE_COMMENTS, self._change.removed_comments)
        self._complete_by_count()
        if self._change.checked_threads:
            self._execute(_CHECK, self._change.checked_threads)

    def _put_issues(self) -> None:
        issues = self._normalized_change.issues
        rows = self._rows(_STORED_ISSUES, issues)
        self._current_issues = {n for n in issues if n not in rows or is_newer(issues[n].updated_at, rows[n][0])}
        sources = {number: encode_json(current_issue(issues[number], rows).source) for number in self._current_issues}
        changes = {n: source for n, source in sources.items() if n not in rows or not is_same_json(rows[n][1], source)}
        self.changed_numbers.update(changes)
        if changes:
            self._put_rows(
                _PUT_ISSUES,
                [
                    (n, i.is_pull_request, i.updated_at, i.comment_count, encode_json(i.labels), source)
                    for n, i, source in ((number, issues[number], source) for number, source in changes.items())
                ],
            )
        pull_requests = [number for number in changes if issues[number].is_pull_request]
        if pull_requests:
            self._delete_comments(_DELETE_COMMENTS_OF_NUMBERS, pull_requests)
            self._execute(_RESET_PULL_REQUESTS, pull_requests)
        self._execute(_DELETE_TOMBSTONES, issues)

    def _put_tombstone(self, tombstone: Tombstone) -> None:
        if self._execute(_DELETE_ISSUE, number=tombstone.number).rowcount:
            self.changed_numbers.add(tombstone.number)
        self._execute(_DELETE_COMMENTS_OF_NUMBERS, [tombstone.number])
        execute(self._connection, _PUT_TOMBSTONE, (self._site, *astuple(tombstone)))

    def _put_comments(self) -> None:
        numbers = {comment.number for comment in self._normalized_change.comments.values()}
        threads = self._rows(_STORED_THREADS, numbers)
        comments = {key: item for key, item in self._normalized_change.comments.items() if item.number in threads}
        stored_rows = self._rows(_STORED_COMMENTS, comments)
        new_rows, moved_ids = [], []
        for key, comment in comments.items():
            source = encode_json(comment.source)
            updated_at, stored_source, number = stored_rows.get(key, ("", b"", comment.number))
            if not is_newer(comment.updated_at, updated_at) or is_same_json(stored_source, source):
                continue
            row = (key, comment.number, comment.updated_at, comment.author.id, comment.created_at, source)
            new_rows.append(row)
            self.changed_numbers.add(comment.number)
            self._new_counts[comment.number] += key not in stored_rows
            if number != comment.number:
                moved_ids.append(key)
                self._recount.update({comment.number, number})
        if moved_ids:  # they leave the threads that they are in
            self._execute(_RECORD_MOVED_COMMENTS, moved_ids)
        if new_rows:
            self._put_rows(_PUT_COMMENTS, new_rows)

    def _complete_listed_threads(self) -> None:
        listed_ids = self._normalized_change.listed_ids
        for number, (complete,) in self._rows(_STORED_THREADS, listed_ids).items():
            self._delete_comments(_DELETE_UNLISTED_COMMENTS, listed_ids[number], number=number)
            if not complete:
                self.changed_numbers.add(number)
            self._execute(_COMPLETE_LISTED, listed_ids[number], number=number)

    def _complete_by_count(self) -> None:
        """Complete threads by their counts; a thread without comments is checked by each response about its issue."""
        counts = {number: count for number, count in self._new_counts.items() if number not in self._recount}
        if any(counts.values()):
            parameters = {"site": self._site, "numbers": [*counts], "counts": [*counts.values()]}
            execute(self._connection, _ADD_TO_COUNTS, parameters)
        if self._recount:
            self._execute(_COUNT_COMMENTS, self._recount)
        self.changed_numbers |= self._recount
        numbers = self._recount | self._new_counts.keys() | self._current_issues
        if numbers:
            rows = self._execute(_COMPLETE_BY_COUNT, numbers)
            self.changed_numbers.update(number for (number,) in rows.fetchall())
        if self._current_issues:
            self._execute(_CHECK_EMPTY, self._current_issues)

    def _delete_comments(self, statement: str, keys: Iterable[int] = (), *, number: int | None = None) -> None:
        rows = self._execute(statement, keys, number=number).fetchall()
        self._recount.update(row_number for (row_number,) in rows)

    def _rows(self, query: str, keys: Iterable[int]) -> dict[int, Any]:
        """Return rows by their first column, without it."""
        return {row[0]: row[1:] for row in self._execute(query, keys)}

    def _put_rows(self, statement: str, rows: list[tuple[Any, ...]]) -> None:
        """Store rows with one statement, each column as an array."""
        execute(self._connection, statement, (self._site, *map(list, zip(*rows, strict=True))))

    def _execute(self, statement: str, keys: Iterable[int] = (), *, number: int | None = None) -> Cursor:
        """Run a statement on the rows of this site; `keys` are its array."""
        parameters = {"site": self._site, "at": self._change.at, "number": number, "keys": array(keys)}
        return execute(self._connection, statement, parameters)
