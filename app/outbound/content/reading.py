"""The posts of a tree of files, read again at the cost of what changed."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from app.domain.posts.fields import post_of_page
from app.domain.posts.posts import Post, PostCatalog, PostProblem, ProblemKind
from app.domain.sites import Repository
from app.generators.tree import ContentFile, ContentTree
from app.outbound.front_matter import front_matter

_PAGE_SUFFIXES = frozenset({".md", ".markdown", ".mdx", ".qmd", ".rmd", ".html", ".htm", ".adoc", ".asciidoc"})
_MAX_PAGE_BYTES = 32_768
_SKIPPED_FOLDERS = frozenset({"node_modules", "_drafts"})
UNCHANGED = "Its posts stay as they were."


@dataclass(frozen=True, slots=True)
class _Page:
    version: Hashable
    post: Post
    problem: PostProblem | None = None


class SiteReader:
    """Reads the posts of one site; a page that was not written since the last read is not read again."""

    def __init__(self, sites: Sequence[Repository], generator: str | None) -> None:
        self._sites = tuple(sites)
        self._generator = generator
        self._pages: dict[PurePosixPath, _Page] = {}

    def read(self, tree: ContentTree, now: float) -> PostCatalog:
        """Return the posts that the generator publishes at the time `now`, and the problems of pages."""
        pages: dict[PurePosixPath, _Page] = {}
        for file in tree.files():
            if _is_page(file, tree.content):
                page = self._pages.get(file.path)
                current = page is not None and page.version == file.version
                pages[file.path] = page if page is not None and current else self._read_page(tree, file)
        self._pages = pages
        problems = tuple(page.problem for page in pages.values() if page.problem is not None)
        return PostCatalog(tuple(page.post for page in pages.values()), problems)

    def _read_page(self, tree: ContentTree, file: ContentFile) -> _Page:
        source = file.path.relative_to(tree.content).as_posix()
        try:
            text = tree.read(file.path, _MAX_PAGE_BYTES).decode("utf-8", errors="replace")
            return _Page(file.version, post_of_page(front_matter(text), source, self._sites))
        except OSError as error:
            problem = PostProblem(ProblemKind.UNREADABLE, source, f"it cannot be read ({error.strerror})", UNCHANGED)
            return _Page(None, Post(source), problem)
        except ValueError as error:
            problem = PostProblem(ProblemKind.UNREADABLE, source, str(error))
            return _Page(file.version, Post(source), problem)


def _is_page(file: ContentFile, content: PurePosixPath) -> bool:
    if file.path.suffix.lower() not in _PAGE_SUFFIXES or not file.path.is_relative_to(content):
        return False
    return not _SKIPPED_FOLDERS.intersection(file.path.relative_to(content).parts[:-1])


def keep_unreadable(
    catalog: PostCatalog, previous: PostCatalog | None, unreadable_folders: Sequence[str] = ()
) -> PostCatalog:
    """Return the catalog with the previous posts of pages that cannot be read now.

    These are pages with a problem of kind `UNREADABLE`, and all below `unreadable_folders`, whose names are those in
    the sources of posts. A page that can be read and names no issue any more has none.
    """
    if previous is None or not (unreadable_folders or any(_is_unreadable(problem) for problem in catalog.problems)):
        return catalog
    unreadable = {problem.source for problem in catalog.problems if _is_unreadable(problem)}
    previous_posts = {
        post.source: post
        for post in previous.posts
        if post.source in unreadable or any(_is_below(post.source, folder) for folder in unreadable_folders)
    }
    posts = {post.source: post for post in catalog.posts}
    posts |= {
        source: post
        for source, post in previous_posts.items()
        if source not in posts or (source in unreadable and not posts[source].threads)
    }
    return PostCatalog(tuple(posts[source] for source in sorted(posts)), catalog.problems, catalog.generator)


def _is_unreadable(problem: PostProblem) -> bool:
    return problem.kind is ProblemKind.UNREADABLE


def _is_below(source: str, folder: str) -> bool:
    return folder == "." or source.startswith(f"{folder}/")
