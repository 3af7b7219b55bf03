"""A change applied to the tables, within one transaction that no other change falls into."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import astuple
from typing import Any

from app.domain.records import Tombstone
from app.ports.mirror import Change
from app.store.normalized_change import MONTH, NormalizedChange, is_newer, numbers_to_version, site_after
from app.store.sql.session import CommentRow, Cursor, WriteSession
from app.store.stored_json import current_issue, encode_json, is_same_json

# ruff: noqa: S608 - the inserted texts are these constants; values are parameters
_NUMBERS = "site = :site AND number = ANY (:keys[])"
_IDS = "site = :site AND id = ANY (:keys[])"
_NOT_LISTED = "site = :site AND number = :number AND id <> ALL (:keys[])"
_STORED_ISSUES = f"SELECT number, updated_at, source FROM issue WHERE {_NUMBERS}"
_STORED_COMMENTS = f"SELECT id, updated_at, source, number FROM comment WHERE {_IDS}"
_STORED_THREADS = f"SELECT number, complete FROM issue WHERE {_NUMBERS} AND NOT is_pull_request"
_RESET_PULL_REQUESTS = f"""
UPDATE issue SET mirrored_count = 0, complete = false, count_offset = 0, checked_at = NULL
WHERE {_NUMBERS} AND is_pull_request
"""
_COUNT_COMMENTS = f"""
UPDATE issue SET mirrored_count = (
    SELECT count(*) FROM comment WHERE comment.site = issue.site AND comment.number = issue.number
) WHERE {_NUMBERS}
"""
_COMPLETE_BY_COUNT = f"""
UPDATE issue SET complete = true, count_offset = 0, checked_at = :at
WHERE {_NUMBERS} AND NOT complete AND NOT is_pull_request AND mirrored_count = comment_count
RETURNING number
"""
_CHECK_EMPTY = f"""
UPDATE issue SET count_offset = 0, checked_at = :at
WHERE {_NUMBERS} AND complete AND mirrored_count = 0 AND comment_count = 0
"""
_COMPLETE_LISTED = """
UPDATE issue SET complete = true, count_offset = comment_count - :count, checked_at = :at
WHERE site = :site AND number = :number
"""
_CHECK = f"UPDATE issue SET checked_at = :at WHERE {_NUMBERS} AND complete"
_DELETE_TOMBSTONES = f"DELETE FROM tombstone WHERE {_NUMBERS}"
_DELETE_ISSUE = "DELETE FROM issue WHERE site = :site AND number = :number"
_PUT_TOMBSTONE = """
INSERT INTO tombstone (site, number, gone, checked_at, transferred_to)
VALUES (:site, :number, :gone, :checked_at, :transferred_to)
ON CONFLICT (site, number) DO UPDATE SET
    gone = excluded.gone, checked_at = excluded.checked_at, transferred_to = excluded.transferred_to
"""
_SITE_COLUMNS = (
    *("configured_name", "github_id", "full_name", "issues_next_url", "issues_listed_at", "comments_next_url"),
    *("since", "checked_at", "private", "reconciled_at", "missed_by_webhook_at", "not_visible_since"),
    *("not_visible_count", "feed_name", "entry_name", "link_name", "former_names", "created_at"),
)
"""In the order of the fields of `SiteRecord`."""
_PUT_SITE = f"UPDATE site SET {', '.join(f'{name} = :{name}' for name in _SITE_COLUMNS)} WHERE id = :site"


def apply_change(session: WriteSession, change: Change, normalized_change: NormalizedChange) -> frozenset[int]:
    """Apply a change to the repository of a session, and return the numbers that it changed.

    After any exception the caller rolls back.
    """
    writer = _ChangeWriter(session, change, normalized_change)
    writer.apply()
    before = session.record
    after = site_after(change, before)
    if after is not None and (change.site or change.site_update):
        _, *row, former_names, created_at = astuple(after)
        values = (after.repo.full_name, *row, " ".join(former_names), created_at)
        session.execute(_PUT_SITE, {"site": session.site, **dict(zip(_SITE_COLUMNS, values, strict=True))})
    session.put_etags(change.etags, at=change.at, oldest=change.at - MONTH)
    session.put_versions(numbers_to_version(writer.changed_numbers, before, after))
    return frozenset(writer.changed_numbers)


class _ChangeWriter:
    """Applies one change, by the rules of `Change`."""

    def __init__(self, session: WriteSession, change: Change, normalized_change: NormalizedChange) -> None:
        self.changed_numbers: set[int] = set()
        """The numbers that a reader can tell from what they were before."""
        self._session = session
        self._change = change
        self._normalized_change = normalized_change
        self._current_issues: set[int] = set()
        """The numbers whose stored issue was not newer."""
        self._new_counts = Counter[int]()
        """How many comments are new, by number."""
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
            self._delete_comments(_IDS, self._change.removed_comments)
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
            changed_issues = [(issues[number], source) for number, source in changes.items()]
            self._session.put_issues(
                [
                    (i.number, i.is_pull_request, i.updated_at, i.comment_count, encode_json(i.labels), source)
                    for i, source in changed_issues
                ]
            )
        pull_requests = [number for number in changes if issues[number].is_pull_request]
        if pull_requests:
            self._delete_comments(_NUMBERS, pull_requests)
            self._execute(_RESET_PULL_REQUESTS, pull_requests)
        self._execute(_DELETE_TOMBSTONES, issues)

    def _put_tombstone(self, tombstone: Tombstone) -> None:
        self._session.delete_comments(_NUMBERS, self._parameters([tombstone.number]))
        if self._execute(_DELETE_ISSUE, number=tombstone.number).rowcount:
            self.changed_numbers.add(tombstone.number)
        number, gone, checked_at, transferred_to = astuple(tombstone)
        values = {"number": number, "gone": gone, "checked_at": checked_at, "transferred_to": transferred_to}
        self._session.execute(_PUT_TOMBSTONE, {"site": self._session.site, **values})

    def _put_comments(self) -> None:
        numbers = {comment.number for comment in self._normalized_change.comments.values()}
        threads = self._rows(_STORED_THREADS, numbers)
        comments = {key: item for key, item in self._normalized_change.comments.items() if item.number in threads}
        stored_rows = self._rows(_STORED_COMMENTS, comments)
        new_rows: list[CommentRow] = []
        moved_ids = []
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
        if new_rows:
            self._session.put_comments(new_rows, moved_ids)

    def _complete_listed_threads(self) -> None:
        listed_ids = self._normalized_change.listed_ids
        for number, (complete,) in self._rows(_STORED_THREADS, listed_ids).items():
            ids = listed_ids[number]
            self._delete_comments(_NOT_LISTED, ids, number=number)
            if not complete:
                self.changed_numbers.add(number)
            self._session.execute(_COMPLETE_LISTED, {**self._parameters(number=number), "count": len(ids)})

    def _complete_by_count(self) -> None:
        """Complete threads by their counts; a thread without comments is checked by each response about its issue.

        New comments are added to a count: to count all of them again costs more with each page of an import.
        """
        counts = {number: count for number, count in self._new_counts.items() if number not in self._recount}
        if any(counts.values()):
            self._session.add_to_counts(counts)
        if self._recount:
            self._execute(_COUNT_COMMENTS, self._recount)
        self.changed_numbers |= self._recount
        numbers = self._recount | self._new_counts.keys() | self._current_issues
        if numbers:
            rows = self._execute(_COMPLETE_BY_COUNT, numbers)
            self.changed_numbers.update(number for (number,) in rows.fetchall())
        if self._current_issues:
            self._execute(_CHECK_EMPTY, self._current_issues)

    def _delete_comments(self, condition: str, keys: Iterable[int] = (), *, number: int | None = None) -> None:
        self._recount.update(self._session.delete_comments(condition, self._parameters(keys, number=number)))

    def _rows(self, query: str, keys: Iterable[int]) -> dict[int, Any]:
        """Return rows by their first column, without it."""
        return {row[0]: row[1:] for row in self._execute(query, keys)}

    def _execute(self, statement: str, keys: Iterable[int] = (), *, number: int | None = None) -> Cursor:
        """Run a statement on the rows of this site."""
        return self._session.execute(statement, self._parameters(keys, number=number))

    def _parameters(self, keys: Iterable[int] = (), *, number: int | None = None) -> dict[str, Any]:
        session = self._session
        return {"site": session.site, "at": self._change.at, "number": number, "keys": session.keys(keys)}
