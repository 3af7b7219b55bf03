"""The address of a page on the blog, by the rules of its generator."""

from pathlib import PurePosixPath

from app.generators.configuration import Configuration
from app.generators.inherited.values import Fields


def address(path: PurePosixPath, fields: Fields, configuration: Configuration) -> str | None:
    """Return the address of a page, a path from the root of the host; None if it cannot be told.

    `path` is relative to the root of the tree; `fields` are the page's own with those that it is given.
    """
