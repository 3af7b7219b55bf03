"""The files of a blog, in a folder or an archive, as the readers of content see them."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Protocol


@dataclass(frozen=True, slots=True)
class ContentFile:
    """A regular file of a blog."""

    path: PurePosixPath
    """Relative to the root of the tree."""
    version: Hashable
    """Equal as long as the file was not written."""
    size: int
    """Bytes."""


class ContentTree(Protocol):
    """All files of a blog at one moment."""

    @property
    def content(self) -> PurePosixPath:
        """Return the folder whose pages are posts, relative to the root: `.` for the root itself.

        The root is the folder of the generator's configuration, or the content folder if no configuration is found.
        """

    def files(self) -> Sequence[ContentFile]:
        """Return all files that the tree has, by path, those outside the content folder included."""

    def read(self, path: PurePosixPath, limit: int) -> bytes:
        """Return the first `limit` bytes of a file; raises `OSError`."""
