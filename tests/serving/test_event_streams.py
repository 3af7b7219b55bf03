"""Event streams: every page of a thread receives its latest state once, and slow pages delay no other."""

import asyncio

import pytest

from app.domain.errors import NotReady, NotServed, StoreUnusable
from app.domain.records import REPOSITORY_NUMBER
from app.domain.sites import repository
from app.serving.event_streams import ThreadEvent
from tests.fakes import run_ready_tasks
from tests.serving.event_stream_setup import BLOG, NOTES, OTHER, POST, FakePage, StreamSetup, run_subscribers

# changes


async def test_change_reaches_all_pages_of_its_thread() -> None:
    async with run_subscribers() as setup:
        pages = [await setup.add_page() for _ in range(600)]
        other_pages = [await setup.add_page(OTHER), await setup.add_page(POST, NOTES)]
        await setup.change()
        assert [page.messages for page in pages] == [[1]] * 600
        assert [page.messages for page in other_pages] == [[], []]


async def test_event_has_the_current_state() -> None:
    async with run_subscribers() as setup:
        page = await setup.add_page(repo=repository("ADA/blog"))
        await setup.change()
        assert page.events == [ThreadEvent(repo="ADA/blog", number=POST, status="open", comment_count=1, version=1)]


async def test_thread_is_read_once_for_all_pages() -> None:
    async with run_subscribers() as setup:
        for _ in range(5):
            await setup.add_page()
        await setup.change()
        await setup.add_page()
        assert setup.threads.reads == [POST, POST]


async def test_change_without_subscribers_reads_nothing() -> None:
    async with run_subscribers() as setup:
        await setup.add_page()
        setup.threads.reads.clear()
        await setup.change(OTHER)
        assert setup.threads.reads == []


async def test_repository_change_reaches_all_its_threads() -> None:
    async with run_subscribers() as setup:
        pages = [await setup.add_page(), await setup.add_page(OTHER), await setup.add_page(POST, NOTES)]
        setup.subscribers.notify(BLOG, {REPOSITORY_NUMBER})
        await run_ready_tasks()
        assert [page.messages for page in pages] == [[0], [0], []], "though no version has changed"


async def test_slow_page_receives_the_latest_event_only() -> None:
    async with run_subscribers() as setup:
        slow, quick = await setup.add_page(), await setup.add_page()
        slow.gate.clear()
        for _ in range(4):
            await setup.change()
        assert (slow.messages, quick.messages) == ([], [1, 2, 3, 4])
        slow.gate.set()
        await run_ready_tasks()
        assert slow.messages == [1, 4], "the event that it was receiving, and the latest"


async def test_change_during_the_welcome_is_sent_after_it() -> None:
    async with run_subscribers() as setup:
        page = FakePage()
        subscription = setup.subscribe(page)
        assert (await setup.subscribers.current_event(subscription)) is not None
        await setup.change()
        assert page.messages == []
        setup.subscribers.finish_welcome(subscription)
        await run_ready_tasks()
        assert page.messages == [1]


async def test_change_during_the_first_read_is_sent() -> None:
    async with run_subscribers() as setup:
        page = FakePage()
        subscription = setup.subscribe(page)
        setup.threads.gate.clear()
        task = asyncio.create_task(setup.subscribers.current_event(subscription))
        await run_ready_tasks()
        await setup.change()
        setup.threads.gate.set()
        first = await task
        setup.subscribers.finish_welcome(subscription)
        await run_ready_tasks()
        current = await setup.subscribers.current_event(subscription)
        assert first is not None
        assert current is not None
        assert (first.version, current.version, page.messages) == (0, 1, [1])


async def test_change_during_the_read_of_another_is_sent() -> None:
    async with run_subscribers() as setup:
        page = await setup.add_page()
        setup.threads.gate.clear()
        await setup.change()
        await setup.change()
        setup.threads.gate.set()
        await run_ready_tasks()
        assert page.messages == [1, 2]
        subscription = setup.subscribe(FakePage())
        assert (await setup.subscribers.current_event(subscription)) == page.events[-1]


# heartbeats


async def test_heartbeat_reaches_every_idle_page() -> None:
    async with run_subscribers() as setup:
        slow, idle, other = await setup.add_page(), await setup.add_page(), await setup.add_page(POST, NOTES)
        slow.gate.clear()
        await setup.change()
        await setup.pass_heartbeat()
        assert (idle.messages, other.messages) == ([1, "heartbeat"], ["heartbeat"])
        slow.gate.set()
        await run_ready_tasks()
        assert slow.messages == [1]
        await setup.pass_heartbeat()
        assert slow.messages == [1, "heartbeat"]
        assert setup.clock.slept == [15.0, 15.0, 15.0]


async def test_all_pages_share_one_sleep() -> None:
    async with run_subscribers() as setup:
        for _ in range(500):
            await setup.add_page()
        assert setup.clock.slept == [15.0]


# pages that leave


async def test_unsubscribed_page_receives_and_leaves_nothing() -> None:
    async with run_subscribers() as setup:
        gone_page, page = FakePage(), await setup.add_page()
        subscription = setup.subscribe(gone_page)
        setup.subscribers.finish_welcome(subscription)
        assert setup.subscribers.count == 2
        setup.subscribers.unsubscribe(subscription)
        setup.subscribers.unsubscribe(subscription)
        await setup.change()
        assert (gone_page.messages, page.messages, setup.subscribers.count) == ([], [1], 1)


async def test_message_for_an_unsubscribed_page_is_dropped() -> None:
    async with run_subscribers() as setup:
        page = FakePage()
        page.gate.clear()
        subscription = setup.subscribe(page)
        setup.subscribers.finish_welcome(subscription)
        await setup.change()
        await setup.change()
        setup.subscribers.unsubscribe(subscription)
        page.gate.set()
        await run_ready_tasks()
        assert page.messages == [1]


async def test_last_page_removes_its_topic() -> None:
    async with run_subscribers() as setup:
        subscription = setup.subscribe(FakePage())
        await setup.subscribers.current_event(subscription)
        setup.subscribers.notify(BLOG, {POST})
        setup.subscribers.unsubscribe(subscription)
        await run_ready_tasks()
        assert setup.threads.reads == [POST], "there is no subscriber left"
        assert setup.subscribers._topics == {}


async def test_page_with_a_broken_connection_is_unsubscribed() -> None:
    async with run_subscribers() as setup:
        broken, page = await setup.add_page(), await setup.add_page()
        broken.failure = ConnectionResetError()
        await setup.change()
        assert (setup.subscribers.count, page.messages) == (1, [1])


# failures


@pytest.mark.parametrize(
    "failure",
    [StoreUnusable("afterword.db", "disk I/O error"), KeyError("status"), NotReady("Post 41", retry_after=5)],
)
async def test_unreadable_thread_is_read_again_at_the_heartbeat(failure: Exception) -> None:
    async with run_subscribers() as setup:
        page, other = await setup.add_page(), await setup.add_page(OTHER)
        setup.threads.failure = failure
        await setup.change()
        setup.threads.failure = None
        await setup.change(OTHER)
        assert (page.messages, other.messages) == ([], [1]), "one thread silences no other"
        await setup.pass_heartbeat()
        assert 1 in page.messages


async def test_only_unexpected_failure_logs_a_traceback(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    async with run_subscribers() as setup:
        await setup.add_page()
        setup.threads.failure = NotReady("Post 41", retry_after=5)
        await setup.change()
        assert "read again at the next heartbeat: Post 41 is not mirrored yet" in caplog.text
        assert "Traceback" not in caplog.text
        setup.threads.failure = KeyError("status")
        await setup.change()
        assert "Traceback" in caplog.text


async def test_page_without_a_first_event_receives_it_later() -> None:
    async with run_subscribers() as setup:
        setup.threads.failure = StoreUnusable("afterword.db", "locked")
        page = FakePage()
        subscription = setup.subscribe(page)
        assert (await setup.subscribers.current_event(subscription)) is None
        setup.subscribers.finish_welcome(subscription)
        await run_ready_tasks()
        setup.threads.failure = None
        await setup.pass_heartbeat()
        assert 0 in page.messages


async def test_streams_of_a_hidden_thread_end() -> None:
    async with run_subscribers() as setup:
        page, other = await setup.add_page(), await setup.add_page(POST, NOTES)
        setup.threads.failure = NotServed("ada/blog")
        setup.subscribers.notify(BLOG, {REPOSITORY_NUMBER})
        await run_ready_tasks()
        await setup.pass_heartbeat()
        assert (page.messages, other.messages) == (["end"], ["heartbeat"])


# limits and closing


async def test_subscriptions_are_limited() -> None:
    async with run_subscribers(most=2) as setup:
        subscription = setup.subscribe(FakePage())
        setup.subscribe(FakePage())
        assert setup.subscribers.subscribe(BLOG, POST, FakePage()) is None
        setup.subscribers.unsubscribe(subscription)
        assert setup.subscribers.subscribe(BLOG, POST, FakePage()) is not None


async def test_closing_ends_every_stream_once() -> None:
    async with run_subscribers() as setup:
        pages = [await setup.add_page(), await setup.add_page(OTHER)]
        setup.subscribers.close()
        setup.subscribers.close()
        await run_ready_tasks()
        setup.subscribers.close()
        await setup.change()
        await setup.pass_heartbeat()
        assert [page.messages for page in pages] == [["end"], ["end"]]
        assert setup.subscribers.subscribe(BLOG, POST, FakePage()) is None


async def test_closing_needs_no_running_task() -> None:
    setup = StreamSetup(most=1)
    page = await setup.add_page()
    setup.subscribers.close()
    await run_ready_tasks()
    assert page.messages == ["end"]


async def test_end_replaces_the_waiting_event() -> None:
    async with run_subscribers() as setup:
        slow = await setup.add_page()
        slow.gate.clear()
        await setup.change()
        setup.subscribers.close()
        await setup.change()
        slow.gate.set()
        await run_ready_tasks()
        assert slow.messages == [1, "end"]


async def test_end_is_sent_after_the_welcome() -> None:
    async with run_subscribers() as setup:
        page = FakePage()
        subscription = setup.subscribe(page)
        setup.subscribers.close()
        await run_ready_tasks()
        assert page.messages == []
        setup.subscribers.finish_welcome(subscription)
        await run_ready_tasks()
        assert page.messages == ["end"]


@pytest.mark.parametrize(("random", "milliseconds"), [(0.0, 2000), (0.5, 4000), (0.9999, 5999)])
def test_reconnections_are_spread_over_seconds(random: float, milliseconds: int) -> None:
    assert StreamSetup(random=random).subscribers.retry_ms() == milliseconds
