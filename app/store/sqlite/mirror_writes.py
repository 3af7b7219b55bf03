"""A change applied to the tables, within one transaction that the caller opened."""

import sqlite3
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any

import orjson

from app.domain.records import REPOSITORY_NUMBER, SiteRecord, ThreadRef, Tombstone
from app.domain.threads import Comment, Issue
from app.ports.mirror import Change
from app.store.normalized_change import MONTH, deduplicate, is_newer, is_repository_change, site_after
from app.store.sqlite.connections import json_list, site_id
from app.store.sqlite.rows import site_record, version

_STORED_ISSUES = """
SELECT number, updated_at, source FROM issue
WHERE site = :site AND number IN (SELECT value FROM json_each(:keys))
"""
_STORED_COMMENTS = """
SELECT id, updated_at, source, number FROM comment
WHERE site = :site AND id IN (SELECT value FROM json_each(:keys))
"""
_STORED_THREADS = """
SELECT number, complete FROM issue
WHERE site = :site AND number IN (SELECT value FROM json_each(:keys)) AND NOT is_pull_request
"""
_PUT_ISSUE = """
INSERT INTO issue (site, number, is_pull_request, updated_at, comment_count, labels, source)
VALUES (:site, :number, :is_pull_request, :updated_at, :comment_count, :labels, :source)
ON CONFLICT (site, number) DO UPDATE SET
    is_pull_request = excluded.is_pull_request, updated_at = excluded.updated_at,
    comment_count = excluded.comment_count, labels = excluded.labels, source = excluded.source
"""
_RESET_PULL_REQUEST = """
UPDATE issue SET mirrored_count = 0, complete = 0, count_offset = 0, checked_at = NULL
WHERE site = :site AND number = :number AND is_pull_request
"""
_PUT_COMMENT = """
INSERT INTO comment (site, id, number, updated_at, author, source)
VALUES (:site, :id, :number, :updated_at, :author, :source)
ON CONFLICT (site, id) DO UPDATE SET
    number = excluded.number, updated_at = excluded.updated_at, author = excluded.author, source = excluded.source
"""
_DELETE_COMMENTS_OF = "DELETE FROM comment WHERE site = :site AND number = :number RETURNING number"
_DELETE_UNLISTED_COMMENTS = """
DELETE FROM comment
WHERE site = :site AND number = :number AND id NOT IN (SELECT value FROM json_each(:ids))
RETURNING number
"""
_DELETE_COMMENTS = """
DELETE FROM comment WHERE site = :site AND id IN (SELECT value FROM json_each(:ids)) RETURNING number
"""
_COUNT_COMMENTS = """
UPDATE issue SET mirrored_count = (
    SELECT count(*) FROM comment WHERE comment.site = issue.site AND comment.number = issue.number
) WHERE site = :site AND number IN (SELECT value FROM json_each(:numbers))
"""
_COMPLETE_BY_COUNT = """
UPDATE issue SET complete = 1, count_offset = 0, checked_at = :at
WHERE site = :site AND number IN (SELECT value FROM json_each(:numbers))
    AND NOT complete AND NOT is_pull_request AND mirrored_count = comment_count
RETURNING number
"""
_CHECK_EMPTY = """
UPDATE issue SET count_offset = 0, checked_at = :at
WHERE site = :site AND number IN (SELECT value FROM json_each(:numbers))
    AND complete AND mirrored_count = 0 AND comment_count = 0
"""
_COMPLETE_LISTED = """
UPDATE issue SET complete = 1, count_offset = comment_count - :listed_count, checked_at = :at
WHERE site = :site AND number = :number
"""
_CHECK = """
UPDATE issue SET checked_at = :at
WHERE site = :site AND number IN (SELECT value FROM json_each(:numbers)) AND complete
"""
_DELETE_TOMBSTONES = "DELETE FROM tombstone WHERE site = :site AND number IN (SELECT value FROM json_each(:numbers))"
_DELETE_ISSUE = "DELETE FROM issue WHERE site = :site AND number = :number"
"""And its comments, by the foreign key."""
_PUT_SITE = """
UPDATE site SET configured_name = :configured_name, github_id = :github_id, full_name = :full_name,
    issues_next_url = :issues_next_url, issues_listed_at = :issues_listed_at, comments_next_url = :comments_next_url,
    since = :since, checked_at = :checked_at, private = :private, reconciled_at = :reconciled_at,
    missed_by_webhook_at = :missed_by_webhook_at, not_visible_since = :not_visible_since,
    not_visible_count = :not_visible_count
WHERE id = :site
"""
_PUT_TOMBSTONE = """
INSERT OR REPLACE INTO tombstone (site, number, gone, checked_at, transferred_to) VALUES (?, ?, ?, ?, ?)
"""
_PUT_ETAG = "INSERT OR REPLACE INTO etag (key, value, at) VALUES (?, ?, ?)"
_DELETE_OLD_ETAGS = "DELETE FROM etag WHERE at < ?"
_PUT_MIRROR_CHANGE = "INSERT OR REPLACE INTO mirror_change (site, number, process_id) VALUES (?, ?, ?)"
"""It replaces the number's previous change, and has the next `version`."""


def apply_change(connection: sqlite3.Connection, change: Change, process_id: str) -> frozenset[int]:
    """Apply a change and return the numbers that it changed; after any exception the caller rolls back."""
    writer = _ChangeWriter(connection, change)
    writer.apply()
    writer.record_changes(process_id)
    return frozenset(writer.changed_numbers)


class _ChangeWriter:
    """Applies one change, by the rules of `Change`."""

    def __init__(self, connection: sqlite3.Connection, change: Change) -> None:
        self.changed_numbers: set[int] = set()
        """The numbers that a reader can tell from what they were before."""
        self._execute = connection.execute
        self._executemany = connection.executemany
        self._change = change
        self._normalized_change = deduplicate(change, _overtaken_reads(connection, change))
        self._site = site_id(connection, change.repo)
        self._record_before = site_record(connection, change.repo)
        self._record_after = site_after(change, self._record_before)
        self._current_issues: set[int] = set()
        """The numbers whose stored issue was not newer."""
        self._recount: set[int] = set()
        """The numbers whose comments were added or removed."""

    def apply(self) -> None:
        """Apply the rules of `Change` in their order."""
        change = self._change
        self._put_issues()
        if change.tombstone is not None:
            self._put_tombstone(change.tombstone)
        self._put_comments()
        self._complete_listed_threads()
        self._delete_comments(_DELETE_COMMENTS, ids=change.removed_comments)
        self._complete_by_count()
        self._execute(_CHECK, {"site": self._site, "at": change.at, "numbers": json_list(change.checked_threads)})
        if self._record_after is not None and (change.site or change.site_update):
            self._put_site(self._record_after)
        self._executemany(_PUT_ETAG, ((key, etag, change.at) for key, etag in change.etags.items()))
        self._execute(_DELETE_OLD_ETAGS, (change.at - MONTH,))

    def record_changes(self, process_id: str) -> None:
        """Give each changed number a new version, after all else is applied."""
        numbers = sorted(self.changed_numbers)
        if is_repository_change(self._record_before, self._record_after):
            numbers.append(REPOSITORY_NUMBER)
        self._executemany(_PUT_MIRROR_CHANGE, ((self._site, number, process_id) for number in numbers))

    def _put_issues(self) -> None:
        issues = self._normalized_change.issues
        if not issues:
            return
        rows = self._rows(_STORED_ISSUES, issues)
        self._current_issues = {
            number
            for number, issue in issues.items()
            if number not in rows or is_newer(issue.updated_at, rows[number][0])
        }
        sources = {number: _json(issues[number].source) for number in self._current_issues}
        changes = {n: source for n, source in sources.items() if n not in rows or not _is_same(rows[n][1], source)}
        self.changed_numbers.update(changes)
        self._executemany(_PUT_ISSUE, (_issue_row(self._site, issues[n], source) for n, source in changes.items()))
        self._execute(_DELETE_TOMBSTONES, {"site": self._site, "numbers": json_list(issues)})
        for number in changes:
            if issues[number].is_pull_request:
                self._delete_comments(_DELETE_COMMENTS_OF, number=number)
                self._execute(_RESET_PULL_REQUEST, {"site": self._site, "number": number})

    def _put_tombstone(self, tombstone: Tombstone) -> None:
        if self._execute(_DELETE_ISSUE, {"site": self._site, "number": tombstone.number}).rowcount:
            self.changed_numbers.add(tombstone.number)
        row = (self._site, tombstone.number, tombstone.gone, tombstone.checked_at, tombstone.transferred_to)
        self._execute(_PUT_TOMBSTONE, row)

    def _put_comments(self) -> None:
        if not self._normalized_change.comments:
            return
        threads = self._threads(comment.number for comment in self._normalized_change.comments.values())
        comments = {key: item for key, item in self._normalized_change.comments.items() if item.number in threads}
        stored_rows = self._rows(_STORED_COMMENTS, comments)
        rows = []
        for key, comment in comments.items():
            source = _json(comment.source)
            stored_row = stored_rows.get(key)
            if stored_row is not None and (
                not is_newer(comment.updated_at, stored_row[0]) or _is_same(stored_row[1], source)
            ):
                continue
            rows.append(_comment_row(self._site, comment, source))
            self._recount.update({comment.number} if stored_row is None else {comment.number, stored_row[2]})
        self.changed_numbers |= self._recount
        self._executemany(_PUT_COMMENT, rows)

    def _complete_listed_threads(self) -> None:
        listed_ids = self._normalized_change.listed_ids
        for number, complete in self._threads(listed_ids).items():
            ids = listed_ids[number]
            self._delete_comments(_DELETE_UNLISTED_COMMENTS, number=number, ids=ids)
            if not complete:
                self.changed_numbers.add(number)
            parameters = {"site": self._site, "number": number, "listed_count": len(ids), "at": self._change.at}
            self._execute(_COMPLETE_LISTED, parameters)

    def _delete_comments(self, statement: str, *, number: int | None = None, ids: Collection[int] = ()) -> None:
        rows = self._execute(statement, {"site": self._site, "number": number, "ids": json_list(ids)})
        numbers = {row_number for (row_number,) in rows}
        self._recount |= numbers
        self.changed_numbers |= numbers

    def _complete_by_count(self) -> None:
        """Complete threads by their counts; a thread without comments is checked by each response about its issue."""
        if self._recount:
            self._execute(_COUNT_COMMENTS, {"site": self._site, "numbers": json_list(self._recount)})
        at, numbers = self._change.at, self._recount | self._current_issues
        rows = self._execute(_COMPLETE_BY_COUNT, {"site": self._site, "at": at, "numbers": json_list(numbers)})
        self.changed_numbers.update(number for (number,) in rows.fetchall())
        self._execute(_CHECK_EMPTY, {"site": self._site, "at": at, "numbers": json_list(self._current_issues)})

    def _put_site(self, record: SiteRecord) -> None:
        parameters = {
            "site": self._site,
            "configured_name": record.repo.full_name,
            "github_id": record.id,
            "full_name": record.full_name,
            "issues_next_url": record.issues_next_url,
            "issues_listed_at": record.issues_listed_at,
            "comments_next_url": record.comments_next_url,
            "since": record.since,
            "checked_at": record.checked_at,
            "private": record.private,
            "reconciled_at": record.reconciled_at,
            "missed_by_webhook_at": record.missed_by_webhook_at,
            "not_visible_since": record.not_visible_since,
            "not_visible_count": record.not_visible_count,
        }
        self._execute(_PUT_SITE, parameters)

    def _rows(self, query: str, keys: Iterable[int]) -> dict[int, Any]:
        """Return rows by their first column, without it."""
        rows = self._execute(query, {"site": self._site, "keys": json_list(keys)})
        return {row[0]: row[1:] for row in rows}

    def _threads(self, numbers: Iterable[int]) -> dict[int, bool]:
        """Return whether each of the numbers is complete, without pull requests and unknown numbers."""
        return {number: bool(complete) for number, (complete,) in self._rows(_STORED_THREADS, numbers).items()}


def _overtaken_reads(connection: sqlite3.Connection, change: Change) -> frozenset[int]:
    """Return the numbers that changed after the change's read of them began."""
    return frozenset(
        number
        for number, base_version in change.base_versions.items()
        if version(connection, ThreadRef(change.repo, number)) > base_version
    )


def _issue_row(site: int, issue: Issue, source: bytes) -> Mapping[str, Any]:
    return {
        "site": site,
        "number": issue.number,
        "is_pull_request": issue.is_pull_request,
        "updated_at": issue.updated_at,
        "comment_count": issue.comment_count,
        "labels": _json(issue.labels),
        "source": source,
    }


def _comment_row(site: int, comment: Comment, source: bytes) -> Mapping[str, Any]:
    return {
        "site": site,
        "id": comment.id,
        "number": comment.number,
        "updated_at": comment.updated_at,
        "author": comment.author.id,
        "source": source,
    }


_AS_DICT: Callable[[Any], Any] = dict
"""For mappings that are no dict; it fails for anything else that is not JSON."""


def _json(value: object) -> bytes:
    return orjson.dumps(value, default=_AS_DICT)


def _is_same(stored_source: bytes, source: bytes) -> bool:
    """Return True if two JSON texts have the same value; the order of the fields doesn't count."""
    try:
        return stored_source == source or bool(orjson.loads(stored_source) == orjson.loads(source))
    except orjson.JSONDecodeError:  # the stored text is damaged: the new one replaces it
        return False
