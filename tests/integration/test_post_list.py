"""Posts: remembered over restarts, read again each minute, and nobody waits for a source that takes its time."""

import asyncio
from pathlib import Path

import pytest

from app.domain.errors import StoreUnusable
from app.domain.posts import Posts
from app.jobs.post_list import PostList
from app.outbound.posts import PostFolder
from app.simulator.http.server import run_simulator
from app.store.memory import MemoryShared
from tests.fakes import FakeClock
from tests.integration.actions import act, clock_of_tests, imported, world_at
from tests.integration.application import BLOG
from tests.integration.test_event_streams import Page, settled


def posts(*numbers: int) -> Posts:
    return {BLOG: frozenset(numbers)}


class Source:
    """A list of posts that may not be there; while `gate` is closed it is not answered."""

    def __init__(self, says: Posts | None) -> None:
        self.says = says
        self.read_times = 0
        self.closed = False
        self.gate = asyncio.Event()
        self.gate.set()

    def __call__(self, known: Posts | None) -> "Source":
        """As a source is made with what is remembered: it holds on to that."""
        self.says = self.says if self.says is not None else known
        return self

    async def read(self) -> Posts | None:
        self.read_times += 1
        await self.gate.wait()
        return self.says

    async def aclose(self) -> None:
        self.closed = True


class Remembering(MemoryShared):
    """Fails to remember so many times."""

    def __init__(self) -> None:
        super().__init__()
        self.failures = 0

    async def remember(self, name: str, value: str | None) -> None:
        if self.failures:
            self.failures -= 1
            raise StoreUnusable("here", "the disk is full")
        await super().remember(name, value)


class Minutes(FakeClock):
    """A clock whose sleeps end when the test says so."""

    def __init__(self) -> None:
        super().__init__()
        self.gate = asyncio.Event()

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        await self.gate.wait()
        self.gate.clear()

    async def pass_by(self) -> None:
        self.gate.set()
        await settled()


class Blog:
    """What is known of a blog's posts by one process, and what it served."""

    def __init__(self, source: Source, shared: Remembering | None = None) -> None:
        self.source = source
        self.clock = Minutes()
        self.shared = shared or Remembering()
        self.served: list[Posts] = []
        self.known = PostList(source, "posts here", (BLOG,), self.shared, self._serve, self.clock)

    async def _serve(self, found: Posts) -> None:
        self.served.append(found)


async def test_the_posts_are_read_at_the_start_and_again_each_minute() -> None:
    blog = Blog(Source(posts(1, 2)))
    await blog.known.begin()
    assert blog.served == [posts(1, 2)]
    running_on = asyncio.create_task(blog.known.run())
    await settled()
    blog.source.says = posts(2, 3)
    await blog.clock.pass_by()
    assert blog.served[1:] == [posts(2, 3)]
    await blog.clock.pass_by()
    assert blog.clock.slept == [60.0] * 3
    assert blog.source.read_times == 3
    running_on.cancel()
    await blog.known.close()
    assert blog.source.closed


async def test_a_start_waits_for_no_source_where_the_posts_are_remembered() -> None:
    shared = Remembering()
    await Blog(Source(posts(1, 2)), shared).known.begin()
    after = Blog(Source(posts(3)), shared)
    after.source.gate.clear()
    await after.known.begin()
    assert after.served == [posts(1, 2)]
    running_on = asyncio.create_task(after.known.run())
    await settled()
    after.source.gate.set()
    await settled()
    assert after.served == [posts(1, 2), posts(3)]
    running_on.cancel()


async def test_nobody_knows_which_issues_are_posts_while_they_were_never_listed() -> None:
    blog = Blog(Source(None))
    await blog.known.begin()
    assert blog.served == []
    blog.source.says = posts(1)
    await blog.known.read()
    assert blog.served == [posts(1)]


async def test_a_list_that_cannot_be_fetched_any_more_changes_nothing() -> None:
    blog = Blog(Source(posts(1)))
    await blog.known.begin()
    blog.source.says = None
    await blog.known.read()
    assert blog.served == [posts(1)]


async def test_what_could_not_be_remembered_is_the_next_time() -> None:
    shared = Remembering()
    before = Blog(Source(posts(1)), shared)
    shared.failures = 1
    await before.known.begin()
    await before.known.read()
    after = Blog(Source(None), shared)
    await after.known.begin()
    assert after.served == [posts(1)]


async def test_what_is_remembered_and_cannot_be_read_back_is_as_nothing() -> None:
    blog = Blog(Source(posts(1)))
    await blog.shared.remember("posts here", "[")
    await blog.known.begin()
    assert blog.served == [posts(1)]


async def test_closing_before_the_beginning_does_no_harm() -> None:
    blog = Blog(Source(posts(1)))
    await blog.known.close()
    assert not blog.source.closed


@pytest.mark.parametrize("lost", ["emptied", "gone"])
async def test_a_folder_that_is_empty_or_gone_at_the_start_leaves_the_posts_as_they_are_remembered(
    tmp_path: Path, lost: str
) -> None:
    folder = tmp_path / "content"
    folder.mkdir()
    post = folder / "post.md"
    post.write_text("---\nghissueid: 1\n---\n")
    shared = Remembering()
    served: list[Posts] = []

    async def serve(found: Posts) -> None:
        served.append(found)

    def started() -> PostList:
        return PostList(
            lambda known: PostFolder(folder, (BLOG,), posts=known), "posts", (BLOG,), shared, serve, FakeClock()
        )

    await started().begin()
    post.unlink()
    if lost == "gone":
        folder.rmdir()
    for _ in range(2):
        after = started()
        await after.begin()
        await after.read()
    assert served == [posts(1)] * 5


async def test_a_post_taken_off_the_list_is_missing_within_a_minute_and_its_page_hears_of_it(tmp_path: Path) -> None:
    clock = clock_of_tests()
    post = tmp_path / "post.md"
    post.write_text("---\nghissueid: 1\n---\n")
    with run_simulator(world_at(clock)) as simulator:
        async with act(simulator, clock, serve="posts", posts=str(tmp_path)) as on:
            await imported(on)
            assert (await on.get("/api/v1/posts/1")).json()["status"] == "open"
            assert (await on.get("/api/v1/counts")).json()["counts"] == {"1": 3}
            page = Page()
            place = on.afterword.listeners.join(BLOG, 1, page)
            assert place is not None
            before = await on.afterword.listeners.present(place)
            assert before is not None
            post.unlink()
            (tmp_path / "other.md").write_text("---\nghissueid: 3\n---\n")
            for known in on.afterword.posts:
                await known.read()
            assert (await on.get("/api/v1/posts/1")).json()["status"] == "missing"
            assert (await on.get("/api/v1/counts")).json()["counts"] == {"3": 2}
            now = await on.afterword.listeners.present(place)
            assert now is not None
            assert (now.status, now.version) == ("missing", before.version)
            assert now.id != before.id
