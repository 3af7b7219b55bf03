"""A change applied to the tables, within one transaction that the caller opened."""

import sqlite3
from collections import Counter
from collections.abc import Iterable
from dataclasses import astuple
from typing import Any

from app.domain.records import SiteRecord, Tombstone
from app.ports.mirror import Change
from app.store.normalized_change import (
    MONTH,
    NormalizedChange,
    is_newer,
    numbers_to_version,
    site_after,
)
from app.store.sqlite.connections import json_list, site_id
from app.store.stored_json import current_issue, encode_json, is_same_json

# ruff: noqa: S608 - the inserted texts are these constants; values are parameters
_NUMBERS = "site = :site AND number IN (SELECT value FROM json_each(:keys))"
_IDS = "site = :site AND id IN (SELECT value FROM json_each(:keys))"
_STORED_ISSUES = f"SELECT number, updated_at, source FROM issue WHERE {_NUMBERS}"
_STORED_COMMENTS = f"SELECT id, updated_at, source, number FROM comment WHERE {_IDS}"
_STORED_THREADS = f"SELECT number, complete FROM issue WHERE {_NUMBERS} AND NOT is_pull_request"
_PUT_ISSUE = """
INSERT INTO issue (site, number, is_pull_request, updated_at, comment_count, labels, source)
VALUES (?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (site, number) DO UPDATE SET
    is_pull_request = excluded.is_pull_request, updated_at = excluded.updated_at,
    comment_count = excluded.comment_count, labels = excluded.labels, source = excluded.source
"""
_RESET_PULL_REQUEST = """
UPDATE issue SET mirrored_count = 0, complete = 0, count_offset = 0, checked_at = NULL
WHERE site = :site AND number = :number AND is_pull_request
"""
_PUT_COMMENT = """
INSERT INTO comment (site, id, number, updated_at, author, source, created_at) VALUES (?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (site, id) DO UPDATE SET
    number = excluded.number, updated_at = excluded.updated_at, author = excluded.author, source = excluded.source,
    created_at = excluded.created_at
"""
_DELETE_UNLISTED_COMMENTS = """
DELETE FROM comment WHERE site = :site AND number = :number AND id NOT IN (SELECT value FROM json_each(:keys))
RETURNING number
"""
_DELETE_COMMENTS = f"DELETE FROM comment WHERE {_IDS} RETURNING number"
_COUNT_COMMENTS = """
UPDATE issue SET mirrored_count = (
    SELECT count(*) FROM comment WHERE comment.site = issue.site AND comment.number = issue.number
) WHERE site = :site AND number IN (SELECT value FROM json_each(:keys))
"""
_ADD_TO_COUNT = "UPDATE issue SET mirrored_count = mirrored_count + ? WHERE site = ? AND number = ?"
"""An import need not count again what it stored before."""
_COMPLETE_BY_COUNT = """
UPDATE issue SET complete = 1, count_offset = 0, checked_at = :at
WHERE site = :site AND number IN (SELECT value FROM json_each(:keys))
    AND NOT complete AND NOT is_pull_request AND mirrored_count = comment_count
RETURNING number
"""
_CHECK_EMPTY = """
UPDATE issue SET count_offset = 0, checked_at = :at
WHERE site = :site AND number IN (SELECT value FROM json_each(:keys))
    AND complete AND mirrored_count = 0 AND comment_count = 0
"""
_COMPLETE_LISTED = """
UPDATE issue SET complete = 1, count_offset = comment_count - json_array_length(:keys), checked_at = :at
WHERE site = :site AND number = :number
"""
_CHECK = f"UPDATE issue SET checked_at = :at WHERE {_NUMBERS} AND complete"
_DELETE_TOMBSTONES = f"DELETE FROM tombstone WHERE {_NUMBERS}"
_DELETE_ISSUE = "DELETE FROM issue WHERE site = :site AND number = :number"
"""And its comments, by the foreign key."""
_PUT_TOMBSTONE = """
INSERT OR REPLACE INTO tombstone (site, number, gone, checked_at, transferred_to) VALUES (?, ?, ?, ?, ?)
"""
_PUT_SITE = """
UPDATE site SET (
    configured_name, github_id, full_name, issues_next_url, issues_listed_at, comments_next_url, since, checked_at,
    private, reconciled_at, missed_by_webhook_at, not_visible_since, not_visible_count, feed_name, entry_name,
    link_name, former_names, created_at
) = (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) WHERE id = ?
"""
"""The columns have the order of the fields of `SiteRecord`."""
_PUT_ETAG = "INSERT OR REPLACE INTO etag (key, value, at) VALUES (?, ?, ?)"
PUT_MIRROR_CHANGE = "INSERT OR REPLACE INTO mirror_change (site, number, process_id) VALUES (?, ?, ?)"
"""It replaces the number's previous change, and has the next `version`."""


def apply_change(
    connection: sqlite3.Connection,
    change: Change,
    normalized_change: NormalizedChange,
    before: SiteRecord | None,
    process_id: str,
) -> frozenset[int]:
    """Apply a change to a site whose record is `before`, and return the numbers that it changed.

    After any exception the caller rolls back.
    """
    writer = _ChangeWriter(connection, change, normalized_change)
    writer.apply()
    after = site_after(change, before)
    if after is not None and (change.site or change.site_update):
        _, *row, former_names, created_at = astuple(after)
        connection.execute(_PUT_SITE, (after.repo.full_name, *row, " ".join(former_names), created_at, writer.site))
    connection.executemany(_PUT_ETAG, ((key, etag, change.at) for key, etag in change.etags.items()))
    connection.execute("DELETE FROM etag WHERE at < ?", (change.at - MONTH,))
    numbers = numbers_to_version(writer.changed_numbers, before, after)
    connection.executemany(PUT_MIRROR_CHANGE, ((writer.site, number, process_id) for number in numbers))
    return frozenset(writer.changed_numbers)


class _ChangeWriter:
    """Applies one change, by the rules of `Change`."""

    def __init__(self, connection: sqlite3.Connection, change: Change, normalized_change: NormalizedChange) -> None:
        self.site = site_id(connection, change.repo)
        self.changed_numbers: set[int] = set()
        """The numbers that a reader can tell from what they were before."""
        self._connection = connection
        self._change = change
        self._normalized_change = normalized_change
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
        self._complete_listed_threads()
        self._delete_comments(_DELETE_COMMENTS, self._change.removed_comments)
        self._complete_by_count()
        self._execute(_CHECK, self._change.checked_threads)

    def _put_issues(self) -> None:
        issues = self._normalized_change.issues
        rows = self._rows(_STORED_ISSUES, issues)
        self._current_issues = {n for n in issues if n not in rows or is_newer(issues[n].updated_at, rows[n][0])}
        sources = {number: encode_json(current_issue(issues[number], rows).source) for number in self._current_issues}
        changes = {n: source for n, source in sources.items() if n not in rows or not is_same_json(rows[n][1], source)}
        self.changed_numbers.update(changes)
        for number, source in changes.items():
            issue = issues[number]
            row = (issue.is_pull_request, issue.updated_at, issue.comment_count, encode_json(issue.labels), source)
            self._connection.execute(_PUT_ISSUE, (self.site, number, *row))
            if issue.is_pull_request:
                self._delete_comments(_DELETE_UNLISTED_COMMENTS, number=number)
                self._execute(_RESET_PULL_REQUEST, number=number)
        self._execute(_DELETE_TOMBSTONES, issues)

    def _put_tombstone(self, tombstone: Tombstone) -> None:
        if self._execute(_DELETE_ISSUE, number=tombstone.number).rowcount:
            self.changed_numbers.add(tombstone.number)
        self._connection.execute(_PUT_TOMBSTONE, (self.site, *astuple(tombstone)))

    def _put_comments(self) -> None:
        numbers = {comment.number for comment in self._normalized_change.comments.values()}
        threads = self._rows(_STORED_THREADS, numbers)
        comments = {key: item for key, item in self._normalized_change.comments.items() if item.number in threads}
        stored_rows = self._rows(_STORED_COMMENTS, comments)
        for key, comment in comments.items():
            source = encode_json(comment.source)
            updated_at, stored_source, number = stored_rows.get(key, ("", b"", comment.number))
            if not is_newer(comment.updated_at, updated_at) or is_same_json(stored_source, source):
                continue
            row = (self.site, key, comment.number, comment.updated_at, comment.author.id, source, comment.created_at)
            self._connection.execute(_PUT_COMMENT, row)
            self.changed_numbers.add(comment.number)
            self._new_counts[comment.number] += key not in stored_rows
            if number != comment.number:
                self._recount.update({comment.number, number})

    def _complete_listed_threads(self) -> None:
        listed_ids = self._normalized_change.listed_ids
        for number, (complete,) in self._rows(_STORED_THREADS, listed_ids).items():
            self._delete_comments(_DELETE_UNLISTED_COMMENTS, listed_ids[number], number=number)
            if not complete:
                self.changed_numbers.add(number)
            self._execute(_COMPLETE_LISTED, listed_ids[number], number=number)

    def _complete_by_count(self) -> None:
        """Complete threads by their counts; a thread without comments is checked by each response about its issue."""
        counts = [(count, self.site, n) for n, count in self._new_counts.items() if n not in self._recount]
        self._connection.executemany(_ADD_TO_COUNT, counts)
        if self._recount:
            self._execute(_COUNT_COMMENTS, self._recount)
        self.changed_numbers |= self._recount
        rows = self._execute(_COMPLETE_BY_COUNT, self._recount | self._new_counts.keys() | self._current_issues)
        self.changed_numbers.update(number for (number,) in rows.fetchall())
        self._execute(_CHECK_EMPTY, self._current_issues)

    def _delete_comments(self, statement: str, ids: Iterable[int] = (), *, number: int | None = None) -> None:
        self._recount.update(row_number for (row_number,) in self._execute(statement, ids, number=number))

    def _rows(self, query: str, keys: Iterable[int]) -> dict[int, Any]:
        """Return rows by their first column, without it."""
        return {row[0]: row[1:] for row in self._execute(query, keys)}

    def _execute(self, statement: str, keys: Iterable[int] = (), *, number: int | None = None) -> sqlite3.Cursor:
        """Run a statement on the rows of this site; `keys` are its JSON list."""
        parameters = {"site": self.site, "at": self._change.at, "number": number, "keys": json_list(keys)}
        return self._connection.execute(statement, parameters)
