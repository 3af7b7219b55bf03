"""A post list over a source, a store and a clock that a test controls."""

import asyncio

from typing_extensions import override

from app.domain.errors import StoreUnusable
from app.domain.posts.posts import Post, PostCatalog
from app.domain.records import ThreadRef
from app.jobs.post_list import PostList
from app.ports.clock import Clock
from app.ports.post_source import PostSource
from tests.fakes import FakeClock
from tests.integration.fake_stores import FullKeyValues
from tests.integration.local_service import BLOG, run_ready_tasks


def posts(*numbers: int) -> PostCatalog:
    """Return a catalog with a page for each number."""
    return PostCatalog(tuple(Post(f"post-{number}.md", frozenset({ThreadRef(BLOG, number)})) for number in numbers))


class FakePostSource(PostSource):
    """A source that returns what a test sets, or the stored posts; it does not return while `gate` is closed."""

    def __init__(self, posts: PostCatalog | None) -> None:
        self.posts = posts
        self.clock: Clock = FakeClock()
        self.read_count = 0
        self.is_closed = False
        self.failure_text: str | None = ""
        self.gate = asyncio.Event()
        self.gate.set()

    def open(self, stored: PostCatalog | None) -> "FakePostSource":
        """Return the source, as the post list opens it with the stored posts."""
        self.posts = self.posts if self.posts is not None else stored
        return self

    @override
    async def read(self) -> PostCatalog | None:
        self.read_count += 1
        await self.gate.wait()
        return self.posts

    @property
    @override
    def failure(self) -> str | None:
        return self.failure_text

    @override
    async def wait_for_change(self) -> None:
        await self.clock.sleep(60.0)

    @override
    async def aclose(self) -> None:
        self.is_closed = True


class FailingPostSource(FakePostSource):
    """A source whose store is gone."""

    def __init__(self) -> None:
        super().__init__(None)

    @override
    async def read(self) -> PostCatalog | None:
        self.read_count += 1
        raise StoreUnusable("afterword.db", "disk I/O error")


class GatedClock(FakeClock):
    """A clock whose sleeps end when a test says so."""

    def __init__(self) -> None:
        super().__init__()
        self._gate = asyncio.Event()

    @override
    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        await self._gate.wait()
        self._gate.clear()

    async def end_sleep(self) -> None:
        """End the current sleep, and run what follows."""
        self._gate.set()
        await run_ready_tasks()


class RecordedPostList:
    """The post list of one process, and the posts that it served."""

    def __init__(self, source: FakePostSource, key_values: FullKeyValues | None = None) -> None:
        self.source = source
        self.clock = source.clock = GatedClock()
        self.key_values = key_values or FullKeyValues()
        self.served: list[PostCatalog] = []
        self.post_list = PostList(source.open, "posts here", (BLOG,), self.key_values, self._serve, self.clock)

    async def wait_for_sleep(self, count: int) -> None:
        """Wait until the list sleeps for the nth time: it compares catalogs in a thread before."""
        async with asyncio.timeout(30):
            while len(self.clock.slept) < count:  # noqa: ASYNC110 - a clock reports nothing
                await asyncio.sleep(0.001)

    async def _serve(self, catalog: PostCatalog) -> None:
        self.served.append(catalog)
