"""The list of posts: stored over restarts, read again each minute, without delaying anything else."""

import asyncio
from pathlib import Path

import pytest

from app.domain.posts.posts import PostCatalog, PostProblem, Posts, ProblemKind
from app.jobs.post_list import PostList
from app.outbound.content.folder_posts import PostFolder
from app.outbound.content.reading import SiteReader
from app.simulator.http.server import run_simulator
from tests.fakes import FakeClock
from tests.integration.fake_stores import FullKeyValues
from tests.integration.local_service import BLOG, complete_backfill, run_ready_tasks, run_service_with_webhook
from tests.integration.post_sources import FailingPostSource, FakePostSource, RecordedPostList, posts
from tests.integration.recorders import IdlePage
from tests.integration.worlds import blog_world_at


async def test_posts_are_read_at_start_and_each_minute() -> None:
    recorded = RecordedPostList(FakePostSource(posts(1, 2)))
    await recorded.post_list.start()
    assert recorded.served == [posts(1, 2)]
    running = asyncio.create_task(recorded.post_list.run())
    await run_ready_tasks()
    recorded.source.posts = posts(2, 3)
    await recorded.clock.end_sleep()
    await recorded.wait_for_sleep(2)
    assert recorded.served[1:] == [posts(2, 3)]
    await recorded.clock.end_sleep()
    await recorded.wait_for_sleep(3)
    assert recorded.clock.slept == [60.0] * 3
    assert recorded.source.read_count == 3
    running.cancel()
    await recorded.post_list.close()
    assert recorded.source.is_closed


async def test_start_with_stored_posts_waits_for_no_source() -> None:
    key_values = FullKeyValues()
    await RecordedPostList(FakePostSource(posts(1, 2)), key_values).post_list.start()
    restarted = RecordedPostList(FakePostSource(posts(3)), key_values)
    restarted.source.gate.clear()
    await restarted.post_list.start()
    assert restarted.served == [posts(1, 2)]
    running = asyncio.create_task(restarted.post_list.run())
    await run_ready_tasks()
    restarted.source.gate.set()
    await restarted.wait_for_sleep(1)
    assert restarted.served == [posts(1, 2), posts(3)]
    running.cancel()


async def test_nothing_is_served_before_the_first_list() -> None:
    recorded = RecordedPostList(FakePostSource(None))
    await recorded.post_list.start()
    assert recorded.served == []
    recorded.source.posts = posts(1)
    await recorded.post_list.read()
    assert recorded.served == [posts(1)]


async def test_unavailable_source_changes_nothing() -> None:
    recorded = RecordedPostList(FakePostSource(posts(1)))
    await recorded.post_list.start()
    recorded.source.posts = None
    await recorded.post_list.read()
    assert recorded.served == [posts(1)]


async def test_failed_store_is_repeated_by_the_next_read() -> None:
    key_values = FullKeyValues()
    recorded = RecordedPostList(FakePostSource(posts(1)), key_values)
    key_values.failures = 1
    await recorded.post_list.start()
    await recorded.post_list.read()
    restarted = RecordedPostList(FakePostSource(None), key_values)
    await restarted.post_list.start()
    assert restarted.served == [posts(1)]


async def test_unreadable_stored_posts_are_ignored() -> None:
    recorded = RecordedPostList(FakePostSource(posts(1)))
    await recorded.key_values.put("posts here", "[")
    await recorded.post_list.start()
    assert recorded.served == [posts(1)]


async def test_close_before_start_does_nothing() -> None:
    recorded = RecordedPostList(FakePostSource(posts(1)))
    await recorded.post_list.close()
    assert not recorded.source.is_closed


async def test_other_processes_serve_what_one_has_read() -> None:
    key_values = FullKeyValues()
    reader = RecordedPostList(FakePostSource(posts(1)), key_values)
    await reader.post_list.start()
    other = RecordedPostList(FakePostSource(posts(7)), key_values)
    await other.post_list.start()
    assert other.served == [posts(1)]
    await other.post_list.catch_up()
    reader.source.posts = posts(1, 2)
    await reader.post_list.read()
    await other.post_list.catch_up()
    await other.post_list.catch_up()
    assert other.served == [posts(1), posts(1, 2)]
    assert other.source.read_count == 0


async def test_process_that_takes_over_begins_with_the_latest_posts() -> None:
    key_values = FullKeyValues()
    reader = RecordedPostList(FakePostSource(posts(1)), key_values)
    await reader.post_list.start()
    other = RecordedPostList(FakePostSource(None), key_values)
    await other.post_list.start()
    reader.source.posts = posts(1, 2)
    await reader.post_list.read()
    await other.post_list.catch_up()
    other.source.posts = None
    running = asyncio.create_task(other.post_list.run())
    await run_ready_tasks()
    for _ in range(100):
        if other.source.read_count:
            break
        await asyncio.sleep(0.01)
    assert other.source.posts == posts(1, 2)
    running.cancel()


async def test_problems_outlive_a_restart() -> None:
    key_values = FullKeyValues()
    problem = PostProblem(ProblemKind.EMPTY_NUMBER, "a.md", "ghissueid is empty", "Write the number.", 3)
    catalog = PostCatalog(posts(1).posts, (problem,), "hugo")
    await RecordedPostList(FakePostSource(catalog), key_values).post_list.start()
    restarted = RecordedPostList(FakePostSource(None), key_values)
    await restarted.post_list.start()
    assert restarted.served == [catalog]


async def test_failure_is_known_to_every_process_and_outlives_restarts() -> None:
    key_values = FullKeyValues()
    reader = RecordedPostList(FakePostSource(posts(1)), key_values)
    await reader.post_list.start()
    assert await reader.post_list.failure() is None
    reader.source.failure_text = "It is gone."
    key_values.failures = 1
    await reader.post_list.read()
    await reader.post_list.read()
    other = RecordedPostList(FakePostSource(None), key_values)
    other.source.failure_text = None  # it has not tried yet
    await other.post_list.start()
    await other.post_list.read()
    assert await other.post_list.failure() == "It is gone."
    other.source.failure_text = ""
    await other.post_list.read()
    assert await reader.post_list.failure() is None


async def test_source_that_failed_is_not_read_by_each_process() -> None:
    key_values = FullKeyValues()
    first, second = (RecordedPostList(FakePostSource(None), key_values) for _ in range(2))
    first.source.failure_text = "It is gone."
    await first.post_list.start()
    await second.post_list.start()
    assert (first.source.read_count, second.source.read_count) == (1, 0)
    second.source.posts = posts(1)
    running = asyncio.create_task(second.post_list.run())
    await second.wait_for_sleep(1)
    assert second.served == [posts(1)]
    running.cancel()


async def test_failing_source_is_read_again_after_a_moment() -> None:
    source = FailingPostSource()
    recorded = RecordedPostList(source)
    recorded.post_list._source = source
    running = asyncio.create_task(recorded.post_list.run())
    await run_ready_tasks()
    assert recorded.clock.slept == [1.0]
    running.cancel()


@pytest.mark.parametrize("loss", ["emptied", "removed"])
async def test_empty_folder_keeps_the_stored_posts(tmp_path: Path, loss: str) -> None:
    folder = tmp_path / "content"
    folder.mkdir()
    post = folder / "post.md"
    post.write_text("---\nghissueid: 1\n---\n")
    key_values = FullKeyValues()
    served: list[Posts] = []

    async def serve(catalog: PostCatalog) -> None:
        served.append(catalog.served((BLOG,)))

    def new_list() -> PostList:
        return PostList(
            lambda stored: PostFolder(folder, SiteReader((BLOG,), None), FakeClock().now, posts=stored),
            *("posts", (BLOG,), key_values, serve, FakeClock()),
        )

    await new_list().start()
    post.unlink()
    if loss == "removed":
        folder.rmdir()
    for _ in range(2):
        restarted = new_list()
        await restarted.start()
        await restarted.read()
    assert served == [{BLOG: {1}}] * 5


async def test_removed_post_is_missing_and_its_page_notified(clock: FakeClock, tmp_path: Path) -> None:
    post = tmp_path / "post.md"
    post.write_text("---\nghissueid: 1\n---\n")
    with run_simulator(blog_world_at(clock)) as simulator:
        async with run_service_with_webhook(simulator, clock, serve="posts", posts=str(tmp_path)) as service:
            await complete_backfill(service)
            assert (await service.get("/readyz")).json()["posts"] == {"ready": True, "failure": None}
            assert (await service.get("/api/v1/posts/1")).json()["status"] == "open"
            assert (await service.get("/api/v1/counts")).json()["counts"] == {"1": 3}
            subscribers = service.application.subscribers
            subscription = subscribers.subscribe(BLOG, 1, IdlePage())
            assert subscription is not None
            before = await subscribers.current_event(subscription)
            assert before is not None
            post.unlink()
            (tmp_path / "other.md").write_text("---\nghissueid: 3\n---\n")
            for post_list in service.application.post_lists:
                await post_list.read()
            assert (await service.get("/api/v1/posts/1")).json()["status"] == "missing"
            assert (await service.get("/api/v1/counts")).json()["counts"] == {"3": 2}
            after = await subscribers.current_event(subscription)
            assert after is not None
            assert (after.status, after.version) == ("missing", before.version)
            assert after.id != before.id
            (tmp_path / "other.md").unlink()
            await service.application.post_lists[0].read()
            assert (await service.get("/api/v1/counts")).json()["counts"] == {"3": 2}
            readiness = await service.get("/readyz")
            assert readiness.status_code == 200
            assert "there is no page in it any more" in readiness.json()["posts"]["failure"]
