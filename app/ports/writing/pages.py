"""The files of a blog's pages, as what writes numbers into them needs them."""

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class PageFile:
    """The content of a file at one moment."""

    content: bytes
    version: Hashable
    """Equal as long as the file was not written."""


class Pages(Protocol):
    """Reads and replaces the files of pages; `source` is the path in the content folder, as in `Post`."""

    def read(self, source: str) -> PageFile:
        """Return a file that can be replaced later; raise `ValueError` with the problem and its solution if not."""

    def replace(self, source: str, page: PageFile, content: bytes) -> None:
        """Replace a file as it was read by one with this content, completely or not at all.

        Raises `ValueError` with the problem and its solution, also if the file was changed since it was read.
        """
