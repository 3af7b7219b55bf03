"""Blogs in memory."""

from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath

from app.generators.tree import ContentFile, ContentTree

PAGE = PurePosixPath("2020-07-01-a.md")


class Blog(ContentTree):
    """The files of a blog in memory, an error for one that cannot be opened; `reads` are the paths that were read."""

    def __init__(
        self, files: Mapping[PurePosixPath, bytes] | Mapping[str, str | bytes | OSError], content: str = "."
    ) -> None:
        self._files = {
            PurePosixPath(path): data.encode() if isinstance(data, str) else data for path, data in files.items()
        }
        self._content = PurePosixPath(content)
        self.reads: list[str] = []

    @property
    def content(self) -> PurePosixPath:
        return self._content

    def files(self) -> Sequence[ContentFile]:
        return [
            ContentFile(path, hash(data), 0 if isinstance(data, OSError) else len(data))
            for path, data in sorted(self._files.items())
        ]

    def read(self, path: PurePosixPath, limit: int) -> bytes:
        self.reads.append(path.as_posix())
        data = self._files[path]
        if isinstance(data, OSError):
            raise data
        return data[:limit]
