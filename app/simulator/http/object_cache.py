"""A cache of rendered objects: JSON is rendered again only after a change that shows in it."""

from collections.abc import Callable

import orjson

from app.simulator.world.markdown import EXPIRES_AFTER, UPLOADS
from app.simulator.world.objects import Json, View, comment_object, issue_object, user_object
from app.simulator.world.records import Comment, Contribution, Issue
from app.simulator.world.tables import WorldTables

Revision = tuple[int, ...]


class ObjectCache:
    """The rendered objects of a world, with which a page of a hundred of them is a join of bytes.

    Each entry holds a revision: the versions of everything that shows in the object.
    """

    def __init__(self, world: WorldTables) -> None:
        self._world = world
        self._entries: dict[tuple[str, int, View], tuple[Revision, orjson.Fragment]] = {}

    def comment(self, comment: Comment, view: View) -> orjson.Fragment:
        """Return the object of a comment."""
        revision = self._revision(comment)
        return self._get(("comment", comment.id, view), revision, lambda: comment_object(self._world, comment, view))

    def issue(self, issue: Issue, view: View) -> orjson.Fragment:
        """Return the object of an issue, as lists have it."""
        revision = self._issue_revision(issue)
        return self._get(("issue", issue.id, view), revision, lambda: issue_object(self._world, issue, view))

    def single_issue(self, issue: Issue, view: View) -> orjson.Fragment:
        """Return the object of an issue as its own resource has it: with `closed_by`."""

        def render() -> Json:
            closed_by = issue.closed_by and user_object(self._world.users[issue.closed_by], view)
            return issue_object(self._world, issue, view) | {"closed_by": closed_by}

        return self._get(("single", issue.id, view), self._issue_revision(issue), render)

    def _get(self, key: tuple[str, int, View], revision: Revision, render: Callable[[], Json]) -> orjson.Fragment:
        entry = self._entries.get(key)
        if entry is not None and entry[0] == revision:
            return entry[1]
        fragment = orjson.Fragment(orjson.dumps(render()))
        self._entries[key] = (revision, fragment)
        return fragment

    def _issue_revision(self, issue: Issue) -> Revision:
        pinned_comment = issue.pinned_comment and self._world.comments[issue.pinned_comment]
        pinned_revision = self._revision(pinned_comment) if pinned_comment else ()
        return (*self._revision(issue), len(self._world.comment_ids[issue.id]), *pinned_revision)

    def _revision(self, record: Contribution) -> Revision:
        """Return the versions of a record and of all accounts, and the period of the signed URLs in its body.

        The period is 0 for a body without uploaded images. Nothing else in an object changes with time alone.
        """
        period = int(self._world.clock()) // EXPIRES_AFTER if UPLOADS in (record.body or "") else 0
        return record.version, self._world.accounts_revision, period
