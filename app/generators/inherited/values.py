"""What a page is given from elsewhere, as the readers of pages ask for it.

A generator's `Inheritance` is made once for each read of a blog. It reads the files that give values to other pages:

| generator | followed | said, because it cannot be followed |
|---|---|---|
| Hugo | `cascade` in `_index.*` and in the site's configuration | `_content.gotmpl` |
| Jekyll | `defaults` in `_config.yml` | |
| Eleventy | data in JSON, and in JavaScript if it is literal; `eleventyComputed` without templates | other JavaScript |
| Nikola | `.meta` files | |
| Pelican | `DEFAULT_METADATA`, `EXTRA_PATH_METADATA` if they are literal | the same, if they are not |
| Material | `.meta.yml` | |
"""

from collections.abc import Hashable, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Protocol

from app.domain.posts.posts import PostProblem

Fields = Mapping[str, object]
"""The fields of a page, or a part of the configuration, as the generator's dialect reads them."""


class UnknownValue:
    """The value of a field that a page is given, which cannot be told from here."""


UNKNOWN_VALUE = UnknownValue()


class FieldReader(Protocol):
    """Reads fields in the dialect of the blog's generator."""

    def front_matter(self, content: bytes, path: PurePosixPath) -> Fields:
        """Return the fields of a page, empty if it has none; raises `ValueError` with the reason."""

    def data(self, content: bytes, suffix: str) -> Fields:
        """Return the fields of a file of this kind, `.yml`, `.yaml`, `.toml` or `.json`; raises `ValueError`."""


class Inheritance(Protocol):
    """The values that a blog's pages are given from elsewhere. Paths are relative to the root of the tree."""

    def merge(self, path: PurePosixPath, fields: Fields, version: str = "") -> Fields:
        """Return a page's fields with what it is given: its own win, but where the generator has it otherwise.

        `version` is the name of a dialect, if versions of the generator differ.
        """

    @property
    def problems(self) -> Sequence[PostProblem]:
        """Return what makes pages, or gives all of them values, and cannot be followed."""

    def problems_for(self, path: PurePosixPath, fields: Fields) -> Sequence[PostProblem]:
        """Return the files that may give a page with these own fields others, and cannot be followed."""

    def key_for(self, path: PurePosixPath) -> Hashable:
        """Return a value that is equal as long as the page is given the same."""


class NoInheritance:
    """A generator that gives pages no values, or a blog that makes no use of it."""

    def merge(self, path: PurePosixPath, fields: Fields, version: str = "") -> Fields:
        """Return the page's own fields."""
        del path, version
        return fields

    problems: Sequence[PostProblem] = ()

    def problems_for(self, path: PurePosixPath, fields: Fields) -> Sequence[PostProblem]:
        """Return no problem."""
        del path, fields
        return ()

    def key_for(self, path: PurePosixPath) -> Hashable:
        """Return the same value for every page."""
        del path
        return None
