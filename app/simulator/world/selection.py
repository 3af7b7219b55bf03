"""Select and sort the issues and comments of a list, as GitHub's query parameters tell."""

from collections.abc import Callable, Mapping

from app.simulator.world.records import Comment, Issue
from app.simulator.world.tables import WorldTables

_ISSUE_SORT_KEYS: Mapping[str, Callable[[WorldTables, Issue], int]] = {
    "created": lambda _, issue: issue.created_at,
    "updated": lambda _, issue: issue.updated_at,
    "comments": lambda world, issue: len(world.comment_ids[issue.id]),
}


class Selection:
    """Lists over a world; the sorted comments of a repository are cached until the world changes."""

    def __init__(self, world: WorldTables) -> None:
        self._world = world
        self._revision = -1
        self._comments_cache: dict[tuple[int, str, bool], list[Comment]] = {}

    def issues(self, repository_id: int, parameters: Mapping[str, str], since: int) -> list[Issue]:
        """Return the issues and pull requests updated at `since` or later, by GitHub's query parameters.

        They are `state` (default `open`), `labels`, `creator`, `sort` (default `created`) and `direction`.
        """
        world = self._world
        state = parameters.get("state", "open")
        labels = {name.strip().lower() for name in parameters.get("labels", "").split(",") if name.strip()}
        creator = parameters.get("creator", "").lower()
        issues = [
            issue
            for issue in map(world.issues.__getitem__, world.issue_ids[repository_id].values())
            if state in {"all", issue.state}
            and issue.updated_at >= since
            and labels <= {name.lower() for name in issue.labels}
            and creator in {"", world.users[issue.author].login.lower()}
        ]
        sort_key = _ISSUE_SORT_KEYS.get(parameters.get("sort", ""), _ISSUE_SORT_KEYS["created"])
        issues.sort(key=lambda issue: (sort_key(world, issue), issue.id), reverse=parameters.get("direction") != "asc")
        return issues

    def thread(self, issue: Issue, since: int) -> list[Comment]:
        """Return an issue's comments updated at `since` or later, by ascending id."""
        comments = map(self._world.comments.__getitem__, self._world.comment_ids[issue.id])
        return [comment for comment in comments if comment.updated_at >= since]

    def comments(self, repository_id: int, parameters: Mapping[str, str], since: int) -> list[Comment]:
        """Return a repository's comments updated at `since` or later, by `sort` and `direction`.

        Without `sort` they come by ascending id and `direction` is ignored. With it, the default is descending.
        """
        sort = parameters.get("sort", "")
        descending = sort in {"created", "updated"} and parameters.get("direction") != "asc"
        comments = self._sorted_comments(repository_id, sort, descending=descending)
        return [comment for comment in comments if comment.updated_at >= since]

    def _sorted_comments(self, repository_id: int, sort: str, *, descending: bool) -> list[Comment]:
        world = self._world
        if self._revision != world.revision:
            self._revision = world.revision
            self._comments_cache.clear()
        comments = self._comments_cache.get((repository_id, sort, descending))
        if comments is None:
            comments = [
                world.comments[comment_id]
                for issue_id in world.issue_ids[repository_id].values()
                for comment_id in world.comment_ids[issue_id]
            ]
            comments.sort(key=lambda comment: (_sort_value(comment, sort), comment.id), reverse=descending)
            self._comments_cache[repository_id, sort, descending] = comments
        return comments


def _sort_value(comment: Comment, sort: str) -> int:
    return {"created": comment.created_at, "updated": comment.updated_at}.get(sort, 0)
