"""Objects as finished JSON, kept until something changes that shows in them."""

from collections.abc import Callable

import orjson

from app.simulator.http.objects import Json, View, comment_object, issue_object, user_object
from app.simulator.world.tables import WorldTables
from app.simulator.world.markdown import EXPIRES_AFTER, UPLOADS
from app.simulator.world.records import Comment, Issue


class ObjectCache:
    """The rendered objects of a world; a page of a hundred of them is then a matter of joining bytes."""

    def __init__(self, world: WorldTables) -> None:
        self._world = world
        self._kept: dict[tuple[str, int, View], tuple[tuple[int, ...], orjson.Fragment]] = {}

    def comment(self, comment: Comment, view: View) -> orjson.Fragment:
        """Get a comment's object."""
        stamp = (comment.version, self._world.accounts_revision, self._window(comment))
        return self._get(("comment", comment.id, view), stamp, lambda: comment_object(self._world, comment, view))

    def issue(self, issue: Issue, view: View) -> orjson.Fragment:
        """Get an issue's object, as lists have it."""
        return self._get(("issue", issue.id, view), self._stamp(issue), lambda: issue_object(self._world, issue, view))

    def single_issue(self, issue: Issue, view: View) -> orjson.Fragment:
        """Get an issue's object, as it is asked for alone: with who closed it."""

        def made() -> Json:
            closer = None if issue.closed_by is None else self._world.users[issue.closed_by]
            closed_by = closer and user_object(closer, view)
            return issue_object(self._world, issue, view) | {"closed_by": closed_by}

        return self._get(("single", issue.id, view), self._stamp(issue), made)

    def _get(self, key: tuple[str, int, View], stamp: tuple[int, ...], make: Callable[[], Json]) -> orjson.Fragment:
        kept = self._kept.get(key)
        if kept is not None and kept[0] == stamp:
            return kept[1]
        made = orjson.Fragment(orjson.dumps(make()))
        self._kept[key] = (stamp, made)
        return made

    def _stamp(self, issue: Issue) -> tuple[int, ...]:
        world = self._world
        pinned = None if issue.pinned_comment is None else world.comments[issue.pinned_comment]
        return (
            issue.version,
            world.accounts_revision,
            len(world.comment_ids[issue.id]),
            pinned.version if pinned else 0,
            self._window(issue),
            self._window(pinned) if pinned else 0,
        )

    def _window(self, record: Comment | Issue) -> int:
        """The signature of uploaded pictures ages; nothing else in an object does."""
        return int(self._world.clock()) // EXPIRES_AFTER if UPLOADS in (record.body or "") else 0
