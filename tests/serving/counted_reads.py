"""Comments and records that count how many times they are read."""

from collections.abc import Iterator, Sequence

from app.domain.records import SiteRecord
from app.domain.sites import Repository
from app.domain.threads import Comment
from app.store.memory import MemoryMirror


class CountedReads:
    """The comments of a thread, and how many times they were read."""

    def __init__(self, comments: Sequence[Comment]) -> None:
        self.count = 0
        self._comments = comments

    def __iter__(self) -> Iterator[Comment]:
        self.count += 1
        return iter(self._comments)


class CountingMirror(MemoryMirror):
    """A mirror that counts the records that are read from it."""

    def __init__(self) -> None:
        super().__init__("here")
        self.reads = 0

    async def site(self, repo: Repository) -> SiteRecord | None:
        self.reads += 1
        return await super().site(repo)
