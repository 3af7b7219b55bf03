"""Comments as they are read from the database: of one thread all or those that changed, and a site's newest."""

from collections.abc import Iterator

from typing_extensions import override

from app.domain.outlines.outline_source import CommentChanges
from app.domain.records import ThreadRef
from app.domain.threads import Comment
from app.ports.mirror import ThreadComments
from app.store.rows import parse_comments
from app.store.sql.comment_lists import NEWEST_COMMENTS, OF_SITE
from app.store.sql.session import Parameters, Session, clamp

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
    """The comments of a thread, within a transaction."""

    def __init__(self, session: Session, ref: ThreadRef) -> None:
        self._session = session
        self._parameters = {"key": ref.repo.key, "number": clamp(ref.number)}

    @override
    def __iter__(self) -> Iterator[Comment]:
        """Yield the comments, parsed some at a time: a long parse stops all other threads."""
        cursor = self._session.execute(_COMMENTS, self._parameters)
        while rows := cursor.fetchmany(_PARSED_AT_ONCE):
            yield from parse_comments(rows)

    @override
    def changes(self, *, after: int) -> CommentChanges | None:
        rows = self._session.execute(_CHANGES, {**self._parameters, "after": clamp(after)}).fetchall()
        if len(rows) == _MOST_CHANGES:
            return None
        comments = tuple(parse_comments([row[:3] for row in rows if row[0] is not None]))
        removed_ids = [row[3] for row in rows if row[0] is None]
        return CommentChanges(comments, removed_ids, int(self._session.scalar(_COUNT, self._parameters)))


def iterate_newest(session: Session, parameters: Parameters, at_once: int) -> Iterator[Comment]:
    """Yield the newest comments downwards, so many in each query: how many are needed is known only afterwards."""
    last = parameters["last"]
    while True:
        rows = session.execute(NEWEST_COMMENTS, {**parameters, "last": last, "limit": at_once}).fetchall()
        for comment in parse_comments(rows):
            yield comment
            last = comment.id - 1
        if len(rows) < at_once:
            return
