"""The posts of a list that the blog publishes at an address."""

import asyncio
from collections.abc import Sequence

import orjson
from typing_extensions import override

from app.domain.errors import InvalidResponse, Unreachable
from app.domain.posts.lists import parse_list
from app.domain.posts.posts import PostCatalog
from app.domain.sites import Repository
from app.github.requests import USER_AGENT, Request
from app.github.responses import single_line
from app.outbound.content.problem_log import NOTHING_LEFT, ProblemLog
from app.outbound.http import REDIRECTS, HttpClient, HttpResponse, redirect_target
from app.ports.post_source import PostSource

MAX_LIST_BYTES = 8 * 2**20
TIMEOUT = 30.0
"""Seconds for a list with all redirects."""
MAX_REDIRECTS = 5
_EVERY = 60.0
"""Seconds between two reads."""
_OK, _NOT_MODIFIED = 200, 304


class UnreadableListError(ValueError):
    """A list of posts that cannot be used; its text is the reason, as a clause."""


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
        self._problems = ProblemLog()

    @override
    async def read(self) -> PostCatalog | None:
        try:
            await self.fetch()
        except UnreadableListError as error:
            self._problems.fail(f"{self._prefix} cannot be used", str(error), has_posts=self._posts is not None)
        self._problems.end_read()
        return self._posts

    async def fetch(self) -> PostCatalog:
        """Return what the list names now, without a line in the log. Raises `UnreadableListError` with the reason."""
        try:
            async with asyncio.timeout(self._timeout):
                return await self._request()
        except TimeoutError:
            raise self._unreadable(f"no complete response within {self._timeout:g} s") from None
        except (Unreachable, InvalidResponse) as error:
            raise self._unreadable(error.reason) from None
        except ValueError as error:
            raise self._unreadable(str(error).rstrip(".")) from None

    @property
    @override
    def failure(self) -> str | None:
        return self._problems.failure

    @override
    async def wait_for_change(self) -> None:
        await asyncio.sleep(_EVERY)

    @override
    async def aclose(self) -> None:
        await self._http.aclose()

    async def _request(self) -> PostCatalog:
        address, response = await self._get_following_redirects()
        if response.status == _NOT_MODIFIED and self._etag is not None and self._posts is not None:
            self._problems.repeat()
            return self._posts
        if response.status != _OK:
            raise ValueError(f"it was answered with status {response.status}")
        try:
            data = orjson.loads(response.body.removeprefix(b"\xef\xbb\xbf"))
        except orjson.JSONDecodeError:
            raise ValueError("it is not JSON") from None
        catalog = await asyncio.to_thread(parse_list, data, self._sites)
        if not catalog.posts and not catalog.problems and self._posts is not None and self._posts.posts:
            raise ValueError(NOTHING_LEFT.format("entry"))
        for problem in catalog.problems:
            self._warn(f": {problem.source}: {problem.message}. {problem.advice} It is skipped.")
        if not any(post.threads for post in catalog.posts):
            self._warn(" names no issue: AFTERWORD_SERVE=posts serves nothing. Write ghissueid: 41 into a post.")
        self._posts = catalog
        etag = response.headers.get("etag")
        self._etag = (address, etag) if etag and etag.isascii() else None
        return catalog

    async def _get_following_redirects(self) -> tuple[str, HttpResponse]:
        """Return the last response and its address; no redirect may leave encryption."""
        address = self._address
        for _ in range(MAX_REDIRECTS + 1):
            headers = {"Accept": "application/json", "User-Agent": USER_AGENT}
            if self._etag is not None and self._etag[0] == address:
                headers["If-None-Match"] = self._etag[1]
            response = await self._http.get(Request(address, many=True), headers)
            if response.status not in REDIRECTS:
                return address, response
            target = redirect_target(address, response.headers.get("location", ""))
            if target is None:
                raise ValueError("it is redirected to an address without https")
            address = target
        raise ValueError(f"it is redirected more than {MAX_REDIRECTS} times")

    def _unreadable(self, reason: str) -> UnreadableListError:
        self._etag = None  # the next response must be complete
        return UnreadableListError(single_line(reason))

    def _warn(self, message: str) -> None:
        self._problems.add(f"{self._prefix}{message}")

    @property
    def _prefix(self) -> str:
        """Return the address without its query, which may contain a secret."""
        return f"The list of posts at {single_line(self._address.partition('?')[0])}"
