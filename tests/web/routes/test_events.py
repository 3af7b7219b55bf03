import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.types import Message

from app.domain.errors import NotReady, NotServed
from app.domain.records import REPOSITORY_NUMBER
from app.domain.threads import Status
from app.serving.event_streams import ThreadEvent
from app.web.context import EventStreamRequest
from app.web.document_response import CorsPolicy
from app.web.event_stream import event_message, open_stream, welcome_message
from app.web.reads.parsing import MAX_FURTHER_POSTS
from app.web.routes.events import accepts_event_stream
from tests.web.harness.blog import GONE, OTHER, POST, SITE, Blog
from tests.web.harness.event_stream_client import (
    EVENTS,
    INITIAL_VERSION,
    RETRY,
    EventStreamService,
    event_stream_service,
    event_text,
)


async def test_first_connection_receives_the_current_version() -> None:
    async with event_stream_service() as service:
        page = await service.request()
        assert await page.read_chunk() == f"{RETRY}\n\n{event_text(INITIAL_VERSION, name='current')}"
        service.change()
        assert await page.read_chunk() == event_text(INITIAL_VERSION + 1)


async def test_stream_headers_forbid_storing_and_buffering() -> None:
    async with event_stream_service() as service:
        page = await service.request(If_None_Match="*", Origin="https://blog.example")
        expected = {
            "content-type": "text/event-stream",
            "cache-control": "no-store, no-transform",
            "x-accel-buffering": "no",
            "access-control-allow-origin": "*",
            "transfer-encoding": "chunked",
        }
        assert page.status == 200
        assert page.headers.items() >= expected.items()
        assert page.headers.keys().isdisjoint({"etag", "age", "content-length", "content-encoding"})


async def test_only_configured_origins_may_subscribe() -> None:
    async with event_stream_service(blog=Blog(cors=CorsPolicy(frozenset({b"https://blog.example"})))) as service:
        configured = await service.request(Origin="https://blog.example")
        other = await service.request(Origin="https://evil.example")
        assert configured.headers["access-control-allow-origin"] == "https://blog.example"
        assert "access-control-allow-origin" not in other.headers


async def test_second_subscription_is_streamed_and_not_cached() -> None:
    async with event_stream_service() as service:
        first, second = await service.subscribe(), await service.subscribe()
        service.change()
        assert (await first.read_chunk(), await second.read_chunk()) == (
            event_text(INITIAL_VERSION + 1),
            event_text(INITIAL_VERSION + 1),
        )


@pytest.mark.parametrize(
    "last",
    [str(INITIAL_VERSION - 1), str(INITIAL_VERSION + 1), "0", f"0{INITIAL_VERSION}", "seven", "-1", "9" * 30, "7, 7"],
)
async def test_reconnection_at_another_version_receives_the_event(last: str) -> None:
    async with event_stream_service() as service:
        page = await service.request(Last_Event_ID=last)
        assert await page.read_chunk() == f"{RETRY}\n\n{event_text(INITIAL_VERSION)}"


async def test_reconnection_at_the_current_version_receives_only_later_events() -> None:
    async with event_stream_service() as service:
        page = await service.subscribe()
        service.change()
        assert await page.read_chunk() == event_text(INITIAL_VERSION + 1)


async def test_heartbeat_is_a_comment() -> None:
    async with event_stream_service() as service:
        page = await service.subscribe()
        service.clock.heartbeat.set()
        assert await page.read_chunk() == ":\n\n"


async def test_events_reach_only_their_thread() -> None:
    async with event_stream_service() as service:
        page = await service.subscribe()
        other = await service.subscribe(f"{EVENTS}?repo=owner/notes")
        gone = await service.subscribe(f"/api/v1/posts/{GONE}/events")
        service.change(repo=OTHER)
        assert await other.read_chunk() == event_text(INITIAL_VERSION + 1, repo="owner/notes")
        service.change(number=GONE)
        assert await gone.read_chunk() == event_text(INITIAL_VERSION + 2, number=GONE, status="gone", count=0)
        service.change(number=REPOSITORY_NUMBER)
        assert await page.read_chunk() == event_text(INITIAL_VERSION + 3), "no other event came before"


async def test_one_stream_tells_of_several_posts() -> None:
    async with event_stream_service() as service:
        page = await service.request(f"{EVENTS}?ids={GONE},{POST}")
        assert (await page.read_chunk() or "").count("event: current") == service.subscribers.count == 2
        service.change(number=GONE)
        assert await page.read_chunk() == event_text(INITIAL_VERSION + 1, number=GONE, status="gone", count=0)
        service.change()
        assert await page.read_chunk() == event_text(INITIAL_VERSION + 2)
        service.subscribers.close()
        assert await page.read_chunk() is None, "two subscriptions end one stream once"
        await service.wait_until_unused()


async def test_each_further_post_begins_with_its_current_version() -> None:
    async with event_stream_service() as service:
        page = await service.request(f"{EVENTS}?ids={GONE}", Last_Event_ID=str(INITIAL_VERSION))
        current = event_text(INITIAL_VERSION, name="current", number=GONE, status="gone", count=0)
        assert await page.read_chunk() == f"{RETRY}\n\n{current}"


async def test_stream_without_room_for_all_posts_is_refused() -> None:
    async with event_stream_service(max_subscribers=1) as service:
        assert (await service.request(f"{EVENTS}?ids={GONE}")).status == 503
        assert service.subscribers.count == 0


async def test_closed_connection_ends_the_subscription() -> None:
    async with event_stream_service() as service:
        page = await service.subscribe()
        assert service.subscribers.count == 1
        page.disconnect()
        await service.wait_until_unused()


async def test_request_body_does_not_end_the_stream() -> None:
    async with event_stream_service() as service:
        page = await service.subscribe(Content_Length="4", Content_Type="text/plain")
        page.write(b"body")
        service.change()
        assert await page.read_chunk() == event_text(INITIAL_VERSION + 1)


async def test_closing_ends_streams_and_rejects_new_ones() -> None:
    async with event_stream_service() as service:
        page = await service.subscribe()
        service.subscribers.close()
        assert await page.read_chunk() is None
        await service.wait_until_unused()
        late = await service.request()
        assert (late.status, late.headers["retry-after"]) == (503, "30")
        assert late.headers["access-control-allow-origin"] == "*"
        assert orjson.loads(await late.read_body())["status"] == 503


async def test_subscription_above_the_limit_receives_retry_after() -> None:
    async with event_stream_service(max_subscribers=1) as service:
        page = await service.subscribe()
        response = await service.request()
        assert (response.status, response.headers["content-type"]) == (503, "application/problem+json")
        service.change()
        assert await page.read_chunk() == event_text(INITIAL_VERSION + 1)


async def test_head_has_the_stream_headers_and_no_subscription() -> None:
    async with event_stream_service() as service:
        page = await service.request(method="HEAD", Connection="close")
        assert (page.status, page.headers["content-type"]) == (200, "text/event-stream")
        assert await page.read_to_end() == b""
        assert service.subscribers.count == 0


@pytest.mark.parametrize(
    ("target", "status"),
    [
        ("/api/v1/posts/0/events", 422),
        ("/api/v1/posts/x/events", 422),
        (f"{EVENTS}?repo=a/b&repo=a/b", 422),
        (f"{EVENTS}?repo=not-a-repo", 422),
        (f"{EVENTS}?repo=octo/none", 404),
        (f"{EVENTS}?ids=", 422),
        (f"{EVENTS}?ids=1,x", 422),
        (f"{EVENTS}?ids={','.join(map(str, range(1, MAX_FURTHER_POSTS + 2)))}", 422),
    ],
)
async def test_invalid_request_is_no_subscription(target: str, status: int) -> None:
    async with event_stream_service() as service:
        assert (await service.request(target)).status == status
        assert service.subscribers.count == 0


@pytest.mark.parametrize(
    ("failure", "status"), [(NotServed("owner/blog"), 404), (NotReady("Post 41 of Owner/Blog", retry_after=9), 503)]
)
async def test_unreadable_thread_has_the_status_of_a_read(failure: Exception, status: int) -> None:
    async with event_stream_service() as service:
        service.blog.reader.failure = failure
        assert (await service.request()).status == status


async def test_client_without_event_streams_receives_406(blog: Blog) -> None:
    async with event_stream_service() as service:
        response = await service.request(Accept="application/json")
        assert (response.status, service.subscribers.count) == (406, 0)
        assert (await service.request(Accept="text/event-stream")).status == 200


async def test_disabled_events_are_404(blog: Blog) -> None:
    assert (await blog.request(EVENTS)).status_code == 404


async def test_failed_send_ends_the_subscription(blog: Blog) -> None:
    service = EventStreamService(blog, max_subscribers=1, version=INITIAL_VERSION)

    async def send(_message: Message) -> None:
        raise ConnectionResetError

    async def receive() -> Message:
        return {"type": "http.disconnect"}

    request = EventStreamRequest(service.subscribers, SITE, POST, None)
    with pytest.raises(ConnectionResetError):
        await open_stream(request, {"path": EVENTS}, receive, send)
    assert service.subscribers.count == 0


@pytest.mark.parametrize(
    "accept",
    [None, "", "*/*", "text/*", "Text/Event-Stream", "text/html, */*;q=0.8", "text/html;level=1,text/event-stream;q=1"],
)
def test_accept_header_may_allow_event_streams(accept: str | None) -> None:
    assert accepts_event_stream(accept)


@pytest.mark.parametrize("accept", ["text/html", "application/json", "text/event-stream;q=0", "*/*; q=0.000", ","])
def test_accept_header_may_exclude_event_streams(accept: str) -> None:
    assert not accepts_event_stream(accept)


@given(st.text())
def test_any_accept_header_is_parsed(accept: str) -> None:
    assert accepts_event_stream(f"{accept},*/*")


STATES = st.builds(
    ThreadEvent,
    repo=st.text(),
    number=st.integers(1, 2**53 - 1),
    status=st.sampled_from(Status) | st.text(),
    comment_count=st.none() | st.integers(0, 10**6),
    version=st.integers(0, 2**62),
)


@given(STATES)
def test_every_event_has_three_lines(state: ThreadEvent) -> None:
    lines = event_message(state).decode().split("\n")
    assert [line.partition(": ")[0] for line in lines] == ["id", "event", "data", "", ""]
    assert lines[0] == f"id: {state.id}"
    data = orjson.loads(lines[2].removeprefix("data: "))
    assert (data["status"], data["comment_count"], data["version"]) == (
        state.status,
        state.comment_count,
        state.version,
    )


@given(STATES, st.text())
def test_every_other_last_event_id_receives_the_event(state: ThreadEvent, last: str) -> None:
    message = welcome_message(2000, state, last)
    assert message.startswith(b"retry: 2000\n\n")
    assert (b"event: changed" in message) == (last != state.id)
    assert b"event: changed" not in welcome_message(2000, state, state.id)


def test_unknown_state_sends_no_event() -> None:
    assert welcome_message(2000, None, "7") == b"retry: 2000\n\n"


@pytest.mark.parametrize(("before", "after"), [("open", "missing"), ("missing", "open")])
def test_reconnection_after_a_missing_post_receives_the_event(before: str, after: str) -> None:
    was, now = (ThreadEvent("Owner/Blog", POST, status, 3, version=INITIAL_VERSION) for status in (before, after))
    assert b"event: changed" in welcome_message(2000, now, was.id)
    assert b"event: changed" not in welcome_message(2000, now, now.id)
