"""Read the blog's posts once, from where the settings say: nothing is stored or watched."""

import asyncio
from pathlib import Path
from typing import BinaryIO

from app.cli.doctor.checks.github import problem_of
from app.cli.doctor.examination import Examination
from app.cli.posts.catalog import read_blog
from app.domain.errors import CannotStart, GitHubError
from app.domain.posts.content_repository import ContentRepository, content_repository, is_content_repository
from app.domain.posts.lists import is_list_address
from app.domain.posts.posts import PostCatalog
from app.github.requests import RepositoryRequests
from app.github.responses import single_line
from app.outbound.content.archives.archive_tree import ArchiveTree
from app.outbound.content.archives.download import download_archive
from app.outbound.content.archives.tar_members import InvalidArchiveError
from app.outbound.content.published_list import PublishedPostList, UnreadableListError
from app.outbound.content.reading import SiteReader


async def read_posts(examination: Examination, location: str) -> PostCatalog:
    """Return the posts in a folder, of a published list or in a repository. Raises `CannotStart` with the reason."""
    if is_list_address(location):
        return await _published(examination, location)
    if is_content_repository(location):
        return await _in_repository(examination, content_repository(location))
    folder, now = Path(location), examination.clock.now()
    return await asyncio.to_thread(read_blog, folder, examination.settings, now)


async def _published(examination: Examination, address: str) -> PostCatalog:
    source = PublishedPostList(address, examination.settings.repo)
    name = single_line(address.partition("?")[0])
    try:
        return await source.fetch()
    except UnreadableListError as error:
        raise CannotStart(f"The list of posts at {name} cannot be used: {error}. Correct it, or its address.") from None
    finally:
        await source.aclose()


async def _in_repository(examination: Examination, content: ContentRepository) -> PostCatalog:
    if examination.unreachable is not None:
        raise CannotStart(f"{content} cannot be read, because GitHub cannot be asked.")
    request = RepositoryRequests(examination.settings.github_api_url, content.repo.full_name).archive(content.ref)
    settings, now = examination.settings, examination.clock.now()

    def read(archive: BinaryIO) -> PostCatalog:
        with ArchiveTree(archive, content.folder) as tree:
            return SiteReader(settings.repo, settings.generator).read(tree, now)

    try:
        response = await examination.github.send(request)
        with await download_archive(str(response.data)) as archive:
            return await asyncio.to_thread(read, archive)
    except (GitHubError, InvalidArchiveError, OSError) as error:
        raise CannotStart(f"{content} cannot be read: {problem_of(error)}") from None
