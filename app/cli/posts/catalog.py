"""The content folder of a command, and the posts in it."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from app.domain.errors import CannotStart
from app.domain.posts.posts import PostCatalog, PostProblem, ProblemKind
from app.generators.read import read_site
from app.outbound.content.folders.folder_tree import FolderTree
from app.settings import Settings

Folder = Annotated[
    Path | None,
    typer.Argument(help="The blog's content folder; AFTERWORD_POSTS by default.", show_default=False),
]


def content_folder(folder: Path | None, settings: Settings) -> Path:
    """Return the content folder that the command or the settings name. Raises `CannotStart`."""
    if folder is None and settings.posts is not None and Path(settings.posts).is_dir():
        folder = Path(settings.posts)
    if folder is None:
        raise CannotStart("No content folder is named. Write it behind the command: afterword posts create content")
    if not folder.is_dir():
        raise CannotStart(f"There is no folder {str(folder)!r}. Name the blog's content folder.")
    return folder


def read_catalog(folder: Path, settings: Settings, now: float) -> PostCatalog:
    """Return the posts in a folder, as the generator sees them at the time `now`. Raises `CannotStart`."""
    tree = FolderTree(folder, now)
    if tree.content_error is not None:
        raise CannotStart(f"The folder {str(folder)!r} cannot be opened ({tree.content_error.strerror}). Allow it.")
    if tree.is_too_large:
        raise CannotStart(f"The folder {str(folder)!r} has too many files for a blog. Name its content folder.")
    catalog = read_site(tree, settings.repo, now=now, generator=settings.generator)
    folders = tuple(
        PostProblem(
            ProblemKind.UNREADABLE_FOLDER,
            error.folder.relative_to(tree.content).as_posix(),
            f"the folder cannot be opened ({error.error.strerror})",
            "Allow it.",
        )
        for error in tree.errors
        if error.folder.is_relative_to(tree.content)
    )
    return replace(catalog, problems=catalog.problems + folders, generator=catalog.generator or settings.generator)
