"""Earlier versions of threads, from which what a mirror says of changes has to lead to the latest."""

import tempfile
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from app.domain.outlines.outline_source import CommentChanges
from app.domain.records import ThreadRef
from app.domain.threads import NO_COMMENTS, Approval, Comment, ThreadOutline
from app.ports.mirror import Change, ThreadComments
from tests.contracts import random_changes
from tests.contracts.stores import REPO, STORES

Threads = dict[ThreadRef, dict[int, dict[int, Comment]]]
"""The comments by id of each version of each thread."""


class SeenVersions:
    """Reads complete threads, and compares what changed since each earlier version."""

    def __init__(self) -> None:
        self.threads: Threads = defaultdict(dict)
        self.changes: list[CommentChanges] = []

    def select(
        self, ref: ThreadRef, version: int, comments: Iterable[Comment]
    ) -> tuple[ThreadOutline, tuple[int, ...]]:
        """Compare the changes since each earlier version; it is a `Select`."""
        current = {item.id: item for item in comments}
        if isinstance(comments, ThreadComments):
            for earlier, before in self.threads[ref].items():
                self._compare(comments.changes(after=earlier), before, current)
        self.threads[ref][version] = current
        return NO_COMMENTS, ()

    def _compare(self, changes: CommentChanges | None, before: dict[int, Comment], current: dict[int, Comment]) -> None:
        assert changes is not None
        assert changes.total == len(current)
        after = {key: item for key, item in before.items() if key not in changes.removed_ids}
        after |= {item.id: item for item in changes.comments}
        assert after == current
        self.changes.append(changes)


async def follow(store: str, changes: Sequence[Change], approvals: Mapping[int, Approval]) -> None:
    """Compare after each of some changes."""
    with tempfile.TemporaryDirectory() as folder:
        opened_store = await STORES[store](Path(folder))
        versions = SeenVersions()
        for change in changes:
            await opened_store.mirror.apply(change)
            await opened_store.mirror.record_approvals(REPO, approvals)
            for repo in random_changes.REPOS:
                for number in random_changes.NUMBERS:
                    await opened_store.mirror.snapshot(repo, number, select=versions.select)
        await opened_store.close()
