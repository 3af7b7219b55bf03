"""A change applied to the tables, inside one transaction that the caller opened."""

import sqlite3
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any

import orjson

from app.domain.sites import Repository
from app.domain.threads import Comment, Issue
from app.ports.jobs import THE_REPOSITORY
from app.ports.mirror import Change, SiteRecord, Tombstone
from app.store.normalized_change import MONTH, fold, record_of, supersedes, tells_more
from app.store.sqlite import read
from app.store.sqlite.read import listed

_KEPT_ISSUES = """
SELECT number, updated_at, source FROM issue
WHERE site = :site AND number IN (SELECT value FROM json_each(:wanted))
"""
_KEPT_COMMENTS = """
SELECT id, updated_at, source, number FROM comment
WHERE site = :site AND id IN (SELECT value FROM json_each(:wanted))
"""
_KNOWN_THREADS = """
SELECT number, complete FROM issue
WHERE site = :site AND number IN (SELECT value FROM json_each(:wanted)) AND NOT is_pull_request
"""
_PUT_ISSUE = """
INSERT INTO issue (site, number, is_pull_request, updated_at, comment_count, labels, source)
VALUES (:site, :number, :is_pull_request, :updated_at, :comment_count, :labels, :source)
ON CONFLICT (site, number) DO UPDATE SET
    is_pull_request = excluded.is_pull_request, updated_at = excluded.updated_at,
    comment_count = excluded.comment_count, labels = excluded.labels, source = excluded.source
"""
_FORGET_PULL_REQUEST = """
UPDATE issue SET mirrored = 0, complete = 0, surplus = 0, checked_at = NULL
WHERE site = :site AND number = :number AND is_pull_request
"""
_PUT_COMMENT = """
INSERT INTO comment (site, id, number, updated_at, author, source)
VALUES (:site, :id, :number, :updated_at, :author, :source)
ON CONFLICT (site, id) DO UPDATE SET
    number = excluded.number, updated_at = excluded.updated_at, author = excluded.author, source = excluded.source
"""
_DROP_ALL = "DELETE FROM comment WHERE site = :site AND number = :number RETURNING number"
_DROP_OTHERS = """
DELETE FROM comment
WHERE site = :site AND number = :number AND id NOT IN (SELECT value FROM json_each(:ids))
RETURNING number
"""
_DROP_REMOVED = """
DELETE FROM comment WHERE site = :site AND id IN (SELECT value FROM json_each(:ids)) RETURNING number
"""
_COUNT = """
UPDATE issue SET mirrored = (
    SELECT count(*) FROM comment WHERE comment.site = issue.site AND comment.number = issue.number
) WHERE site = :site AND number IN (SELECT value FROM json_each(:numbers))
"""
_COMPLETE_BY_COUNT = """
UPDATE issue SET complete = 1, surplus = 0, checked_at = :at
WHERE site = :site AND number IN (SELECT value FROM json_each(:numbers))
    AND NOT complete AND NOT is_pull_request AND mirrored = comment_count
RETURNING number
"""
_CHECK_EMPTY = """
UPDATE issue SET surplus = 0, checked_at = :at
WHERE site = :site AND number IN (SELECT value FROM json_each(:numbers))
    AND complete AND mirrored = 0 AND comment_count = 0
"""
_COMPLETE_WHOLE = """
UPDATE issue SET complete = 1, surplus = comment_count - :listed, checked_at = :at
WHERE site = :site AND number = :number
"""
_CHECK = """
UPDATE issue SET checked_at = :at
WHERE site = :site AND number IN (SELECT value FROM json_each(:numbers)) AND complete
"""
_END_ABSENCES = "DELETE FROM absence WHERE site = :site AND number IN (SELECT value FROM json_each(:numbers))"
_DROP_ISSUE = "DELETE FROM issue WHERE site = :site AND number = :number"
"""And its comments, by the foreign key."""
_PUT_SITE = """
UPDATE site SET spelling = :spelling, github_id = :github_id, full_name = :full_name, list_next = :list_next,
    listed_at = :listed_at, comments_next = :comments_next, since = :since, checked_at = :checked_at,
    private = :private
WHERE id = :site
"""
_PUT_ABSENCE = "INSERT OR REPLACE INTO absence (site, number, gone, checked_at, moved_to) VALUES (?, ?, ?, ?, ?)"
_PUT_ETAG = "INSERT OR REPLACE INTO etag (key, value, at) VALUES (?, ?, ?)"
_FORGET_ETAGS = "DELETE FROM etag WHERE at < ?"
_SIGNAL = "INSERT OR REPLACE INTO signal (site, number, origin) VALUES (?, ?, ?)"
"""Its number's earlier signal goes, and it has the next `seq`."""


def apply(connection: sqlite3.Connection, change: Change, origin: str) -> frozenset[int]:
    """The numbers that the change changed; any exception leaves the transaction to be rolled back."""
    writing = _Writing(connection, change)
    writing.apply()
    writing.signal(origin)
    return frozenset(writing.changed)


class _Writing:
    """One change on its way into the tables."""

    def __init__(self, connection: sqlite3.Connection, change: Change) -> None:
        self.changed: set[int] = set()
        """Numbers that a reader can tell from what they were before."""
        self._execute = connection.execute
        self._executemany = connection.executemany
        self._change = change
        self._folded = fold(change, _overtaken(connection, change))
        self._site = site_id(connection, change.repo)
        self._record = read.site(connection, change.repo)
        self._after = record_of(change, self._record)
        self._accepted: set[int] = set()
        """Numbers of issues that were not older than what is here."""
        self._recount: set[int] = set()
        """Numbers whose comments came or went."""

    def apply(self) -> None:
        """The rules of `Change`, in their order."""
        self._put_issues()
        if self._change.absence is not None:
            self._put_absence(self._change.absence)
        self._put_comments()
        self._keep_whole()
        self._drop(_DROP_REMOVED, ids=self._change.removed)
        self._complete()
        self._execute(_CHECK, {"site": self._site, "at": self._change.at, "numbers": listed(self._change.checked)})
        if self._after is not None and (self._change.site or self._change.noted):
            self._put_site(self._after)
        etags = self._change.etags.items()
        self._executemany(_PUT_ETAG, ((key, etag, self._change.at) for key, etag in etags))
        self._execute(_FORGET_ETAGS, (self._change.at - MONTH,))

    def signal(self, origin: str) -> None:
        """Tells the other processes, once all is applied."""
        numbers = sorted(self.changed)
        if tells_more(self._record, self._after):
            numbers.append(THE_REPOSITORY)
        self._executemany(_SIGNAL, ((self._site, number, origin) for number in numbers))

    def _put_issues(self) -> None:
        issues = self._folded.issues
        if not issues:
            return
        kept = self._kept(_KEPT_ISSUES, issues)
        self._accepted = {
            number
            for number, issue in issues.items()
            if number not in kept or supersedes(issue.updated_at, kept[number][0])
        }
        new = {number: _compact(issues[number].source) for number in self._accepted}
        new = {n: source for n, source in new.items() if n not in kept or not _same(kept[n][1], source)}
        self.changed.update(new)
        self._executemany(_PUT_ISSUE, (_issue_row(self._site, issues[n], source) for n, source in new.items()))
        self._execute(_END_ABSENCES, {"site": self._site, "numbers": listed(issues)})
        for number in new:
            if issues[number].is_pull_request:
                self._drop(_DROP_ALL, number=number)
                self._execute(_FORGET_PULL_REQUEST, {"site": self._site, "number": number})

    def _put_absence(self, absence: Tombstone) -> None:
        if self._execute(_DROP_ISSUE, {"site": self._site, "number": absence.number}).rowcount:
            self.changed.add(absence.number)
        row = (self._site, absence.number, absence.gone, absence.checked_at, absence.moved_to)
        self._execute(_PUT_ABSENCE, row)

    def _put_comments(self) -> None:
        if not self._folded.comments:
            return
        known = self._threads(comment.number for comment in self._folded.comments.values())
        comments = {key: comment for key, comment in self._folded.comments.items() if comment.number in known}
        kept = self._kept(_KEPT_COMMENTS, comments)
        rows = []
        for key, comment in comments.items():
            source = _compact(comment.source)
            before = kept.get(key)
            if before is not None and (not supersedes(comment.updated_at, before[0]) or _same(before[1], source)):
                continue
            rows.append(_comment_row(self._site, comment, source))
            self._recount.update({comment.number} if before is None else {comment.number, before[2]})
        self.changed |= self._recount
        self._executemany(_PUT_COMMENT, rows)

    def _keep_whole(self) -> None:
        whole = self._folded.listed
        for number, complete in self._threads(whole).items():
            self._drop(_DROP_OTHERS, number=number, ids=whole[number])
            if not complete:
                self.changed.add(number)
            named = {"site": self._site, "number": number, "listed": len(whole[number]), "at": self._change.at}
            self._execute(_COMPLETE_WHOLE, named)

    def _drop(self, statement: str, *, number: int | None = None, ids: Collection[int] = ()) -> None:
        rows = self._execute(statement, {"site": self._site, "number": number, "ids": listed(ids)})
        numbers = {found for (found,) in rows}
        self._recount |= numbers
        self.changed |= numbers

    def _complete(self) -> None:
        """Completeness by counts; where GitHub counts none and none is here, that was checked just now."""
        if self._recount:
            self._execute(_COUNT, {"site": self._site, "numbers": listed(self._recount)})
        touched = {"site": self._site, "at": self._change.at, "numbers": listed(self._recount | self._accepted)}
        self.changed.update(number for (number,) in self._execute(_COMPLETE_BY_COUNT, touched).fetchall())
        self._execute(_CHECK_EMPTY, {"site": self._site, "at": self._change.at, "numbers": listed(self._accepted)})

    def _put_site(self, site: SiteRecord) -> None:
        named = {
            "site": self._site,
            "spelling": site.repo.full_name,
            "github_id": site.id,
            "full_name": site.full_name,
            "list_next": site.list_next,
            "listed_at": site.listed_at,
            "comments_next": site.comments_next,
            "since": site.since,
            "checked_at": site.checked_at,
            "private": site.private,
        }
        self._execute(_PUT_SITE, named)

    def _kept(self, query: str, wanted: Iterable[int]) -> dict[int, Any]:
        """Rows by their first column, without it."""
        rows = self._execute(query, {"site": self._site, "wanted": listed(wanted)})
        return {row[0]: row[1:] for row in rows}

    def _threads(self, numbers: Iterable[int]) -> dict[int, bool]:
        """Those of the numbers that are issues here and no pull requests, and whether they are complete."""
        return {number: bool(complete) for number, (complete,) in self._kept(_KNOWN_THREADS, numbers).items()}


def site_id(connection: sqlite3.Connection, repo: Repository) -> int:
    """The row of a repository, which is made if need be; it holds no record before GitHub was asked."""
    found = connection.execute("SELECT id FROM site WHERE key = ?", (repo.key,)).fetchone()
    if found is None:
        row = (repo.key, repo.full_name)
        found = connection.execute("INSERT INTO site (key, spelling) VALUES (?, ?) RETURNING id", row).fetchone()
    return int(found[0])


def _overtaken(connection: sqlite3.Connection, change: Change) -> frozenset[int]:
    """The numbers that changed while they were being read."""
    began = change.began.items()
    return frozenset(number for number, seq in began if read.version(connection, change.repo, number) > seq)


def _issue_row(site: int, issue: Issue, source: bytes) -> Mapping[str, Any]:
    return {
        "site": site,
        "number": issue.number,
        "is_pull_request": issue.is_pull_request,
        "updated_at": issue.updated_at,
        "comment_count": issue.comment_count,
        "labels": _compact(issue.labels),
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


_PLAIN: Callable[[Any], Any] = dict
"""For mappings that are no dict; anything else that is not JSON fails in it."""


def _compact(value: object) -> bytes:
    return orjson.dumps(value, default=_PLAIN)


def _same(kept: bytes, said: bytes) -> bool:
    """True where two JSON texts mean the same; the order of the fields says nothing."""
    try:
        return kept == said or bool(orjson.loads(kept) == orjson.loads(said))
    except orjson.JSONDecodeError:  # damaged since: what is said now mends it
        return False
