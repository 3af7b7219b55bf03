"""Which issues and comments a list holds, and in which order."""

from collections.abc import Callable, Mapping

from app.simulator.world.tables import WorldTables
from app.simulator.world.records import Comment, Issue, seconds

_ISSUE_ORDERS: Mapping[str, Callable[[WorldTables, Issue], int]] = {
    "created": lambda _, issue: issue.created_at,
    "updated": lambda _, issue: issue.updated_at,
    "comments": lambda world, issue: len(world.comment_ids[issue.id]),
}


class Selection:
    """Lists over a world; an order once made is kept until the world changes."""

    def __init__(self, world: WorldTables) -> None:
        self._world = world
        self._revision = -1
        self._orders: dict[tuple[int, str, bool], list[Comment]] = {}

    def issues(self, repository_id: int, asked: Mapping[str, str]) -> list[Issue]:
        """List issues and pull requests: `state` (open), `labels`, `creator`, `since`, `sort` (created), `direction`.

        Raises ValueError for a `since` that is no time.
        """
        world = self._world
        since = _since(asked)
        state = asked.get("state", "open")
        labels = {name.strip().lower() for name in asked.get("labels", "").split(",") if name.strip()}
        creator = asked.get("creator", "").lower()
        chosen = [
            issue
            for issue in map(world.issues.__getitem__, world.issue_ids[repository_id].values())
            if state in {"all", issue.state}
            and issue.updated_at >= since
            and labels <= {name.lower() for name in issue.labels}
            and creator in {"", world.users[issue.author].login.lower()}
        ]
        order = _ISSUE_ORDERS.get(asked.get("sort", ""), _ISSUE_ORDERS["created"])
        chosen.sort(key=lambda issue: (order(world, issue), issue.id), reverse=asked.get("direction") != "asc")
        return chosen

    def thread(self, issue: Issue, asked: Mapping[str, str]) -> list[Comment]:
        """List an issue's comments by ascending id: `since` only. Raises ValueError for a `since` that is no time."""
        since = _since(asked)
        comments = map(self._world.comments.__getitem__, self._world.comment_ids[issue.id])
        return [comment for comment in comments if comment.updated_at >= since]

    def comments(self, repository_id: int, asked: Mapping[str, str]) -> list[Comment]:
        """List a repository's comments, pull requests' among them: `sort`, `direction`, `since`.

        Without `sort` they come by ascending id and `direction` is ignored; with it, descending unless told.
        Raises ValueError for a `since` that is no time.
        """
        sort = asked.get("sort", "")
        falling = sort in {"created", "updated"} and asked.get("direction") != "asc"
        ordered = self._ordered(repository_id, sort, falling=falling)
        if "since" not in asked:
            return ordered
        since = _since(asked)
        return [comment for comment in ordered if comment.updated_at >= since]

    def _ordered(self, repository_id: int, sort: str, *, falling: bool) -> list[Comment]:
        world = self._world
        if self._revision != world.revision:
            self._revision = world.revision
            self._orders.clear()
        known = self._orders.get((repository_id, sort, falling))
        if known is None:
            here = [
                world.comments[comment_id]
                for issue_id in world.issue_ids[repository_id].values()
                for comment_id in world.comment_ids[issue_id]
            ]
            known = sorted(here, key=lambda comment: (_moment(comment, sort), comment.id), reverse=falling)
            self._orders[repository_id, sort, falling] = known
        return known


def _moment(comment: Comment, sort: str) -> int:
    return {"created": comment.created_at, "updated": comment.updated_at}.get(sort, 0)


def _since(asked: Mapping[str, str]) -> int:
    text = asked.get("since", "")
    # A "+" that a client did not escape arrives as a blank.
    return seconds(text.strip().replace(" ", "+")) if text else -(2**40)
