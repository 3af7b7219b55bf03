"""What the tests of the post sources share: two sites, their posts, and pages."""

from pathlib import Path

from app.domain.posts.posts import Posts
from app.domain.sites import repository

BLOG = repository("ada/blog")
NOTES = repository("eve/notes")
SITES = (BLOG, NOTES)


def write_page(folder: Path, name: str, front_matter: str) -> Path:
    """Write a page with this YAML."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"---\n{front_matter}\n---\nText\n", encoding="utf-8")
    return path


def posts_of_both(*numbers: int, notes: tuple[int, ...] = ()) -> Posts:
    """Return the posts of both sites: the blog's numbers, and those of the notes."""
    return {BLOG: frozenset(numbers), NOTES: frozenset(notes)}
