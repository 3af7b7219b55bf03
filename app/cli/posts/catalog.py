"""The content folder of a command, and the posts in it."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import typer

from app.domain.errors import CannotStart
from app.domain.posts.posts import PostCatalog
from app.generators.dialects import dialects_of
from app.generators.inherited.configuration import read_configuration
from app.generators.inherited.scalars import get_any_case
from app.generators.read import DialectReader, read_site
from app.outbound.content.folders.folder_tree import FolderTree
from app.settings import Settings

_ADDRESS_FIELDS = ("baseurl", "base_url", "site_url", "siteurl", "url", "site")
"""What generators call the address of a blog in their configuration."""

Folder = Annotated[
    Path | None,
    typer.Argument(metavar="FOLDER", help="The blog's content folder; AFTERWORD_POSTS by default.", show_default=False),
]


def content_folder(folder: Path | None, settings: Settings) -> Path:
    """Return the content folder that the command or the settings name. Raises `CannotStart`."""
    if folder is None and settings.posts is not None and Path(settings.posts).is_dir():
        folder = Path(settings.posts)
    if folder is None:
        raise CannotStart("No content folder is named. Write it behind the command, as in afterword posts list content")
    if not folder.is_dir():
        raise CannotStart(f"There is no folder {str(folder)!r}. Name the blog's content folder.")
    return folder


@dataclass(frozen=True, slots=True)
class Blog:
    """The posts of a blog, and what its generator's configuration says of its address."""

    catalog: PostCatalog
    address: str | None = None


def read_blog(folder: Path, settings: Settings, now: float) -> Blog:
    """Return the blog in a folder, as its generator sees it at the time `now`. Raises `CannotStart`."""
    tree = FolderTree(folder, now)
    if tree.content_error is not None:
        raise CannotStart(f"The folder {str(folder)!r} cannot be opened ({tree.content_error.strerror}). Allow it.")
    if tree.is_too_large:
        raise CannotStart(f"The folder {str(folder)!r} has too many files for a blog. Name its content folder.")
    catalog = read_site(tree, settings.repo, now=now, generator=settings.generator)
    address = None if catalog.generator is None else _address(tree, catalog.generator)
    return Blog(replace(catalog, problems=catalog.problems + tree.problems), address)


def emptiness(folder: Path, blog: Blog) -> str | None:
    """Return a sentence about a folder in which nothing is a post: it is probably the wrong one. Else None."""
    if blog.catalog.posts or blog.catalog.problems:
        return None
    return f"There are no posts in {str(folder)!r}. Name the folder with the texts of the blog."


def _address(tree: FolderTree, generator: str) -> str | None:
    """Return the address in the configuration of a generator; None if it has none."""
    configuration = read_configuration(tree, generator, DialectReader(dialects_of(generator)[0]))
    values = (get_any_case(configuration.values, name) for name in _ADDRESS_FIELDS)
    return next((value.rstrip("/") for value in values if isinstance(value, str) and is_address(value)), None)


def is_address(text: str) -> bool:
    """Return True if a text is an address of http or https without a query, a fragment, a name or a password."""
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    has_more = bool(parts.query or parts.fragment or "@" in parts.netloc)
    return parts.scheme in {"http", "https"} and bool(parts.hostname) and not has_more and text.isprintable()
