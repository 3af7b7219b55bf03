"""The posts of a content folder, read again as soon as a page changes.

A page with unreadable front matter keeps its posts; so does everything below a folder that cannot be opened. If no
page is left at all, the whole folder keeps its posts: it is probably being moved or mounted.
"""

import asyncio
import posixpath
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from typing_extensions import override

from app.domain.posts.posts import PostCatalog
from app.generators.read import UNCHANGED
from app.github.responses import single_line
from app.outbound.content.folders.folder_tree import FolderTree
from app.outbound.content.folders.watcher import FolderWatcher
from app.outbound.content.problem_log import NOTHING_LEFT, ProblemLog
from app.outbound.content.reading import SiteReader, keep_unreadable
from app.ports.post_source import PostSource

_NO_POSTS = (
    "None of the {count} pages in {folder} names its issue: AFTERWORD_SERVE=posts serves nothing. "
    "Write ghissueid: 41 into the front matter of a post, or name another folder in AFTERWORD_POSTS."
)
_LONGEST_REST = 0.5
"""Seconds; after a read the next one waits for half as long as that took, and no longer than this."""


class PostFolder(PostSource):
    """The content folder with all pages below it."""

    def __init__(
        self, folder: Path, reader: SiteReader, now: Callable[[], float], *, posts: PostCatalog | None = None
    ) -> None:
        """Begin with `posts`, those of the last read in an earlier process."""
        self._folder = folder
        self._reader = reader
        self._now = now
        self._posts = posts
        self._problems = ProblemLog()
        self._watcher = FolderWatcher()
        self._rest = 0.0

    @override
    async def read(self) -> PostCatalog | None:
        loop = asyncio.get_running_loop()
        start = loop.time()
        catalog = await asyncio.to_thread(self._read)
        self._rest = min((loop.time() - start) / 2, _LONGEST_REST)
        return catalog

    @property
    @override
    def failure(self) -> str | None:
        return self._problems.failure

    @override
    async def wait_for_change(self) -> None:
        await asyncio.sleep(self._rest)
        await self._watcher.wait_for_change()

    @override
    async def aclose(self) -> None:
        await self._watcher.aclose()

    def _read(self) -> PostCatalog | None:
        now = self._now()
        tree = FolderTree(self._folder, now)
        self._watcher.directories = (str(self._folder), frozenset(tree.directories))
        if tree.is_too_large:
            self._fail("it has too many files for a blog. Name its content folder")
        elif tree.content_error is None:
            self._take(tree, self._reader.read(tree, now))
        else:
            self._fail(f"it cannot be opened ({tree.content_error.strerror})")
        self._problems.end_read()
        return self._posts

    def _take(self, tree: FolderTree, catalog: PostCatalog) -> None:
        """Replace the posts, unless everything is gone."""
        problems = tuple(replace(problem, advice=f"{UNCHANGED} {problem.advice}") for problem in tree.problems)
        if not catalog.posts and not problems and self._posts is not None and self._posts.posts:
            self._fail(NOTHING_LEFT.format("page"))
            return
        folders = [posixpath.relpath(error.folder, tree.content) for error in tree.errors]  # beside the content, too
        catalog = keep_unreadable(replace(catalog, problems=catalog.problems + problems), self._posts, folders)
        self._posts = catalog
        self._problems.add_problems(catalog.problems)
        if not any(post.threads for post in catalog.posts):
            self._problems.add(_NO_POSTS.format(count=len(catalog.posts), folder=self._folder))

    def _fail(self, reason: str) -> None:
        prefix = f"The folder {single_line(str(self._folder))} is not read"
        self._problems.fail(prefix, reason, has_posts=self._posts is not None)
