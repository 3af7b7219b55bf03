"""The change feed: changes of other processes are reported here once, and no others."""

import asyncio
from pathlib import Path

import pytest

from app.domain.errors import StoreError, StoreUnusable
from app.domain.records import REPOSITORY_NUMBER
from app.domain.sites import Repository
from app.ports.mirror import Change, Mirror, MirrorChange
from app.serving.change_feed import ChangeFeed
from app.simulator.http.server import run_simulator
from app.store.memory import MemoryMirror
from app.store.sqlite import SqliteStore
from tests.contracts.mirrors import comment, issue
from tests.fakes import FakeClock
from tests.integration.local_service import BLOG, NOTES, complete_backfill, new_clock, run_service_with_webhook
from tests.integration.recorders import Notifications
from tests.integration.worlds import blog_world_at


async def _change_titles(mirror: Mirror, *numbers: int, repo: Repository = BLOG) -> None:
    """Change the title of each number's issue."""
    for number in numbers:
        title = f"Title {await mirror.latest_version()}"
        await mirror.apply(Change(repo=repo, at=1.0, issues=(issue(number, repo=repo, title=title),)))


async def test_change_of_another_process_is_reported_once(tmp_path: Path) -> None:
    path = str(tmp_path / "afterword.db")
    here, there = (
        await SqliteStore.open(path, process_id="here", sites=(BLOG, NOTES)),
        await SqliteStore.open(path, process_id="there", sites=(BLOG, NOTES)),
    )
    notifications = Notifications()
    feed = ChangeFeed(here.mirror, FakeClock(), notify=notifications, show_images=notifications, process_id="here")
    await _change_titles(there.mirror, 1)
    await feed.catch_up()
    assert notifications.calls == []
    await _change_titles(there.mirror, 2, 3)
    await _change_titles(there.mirror, 5, repo=NOTES)
    await _change_titles(here.mirror, 4)
    await feed.catch_up()
    assert dict(notifications.calls) == {BLOG: frozenset({2, 3}), NOTES: frozenset({5})}
    notifications.calls.clear()
    await feed.catch_up()
    assert notifications.calls == []
    await _change_titles(there.mirror, 2)
    await feed.catch_up()
    assert notifications.calls == [(BLOG, frozenset({2}))]
    await there.close()
    await here.close()


async def test_known_image_sizes_are_reported_apart() -> None:
    mirror, notifications, images = MemoryMirror("there"), Notifications(), Notifications()
    feed = ChangeFeed(mirror, FakeClock(), notify=notifications, show_images=images, process_id="here")
    await mirror.apply(Change(repo=BLOG, at=1.0, issues=(issue(1, 1, repo=BLOG),), comments=(comment(7),)))
    await feed.catch_up()
    await mirror.learn_image_sizes(BLOG, {7: {"a": (1, 2)}})
    await feed.catch_up()
    assert (notifications.calls, images.calls) == ([], [(BLOG, frozenset({1}))])
    await _change_titles(mirror, 1)
    await mirror.learn_image_sizes(BLOG, {7: {"b": (1, 2)}})
    await feed.catch_up()
    assert (notifications.calls, images.calls) == ([(BLOG, frozenset({1}))], [(BLOG, frozenset({1}))] * 2)


async def test_replaced_store_is_read_from_its_start() -> None:
    full, fresh = MemoryMirror("there"), MemoryMirror("there")
    await _change_titles(full, *range(1, 30))
    mirrors = [full]

    class ReplacedMirror:
        async def latest_version(self) -> int:
            return await mirrors[-1].latest_version()

        async def changes(self, *, after: int) -> tuple[MirrorChange, ...]:
            return await mirrors[-1].changes(after=after)

    notifications = Notifications()
    feed = ChangeFeed(ReplacedMirror(), FakeClock(), notify=notifications, show_images=notifications, process_id="here")  # type: ignore[arg-type] # it needs no more
    await feed.catch_up()
    mirrors.append(fresh)
    await _change_titles(fresh, 1, 2)
    await feed.catch_up()
    assert notifications.calls == []
    feed.restart()
    await feed.catch_up()
    assert notifications.calls == [(BLOG, frozenset({1, 2}))]


async def test_store_replaced_during_a_report_is_read_again() -> None:
    mirror = MemoryMirror("there")
    notifications = Notifications()

    async def notify(repo: Repository, numbers: frozenset[int]) -> None:
        await notifications(repo, numbers)
        if len(notifications.calls) == 1:
            feed.restart()

    feed = ChangeFeed(mirror, FakeClock(), notify=notify, show_images=notify, process_id="here")
    await _change_titles(mirror, 1)
    await feed.catch_up()
    await _change_titles(mirror, 2)
    await feed.catch_up()
    await feed.catch_up()
    assert notifications.calls == [(BLOG, frozenset({2})), (BLOG, frozenset({1, 2}))]


async def test_failed_report_is_repeated() -> None:
    mirror = MemoryMirror("there")
    notifications = Notifications(failures=1)
    feed = ChangeFeed(mirror, FakeClock(), notify=notifications, show_images=notifications, process_id="here")
    await feed.catch_up()
    await _change_titles(mirror, 1)
    with pytest.raises(StoreError):
        await feed.catch_up()
    await feed.catch_up()
    assert notifications.calls == [(BLOG, frozenset({1}))]


@pytest.mark.parametrize("failure", [StoreUnusable("here", "it is busy"), ZeroDivisionError()])
async def test_change_feed_survives_a_failing_store(failure: Exception, caplog: pytest.LogCaptureFixture) -> None:
    failures = [failure, failure]
    mirror = MemoryMirror("there")
    survived, reached = asyncio.Event(), asyncio.Event()

    async def notify(_: Repository, numbers: frozenset[int]) -> None:
        if failures:
            raise failures.pop()
        survived.set()
        if 2 in numbers:
            reached.set()

    feed = ChangeFeed(mirror, FakeClock(), notify=notify, show_images=notify, process_id="here")
    await feed.catch_up()
    await _change_titles(mirror, 1)
    running = asyncio.create_task(feed.run())
    async with asyncio.timeout(20):
        await survived.wait()
        await _change_titles(mirror, 2)
        await reached.wait()
    running.cancel()
    assert len(caplog.records) == 1
    assert "Changes of other processes could not be read" in caplog.text


async def test_change_of_a_repository_drops_only_its_documents(tmp_path: Path) -> None:
    clock = new_clock()
    world = blog_world_at(clock)
    world.add_repository("ada/notes")
    world.open_issue("ada/notes", title="A note", body="")
    store, repo = f"sqlite:///{tmp_path}/afterword.db", "ada/blog,ada/notes"
    paths = ("/api/v1/posts/1?repo=ada/blog", "/api/v1/posts/1?repo=ada/notes", "/api/v1/counts?repo=ada/notes")
    with run_simulator(world) as simulator:
        async with (
            run_service_with_webhook(simulator, clock, store=store, repo=repo) as first,
            run_service_with_webhook(simulator, clock, store=store, repo=repo, process_id="second") as second,
        ):
            await complete_backfill(first, BLOG, NOTES)
            await second.application.change_feed.catch_up()
            for path in paths:
                assert (await second.get(path)).status_code == 200
            site = await first.application.mirror.site(BLOG)
            assert site is not None
            await first.application.mirror.apply(Change(repo=BLOG, at=clock.now(), site_update={"private": True}))
            changes = await first.application.mirror.changes(after=0)
            assert REPOSITORY_NUMBER in {change.number for change in changes if change.repo == BLOG}
            await second.application.change_feed.catch_up()
            cache = second.application.cache
            assert set(cache._by_tag) == {("ada/notes", 1), ("ada/notes", None)}
            assert [(await second.get(path)).status_code for path in paths] == [404, 200, 200]


async def test_change_before_the_first_read_is_reported(tmp_path: Path) -> None:
    clock = new_clock()
    store = f"sqlite:///{tmp_path}/afterword.db"
    with run_simulator(blog_world_at(clock)) as simulator:
        async with run_service_with_webhook(simulator, clock, store=store) as first:
            await complete_backfill(first)
            async with run_service_with_webhook(simulator, clock, store=store, process_id="second") as second:
                assert await second.comment_ids(2) == []
                new = simulator.world.comment("ada/blog", 2, body="First!", author="eve")
                await first.application.poller.poll(BLOG)
                await second.application.change_feed.catch_up()
                assert await second.comment_ids(2) == [new.id]


async def test_change_of_one_process_is_served_by_another(tmp_path: Path) -> None:
    clock = new_clock()
    store = f"sqlite:///{tmp_path}/afterword.db"
    with run_simulator(blog_world_at(clock)) as simulator:
        async with (
            run_service_with_webhook(simulator, clock, store=store) as first,
            run_service_with_webhook(simulator, clock, store=store, process_id="second") as second,
        ):
            await complete_backfill(first)
            await second.application.change_feed.catch_up()
            assert await second.comment_ids(2) == []
            new = simulator.world.comment("ada/blog", 2, body="First!", author="eve")
            await first.application.poller.poll(BLOG)
            await second.application.change_feed.catch_up()
            assert await second.comment_ids(2) == [new.id]
            assert second.take_requests()[2:] == []
