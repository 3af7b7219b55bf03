"""Comments that count how many times they are read."""

from collections.abc import Iterator, Sequence

from app.domain.threads import Comment


class CountedReads:
    """The comments of a thread, and how many times they were read."""

    def __init__(self, comments: Sequence[Comment]) -> None:
        self.count = 0
        self._comments = comments

    def __iter__(self) -> Iterator[Comment]:
        self.count += 1
        return iter(self._comments)
