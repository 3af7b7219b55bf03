"""Where the blog says which issues its posts have: its content folder, or the address of a published list.

Both are read again and again, for little where nothing changed. A failure never looks like emptiness: what cannot be
read leaves what was known, of one file or of all; None is known only before anything could be read.
"""

import asyncio
import logging
import os
import stat
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol
from urllib.parse import urljoin, urlsplit

import orjson

from app.domain.errors import InvalidResponse, Unreachable
from app.domain.posts import Named, Posts, group_by_repository, parse_list, posts_of_page
from app.domain.sites import Repository
from app.github.requests import USER_AGENT, Request
from app.github.responses import plain
from app.outbound.front_matter import front_matter
from app.outbound.http import Exchange, Http

CONTENT = frozenset({".md", ".markdown", ".mdx", ".qmd", ".rmd", ".html", ".htm", ".adoc", ".asciidoc"})
"""How the names of pages end, in lower case: what generators read front matter from."""
BEGINNING = 32_768
"""Bytes of a page that are read: its front matter ends before."""
LARGEST_LIST = 8 * 2**20
PATIENCE = 30.0
"""Seconds that a list may take with all redirects."""
MOST_REDIRECTS = 5
_PASSED_OVER = frozenset({"node_modules", "_drafts"})
_MOST_WARNINGS = 20
_OK, _UNCHANGED = 200, 304
_REDIRECTS = frozenset({301, 302, 303, 307, 308})

_log = logging.getLogger(__name__)

_Stamp = tuple[int, int, int, int]
"""Inode, size, and both times: a file that has the same four was not written meanwhile."""


class PostSource(Protocol):
    """Tells which issues are posts; one reading at a time."""

    async def read(self) -> Posts | None:
        """What is known now; None only while nothing ever could be read. Raises nothing, but logs what is wrong."""

    async def aclose(self) -> None:
        """Ends all connections."""


def post_source(place: str, sites: Sequence[Repository], known: Posts | None = None) -> PostSource:
    """The source at `place`: an http(s) address, or a folder. `known` is what it said when it was last read."""
    if is_address(place):
        return PublishedPostList(place, sites, known=known)
    return PostFolder(Path(place), sites, known=known)


def is_address(place: str) -> bool:
    """True for the address of a published list, False for a folder."""
    return place.lower().startswith(("http://", "https://"))


@dataclass(frozen=True, slots=True)
class _Page:
    """What a file said when it was last read."""

    stamp: _Stamp
    named: frozenset[Named]


class PostFolder:
    """The content folder: every page below it, but for hidden folders, drafts and node_modules.

    A page whose front matter cannot be read keeps what it said before; so does all below a folder that cannot be
    opened, and the whole where no page is left at all: that is a folder being moved or mounted.
    """

    def __init__(self, folder: Path, sites: Sequence[Repository], *, known: Posts | None = None) -> None:
        self._folder = folder
        self._sites = tuple(sites)
        self._known = known
        self._pages: dict[Path, _Page] = {}
        self._warnings = _Warnings()

    async def read(self) -> Posts | None:
        """Reads the pages that were written since last time, in a thread of its own."""
        return await asyncio.to_thread(self._read)

    async def aclose(self) -> None:
        """Nothing is open between readings."""

    def _read(self) -> Posts | None:
        walk = _Walk(self._folder)
        pages = {path: page for path in walk.files() if (page := self._page(path)) is not None}
        for failure in walk.failures:
            closed = failure.filename
            pages |= {path: page for path, page in self._pages.items() if path.is_relative_to(closed)}
            self._warnings.add(
                f"The folder {plain(str(closed))} cannot be opened ({failure.strerror}). Its posts stay as they were."
            )
        if pages or not (self._known and any(self._known.values())):
            self._pages = pages
            if pages or not walk.failures:
                self._known = group_by_repository((one for page in pages.values() for one in page.named), self._sites)
                self._warn_of_none()
        else:
            self._warnings.add(f"There is no page in {self._folder} any more. Its posts stay as they were.")
        self._warnings.log()
        return self._known

    def _warn_of_none(self) -> None:
        if not any(page.named for page in self._pages.values()):
            self._warnings.add(
                f"None of the {len(self._pages)} pages in {self._folder} names its issue, so that nothing is served. "
                "Write ghissueid: 41 into the front matter of a post, or name another folder in AFTERWORD_POSTS."
            )

    def _page(self, path: Path) -> _Page | None:
        """What a file says now; None for one that is gone or is no file."""
        before = self._pages.get(path)
        try:
            found = path.stat()
            stamp = (found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)
            if not stat.S_ISREG(found.st_mode):
                return None
            if before is not None and before.stamp == stamp:
                return before
            with path.open("rb") as file:
                text = file.read(BEGINNING).decode("utf-8", errors="replace")
            return _Page(stamp, posts_of_page(front_matter(text), self._sites))
        except FileNotFoundError:
            return None
        except OSError as failure:
            self._warnings.add(f"{plain(str(path))} cannot be read ({failure.strerror}). Its posts stay as they were.")
            return before
        except ValueError as failure:
            self._warnings.add(f"{plain(str(path))} is passed over: {failure}.")
            return _Page(stamp, before.named if before is not None else frozenset())


class _Walk:
    """All files below a folder that may be pages; links are followed, but neither in a circle nor upwards."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._real = Path(os.path.realpath(folder))
        self._seen: set[tuple[int, int]] = set()
        self.failures: list[OSError] = []
        """Folders that are there and could not be opened."""

    def files(self) -> list[Path]:
        found: list[Path] = []
        for place, folders, files in os.walk(self._folder, followlinks=True, onerror=self._failed):
            folders[:] = [name for name in folders if self._enters(Path(place, name))]
            found += (path for name in files if _is_content(path := Path(place, name)))
        return sorted(found)

    def _failed(self, failure: OSError) -> None:
        is_root = failure.filename == os.fspath(self._folder)
        if is_root or not isinstance(failure, FileNotFoundError):
            self.failures.append(failure)

    def _enters(self, path: Path) -> bool:
        if path.name.startswith(".") or path.name in _PASSED_OVER:
            return False
        if path.is_symlink() and self._real.is_relative_to(os.path.realpath(path)):
            return False
        try:
            found = path.stat()
        except OSError:
            return True  # whoever opens it is told why it cannot be
        identity = (found.st_dev, found.st_ino)
        is_new = identity not in self._seen
        self._seen.add(identity)
        return is_new


def _is_content(path: Path) -> bool:
    return not path.name.startswith(".") and path.suffix.lower() in CONTENT


class PublishedPostList:
    """A list in JSON at an address, asked for with its ETag."""

    def __init__(
        self, address: str, sites: Sequence[Repository], *, known: Posts | None = None, patience: float = PATIENCE
    ) -> None:
        self._address = address
        self._sites = tuple(sites)
        self._known = known
        self._patience = patience
        self._http = Http(address, connections=1, largest_body=LARGEST_LIST)
        self._etag: tuple[str, str] | None = None
        """Of the list that is known: the address that gave it, after all redirects, and the ETag."""
        self._warnings = _Warnings()

    async def read(self) -> Posts | None:
        """Asks for the list; what was known stays where it does not come whole and in order."""
        try:
            async with asyncio.timeout(self._patience):
                await self._fetch()
        except TimeoutError:
            self._failed(f"no whole answer within {self._patience:g} s")
        except (Unreachable, InvalidResponse) as failure:
            self._failed(failure.reason)
        except ValueError as failure:
            self._failed(str(failure))
        self._warnings.log()
        return self._known

    async def aclose(self) -> None:
        """Closes the connection; nothing may be read afterwards."""
        await self._http.aclose()

    async def _fetch(self) -> None:
        address, exchange = await self._followed()
        if exchange.status == _UNCHANGED and self._etag is not None:
            return self._warnings.repeat()
        if exchange.status != _OK:
            raise ValueError(f"it was answered with status {exchange.status}")
        found = parse_list(_json(exchange.body), self._sites)
        for reason in found.refused:
            self._warnings.add(f"The list of posts at {self._shown}: {reason}. It is passed over.")
        if not found.named:
            self._warnings.add(f"The list of posts at {self._shown} names no issue, so that nothing is served.")
        self._known = group_by_repository(found.named, self._sites)
        etag = exchange.headers.get("etag")
        self._etag = (address, etag) if etag and etag.isascii() else None
        return None

    async def _followed(self) -> tuple[str, Exchange]:
        """The answer at the end of all redirects, none of which leaves encryption, and the address that gave it."""
        address = self._address
        for _ in range(MOST_REDIRECTS + 1):
            headers = {"Accept": "application/json", "User-Agent": USER_AGENT}
            if self._etag is not None and self._etag[0] == address:
                headers["If-None-Match"] = self._etag[1]
            exchange = await self._http.get(Request(address, many=True), headers)
            if exchange.status not in _REDIRECTS:
                return address, exchange
            target = urljoin(address, exchange.headers.get("location", ""))
            if urlsplit(address).scheme == "https" and urlsplit(target).scheme != "https":
                raise ValueError("it is redirected to an address without https")
            address = target
        raise ValueError(f"it is redirected more than {MOST_REDIRECTS} times")

    def _failed(self, reason: str) -> None:
        self._etag = None  # whatever comes next comes whole
        then = "Nothing is served until it can." if self._known is None else "The posts stay as they were."
        self._warnings.add(f"The list of posts at {self._shown} cannot be used: {plain(reason)}. {then}")

    @property
    def _shown(self) -> str:
        """The address without its query, which may hold a secret."""
        return plain(self._address.partition("?")[0])


def _json(body: bytes) -> object:
    try:
        data: object = orjson.loads(body.removeprefix(b"\xef\xbb\xbf"))
    except orjson.JSONDecodeError:
        raise ValueError("it is not JSON") from None
    return data


class _Warnings:
    """Warnings of one reading; each is logged when it was not among those of the reading before."""

    def __init__(self) -> None:
        self._before: frozenset[str] = frozenset()
        self._now: list[str] = []

    def add(self, text: str) -> None:
        self._now.append(text)

    def repeat(self) -> None:
        """All of the reading before hold still."""
        self._now += self._before

    def log(self) -> None:
        """Ends a reading."""
        new = [text for text in dict.fromkeys(self._now) if text not in self._before]
        for text in new[:_MOST_WARNINGS]:
            _log.warning("%s", text)
        if len(new) > _MOST_WARNINGS:
            _log.warning("And %d more of the posts have something wrong.", len(new) - _MOST_WARNINGS)
        self._before, self._now = frozenset(self._now), []
