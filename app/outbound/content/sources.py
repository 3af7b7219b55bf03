"""Open the source of the blog's posts that the settings name."""

from dataclasses import dataclass
from pathlib import Path

from app.domain.posts.content_repository import content_repository, is_content_repository
from app.domain.posts.lists import is_list_address
from app.domain.posts.posts import PostCatalog
from app.domain.sites import Repository
from app.outbound.content.folder_posts import PostFolder
from app.outbound.content.published_list import PublishedPostList
from app.outbound.content.reading import SiteReader
from app.outbound.content.repository_posts import GitHubAccess, RepositoryPosts
from app.ports.clock import Clock
from app.ports.post_source import PostSource


@dataclass(frozen=True, slots=True)
class SourceOptions:
    """What all sources need: the served repositories, the generator of the blog (None: find out), and the world."""

    sites: tuple[Repository, ...]
    generator: str | None
    clock: Clock
    github: GitHubAccess


def open_post_source(location: str, options: SourceOptions, posts: PostCatalog | None = None) -> PostSource:
    """Return the source at an http(s) address, `github:owner/name` or folder.

    `posts` are those of its last read in an earlier process.
    """
    if is_list_address(location):
        return PublishedPostList(location, options.sites, posts=posts)
    reader = SiteReader(options.sites, options.generator)
    if is_content_repository(location):
        content = content_repository(location)
        return RepositoryPosts(content, reader, options.github, options.clock, posts=posts)
    return PostFolder(Path(location), reader, options.clock.now, posts=posts)
