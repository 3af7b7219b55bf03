"""The content folder of a command, and the posts in it."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from app.domain.errors import CannotStart
from app.domain.posts.posts import PostCatalog
from app.generators.read import read_site
from app.outbound.content.folders.folder_tree import FolderTree
from app.settings import Settings

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


def read_blog(folder: Path, settings: Settings, now: float) -> PostCatalog:
    """Return the posts of the blog in a folder, as its generator sees it at the time `now`. Raises `CannotStart`."""
    tree = FolderTree(folder, now)
    if tree.content_error is not None:
        raise CannotStart(f"The folder {str(folder)!r} cannot be opened ({tree.content_error.strerror}). Allow it.")
    if tree.is_too_large:
        raise CannotStart(f"The folder {str(folder)!r} has too many files for a blog. Name its content folder.")
    catalog = read_site(tree, settings.repo, now=now, generator=settings.generator)
    return replace(catalog, problems=catalog.problems + tree.problems)


def emptiness(folder: Path, blog: PostCatalog) -> str | None:
    """Return a sentence about a folder in which nothing is a post: it is probably the wrong one. Else None."""
    if blog.posts or blog.problems:
        return None
    return f"There are no posts in {str(folder)!r}. Name the folder with the texts of the blog."
