"""The blog's posts, from its content folder or from a published list at an address.

Both are read repeatedly, at little cost if nothing changed. A failure never looks like emptiness: a page, a folder or a
list that cannot be read keeps the posts of its last read. None means that nothing could be read yet.
"""

import asyncio
import logging
import os
import stat
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import orjson
from typing_extensions import override

from app.domain.errors import InvalidResponse, Unreachable
from app.domain.posts.fields import post_of_page
from app.domain.posts.lists import parse_list
from app.domain.posts.posts import Post, PostCatalog
from app.domain.sites import Repository
from app.github.requests import USER_AGENT, Request
from app.github.responses import single_line
from app.outbound.front_matter import front_matter
from app.outbound.http import HttpClient, HttpResponse
from app.ports.post_source import PostSource

PAGE_SUFFIXES = frozenset({".md", ".markdown", ".mdx", ".qmd", ".rmd", ".html", ".htm", ".adoc", ".asciidoc"})
"""The suffixes, in lower case, of the files in which site generators accept front matter."""
MAX_PAGE_BYTES = 32_768
"""Only the start of a page is read: its front matter ends before."""
MAX_LIST_BYTES = 8 * 2**20
TIMEOUT = 30.0
"""Seconds for a list with all redirects."""
MAX_REDIRECTS = 5
_SKIPPED_FOLDERS = frozenset({"node_modules", "_drafts"})
_MAX_WARNINGS = 20
_NO_POSTS = (
    "None of the {count} pages in {folder} names its issue, so that nothing is served. "
    "Write ghissueid: 41 into the front matter of a post, or name another folder in AFTERWORD_POSTS."
)
_UNCHANGED = "Its posts stay as they were."
_OK, _NOT_MODIFIED = 200, 304
_REDIRECTS = frozenset({301, 302, 303, 307, 308})

_log = logging.getLogger(__name__)

_FileVersion = tuple[int, int, int, int]
"""Inode, size, modification and change time: a file with the same four was not written in between."""


def post_source(location: str, sites: Sequence[Repository], posts: PostCatalog | None = None) -> PostSource:
    """Return the source at an http(s) address or folder; `posts` are those of its last read in an earlier process."""
    if location.lower().startswith(("http://", "https://")):
        return PublishedPostList(location, sites, posts=posts)
    return PostFolder(Path(location), sites, posts=posts)


@dataclass(frozen=True, slots=True)
class _Page:
    """The posts of a file at its last read."""

    version: _FileVersion
    post: Post


class PostFolder(PostSource):
    """The content folder with all pages below it, without hidden folders, drafts and node_modules.

    A page with unreadable front matter keeps its posts; so does everything below a folder that cannot be opened. If no
    page is left at all, the whole folder keeps its posts: it is probably being moved or mounted.
    """

    def __init__(self, folder: Path, sites: Sequence[Repository], *, posts: PostCatalog | None = None) -> None:
        self._folder = folder
        self._sites = tuple(sites)
        self._posts = posts
        self._pages: dict[Path, _Page] = {}
        self._warnings = _Warnings()

    @override
    async def read(self) -> PostCatalog | None:
        return await asyncio.to_thread(self._read)

    @override
    async def aclose(self) -> None:
        pass  # no file is open between two reads

    def _read(self) -> PostCatalog | None:
        paths, errors = _walk(self._folder)
        pages = {path: page for path in paths if (page := self._read_page(path)) is not None}
        for error in errors:
            folder = str(error.filename)
            pages |= {path: page for path, page in self._pages.items() if path.is_relative_to(folder)}
            self._warnings.add(f"The folder {single_line(folder)} cannot be opened ({error.strerror}). {_UNCHANGED}")
        if pages or not (self._posts and self._posts.posts):
            self._pages = pages
            if pages or not errors:
                self._posts = PostCatalog(tuple(page.post for page in pages.values()))
                if not any(page.post.threads for page in pages.values()):
                    self._warnings.add(_NO_POSTS.format(count=len(pages), folder=self._folder))
        else:
            self._warnings.add(f"There is no page in {self._folder} any more. {_UNCHANGED}")
        self._warnings.log()
        return self._posts

    def _read_page(self, path: Path) -> _Page | None:
        """Return the current posts of a file; None if it is gone or not a regular file."""
        last_page = self._pages.get(path)
        try:
            status = path.stat()
            version = (status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)
            if not stat.S_ISREG(status.st_mode):
                return None
            if last_page is not None and last_page.version == version:
                return last_page
            with path.open("rb") as file:
                text = file.read(MAX_PAGE_BYTES).decode("utf-8", errors="replace")
            return _Page(version, post_of_page(front_matter(text), str(path), self._sites))
        except FileNotFoundError:
            return None
        except OSError as error:
            self._warnings.add(f"{single_line(str(path))} cannot be read ({error.strerror}). {_UNCHANGED}")
            return last_page
        except ValueError as error:
            self._warnings.add(f"{single_line(str(path))} is skipped: {error}.")
            return _Page(version, last_page.post if last_page is not None else Post(str(path)))


def _walk(root: Path) -> tuple[list[Path], list[OSError]]:
    """Return all files below a folder that may be pages, and the errors of folders that could not be opened.

    Links are followed, but neither in a loop nor upwards. A subfolder that is gone is no error.
    """
    errors: list[OSError] = []
    pages: list[Path] = []
    visited_folders: set[tuple[int, int]] = set()
    for parent, folders, names in os.walk(root, followlinks=True, onerror=errors.append):
        folders[:] = [name for name in folders if _enters(Path(parent, name), root, visited_folders)]
        paths = (Path(parent, name) for name in names if not name.startswith("."))
        pages += (path for path in paths if path.suffix.lower() in PAGE_SUFFIXES)
    errors = [
        error for error in errors if error.filename == os.fspath(root) or not isinstance(error, FileNotFoundError)
    ]
    return sorted(pages), errors


def _enters(path: Path, root: Path, visited_folders: set[tuple[int, int]]) -> bool:
    if path.name.startswith(".") or path.name in _SKIPPED_FOLDERS:
        return False
    if path.is_symlink() and Path(os.path.realpath(root)).is_relative_to(os.path.realpath(path)):
        return False
    try:
        status = path.stat()
    except OSError:
        return True  # opening it reports the error
    identity = (status.st_dev, status.st_ino)
    is_new = identity not in visited_folders
    visited_folders.add(identity)
    return is_new


class PublishedPostList(PostSource):
    """A JSON list at an address, requested with its ETag; a failed or invalid response leaves the posts unchanged."""

    def __init__(
        self, address: str, sites: Sequence[Repository], *, posts: PostCatalog | None = None, timeout: float = TIMEOUT
    ) -> None:
        self._address = address
        self._sites = tuple(sites)
        self._posts = posts
        self._timeout = timeout
        self._http = HttpClient(address, connections=1, max_body_bytes=MAX_LIST_BYTES)
        self._etag: tuple[str, str] | None = None
        """The address that returned the current list, after all redirects, and its ETag."""
        self._warnings = _Warnings()

    @override
    async def read(self) -> PostCatalog | None:
        try:
            async with asyncio.timeout(self._timeout):
                await self._fetch()
        except TimeoutError:
            self._fail(f"no complete response within {self._timeout:g} s")
        except (Unreachable, InvalidResponse) as error:
            self._fail(error.reason)
        except ValueError as error:
            self._fail(str(error))
        self._warnings.log()
        return self._posts

    @override
    async def aclose(self) -> None:
        await self._http.aclose()

    async def _fetch(self) -> None:
        address, response = await self._get_following_redirects()
        if response.status == _NOT_MODIFIED and self._etag is not None:
            self._warnings.repeat()
            return
        if response.status != _OK:
            raise ValueError(f"it was answered with status {response.status}")
        try:
            data = orjson.loads(response.body.removeprefix(b"\xef\xbb\xbf"))
        except orjson.JSONDecodeError:
            raise ValueError("it is not JSON") from None
        post_list = parse_list(data, self._sites)
        for error in post_list.errors:
            self._warn(f": {error}. It is skipped.")
        if not any(post.threads for post in post_list.posts):
            self._warn(" names no issue, so that nothing is served.")
        self._posts = PostCatalog(post_list.posts)
        etag = response.headers.get("etag")
        self._etag = (address, etag) if etag and etag.isascii() else None

    async def _get_following_redirects(self) -> tuple[str, HttpResponse]:
        """Return the last response and its address; no redirect may leave encryption."""
        address = self._address
        for _ in range(MAX_REDIRECTS + 1):
            headers = {"Accept": "application/json", "User-Agent": USER_AGENT}
            if self._etag is not None and self._etag[0] == address:
                headers["If-None-Match"] = self._etag[1]
            response = await self._http.get(Request(address, many=True), headers)
            if response.status not in _REDIRECTS:
                return address, response
            target = urljoin(address, response.headers.get("location", ""))
            if urlsplit(address).scheme == "https" and urlsplit(target).scheme != "https":
                raise ValueError("it is redirected to an address without https")
            address = target
        raise ValueError(f"it is redirected more than {MAX_REDIRECTS} times")

    def _fail(self, reason: str) -> None:
        self._etag = None  # the next response must be complete
        consequence = "Nothing is served until it can." if self._posts is None else "The posts stay as they were."
        self._warn(f" cannot be used: {single_line(reason)}. {consequence}")

    def _warn(self, message: str) -> None:
        """Add a warning that names the address without its query, which may contain a secret."""
        self._warnings.add(f"The list of posts at {single_line(self._address.partition('?')[0])}{message}")


class _Warnings:
    """The warnings of one read; only those that the previous read did not have are logged."""

    def __init__(self) -> None:
        self._previous: frozenset[str] = frozenset()
        self._current: list[str] = []

    def add(self, text: str) -> None:
        self._current.append(text)

    def repeat(self) -> None:
        """Add all warnings of the previous read: they still hold."""
        self._current += self._previous

    def log(self) -> None:
        """Log the new warnings and end the read."""
        new = [text for text in dict.fromkeys(self._current) if text not in self._previous]
        for text in new[:_MAX_WARNINGS]:
            _log.warning("%s", text)
        if len(new) > _MAX_WARNINGS:
            _log.warning("And %d more of the posts have something wrong.", len(new) - _MAX_WARNINGS)
        self._previous, self._current = frozenset(self._current), []
