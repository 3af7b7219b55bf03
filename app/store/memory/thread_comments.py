"""The comments of one thread in memory, and when each one changed."""

from collections.abc import Iterator, Mapping

from typing_extensions import override

from app.domain.outlines.outline_source import CommentChanges
from app.domain.threads import Comment
from app.ports.mirror import ThreadComments


class MemoryComments(ThreadComments):
    """The comments of one version of a thread."""

    def __init__(self, comments: tuple[Comment, ...], versions: Mapping[int, int]) -> None:
        """Take the comments by ascending id, and in which version each one changed or went."""
        self._comments = comments
        self._versions = versions

    @override
    def __iter__(self) -> Iterator[Comment]:
        return iter(self._comments)

    @override
    def changes(self, *, after: int) -> CommentChanges | None:
        changed_ids = {key for key, version in self._versions.items() if version > after}
        comments = tuple(comment for comment in self._comments if comment.id in changed_ids)
        removed_ids = changed_ids.difference(comment.id for comment in comments)
        return CommentChanges(comments, removed_ids, len(self._comments))


def changed_versions(
    versions: Mapping[int, int], before: Mapping[int, Comment], after: Mapping[int, Comment], version: int
) -> Mapping[int, int]:
    """Return the versions of a thread's comments after a change."""
    pairs = ((key, before.get(key), after.get(key)) for key in before.keys() | after.keys())
    return {**versions, **{key: version for key, old, new in pairs if old is not new and old != new}}
