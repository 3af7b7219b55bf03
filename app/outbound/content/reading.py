"""The posts of a tree of files, read again at the cost of what changed."""

from collections.abc import Sequence

from app.domain.posts.posts import Post, PostCatalog, PostProblem, ProblemKind
from app.domain.sites import Repository
from app.generators.read import KnownPages, read_site
from app.generators.tree import ContentTree


class SiteReader:
    """Reads the posts of one site as its generator does; None finds out the generator by its configuration."""

    def __init__(self, sites: Sequence[Repository], generator: str | None) -> None:
        self._sites = tuple(sites)
        self._generator = generator
        self._pages = KnownPages()

    def read(self, tree: ContentTree, now: float) -> PostCatalog:
        """Return the pages of the site at the time `now`, epoch seconds, and what is wrong with them."""
        return read_site(tree, self._sites, now=now, generator=self._generator, known=self._pages)

    @property
    def changes_at(self) -> float | None:
        """Return when the next page appears or expires by its date alone, epoch seconds; None if none does."""
        return min(
            (page.changes_at for page in self._pages.pages.values() if page.changes_at is not None), default=None
        )


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
        if source not in posts or (source in unreadable and _lacks_all(posts[source]))
    }
    return PostCatalog(
        tuple(posts[source] for source in sorted(posts)), catalog.problems, catalog.generator, catalog.address
    )


def _lacks_all(post: Post) -> bool:
    """Return whether a post has nothing to serve; a page that its generator leaves out keeps nothing."""
    return not post.threads and post.unpublished is None


def _is_unreadable(problem: PostProblem) -> bool:
    return problem.kind is ProblemKind.UNREADABLE


def _is_below(source: str, folder: str) -> bool:
    return folder == "." or source.startswith(f"{folder}/")
