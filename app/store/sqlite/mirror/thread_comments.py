"""The comments of one thread in the file: all of them, or those that changed."""

import sqlite3
from collections.abc import Iterator

from typing_extensions import override

from app.domain.outlines.outline_source import CommentChanges
from app.domain.records import ThreadRef
from app.domain.threads import Comment
from app.ports.mirror import ThreadComments
from app.store.rows import parse_comments
from app.store.sqlite.connections import clamp, scalar
from app.store.sqlite.mirror.comment_lists import OF_SITE

# ruff: noqa: S608 - the inserted texts are these constants; values are parameters
_PARSED_AT_ONCE = 50
_MOST_CHANGES = 1000
_COMMENTS = f"SELECT source, image_sizes, approval FROM comment WHERE {OF_SITE} AND number = :number ORDER BY id"
_COUNT = f"SELECT count(*) FROM comment WHERE {OF_SITE} AND number = :number"
_CHANGES = f"""
SELECT comment.source, image_sizes, approval, comment_change.id
FROM comment_change LEFT JOIN comment USING (site, number, id)
WHERE comment_change.{OF_SITE} AND comment_change.number = :number AND comment_change.version > :after
LIMIT {_MOST_CHANGES}
"""


class StoredComments(ThreadComments):
    """The comments of a thread, within the transaction of a connection."""

    def __init__(self, connection: sqlite3.Connection, ref: ThreadRef) -> None:
        self._connection = connection
        self._parameters = {"key": ref.repo.key, "number": clamp(ref.number)}

    @override
    def __iter__(self) -> Iterator[Comment]:
        return iterate_comments(self._connection.execute(_COMMENTS, self._parameters), _PARSED_AT_ONCE)

    @override
    def changes(self, *, after: int) -> CommentChanges | None:
        rows = self._connection.execute(_CHANGES, {**self._parameters, "after": after}).fetchall()
        if len(rows) == _MOST_CHANGES:
            return None
        comments = tuple(parse_comments([row[:3] for row in rows if row[0] is not None]))
        removed_ids = [row[3] for row in rows if row[0] is None]
        return CommentChanges(comments, removed_ids, int(scalar(self._connection, _COUNT, self._parameters)))


def iterate_comments(cursor: sqlite3.Cursor, at_once: int) -> Iterator[Comment]:
    """Yield the comments of a query, read and parsed some at a time: a long parse stops all other threads."""
    while rows := cursor.fetchmany(at_once):
        yield from parse_comments(rows)
