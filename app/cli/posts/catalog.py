"""The content folder of a command, and the posts in it."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from app.domain.errors import CannotStart
from app.domain.posts.posts import Post, PostCatalog
from app.outbound.posts import post_source
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
        raise CannotStart(
            "No content folder is named. Write it behind the command, as in: afterword posts create content"
        )
    if not folder.is_dir():
        raise CannotStart(f"There is no folder {str(folder)!r}. Name the blog's content folder.")
    return folder


async def read_catalog(folder: Path, settings: Settings) -> PostCatalog:
    """Return the posts in a folder, as the generator sees them. Raises `CannotStart` if it cannot be read."""
    source = post_source(str(folder), settings.repo)
    try:
        catalog = await source.read()
    finally:
        await source.aclose()
    if catalog is None:
        raise CannotStart(f"The folder {str(folder)!r} cannot be read. Look at the warnings above.")
    return replace(catalog, posts=tuple(_with_relative_source(post, folder) for post in catalog.posts))


def _with_relative_source(post: Post, folder: Path) -> Post:
    """Return a post whose source is relative to the folder: a marker must not depend on where the folder is."""
    path = Path(post.source)
    return replace(post, source=path.relative_to(folder).as_posix()) if path.is_relative_to(folder) else post
