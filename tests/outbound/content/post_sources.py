"""What the tests of the post sources share: two sites, their posts, and pages."""

from pathlib import Path

from app.domain.posts.posts import Post, PostCatalog, Posts
from app.domain.records import ThreadRef
from app.domain.sites import repository
from app.outbound.content.folder_posts import PostFolder
from app.outbound.content.reading import SiteReader
from app.ports.post_source import PostSource
from tests.fakes import FakeClock

BLOG = repository("ada/blog")
NOTES = repository("eve/notes")
SITES = (BLOG, NOTES)


def write_page(folder: Path, name: str, front_matter: str) -> Path:
    """Write a page with this YAML."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"---\n{front_matter}\n---\nText\n", encoding="utf-8")
    return path


def post_folder(folder: Path, posts: PostCatalog | None = None) -> PostFolder:
    """Return the source of a folder for both sites."""
    return PostFolder(folder, SiteReader(SITES, None), FakeClock().now, posts=posts)


async def read_numbers(source: PostSource) -> Posts | None:
    """Read a source; return the numbers of both sites, None if nothing could be read yet."""
    catalog = await source.read()
    return None if catalog is None else catalog.served(SITES)


def posts_of_both(*numbers: int, notes: tuple[int, ...] = ()) -> Posts:
    """Return the posts of both sites: the blog's numbers, and those of the notes."""
    return {BLOG: frozenset(numbers), NOTES: frozenset(notes)}


def catalog_of(*numbers: int) -> PostCatalog:
    """Return a catalog with a page of the blog for each number."""
    return PostCatalog(tuple(Post(f"{number}.md", frozenset({ThreadRef(BLOG, number)})) for number in numbers))
